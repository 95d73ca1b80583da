//! Declared inputs: what an artifact depends on outside of the repository, and how its key says so.
//!
//! The value of such a key input is a name and a state, with a tab between them, which is in no name:
//!
//! | key input | name | state |
//! | --- | --- | --- |
//! | `file`, `directory` | the path, relative to the package if it can be | a digest |
//! | `variable` | its name | its value in quotes; none, and no tab, if it is not set |
//! | `tool` | the program as it was declared | what it prints for its version, in quotes |

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::{Path, PathBuf};

use super::KeyInput;
use crate::text;

/// How many digits of a digest people are shown.
const SHORT_DIGEST: usize = 12;
const SEPARATOR: char = '\t';

/// What an artifact has declared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Input {
    File(PathBuf),
    Directory(PathBuf),
    Variable(OsString),
    Tool(OsString),
}

impl Input {
    pub(crate) fn file(path: &Path) -> Result<Input, String> {
        is_given(path.as_os_str(), "file", "path").map(|()| Input::File(path.to_owned()))
    }

    pub(crate) fn directory(path: &Path) -> Result<Input, String> {
        is_given(path.as_os_str(), "directory", "path").map(|()| Input::Directory(path.to_owned()))
    }

    pub(crate) fn variable(name: &OsStr) -> Result<Input, String> {
        is_given(name, "env", "name")?;
        if name.as_encoded_bytes().iter().any(|byte| [b'=', 0].contains(byte)) {
            let name = text::name(name);
            return Err(format!(
                "`KeyBuilder::env` was given `{name}`, which no variable can be called; give it the name alone"
            ));
        }
        Ok(Input::Variable(name.to_owned()))
    }

    pub(crate) fn tool(program: &OsStr) -> Result<Input, String> {
        is_given(program, "tool", "program").map(|()| Input::Tool(program.to_owned()))
    }

    fn kind(&self) -> Kind {
        match self {
            Input::File(_) => Kind::File,
            Input::Directory(_) => Kind::Directory,
            Input::Variable(_) => Kind::Variable,
            Input::Tool(_) => Kind::Tool,
        }
    }

    /// One name for all spellings: relative to the package's directory, if it is below it.
    fn name(&self, package: &Path) -> String {
        match self {
            Input::File(path) | Input::Directory(path) => text::path(path.strip_prefix(package).unwrap_or(path)),
            Input::Variable(name) | Input::Tool(name) => text::name(name),
        }
    }

    /// For messages: `file data/model.bin`.
    pub(crate) fn subject(&self, package: &Path) -> String {
        format!("{} {}", self.kind().key_input(), self.name(package))
    }

    /// Its part of the key.
    pub(crate) fn key_input(&self, package: &Path, state: Option<&str>) -> KeyInput {
        let name = self.name(package);
        let value = state.map_or_else(|| name.clone(), |state| format!("{name}{SEPARATOR}{state}"));
        KeyInput::new(self.kind().key_input(), value)
    }
}

fn is_given(given: &OsStr, method: &str, what: &str) -> Result<(), String> {
    if given.is_empty() {
        return Err(format!("`KeyBuilder::{method}` was given an empty {what}; name what the artifact depends on"));
    }
    Ok(())
}

/// The kinds of inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    Directory,
    Variable,
    Tool,
}

impl Kind {
    /// The name of its key inputs.
    pub(super) fn key_input(self) -> &'static str {
        match self {
            Kind::File => "file",
            Kind::Directory => "directory",
            Kind::Variable => "variable",
            Kind::Tool => "tool",
        }
    }

    pub(super) fn several(self) -> &'static str {
        match self {
            Kind::File => "files",
            Kind::Directory => "directories",
            Kind::Variable => "variables",
            Kind::Tool => "tools",
        }
    }

    pub(super) fn of(key_input: &str) -> Option<Kind> {
        let kinds = [Kind::File, Kind::Directory, Kind::Variable, Kind::Tool];
        kinds.into_iter().find(|kind| kind.key_input() == key_input)
    }
}

/// An input as a key has it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known<'a> {
    pub(super) kind: Kind,
    pub(super) name: &'a str,
    pub(super) state: Option<&'a str>,
    pub(super) listing: &'a str,
}

impl<'a> Known<'a> {
    /// Nothing if the key input is of another kind.
    pub(super) fn read(key_input: &'a KeyInput) -> Option<Known<'a>> {
        let kind = Kind::of(&key_input.name)?;
        let (name, state) = match key_input.value.split_once(SEPARATOR) {
            Some((name, state)) => (name, Some(state)),
            None => (key_input.value.as_str(), None),
        };
        Some(Known { kind, name, state, listing: &key_input.note })
    }
}

/// On one line: `data/model.bin 5d0c6a1be2f9`, `SCHEMA="one"`, `SCHEMA is not set`, `protoc libprotoc 3.21`.
impl fmt::Display for Known<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Known { kind, name, state, .. } = self;
        match (kind, state) {
            (Kind::Variable, Some(value)) => write!(f, "{name}={value}"),
            (Kind::Variable, None) => write!(f, "{name} is not set"),
            (Kind::File | Kind::Directory, Some(digest)) => {
                write!(f, "{name} {}", digest.get(..SHORT_DIGEST).unwrap_or(digest))
            }
            (Kind::Tool, Some(version)) => write!(f, "{name} {}", lines(version).first().map_or("", |line| line)),
            (_, None) => f.write_str(name),
        }
    }
}

/// The lines of a version, none of them empty.
pub(super) fn lines(version: &str) -> Vec<String> {
    // What is not UTF-8 has no lines.
    let text = serde_json::from_str(version).unwrap_or_else(|_| version.to_owned());
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
        // What is above a link is not known without looking.
        assert_eq!(name("a/../b"), "file a/../b");
    }

    #[test]
    fn an_unset_variable_is_no_value_of_another() {
        let variable = |name: &str, state| key_input(Input::variable(OsStr::new(name)), state);
        let all = [variable("A", None), variable("A", Some("\"\"")), variable("A\t\"\"", None)];
        for (index, one) in all.iter().enumerate() {
            assert!(all[..index].iter().all(|other| other.digest != one.digest), "{one:?}");
        }
    }

    #[test]
    fn people_see_an_input_on_one_line() {
        let digest = "0123456789abcdef".repeat(4);
        for (key_input, line) in [
            (key_input(Input::file(Path::new("a b")), Some(&digest)), "a b 0123456789ab"),
            (key_input(Input::variable(OsStr::new("A")), Some("\"x\\ny\"")), "A=\"x\\ny\""),
            (key_input(Input::variable(OsStr::new("A")), None), "A is not set"),
            (key_input(Input::tool(OsStr::new("gcc")), Some("\"gcc 13\\nFree software\"")), "gcc gcc 13"),
            (key_input(Input::tool(OsStr::new("x")), Some("b\"\\xff\"")), "x b\"\\xff\""),
        ] {
            assert_eq!(key_input.summary(), line);
        }
    }

    #[test]
    fn what_cannot_be_an_input_is_refused_with_the_method() {
        let messages = [
            Input::file(Path::new("")).expect_err("empty"),
            Input::directory(Path::new("")).expect_err("empty"),
            Input::variable(OsStr::new("")).expect_err("empty"),
            Input::variable(OsStr::new("A=B")).expect_err("no name"),
            Input::tool(OsStr::new("")).expect_err("empty"),
        ];
        for (message, method) in messages.iter().zip(["file", "directory", "env", "env", "tool"]) {
            assert!(message.starts_with(&format!("`KeyBuilder::{method}` was given ")), "{message}");
        }
    }
}
