//! Records the sources of the current crate.

use super::super::digest;
use super::super::mentions::Mentions;
use super::super::paths::relative;
use super::{Context, File, RecordedFiles, join};
use crate::message;
use crate::sources::Counted;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// The variables with the paths of the package's programs begin with this.
const PROGRAM: &str = "CARGO_BIN_EXE_";
/// The names in sources that run the package's programs.
const RUNS: [&str; 2] = [PROGRAM, "cargo_bin"];

/// The current crate.
#[derive(Debug)]
pub(super) struct Own {
    /// The name of the list of sources that the compiler writes.
    list: String,
    /// The output of the package's build script. It counts by itself.
    output: Option<String>,
    /// The files that only tests embed, and a root without code.
    not_counted: BTreeSet<String>,
    /// A macro may declare other sources.
    is_open: bool,
}

impl RecordedFiles {
    /// Records the sources of the crate with this root, and the files that they embed. `list` is the name of the
    /// compiler's list of them, and `output` the directory of the build script's output.
    ///
    /// # Errors
    ///
    /// Returns a message if a file cannot be read.
    pub(in super::super) fn add_own(
        &mut self,
        root: &Path,
        list: String,
        output: Option<&Path>,
        context: &Context<'_>,
    ) -> Result<(), String> {
        let package = context.manifest_dir;
        let unreadable = |error| message::unreadable(root, &error);
        // The compiler's directory has no links in its path, unlike that of the package.
        let canonical = package.canonicalize().map_err(unreadable)?;
        let counted = Counted::read(package, &relative(root, &canonical)).map_err(unreadable)?;
        for source in counted.sources.iter().filter(|source| !source.is_neutral) {
            if let Some(code) = &source.code
                && !self.files.contains_key(&source.name)
            {
                let file = File::record(&package.join(&source.name), context)?;
                let code = Some(digest::of_bytes(code.as_bytes()));
                self.files.insert(source.name.clone(), File { code, ..file });
            }
        }
        let mut not_counted = BTreeSet::new();
        for source in &counted.sources {
            let path = package.join(&source.name);
            match &source.code {
                Some(_) if source.is_neutral => drop(not_counted.insert(source.name.clone())),
                Some(code) => {
                    let mentions = Mentions::of(code);
                    self.count_whole(&data(&source.name, &mentions), context);
                    self.add_mentions(&source.name, &path, &mentions, context)?;
                }
                None => self.add_file(source.name.clone(), &path, context)?,
            }
            not_counted.extend(data(&source.name, &Mentions::of(&source.tests)));
        }
        let runs = |code: &String| RUNS.iter().any(|run| code.contains(run));
        if counted.sources.iter().any(|source| source.code.as_ref().is_none_or(runs)) {
            self.add_programs(std::env::vars_os(), &canonical, context)?;
        }
        not_counted.retain(|name| !self.files.contains_key(name));
        let output = output.map(|output| output.display().to_string());
        self.own = Some(Own { list, output, not_counted, is_open: counted.is_open });
        Ok(())
    }

    /// Records the programs of the package. A program may be missing while the test compiles, or be that of an earlier
    /// compilation. Cargo does not compile the test again if a program changes. The test compares it when it runs.
    fn add_programs(
        &mut self,
        variables: impl Iterator<Item = (OsString, OsString)>,
        package: &Path,
        context: &Context<'_>,
    ) -> Result<(), String> {
        for (name, path) in variables {
            let path = PathBuf::from(path);
            if name.to_string_lossy().starts_with(PROGRAM) {
                let file = if path.is_file() { File::record(&path, context)? } else { File::missing() };
                self.files.insert(relative(&path, package), File { is_suspect: false, ..file });
            }
        }
        Ok(())
    }
}

impl RecordedFiles {
    /// Lets sources count with their tests and comments, because they are embedded as data.
    fn count_whole(&mut self, embedded: &[String], context: &Context<'_>) {
        let paths = embedded.iter().filter_map(|name| context.manifest_dir.join(name).canonicalize().ok());
        let embedded: BTreeSet<PathBuf> = paths.collect();
        let is_embedded = |name: &str| {
            !embedded.is_empty()
                && context.manifest_dir.join(name).canonicalize().is_ok_and(|path| embedded.contains(&path))
        };
        for (_, file) in self.files.iter_mut().filter(|(name, _)| is_embedded(name)) {
            file.code = None;
        }
    }
}

/// Returns the names of the files that a source embeds as data.
fn data(source: &str, mentions: &Mentions) -> Vec<String> {
    let base = source.rsplit_once('/').map_or("", |(base, _)| base);
    let beside = mentions.embedded.iter().map(|file| join(base, file));
    beside.chain(mentions.files_of_package.iter().map(|file| join("", file))).collect()
}

impl Own {
    /// Formats the lines `L`, `N` and `O`.
    pub(super) fn lines(&self) -> String {
        let output = self.output.as_deref().unwrap_or_default();
        let mut lines = format!("L\t{}\t{}\n", self.list.escape_default(), output.escape_default());
        for name in &self.not_counted {
            // Writing to a string does not fail.
            let _ = writeln!(lines, "N\t{}", name.escape_default());
        }
        if self.is_open {
            lines.push_str("O\t\n");
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn programs_are_recorded_whether_they_exist_or_not() {
        let package = tempfile::tempdir().expect("a temporary directory");
        fs::write(package.path().join("present"), "program").expect("written");
        let variable = |name: &str, file: &str| (name.into(), package.path().join(file).into());
        let variables = [
            variable("CARGO_BIN_EXE_present", "present"),
            variable("CARGO_BIN_EXE_missing", "missing"),
            variable("CARGO_MANIFEST_DIR", "no-program"),
        ];
        let compiled = BTreeSet::new();
        let context = Context {
            manifest_dir: package.path(),
            compiled: &compiled,
            started: None,
            input: None,
            is_library: false,
        };
        let mut recorded = RecordedFiles::default();
        recorded.add_programs(variables.into_iter(), package.path(), &context).expect("readable");

        let lines = recorded.lines();
        let [missing, present] = &lines.lines().collect::<Vec<_>>()[..] else { panic!("two programs: {lines}") };
        // No file has these times, so the test compares the program that it finds.
        assert_eq!(*missing, "F\t0\t0\t0\t\tmissing");
        assert!(present.starts_with("F\t7\t") && present.ends_with("\tpresent"), "{present}");
    }
}
