//! Declared inputs: what an artifact depends on outside of the repository, as parts of its key.
//!
//! The value of such a key input is a name and a state, separated by a tab. No name contains a tab.
//!
//! | key input | name | state |
//! | --- | --- | --- |
//! | `file`, `directory` | the path, relative to the package if it is below it | a digest; no state and no tab if an optional file is missing |
//! | `variable` | its name | its value in quotes; no state and no tab if it is not set |
//! | `tool` | the program as it was declared | the output of `--version`, in quotes |

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::{Path, PathBuf};

use super::key_input::KeyInput;
use crate::json;
use crate::text;

/// The number of digits of a digest that messages show.
const SHORT_DIGEST: usize = 12;
/// The character between name and state of a declared input.
pub(crate) const SEPARATOR: char = '\t';

/// An input that an artifact has declared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Input {
    File(PathBuf),
    /// A file that may be missing.
    OptionalFile(PathBuf),
    Directory(PathBuf),
    Variable(OsString),
    Tool(OsString),
}

impl Input {
    pub(crate) fn file(path: &Path) -> Result<Input, String> {
        check_not_empty(path.as_os_str(), "file", "path").map(|()| Input::File(path.to_owned()))
    }

    pub(crate) fn optional_file(path: &Path) -> Result<Input, String> {
        check_not_empty(path.as_os_str(), "optional_file", "path").map(|()| Input::OptionalFile(path.to_owned()))
    }

    pub(crate) fn directory(path: &Path) -> Result<Input, String> {
        check_not_empty(path.as_os_str(), "directory", "path").map(|()| Input::Directory(path.to_owned()))
    }

    pub(crate) fn variable(name: &OsStr) -> Result<Input, String> {
        check_not_empty(name, "env", "name")?;
        if name.as_encoded_bytes().iter().any(|byte| [b'=', 0].contains(byte)) {
            let name = text::name(name);
            return Err(format!("`KeyBuilder::env` got `{name}`, which cannot name a variable; pass the name alone"));
        }
        Ok(Input::Variable(name.to_owned()))
    }

    pub(crate) fn tool(program: &OsStr) -> Result<Input, String> {
        check_not_empty(program, "tool", "program").map(|()| Input::Tool(program.to_owned()))
    }

    fn kind(&self) -> Kind {
        match self {
            Input::File(_) | Input::OptionalFile(_) => Kind::File,
            Input::Directory(_) => Kind::Directory,
            Input::Variable(_) => Kind::Variable,
            Input::Tool(_) => Kind::Tool,
        }
    }

    /// Returns one name for all spellings of the input. A path below the package is relative to it.
    fn name(&self, package: &Path) -> String {
        match self {
            Input::File(path) | Input::OptionalFile(path) | Input::Directory(path) => {
                text::path(path.strip_prefix(package).unwrap_or(path))
            }
            Input::Variable(name) | Input::Tool(name) => text::name(name),
        }
    }

    /// Returns kind and name, for messages: `file data/model.bin`.
    pub(crate) fn subject(&self, package: &Path) -> String {
        format!("{} {}", self.kind().key_input(), self.name(package))
    }

    /// Returns the input's part of the key.
    pub(crate) fn key_input(&self, package: &Path, state: Option<&str>) -> KeyInput {
        let name = self.name(package);
        let value = state.map_or_else(|| name.clone(), |state| format!("{name}{SEPARATOR}{state}"));
        KeyInput::new(self.kind().key_input(), value)
    }
}

fn check_not_empty(argument: &OsStr, method: &str, subject: &str) -> Result<(), String> {
    if argument.is_empty() {
        return Err(format!("`KeyBuilder::{method}` got an empty {subject}; name what the artifact depends on"));
    }
    Ok(())
}

/// The kind of a declared input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    Directory,
    Variable,
    Tool,
}

impl Kind {
    /// Returns the name of the key inputs of this kind.
    pub(super) fn key_input(self) -> &'static str {
        match self {
            Kind::File => "file",
            Kind::Directory => "directory",
            Kind::Variable => "variable",
            Kind::Tool => "tool",
        }
    }

    /// Returns the plural, for messages.
    pub(super) fn several(self) -> &'static str {
        match self {
            Kind::File => "files",
            Kind::Directory => "directories",
            Kind::Variable => "variables",
            Kind::Tool => "tools",
        }
    }

    /// Returns the kind of the key inputs with this name, or `None` if they are not declared inputs.
    pub(super) fn of(key_input: &str) -> Option<Kind> {
        let kinds = [Kind::File, Kind::Directory, Kind::Variable, Kind::Tool];
        kinds.into_iter().find(|kind| kind.key_input() == key_input)
    }
}

