//! Another environment for a build, and the parts that it consists of.
//!
//! Everything that the key does not name changes, except for what cargo, the loader, the toolchain and the test runner
//! need. `docs/reference/commands.md` lists both.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use super::super::circumstances::Circumstances;
use crate::error::Error;
use crate::key::{Input, KeyInput};
use crate::ordered;
use crate::store::Staging;
use crate::text;

/// The beginnings of variables that stay: those of cargo, the toolchain, the loader, git, the runner and this crate.
const KEPT_PREFIXES: [&str; 10] =
    ["CARGO", "RUST", "LD_", "DYLD_", "GIT_", "NEXTEST", "__NEXTEST", "SMOKE_", "LLVM_", "PROGRAMFILES"];
/// Other variables that stay, in upper case.
const KEPT: [&str; 13] = [
    // The path of the program, which shells set.
    "_",
    "PATH",
    "PATHEXT",
    "COMSPEC",
    "SYSTEMROOT",
    "SYSTEMDRIVE",
    "WINDIR",
    "PROGRAMDATA",
    "ASAN_OPTIONS",
    "LSAN_OPTIONS",
    "MSAN_OPTIONS",
    "TSAN_OPTIONS",
    "UBSAN_OPTIONS",
];
const HOMES: [&str; 2] = ["HOME", "USERPROFILE"];
const TEMPORARY: [&str; 3] = ["TMPDIR", "TMP", "TEMP"];
const LOCALE: [&str; 2] = ["LANG", "LC_ALL"];
const THREADS: [&str; 5] =
    ["RAYON_NUM_THREADS", "OMP_NUM_THREADS", "TOKIO_WORKER_THREADS", "GOMAXPROCS", "OPENBLAS_NUM_THREADS"];
const SEEDS: [&str; 2] = ["PYTHONHASHSEED", "PERL_HASH_SEED"];
/// Readable without a time zone database: 12 hours and 45 minutes ahead.
const ZONES: [&str; 2] = ["<+1245>-12:45", "<-0330>3:30"];
/// Its letters have other cases, and its numbers another point.
const LOCALES: [&str; 2] = ["tr_TR.UTF-8", "de_DE.UTF-8"];

/// A change of a part of the environment.
#[derive(Clone, Debug)]
enum Change {
    Variables {
        name: &'static str,
        values: BTreeMap<OsString, Option<OsString>>,
    },
    /// A variable without a meaning that is known here.
    Variable {
        name: OsString,
        value: OsString,
    },
    Directory {
        directory: PathBuf,
    },
    Umask,
    OneCore {
        variables: BTreeMap<OsString, Option<OsString>>,
    },
}

/// Another environment.
pub(super) struct Variation {
    /// Changes that belong to no part: they keep the toolchain working.
    always: BTreeMap<OsString, Option<OsString>>,
    changes: Vec<Change>,
    /// Holds the other home, working directory and directory for temporary files.
    _directories: Staging,
}

impl Variation {
    /// Returns another environment than that of this process, for a key with these inputs.
    pub(super) fn new(inputs: &[(Input, KeyInput)]) -> Result<Variation, Error> {
        let directories = Staging::private()?;
        let named: Vec<&OsStr> = inputs
            .iter()
            .filter_map(|(input, _)| match input {
                Input::Variable(name) => Some(OsStr::new(name)),
                _ => None,
            })
            .collect();
        let below = |name: &str| {
            let directory = directories.files().join(name);
            std::fs::create_dir_all(&directory).map_err(Error::io("create", &directory))?;
            Ok::<_, Error>(directory)
        };
        let (home, temporary, working) = (below("home")?, below("tmp")?, below("directory")?);
        let is_named = |name: &str| named.contains(&OsStr::new(name));
        let set = |names: &[&str], value: &OsStr| -> BTreeMap<OsString, Option<OsString>> {
            let free = names.iter().filter(|name| !is_named(name));
            ordered::collect(free.map(|name| (OsString::from(name), Some(value.to_owned()))))
        };
        let other = |names: &[&str], choices: &[&str; 2]| {
            let current = names.iter().filter_map(std::env::var_os).any(|value| value == choices[0]);
            set(names, OsStr::new(choices[usize::from(current)]))
        };
        let mut changes = vec![
            Change::Variables { name: "HOME", values: set(&HOMES, home.as_os_str()) },
            Change::Variables { name: "TMPDIR", values: set(&TEMPORARY, temporary.as_os_str()) },
            Change::Variables { name: "TZ", values: other(&["TZ"], &ZONES) },
            Change::Variables { name: "the locale", values: other(&LOCALE, &LOCALES) },
            Change::Variables { name: "the hash seeds", values: other(&SEEDS, &["4242", "2424"]) },
            Change::OneCore { variables: set(&THREADS, OsStr::new("1")) },
            Change::Directory { directory: working },
            Change::Umask,
        ];
        changes.retain(|change| !matches!(change, Change::Variables { values, .. } if values.is_empty()));
        let grouped = [&HOMES[..], &TEMPORARY, &["TZ"], &LOCALE, &SEEDS, &THREADS, &["PWD"]].concat();
        for (name, value) in std::env::vars_os() {
            let is_free = !named.contains(&&*name)
                && !grouped.iter().any(|other| name == *other)
                && !is_kept(&name.to_string_lossy());
            if is_free {
                changes.push(Change::Variable { name, value: other_value(value) });
            }
        }
        Ok(Variation { always: toolchain(), changes, _directories: directories })
    }

    /// Returns the circumstances with all changes.
    pub(super) fn all(&self) -> Circumstances {
        self.of(&self.everything())
    }

