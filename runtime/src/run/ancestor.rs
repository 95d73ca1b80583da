//! The id of the run that a process belongs to when no variable names one.
//!
//! Two runs that are taken for one serve a stale snapshot; one run that is taken for two costs a second look at each
//! repository. So a process joins a run only if its ancestors prove it, and is a run of its own in every other case.
//!
//! # The rule
//!
//! The run is the cargo process that started the test, by its identity: its process id and start, and where those
//! count (see `table`). cargo sets `CARGO_MANIFEST_DIR` for each test and has another value of it, or none, in its own
//! environment. The search goes from parent to parent and ends at the first process that one of these lines describes:
//!
//! | ancestor | the run is |
//! | --- | --- |
//! | its name, or its executable's name, is `cargo` | this ancestor |
//! | its executable is the file that the test's variable `CARGO` names, or a copy of that file | this ancestor |
//! | its environment is unreadable | the test process |
//! | its executable's name has the word `cargo` in it, and it introduced the variable | this ancestor |
//! | its executable's name has the word `cargo` in it, or it introduced the variable | the test process |
//!
//! Every other ancestor inherited the variable: a test runner such as `qemu`, rustdoc, a shell script, another test. The search passes
//! it. A test that starts its own executable again with another `CARGO_MANIFEST_DIR` is passed as well.
//!
//! A test process without `CARGO_MANIFEST_DIR` was not started by cargo and is its own run, as is one whose ancestors
//! cannot be read: `/proc` is not mounted, hides other processes, or ends before a cargo.
//!
//! # The reasons
//!
//! - The nearest cargo counts, because `cargo watch`, `cargo mutants` and the like outlive the runs that they start. They
//!   start cargo, which is nearer. `cargo-watch` is not `cargo`: names that start with `cargo-` never count, unless
//!   they are the file that `CARGO` names.
//! - The process that introduced the variable ends the search even if it is not known to be cargo: an ancestor beyond it
//!   did not start the test. Shells, editors and debuggers that set the variable themselves live on between runs, and so
//!   does a cargo around them.
//! - cargo keeps a variable `CARGO` that it inherits, so below another cargo the variable names the outer one's file. A
//!   renamed cargo then has the same content (`.cargo-wrapped`, a copy), or the word in its name.
//! - The search cannot see one case: a test runs a cargo of unknown name and content over its own package and hands down its
//!   own `CARGO_MANIFEST_DIR`. Then the outer cargo is the run. Unset the variable, or set `SMOKE_RUN_ID`.
//! - A process that started after its child is not its parent: the parent has ended and its id was used again.

#[cfg(target_os = "linux")]
#[path = "ancestor/linux.rs"]
mod table;
#[cfg(not(target_os = "linux"))]
#[path = "ancestor/other.rs"]
mod table;

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::hash::BuildHasher;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

/// Deeper than any chain of shells, IDEs and task runners above a test.
///
/// On Windows `cargo run` stays the parent of its program for as long as that lives, and the program may be a watcher
/// that starts tests; elsewhere it becomes the program. There only a test's parent can be its cargo.
const MAX_ANCESTORS: usize = if cfg!(windows) { 1 } else { 64 };

/// A process as the operating system describes it.
#[derive(Clone, Debug)]
struct Process {
    pid: u32,
    parent: Option<u32>,
    /// In a unit of the table: only ever compared and hashed.
    start: u64,
    name: OsString,
    /// `None` if this process may not see it.
    executable: Option<PathBuf>,
    /// `None` if this process may not see it.
    environment: Option<Environment>,
}

/// The variables that matter, as a process was given them at its start.
#[derive(Clone, Debug, Default)]
struct Environment {
    manifest_dir: Option<OsString>,
    cargo: Option<PathBuf>,
}

/// The processes that this one can see.
trait Processes {
    /// The calling process.
    fn own(&self) -> Option<Process>;

    fn look_up(&self, pid: u32) -> Option<Process>;

    /// Returns `true` if the executable of `process` has the content of the file `cargo`.
    fn is_copy(&self, process: &Process, cargo: &Path) -> bool;
}

/// A process, for others that may outlive it: no later process has the same identity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Identity {
    pid: u32,
    start: u64,
    /// The processes among which `pid` and `start` are unique.
    table: String,
}

impl Identity {
    /// Returns the identity of this process, or `None` where the system does not tell.
    pub(crate) fn own() -> Option<Identity> {
        let table = table::Table::new()?;
        let own = table.own()?;
        // `/proc` may be that of another namespace, with other ids.
        (own.pid == std::process::id()).then(|| Identity { pid: own.pid, start: own.start, table: table.name() })
    }

    /// Returns `true` if the process has ended for certain.
    pub(crate) fn has_ended(&self) -> bool {
        let Some(table) = table::Table::new().filter(|table| table.name() == self.table) else { return false };
        match table.look_up(self.pid) {
            Some(process) => process.start != self.start,
            // The system may hide it.
            None => !is_running(self.pid),
        }
    }