/// A declared input, read from a key.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known<'a> {
    pub(super) kind: Kind,
    pub(super) name: &'a str,
    pub(super) state: Option<&'a str>,
    pub(super) listing: &'a str,
}

impl<'a> Known<'a> {
    /// Reads a key input. Returns `None` if it is not a declared input.
    pub(super) fn read(key_input: &'a KeyInput) -> Option<Known<'a>> {
        let kind = Kind::of(&key_input.name)?;
        let (name, state) = match key_input.value.split_once(SEPARATOR) {
            Some((name, state)) => (name, Some(state)),
            None => (key_input.value.as_str(), None),
        };
        Some(Known { kind, name, state, listing: &key_input.note })
    }
}

/// Writes one line: `data/model.bin 5d0c6a1be2f9`, `SCHEMA="one"`, `SCHEMA is not set`, `protoc libprotoc 3.21`.
impl fmt::Display for Known<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Known { kind, name, state, .. } = self;
        match (kind, state) {
            (Kind::Variable, Some(value)) => write!(f, "{name}={value}"),
            (Kind::Variable, None) => write!(f, "{name} is not set"),
            (Kind::File, None) => write!(f, "{name} is missing"),
            (Kind::File | Kind::Directory, Some(digest)) => {
                write!(f, "{name} {}", digest.get(..SHORT_DIGEST).unwrap_or(digest))
            }
            (Kind::Tool, Some(version)) => write!(f, "{name} {}", lines(version).first().map_or("", |line| line)),
            (_, None) => f.write_str(name),
        }
    }
}

/// Returns the lines of a version, without empty ones.
pub(super) fn lines(version: &str) -> Vec<String> {
    // The text of bytes that are not UTF-8 is not JSON: it has one line.
    let text = json::parse(version).unwrap_or_else(|_| version.to_owned());
    let line = |line: &str| line.chars().filter(|character| !character.is_control()).collect::<String>();
    text.lines().map(|text| line(text.trim())).filter(|line| !line.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key_input(input: Result<Input, String>, state: Option<&str>) -> KeyInput {
        input.expect("valid").key_input(Path::new("/p"), state)
    }

    #[test]
    fn one_input_has_one_name() {
        let name = |path: &str| Input::file(Path::new(path)).expect("valid").subject(Path::new("/p"));
        for same in ["a/b", "./a/b", "/p/a/b", "a//b", "/p/./a/b"] {
            assert_eq!(name(same), "file a/b");
        }
        assert_eq!(name("/p/../q"), "file ../q");
        assert_eq!(name("/q/a"), "file /q/a");
        // `a` may be a link, so `a/..` may be another directory.
        assert_eq!(name("a/../b"), "file a/../b");
    }

    #[test]
    fn an_unset_variable_differs_from_every_value() {
        let variable = |name: &str, state| key_input(Input::variable(OsStr::new(name)), state);
        let all = [variable("A", None), variable("A", Some("\"\"")), variable("A\t\"\"", None)];
        for (index, one) in all.iter().enumerate() {
            assert!(all[..index].iter().all(|other| other.digest != one.digest), "{one:?}");
        }
    }

    #[test]
    fn an_input_is_shown_on_one_line() {
        let digest = "0123456789abcdef".repeat(4);
        for (key_input, line) in [
            (key_input(Input::file(Path::new("a b")), Some(&digest)), "a b 0123456789ab"),
            (key_input(Input::optional_file(Path::new("a b")), None), "a b is missing"),
            (key_input(Input::variable(OsStr::new("A")), Some("\"x\\ny\"")), "A=\"x\\ny\""),
            (key_input(Input::variable(OsStr::new("A")), None), "A is not set"),
            (key_input(Input::tool(OsStr::new("gcc")), Some("\"gcc 13\\nFree software\"")), "gcc gcc 13"),
            (key_input(Input::tool(OsStr::new("x")), Some("b\"\\xff\"")), "x b\"\\xff\""),
        ] {
            assert_eq!(key_input.summary(), line);
        }
    }

    #[test]
    fn an_invalid_input_is_rejected_with_the_method() {
        let messages = [
            Input::file(Path::new("")).expect_err("empty"),
            Input::optional_file(Path::new("")).expect_err("empty"),
            Input::directory(Path::new("")).expect_err("empty"),
            Input::variable(OsStr::new("")).expect_err("empty"),
            Input::variable(OsStr::new("A=B")).expect_err("not a name"),
            Input::tool(OsStr::new("")).expect_err("empty"),
        ];
        for (message, method) in messages.iter().zip(["file", "optional_file", "directory", "env", "env", "tool"]) {
            assert!(message.starts_with(&format!("`KeyBuilder::{method}` got ")), "{message}");
        }
    }
}
