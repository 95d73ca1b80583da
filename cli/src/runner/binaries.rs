//! The test binaries that use the cache, found among all that cargo compiles. No binary runs for that.

use std::io::{BufRead, Read};
use std::path::{Path, PathBuf};

use anyhow::Context;
use cached_smoke::tooling::MARK;
use fs_err as fs;
use memchr::memmem;
use serde::Deserialize;

/// The size of the pieces in which an executable is read.
const PIECE: usize = 1 << 20;

/// A test binary.
#[derive(Clone, Debug)]
pub(super) struct Binary {
    package_id: String,
    target: Target,
    executable: PathBuf,
}

/// A target of a cargo package.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
struct Target {
    kind: Vec<String>,
    name: String,
}

/// A message of `cargo --message-format json`.
#[derive(Deserialize)]
struct Message {
    package_id: String,
    target: Target,
    profile: Profile,
    executable: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Profile {
    test: bool,
}

impl Binary {
    /// Reads cargo's messages to their end, and returns the test binaries.
    pub(super) fn read_all(messages: impl BufRead) -> Vec<Binary> {
        let mut binaries = Vec::new();
        for line in messages.lines().map_while(Result::ok) {
            // Other messages have other fields.
            let Ok(Message { package_id, target, profile, executable }) = serde_json::from_str(&line) else { continue };
            if let (Profile { test: true }, Some(executable)) = (profile, executable) {
                binaries.push(Binary { package_id, target, executable });
            }
        }
        binaries
    }

    /// Returns `true` if the executable contains the mark of this crate: its tests can open a session.
    pub(super) fn uses_the_cache(&self) -> anyhow::Result<bool> {
        contains(&self.executable, &MARK)
            .with_context(|| format!("failed to read the test binary {}", self.executable.display()))
    }

    /// Returns the name of the package, from an id such as `path+file:///home/me/index#0.1.0` or `…#name@0.1.0`.
    fn package(&self) -> &str {
        let (url, fragment) = self.package_id.rsplit_once('#').unwrap_or(("", &self.package_id));
        match fragment.rsplit_once('@') {
            Some((name, _)) => name,
            None => url.split('?').next().unwrap_or(url).rsplit('/').next().unwrap_or(url),
        }
    }

    /// Returns the kind of the target that selects it on the command line.
    fn kind(&self) -> &str {
        match self.target.kind.first().map(String::as_str) {
            Some(kind @ ("bin" | "test" | "example" | "bench")) => kind,
            // Such as `rlib` and `proc-macro`.
            _ => "lib",
        }
    }

