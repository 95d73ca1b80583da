//! The command line of the compiler, in whose process a procedural macro runs.
//!
//! Cargo passes everything that decides how a crate compiles: `--extern` for each dependency, `--cfg` for each feature,
//! `--target`, `-C …`. A compiler driver such as Clippy's or Miri's keeps these arguments.

use super::unit::Unit;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

/// A dependency: `--extern NAME=PATH`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Extern {
    pub(super) name: String,
    pub(super) path: PathBuf,
}

/// The arguments of the compiler that decide how the current crate compiles.
#[derive(Debug, Default)]
pub(super) struct CommandLine {
    /// `--crate-name`.
    pub(super) name: String,
    pub(super) externs: Vec<Extern>,
    /// `-L dependency=…` and `-L …`: the libraries of dependencies.
    pub(super) dependencies: Vec<PathBuf>,
    /// `-L native=…`: the libraries that build scripts built or found.
    pub(super) native: Vec<PathBuf>,
    /// `--cfg`, verbatim. `--test` implies `test`.
    pub(super) cfgs: BTreeSet<String>,
    /// `--target`. Cargo omits it for the host.
    pub(super) target: Option<String>,
    /// `--edition`. The compiler's default is 2015.
    pub(super) edition: Option<String>,
    /// `-C`, in order. The last option of a name wins.
    pub(super) codegen: Vec<(String, Option<String>)>,
    /// `-Z`, in order.
    pub(super) unstable: Vec<String>,
    /// `-l`, in order.
    pub(super) linked: Vec<String>,
    pub(super) out_dir: Option<PathBuf>,
    /// The root of the current crate.
    pub(super) input: Option<PathBuf>,
    /// `--crate-type`. The compiler's default is a program.
    crate_types: BTreeSet<String>,
}

/// The limit for argument files that name other argument files. No compiler nests them deeper.
const MAX_DEPTH: usize = 8;

impl CommandLine {
    /// Reads the command line of this process.
    ///
    /// # Errors
    ///
    /// Returns the reason if it is not the command line of a compiler, or does not say where the dependencies are.
    pub(super) fn of_process() -> Result<Self, String> {
        Self::parse(std::env::args_os().skip(1))
    }

    /// Parses the arguments that follow the name of the program.
    ///
    /// # Errors
    ///
    /// See [`Self::of_process`].
    pub(super) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Self, String> {
        let mut expanded = Vec::new();
        for argument in arguments {
            expand(argument, &mut expanded, 0)?;
        }
        let mut line = Self::default();
        let mut rest = expanded.into_iter();
        while let Some(argument) = rest.next() {
            let Some((option, attached)) = split(&argument) else {
                // A driver may receive the path of the compiler as well.
                if super::mentions::is_rust(&argument) {
                    line.input = Some(PathBuf::from(argument));
                }
                continue;
            };
            let Some(value) =
                attached.map(str::to_owned).or_else(|| takes_value(option).then(|| rest.next()).flatten())
            else {
                match option {
                    "--test" => drop(line.cfgs.insert("test".to_owned())),
                    "-O" => line.codegen.push(("opt-level".to_owned(), Some("3".to_owned()))),
                    "-g" => line.codegen.push(("debuginfo".to_owned(), Some("2".to_owned()))),
                    _ => {}
                }
                continue;
            };
            match option {
                "--crate-name" => line.name = value,
                "--crate-type" => line.crate_types.extend(value.split(',').map(str::to_owned)),
                "--extern" => line.add_extern(&value)?,
                "--cfg" => drop(line.cfgs.insert(value)),
                "--target" => line.target = Some(value),
                "--edition" => line.edition = Some(value),
                "--out-dir" => line.out_dir = Some(PathBuf::from(value)),
                "-C" | "--codegen" => line.codegen.push(named(&value)),
                "-Z" => line.unstable.push(value),
                "-l" => line.linked.push(value),
                "-L" => line.add_directory(&value),
                _ => {}
            }
        }
        if line.name.is_empty() {
            return Err("the compiler's command line names no crate".to_owned());
        }
        Ok(line)
    }

    /// Returns `true` if other crates may depend on the current one.
    pub(super) fn is_library(&self) -> bool {
        !self.cfgs.contains("test") && self.crate_types.iter().any(|name| name != "bin")
    }

    /// Returns the value of a codegen option.
    pub(super) fn codegen(&self, name: &str) -> Option<&str> {
        self.codegen
            .iter()
            .rev()
            .find(|(given, _)| given == name)
            .map(|(_, value)| value.as_deref().unwrap_or_default())
    }

    /// Returns cargo's records of the current crate.
    pub(super) fn unit(&self) -> Option<Unit> {
        let suffix = self.codegen("extra-filename")?.strip_prefix('-')?.as_bytes().try_into().ok()?;
        Unit::find(self.out_dir.as_deref()?, &suffix)
    }

    /// Returns the name of the list of the current crate's sources. The compiler writes it into its output directory.
    pub(super) fn list(&self) -> String {
        format!("{}{}.d", self.name, self.codegen("extra-filename").unwrap_or_default())
    }

    /// Adds `[OPTIONS:]NAME[=PATH]`. Only a crate of the compiler, such as `proc_macro`, may come without a path.
    fn add_extern(&mut self, value: &str) -> Result<(), String> {
        let (name, path) = value.split_once('=').map_or((value, None), |(name, path)| (name, Some(path)));
        let name = name.rsplit(':').next().unwrap_or(name).to_owned();
        match path {
            Some(path) => self.externs.push(Extern { name, path: PathBuf::from(path) }),
            None if SYSROOT_CRATES.contains(&&*name) => {}
            None => return Err(format!("the compiler's command line does not say where the crate `{name}` is")),
        }
        Ok(())
    }