    /// Returns the numbers of all changes.
    pub(super) fn everything(&self) -> Vec<usize> {
        (0..self.changes.len()).collect()
    }

    /// Returns the circumstances with these changes only.
    pub(super) fn of(&self, numbers: &[usize]) -> Circumstances {
        let mut circumstances = Circumstances { variables: self.always.clone(), ..Circumstances::default() };
        for change in numbers.iter().filter_map(|number| self.changes.get(*number)) {
            match change {
                Change::Variables { values, .. } => circumstances.variables.extend(values.clone()),
                Change::Variable { name, value } => {
                    circumstances.variables.insert(name.clone(), Some(value.clone()));
                }
                Change::Directory { directory } => {
                    circumstances.variables.insert("PWD".into(), Some(directory.clone().into()));
                    circumstances.directory = Some(directory.clone());
                }
                Change::Umask => circumstances.limits.other_umask = true,
                Change::OneCore { variables } => {
                    circumstances.variables.extend(variables.clone());
                    circumstances.limits.one_core = true;
                }
            }
        }
        circumstances
    }

    /// Returns the name of a change, for messages.
    pub(super) fn name(&self, number: usize) -> String {
        match self.changes.get(number) {
            Some(Change::Variables { name, .. }) => (*name).to_owned(),
            Some(Change::Variable { name, .. }) => text::name(name),
            Some(Change::Directory { .. }) => "the working directory".to_owned(),
            Some(Change::Umask) => "the umask".to_owned(),
            Some(Change::OneCore { .. }) => "the number of cores".to_owned(),
            None => String::new(),
        }
    }

    /// Returns the action against a dependence on this change.
    pub(super) fn help(&self, number: usize, artifact: &str) -> String {
        let env = |name: &str| format!("add `key.env(\"{name}\")` to the `key` of `{artifact}`, or do not read it");
        match self.changes.get(number) {
            Some(Change::Variable { name, .. }) => env(&text::name(name)),
            Some(Change::Variables { name: "TZ", .. }) => env("TZ"),
            Some(Change::Variables { name: "the locale", .. }) => {
                format!("let the build of `{artifact}` set LC_ALL, or declare it: `key.env(\"LANG\").env(\"LC_ALL\")`")
            }
            Some(Change::Variables { name: "the hash seeds", .. }) => {
                format!("let the build of `{artifact}` sort what it writes, or set PYTHONHASHSEED for its programs")
            }
            Some(Change::Directory { .. }) => format!(
                "let the build of `{artifact}` name files by `env!(\"CARGO_MANIFEST_DIR\")` or `cx.repo().path()`, and \
                 not relative to the working directory"
            ),
            Some(Change::OneCore { .. }) => {
                format!("let the build of `{artifact}` write the same for every number of threads")
            }
            Some(Change::Variables { name, .. }) => {
                format!("declare the files below {name} that the build of `{artifact}` reads, or do not read them")
            }
            Some(Change::Umask) => format!("let the build of `{artifact}` set the permissions of its files"),
            None => String::new(),
        }
    }
}

/// Returns another value of the same kind: a program may fall back to its default if a number is no number.
fn other_value(mut value: OsString) -> OsString {
    if let Some(number) = value.to_str().and_then(|text| text.parse::<i64>().ok()) {
        return number.wrapping_add(1).to_string().into();
    }
    match value.to_str() {
        Some("true") => "false".into(),
        Some("false") => "true".into(),
        _ => {
            value.push("-varied");
            value
        }
    }
}

fn is_kept(name: &str) -> bool {
    let name = name.to_uppercase();
    KEPT.contains(&name.as_str()) || KEPT_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

/// Returns the variables with which cargo and rustup find their directories without the home directory.
fn toolchain() -> BTreeMap<OsString, Option<OsString>> {
    let home = dirs::home_dir();
    let directories = [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")];
    let unset = directories.into_iter().filter(|(name, _)| std::env::var_os(name).is_none());
    ordered::collect(
        unset
            .filter_map(|(name, directory)| Some((name.into(), Some(home.as_ref()?.join(directory).into_os_string())))),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_of_the_toolchain_and_the_key_stay() {
        for kept in ["PATH", "Path", "CARGO_HOME", "RUSTUP_TOOLCHAIN", "LD_LIBRARY_PATH", "SystemRoot", "SMOKE_X"] {
            assert!(is_kept(kept), "{kept}");
        }
        for changed in ["EDITOR", "SCHEMA", "JAVA_HOME", "XDG_CONFIG_HOME", "PATHS"] {
            assert!(!is_kept(changed), "{changed}");
        }
    }

    #[test]
    fn values_keep_their_kind() {
        for (value, other) in [("2", "3"), ("-1", "0"), ("true", "false"), ("false", "true"), ("", "-varied")] {
            assert_eq!(other_value(value.into()), other);
        }
        assert_eq!(other_value(i64::MAX.to_string().into()), i64::MIN.to_string().as_str());
    }

    #[test]
    fn named_variables_are_not_changed() {
        let input = Input::Variable("TZ".into());
        let inputs = [(input, KeyInput::new("env TZ", "unset".to_owned()))];
        let variation = Variation::new(&inputs).expect("a temporary directory");
        let circumstances = variation.all();
        assert!(!circumstances.variables.contains_key(OsStr::new("TZ")));
        assert!(circumstances.variables.contains_key(OsStr::new("HOME")));
        assert!(circumstances.limits.one_core && circumstances.limits.other_umask);
        assert_eq!(circumstances.directory.as_deref().map(std::path::Path::is_dir), Some(true));
        let none = variation.of(&[]);
        assert!(none.directory.is_none() && !none.limits.one_core);
    }
}
