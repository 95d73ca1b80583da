//! The command line of the compiler, which is the process that a procedural macro runs in.
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

/// The arguments that matter, out of all that the compiler was given.
#[derive(Debug, Default)]
pub(super) struct CommandLine {
    pub(super) externs: Vec<Extern>,
    /// `-L dependency=…` and `-L …`: the libraries of dependencies.
    pub(super) dependencies: Vec<PathBuf>,
    /// `-L native=…`: the libraries that build scripts made or found.
    pub(super) native: Vec<PathBuf>,
    /// `--cfg`, as given; `test` for `--test`, which implies it.
    pub(super) cfgs: BTreeSet<String>,
    /// `--target`, if given: cargo gives none for the host.
    pub(super) target: Option<String>,
    /// `--edition`; the compiler's own default is 2015.
    pub(super) edition: Option<String>,
    /// `-C`, by name; of a name that is given twice, the last one counts.
    pub(super) codegen: Vec<(String, Option<String>)>,
    /// `-Z`, in their order.
    pub(super) unstable: Vec<String>,
    /// `-l`, in their order.
    pub(super) linked: Vec<String>,
    pub(super) out_dir: Option<PathBuf>,
    /// The root of the crate at hand.
    pub(super) input: Option<PathBuf>,
}

/// Files of arguments may name others; no compiler nests them deeper.
const MAX_DEPTH: usize = 8;

impl CommandLine {
    /// Reads the command line of this process.
    ///
    /// # Errors
    ///
    /// The reason why it is no command line of a compiler that names its dependencies.
    pub(super) fn of_process() -> Result<Self, String> {
        Self::parse(std::env::args_os().skip(1))
    }

    /// Reads the arguments after the program.
    ///
    /// # Errors
    ///
    /// As [`Self::of_process`].
    pub(super) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Self, String> {
        let mut expanded = Vec::new();
        for argument in arguments {
            expand(argument, &mut expanded, 0)?;
        }
        let mut line = Self::default();
        let mut is_compiler = false;
        let mut rest = expanded.into_iter();
        while let Some(argument) = rest.next() {
            let Some((option, attached)) = split(&argument) else {
                // A driver may get the path of the compiler as well.
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
                "--crate-name" => is_compiler = true,
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
        if !is_compiler {
            return Err("the compiler's command line names no crate".to_owned());
        }
        Ok(line)
    }

    /// The last value of a codegen option.
    pub(super) fn codegen(&self, name: &str) -> Option<&str> {
        self.codegen
            .iter()
            .rev()
            .find(|(given, _)| given == name)
            .map(|(_, value)| value.as_deref().unwrap_or_default())
    }

    /// Cargo's records of the crate at hand.
    pub(super) fn unit(&self) -> Option<Unit> {
        let suffix = self.codegen("extra-filename")?.strip_prefix('-')?.as_bytes().try_into().ok()?;
        Unit::find(self.out_dir.as_deref()?, &suffix)
    }

    /// `[OPTIONS:]NAME[=PATH]`. Without a path, only a crate of the compiler's own is meant, such as `proc_macro`.
    fn add_extern(&mut self, value: &str) -> Result<(), String> {
        let (name, path) = value.split_once('=').map_or((value, None), |(name, path)| (name, Some(path)));
        let name = name.rsplit(':').next().unwrap_or(name).to_owned();
        match path {
            Some(path) => self.externs.push(Extern { name, path: PathBuf::from(path) }),
            None if COMPILERS_OWN.contains(&&*name) => {}
            None => return Err(format!("the compiler's command line does not say where the crate `{name}` is")),
        }
        Ok(())
    }

    fn add_directory(&mut self, value: &str) {
        match value.split_once('=') {
            Some(("native", path)) => self.native.push(PathBuf::from(path)),
            Some(("dependency" | "crate" | "all", path)) => self.dependencies.push(PathBuf::from(path)),
            Some(("framework", _)) => {}
            // Of any kind.
            _ => {
                self.native.push(PathBuf::from(value));
                self.dependencies.push(PathBuf::from(value));
            }
        }
    }
}

/// Crates that the compiler finds by itself.
const COMPILERS_OWN: &[&str] = &["alloc", "core", "panic_abort", "panic_unwind", "proc_macro", "std", "test"];

/// Options whose value is the next argument, if it is not attached.
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

/// Splits `--option=value` and `-Cvalue`; nothing for what is no option.
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

/// `NAME[=VALUE]` of a codegen option, whose name may be written with `_`.
fn named(option: &str) -> (String, Option<String>) {
    let (name, value) = option.split_once('=').map_or((option, None), |(name, value)| (name, Some(value.to_owned())));
    (name.replace('_', "-"), value)
}

/// Replaces `@file` by the arguments in the file, one a line.
fn expand(argument: OsString, expanded: &mut Vec<String>, depth: usize) -> Result<(), String> {
    let argument = argument
        .into_string()
        .map_err(|argument| format!("an argument of the compiler is not UTF-8: {}", argument.display()))?;
    let Some(file) = argument.strip_prefix('@') else {
        expanded.push(argument);
        return Ok(());
    };
    if depth == MAX_DEPTH {
        return Err(format!("files of arguments name each other: {file}"));
    }
    let text = fs::read_to_string(Path::new(file))
        .map_err(|error| format!("cannot read {file}, which holds arguments of the compiler: {error}"))?;
    text.lines().try_for_each(|line| expand(OsString::from(line), expanded, depth + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> CommandLine {
        CommandLine::parse(arguments.iter().map(OsString::from)).expect("a compiler's command line")
    }

    #[test]
    fn cargo_style_arguments_are_read() {
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
        assert_eq!(line.cfgs.iter().collect::<Vec<_>>(), ["feature=\"fancy\"", "test"]);
        assert_eq!((line.codegen("opt-level"), line.codegen("overflow-checks")), (Some("1"), Some("")));
        let externs: Vec<_> = line.externs.iter().map(|one| (&*one.name, one.path.to_str().expect("UTF-8"))).collect();
        assert_eq!(externs, [("app", "/t/libapp-1.rlib"), ("other", "/t/libother-2.so")]);
        assert_eq!(line.dependencies, [Path::new("/t/deps")]);
        assert_eq!(line.native, [Path::new("/t/out")]);
        assert_eq!(line.target.as_deref(), Some("x86_64-unknown-linux-musl"));
    }

    #[test]
    fn arguments_in_a_file_are_read() {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        fs::write(file.path(), "--crate-name\nt\n--cfg\nx\n").expect("written");
        assert!(parse(&[&format!("@{}", file.path().display())]).cfgs.contains("x"));
    }

    #[test]
    fn an_unreadable_command_line_is_an_error() {
        let parse = |arguments: &[&str]| CommandLine::parse(arguments.iter().map(OsString::from)).map(|_| ());
        assert!(parse(&["--some-server"]).expect_err("no crate").contains("names no crate"));
        assert!(parse(&["--crate-name", "t", "@/nowhere/at/all"]).expect_err("no file").contains("/nowhere/at/all"));
        assert!(parse(&["--crate-name", "t", "--extern", "app"]).expect_err("no path").contains("`app`"));
    }
}