    fn add_directory(&mut self, value: &str) {
        match value.split_once('=') {
            Some(("native", path)) => self.native.push(PathBuf::from(path)),
            Some(("dependency" | "crate" | "all", path)) => self.dependencies.push(PathBuf::from(path)),
            Some(("framework", _)) => {}
            // A directory of libraries of any kind.
            _ => {
                self.native.push(PathBuf::from(value));
                self.dependencies.push(PathBuf::from(value));
            }
        }
    }
}

/// The crates that the compiler finds without a path.
const SYSROOT_CRATES: &[&str] = &["alloc", "core", "panic_abort", "panic_unwind", "proc_macro", "std", "test"];

/// Returns `true` for an option whose value is the next argument, if it is not attached.
fn takes_value(option: &str) -> bool {
    const LONG: &[&str] = &[
        "--allow",
        "--cap-lints",
        "--cfg",
        "--check-cfg",
        "--codegen",
        "--color",
        "--crate-name",
        "--crate-type",
        "--deny",
        "--diagnostic-width",
        "--edition",
        "--emit",
        "--env-set",
        "--error-format",
        "--explain",
        "--extern",
        "--forbid",
        "--force-warn",
        "--json",
        "--out-dir",
        "--print",
        "--remap-path-prefix",
        "--remap-path-scope",
        "--sysroot",
        "--target",
        "--warn",
    ];
    const SHORT: &[&str] = &["-A", "-C", "-D", "-F", "-L", "-W", "-Z", "-l", "-o"];
    LONG.contains(&option) || SHORT.contains(&option)
}

/// Splits `--option=value` and `-Cvalue`. Returns `None` for an argument that is not an option.
fn split(argument: &str) -> Option<(&str, Option<&str>)> {
    if argument.starts_with("--") {
        return Some(argument.split_once('=').map_or((argument, None), |(option, value)| (option, Some(value))));
    }
    if !argument.starts_with('-') || argument.len() < 2 || !argument.is_char_boundary(2) {
        return None;
    }
    let (option, value) = argument.split_at(2);
    Some((option, (!value.is_empty()).then_some(value)))
}

/// Splits `NAME[=VALUE]` of a codegen option, whose name may contain `_` in place of `-`.
fn named(option: &str) -> (String, Option<String>) {
    let (name, value) = option.split_once('=').map_or((option, None), |(name, value)| (name, Some(value.to_owned())));
    (name.replace('_', "-"), value)
}

/// Replaces `@file` by the arguments in the file, one per line.
fn expand(argument: OsString, expanded: &mut Vec<String>, depth: usize) -> Result<(), String> {
    let argument =
        argument.into_string().map_err(|argument| format!("compiler argument is not UTF-8: {}", argument.display()))?;
    let Some(file) = argument.strip_prefix('@') else {
        expanded.push(argument);
        return Ok(());
    };
    if depth == MAX_DEPTH {
        return Err(format!("argument files nest more than {MAX_DEPTH} deep: {file}"));
    }
    let text = fs::read_to_string(Path::new(file))
        .map_err(|error| format!("cannot read the argument file {file}: {error}"))?;
    text.lines().try_for_each(|line| expand(OsString::from(line), expanded, depth + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> CommandLine {
        CommandLine::parse(arguments.iter().map(OsString::from)).expect("a compiler's command line")
    }

    #[test]
    fn arguments_of_cargo_are_parsed() {
        let line = parse(&[
            "--crate-name",
            "t",
            "--edition=2024",
            "tests/t.rs",
            "--cfg",
            "feature=\"fancy\"",
            "--test",
            "-C",
            "opt-level=3",
            "-Copt-level=1",
            "-C",
            "overflow_checks",
            "--extern",
            "app=/t/libapp-1.rlib",
            "--extern",
            "priv,noprelude:other=/t/libother-2.so",
            "--extern",
            "proc_macro",
            "-L",
            "dependency=/t/deps",
            "-Lnative=/t/out",
            "--target=x86_64-unknown-linux-musl",
        ]);
        assert_eq!(line.edition.as_deref(), Some("2024"));
        assert_eq!((line.input.as_deref(), &*line.list()), (Some(Path::new("tests/t.rs")), "t.d"));
        assert_eq!(line.cfgs.iter().collect::<Vec<_>>(), ["feature=\"fancy\"", "test"]);
        assert_eq!((line.codegen("opt-level"), line.codegen("overflow-checks")), (Some("1"), Some("")));
        let externs: Vec<_> = line.externs.iter().map(|one| (&*one.name, one.path.to_str().expect("UTF-8"))).collect();
        assert_eq!(externs, [("app", "/t/libapp-1.rlib"), ("other", "/t/libother-2.so")]);
        assert_eq!(line.dependencies, [Path::new("/t/deps")]);
        assert_eq!(line.native, [Path::new("/t/out")]);
        assert_eq!(line.target.as_deref(), Some("x86_64-unknown-linux-musl"));
    }

    #[test]
    fn argument_files_are_expanded() {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        fs::write(file.path(), "--crate-name\nt\n--cfg\nx\n").expect("written");
        assert!(parse(&[&format!("@{}", file.path().display())]).cfgs.contains("x"));
    }

    #[test]
    fn malformed_command_lines_are_errors() {
        let parse = |arguments: &[&str]| CommandLine::parse(arguments.iter().map(OsString::from)).map(|_| ());
        assert!(parse(&["--some-server"]).expect_err("no crate").contains("names no crate"));
        assert!(parse(&["--crate-name", "t", "@/nowhere/at/all"]).expect_err("no file").contains("/nowhere/at/all"));
        assert!(parse(&["--crate-name", "t", "--extern", "app"]).expect_err("no path").contains("`app`"));
    }
}