    /// Returns `true` if the process started this one, or one of those that did.
    pub(crate) fn is_ancestor(&self) -> bool {
        let Some(table) = table::Table::new().filter(|table| table.name() == self.table) else { return false };
        let mut child = table.own();
        for _ in 0..MAX_ANCESTORS {
            let Some(parent) = child.and_then(|child| table.look_up(child.parent?)) else { return false };
            if (parent.pid, parent.start) == (self.pid, self.start) {
                return true;
            }
            child = Some(parent);
        }
        false
    }
}

#[cfg(unix)]
fn is_running(pid: u32) -> bool {
    let pid = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw);
    pid.is_none_or(|pid| rustix::process::test_kill_process(pid) != Err(rustix::io::Errno::SRCH))
}

#[cfg(not(unix))]
fn is_running(_: u32) -> bool {
    true
}

/// Returns the id of the run of this process: a file name of less than 64 characters.
pub(super) fn run_id() -> String {
    let by_ancestor = || {
        let table = table::Table::new()?;
        find_cargo(&table).map(|cargo| format!("cargo-{}-{}", cargo.pid, table.identity(&cargo)))
    };
    by_ancestor().unwrap_or_else(own_id)
}

/// Returns an id that no other process has: unlike id and start of the process it is also new after an `exec`.
fn own_id() -> String {
    // The standard library takes the state from the operating system's random numbers.
    let random = std::hash::RandomState::new().hash_one((SystemTime::now(), std::process::id()));
    format!("process-{}-{random:016x}", std::process::id())
}

/// Returns the cargo that started this process; see the module documentation.
fn find_cargo(processes: &impl Processes) -> Option<Process> {
    let own = processes.own()?;
    let environment = own.environment.clone()?;
    let mut expected = environment.manifest_dir?;
    let mut child = own.clone();
    for _ in 0..MAX_ANCESTORS {
        let ancestor = processes.look_up(child.parent?)?;
        if ancestor.start > child.start {
            return None;
        }
        if is_cargo(processes, &ancestor, environment.cargo.as_deref()) {
            return Some(ancestor);
        }
        let manifest_dir = ancestor.environment.clone()?.manifest_dir;
        let is_origin = manifest_dir.as_ref() != Some(&expected);
        let is_own_executable = ancestor.executable.is_some() && ancestor.executable == own.executable;
        if is_own_executable {
            expected = manifest_dir?;
        } else if has_word_cargo(&ancestor) {
            return is_origin.then_some(ancestor);
        } else if is_origin {
            return None;
        }
        child = ancestor;
    }
    None
}

fn is_cargo(processes: &impl Processes, process: &Process, cargo: Option<&Path>) -> bool {
    let is_name = |name: &OsStr| name == "cargo" || (cfg!(windows) && name.eq_ignore_ascii_case("cargo.exe"));
    let is_named =
        is_name(&process.name) || process.executable.as_ref().and_then(|path| path.file_name()).is_some_and(is_name);
    is_named
        || cargo.is_some_and(|cargo| process.executable.as_deref() == Some(cargo) || processes.is_copy(process, cargo))
}

/// Returns `true` for `.cargo-wrapped` and `my-cargo`, not for `escargot`, nor for a subcommand such as `cargo-watch`.
fn has_word_cargo(process: &Process) -> bool {
    const WORD: &str = "cargo";
    let name = process.executable.as_ref().and_then(|path| path.file_name()).unwrap_or(&process.name);
    let name = name.to_string_lossy().to_lowercase();
    if name.starts_with("cargo-") {
        return false;
    }
    let is_letter = |character: Option<char>| character.is_some_and(char::is_alphabetic);
    name.match_indices(WORD)
        .any(|(at, _)| !is_letter(name[..at].chars().next_back()) && !is_letter(name[at + WORD.len()..].chars().next()))
}

/// Returns `true` if `executable` has the bytes of `cargo`, a file and not a link.
///
/// A link may lead to many commands in one, such as those that version managers install. cargo sets the variable to the
/// file itself.
fn is_same_content(executable: &Path, cargo: &Path) -> bool {
    let (Ok(size), Ok(other)) = (executable.metadata(), cargo.symlink_metadata()) else { return false };
    // The sizes of different executables differ: nothing is read.
    if !size.is_file() || !other.is_file() || size.len() != other.len() {
        return false;
    }
    let (Ok(mut left), Ok(mut right)) = (File::open(executable), File::open(cargo)) else { return false };
    let (mut one, mut two) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    let mut rest = size.len();
    while rest > 0 {
        let length = usize::try_from(rest).unwrap_or(usize::MAX).min(one.len());
        let is_read = left.read_exact(&mut one[..length]).and_then(|()| right.read_exact(&mut two[..length])).is_ok();
        if !is_read || one[..length] != two[..length] {
            return false;
        }
        rest -= length as u64;
    }
    true
}

#[cfg(test)]
mod tests;