    /// Returns the id of the binary in nextest.
    fn nextest_id(&self) -> String {
        let (package, name) = (self.package(), &self.target.name);
        match (self.kind(), self.target.kind.first().map(String::as_str)) {
            ("lib", Some("proc-macro")) => format!("{package}::proc-macro/{name}"),
            ("lib", _) => package.to_owned(),
            ("test", _) => format!("{package}::{name}"),
            (kind, _) => format!("{package}::{kind}/{name}"),
        }
    }
}

/// Returns the arguments with which nextest runs these binaries alone.
pub(super) fn select_in_nextest(selected: &[&Binary]) -> Vec<String> {
    let ids: Vec<String> = selected.iter().map(|binary| format!("binary_id(={})", binary.nextest_id())).collect();
    vec!["-E".to_owned(), ids.join(" | ")]
}

/// Returns the arguments with which `cargo test` runs these binaries, and no others of `all`.
///
/// Packages are named only if another package has a target of the same name, because they change which features cargo
/// compiles.
pub(super) fn select_in_cargo(selected: &[&Binary], all: &[Binary]) -> Vec<String> {
    let is_same = |left: &Binary, right: &Binary| {
        left.kind() == right.kind() && (left.kind() == "lib" || left.target.name == right.target.name)
    };
    let is_selected = |one: &Binary| selected.iter().any(|selected| selected.executable == one.executable);
    let is_ambiguous =
        all.iter().any(|other| !is_selected(other) && selected.iter().any(|selected| is_same(selected, other)));
    let mut arguments: Vec<[&str; 2]> = Vec::new();
    for binary in selected {
        if is_ambiguous {
            arguments.push(["--package", &binary.package_id]);
        }
        arguments.push(match binary.kind() {
            "lib" => ["--lib", ""],
            "bin" => ["--bin", &binary.target.name],
            "test" => ["--test", &binary.target.name],
            "example" => ["--example", &binary.target.name],
            _ => ["--bench", &binary.target.name],
        });
    }
    arguments.sort_unstable();
    arguments.dedup();
    arguments.concat().into_iter().filter(|argument| !argument.is_empty()).map(str::to_owned).collect()
}

fn contains(path: &Path, text: &[u8]) -> std::io::Result<bool> {
    let finder = memmem::Finder::new(text);
    let mut file = fs::File::open(path)?;
    let mut piece = Vec::with_capacity(PIECE + text.len());
    loop {
        if file.by_ref().take(PIECE as u64).read_to_end(&mut piece)? == 0 {
            return Ok(false);
        }
        if finder.find(&piece).is_some() {
            return Ok(true);
        }
        // The text may begin in this piece and end in the next one.
        piece.drain(..piece.len().saturating_sub(text.len()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn binary(package_id: &str, kind: &str, name: &str) -> Binary {
        let target = Target { kind: vec![kind.to_owned()], name: name.to_owned() };
        let executable = format!("{package_id} {kind} {name}").into();
        Binary { package_id: package_id.to_owned(), target, executable }
    }

    #[test]
    fn binaries_have_the_ids_of_nextest() {
        for (id, kind, name, expected) in [
            ("path+file:///w/index#0.1.0", "test", "smoke", "index::smoke"),
            ("path+file:///w/x#index@0.1.0", "lib", "index", "index"),
            ("git+https://example.org/a/index?branch=x#0.1.0", "rlib", "index", "index"),
            ("path+file:///w/index#0.1.0", "bin", "tool", "index::bin/tool"),
            ("path+file:///w/index#0.1.0", "proc-macro", "index", "index::proc-macro/index"),
        ] {
            assert_eq!(binary(id, kind, name).nextest_id(), expected);
        }
    }

    #[test]
    fn packages_are_named_where_targets_are_ambiguous() {
        let (a, b) = ("path+file:///w/a#0.1.0", "path+file:///w/b#0.1.0");
        let all = [binary(a, "test", "smoke"), binary(a, "test", "x"), binary(b, "test", "x"), binary(b, "lib", "b")];
        assert_eq!(select_in_cargo(&[&all[0]], &all), ["--test", "smoke"]);
        assert_eq!(select_in_cargo(&[&all[0], &all[3]], &all), ["--lib", "--test", "smoke"]);
        assert_eq!(select_in_cargo(&[&all[2]], &all), ["--package", b, "--test", "x"]);
        assert_eq!(select_in_nextest(&[&all[2], &all[3]]), ["-E", "binary_id(=b::x) | binary_id(=b)"]);
    }

    #[test]
    fn a_text_is_found_across_the_pieces_of_a_file() {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        for (before, expected) in [(0, true), (PIECE - 3, true), (2 * PIECE - 1, true), (PIECE, true)] {
            let mut content = vec![b'm'; before];
            content.extend(b"mark");
            fs::write(file.path(), &content).expect("written");
            assert_eq!(contains(file.path(), b"mark").expect("readable"), expected, "{before}");
        }
        fs::write(file.path(), "mar").expect("written");
        assert!(!contains(file.path(), b"mark").expect("readable"));
    }

    #[test]
    fn messages_other_than_test_binaries_are_skipped() {
        let message = |test: bool, executable: &str| {
            format!(
                r#"{{"reason":"compiler-artifact","package_id":"p#1","target":{{"kind":["test"],"name":"a"}},"profile":{{"test":{test}}},"executable":{executable}}}"#
            )
        };
        let lines = [message(true, "\"/a\""), message(false, "\"/b\""), message(true, "null"), "text".to_owned()];
        let found = Binary::read_all(lines.join("\n").as_bytes());
        assert_eq!(found.iter().map(|binary| &*binary.executable).collect::<Vec<_>>(), [Path::new("/a")]);
    }
}
