//! Reads cargo's records of a compiled crate: the directory `.fingerprint/PACKAGE-HASH` beside `deps`.
//!
//! The records are internal to cargo. If they are missing or in another format, this module returns `None`, and the
//! crate counts as compiled.

use super::metadata::Suffix;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The records of one crate.
#[derive(Debug)]
pub(super) struct Unit {
    directory: PathBuf,
}

/// The features and configuration of a crate, which decide how its sources compile.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Decisions {
    pub(super) features: BTreeSet<String>,
    /// The values that its build script printed as `rustc-cfg`.
    pub(super) cfgs: BTreeSet<String>,
}

impl Unit {
    /// Finds the records of the crate whose files in `directory` have `suffix`.
    pub(super) fn find(directory: &Path, suffix: &Suffix) -> Option<Self> {
        let suffix = std::str::from_utf8(suffix).ok()?;
        let build = directory.parent()?;
        let is_of_crate = |path: &PathBuf| {
            path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.ends_with(&format!("-{suffix}")))
        };
        let all = fs::read_dir(build.join(".fingerprint")).into_iter().flatten().flatten().map(|entry| entry.path());
        // A later layout of cargo has one directory per crate.
        let own = Some(build.join("fingerprint")).filter(|own| own.is_dir());
        all.into_iter().find(is_of_crate).or(own).map(|directory| Self { directory })
    }

    /// Returns the moment just before the compiler was started. A newer source is not the compiled one.
    pub(super) fn started(&self) -> Option<SystemTime> {
        fs::metadata(self.directory.join("invoked.timestamp")).ok()?.modified().ok()
    }

    /// Returns the features and the configuration of the library.
    pub(super) fn decisions(&self) -> Option<Decisions> {
        let record = self.record("lib-")?;
        let features = text(&record, "features")?;
        let cfgs = match after(&record, "\"build_script_") {
            Some(dependency) => self.cfgs(dependency)?,
            None => BTreeSet::new(),
        };
        Some(Decisions { features: list(&features), cfgs })
    }

    /// Reads the record whose name starts with `kind`.
    fn record(&self, kind: &str) -> Option<String> {
        let entries = fs::read_dir(&self.directory).ok()?.flatten().map(|entry| entry.path());
        let is_record = |path: &PathBuf| {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            name.starts_with(kind) && is_json(name)
        };
        fs::read_to_string(entries.into_iter().find(is_record)?).ok()
    }

    /// Returns the configuration that a build script printed. `dependency` contains the hash of its run:
    /// `main",false,5351673223342194925]`.
    fn cfgs(&self, dependency: &str) -> Option<BTreeSet<String>> {
        let hash = dependency.split(']').next()?.rsplit(',').next()?.parse::<u64>().ok()?;
        let hash = format!("{:016x}", hash.swap_bytes());
        let all = self.directory.parent()?;
        let package = self.directory.file_name()?.to_str()?.rsplit_once('-')?.0;
        for entry in fs::read_dir(all).ok()?.flatten() {
            let name = entry.file_name().into_string().ok()?;
            if name.rsplit_once('-').is_some_and(|(of, _)| of == package) && is_run(&entry.path(), &hash) {
                let output = fs::read(all.parent()?.join("build").join(name).join("output")).ok()?;
                return Some(printed_cfgs(&String::from_utf8_lossy(&output)));
            }
        }
        None
    }
}

/// Returns `true` if a directory holds the record of the build script run with this hash.
fn is_run(directory: &Path, hash: &str) -> bool {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let is_record = |name: &str| name.starts_with("run-build-script-") && !is_json(name);
    entries
        .filter(|entry| entry.file_name().to_str().is_some_and(is_record))
        .any(|entry| fs::read_to_string(entry.path()).is_ok_and(|content| content.trim() == hash))
}

fn is_json(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension == "json")
}

fn printed_cfgs(output: &str) -> BTreeSet<String> {
    let value = |line: &str| {
        let line = line.strip_prefix("cargo::").or_else(|| line.strip_prefix("cargo:"))?;
        line.strip_prefix("rustc-cfg=").map(|cfg| cfg.trim().to_owned())
    };
    output.lines().filter_map(value).collect()
}

fn after<'a>(text: &'a str, what: &str) -> Option<&'a str> {
    text.find(what).map(|start| &text[start + what.len()..])
}

/// Returns the unescaped value of a string field. Cargo writes JSON, with lists as strings.
fn text(record: &str, field: &str) -> Option<String> {
    let mut value = String::new();
    let mut characters = after(record, &format!("\"{field}\":\""))?.chars();
    loop {
        match characters.next()? {
            '"' => return Some(value),
            '\\' => value.push(characters.next()?),
            other => value.push(other),
        }
    }
}

/// Returns the elements of `["a", "b"]`.
fn list(text: &str) -> BTreeSet<String> {
    text.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUFFIX: &Suffix = b"ada64fd877bf66d2";
    const RUN: &str = "helper-61250da3dc18d435";

    fn records(features: &str, dependencies: &str) -> tempfile::TempDir {
        let target = tempfile::tempdir().expect("a temporary directory");
        let write = |name: String, content: &str| {
            let path = target.path().join(name);
            fs::create_dir_all(path.parent().expect("in a directory")).expect("a directory");
            fs::write(path, content).expect("a file");
        };
        let record = format!("{{\"rustc\":1,\"features\":\"{features}\",\"deps\":[{dependencies}],\"local\":[]}}");
        write(".fingerprint/helper-ada64fd877bf66d2/lib-helper.json".to_owned(), &record);
        write(".fingerprint/helper-ada64fd877bf66d2/invoked.timestamp".to_owned(), "");
        write(format!(".fingerprint/{RUN}/run-build-script-build-script-main"), "ed00483771f6444a");
        write(format!("build/{RUN}/output"), "cargo:rustc-cfg=has_foo\ncargo::rustc-cfg=level=\"2\"\ncargo:x=y\n");
        target
    }

    fn decisions(target: &Path) -> Option<Decisions> {
        Unit::find(&target.join("deps"), SUFFIX).expect("records").decisions()
    }

    #[test]
    fn features_and_printed_configuration_are_found() {
        let run = "[1,\\\"x\\\",false,2],[9323895906575742972,\"build_script_main\",false,5351673223342194925]";
        let target = records("[\\\"a\\\", \\\"b-c\\\"]", run);
        let found = decisions(target.path()).expect("known");
        assert_eq!(found.features.iter().collect::<Vec<_>>(), ["a", "b-c"]);
        assert_eq!(found.cfgs.iter().collect::<Vec<_>>(), ["has_foo", "level=\"2\""]);
        assert!(Unit::find(&target.path().join("deps"), SUFFIX).expect("records").started().is_some());
    }

    #[test]
    fn decisions_are_unknown_without_the_build_script_run() {
        let target = records("[]", "[9323895906575742972,\"build_script_build\",false,1]");
        assert_eq!(decisions(target.path()), None);
        assert!(Unit::find(&target.path().join("deps"), b"0000000000000000").is_none());
    }

    #[test]
    fn crates_without_build_script_have_no_configuration() {
        assert_eq!(decisions(records("[]", "").path()), Some(Decisions::default()));
    }
}
