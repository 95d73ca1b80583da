//! The id of the run that a process belongs to when no variable names one.
//!
//! If two runs had one id, the second would use a stale snapshot. If one run has two ids, the state of each repository
//! is taken twice. So a process joins a run only if its ancestors prove it. In every other case it is a separate run.
//!
//! # The rule
//!
//! The run is the cargo process that started the test. Its identity consists of its process id, its start, and the
//! namespace of both (see `table`). Cargo sets `CARGO_MANIFEST_DIR` for each test; its own environment has another
//! value, or none. The search goes from parent to parent, and ends at the first process that matches a line:
//!
//! | ancestor | the run is |
//! | --- | --- |
//! | its name, or its executable's name, is `cargo` | this ancestor |
//! | its executable is the file in the test's variable `CARGO`, or a copy of that file | this ancestor |
//! | its environment is unreadable | the test process |
//! | its executable's name contains the word `cargo`, and it introduced the variable | this ancestor |
//! | its executable's name contains the word `cargo`, or it introduced the variable | the test process |
//!
//! The search passes every other ancestor, because it inherited the variable: a test runner such as `qemu`, rustdoc, a
//! shell script, another test. It also passes a test that starts its own executable again with another
//! `CARGO_MANIFEST_DIR`.
//!
//! A test process without `CARGO_MANIFEST_DIR` was not started by cargo, and is a separate run. So is one whose
//! ancestors cannot be read: `/proc` is not mounted, hides other processes, or ends before a cargo.
//!
//! # The reasons
//!
//! - The nearest cargo counts. Tools such as `cargo watch` and `cargo mutants` outlive the runs that they start, but
//!   they start a cargo, which is nearer. `cargo-watch` is not `cargo`: names that start with `cargo-` never count,
//!   unless the variable `CARGO` names the file.
//! - The process that introduced the variable ends the search, even if it is not recognized as cargo: an ancestor
//!   beyond it did not start the test. Shells, editors and debuggers that set the variable outlive a run, and so does a
//!   cargo around them.
//! - Cargo keeps a variable `CARGO` that it inherits, so below another cargo the variable names the outer one's file. A
//!   renamed cargo then has the same content (`.cargo-wrapped`, a copy), or the word in its name.
//! - The search gets one case wrong: a test runs a cargo of unknown name and content over its own package, and passes
//!   on its own `CARGO_MANIFEST_DIR`. Then the outer cargo is the run. To avoid this, unset the variable, or set
//!   `SMOKE_RUN_ID`.
//! - A process that started after its child is not its parent: the parent has ended, and its id was reused.

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

/// The limit on ancestors. Chains of shells, IDEs and task runners above a test are shorter.
///
/// On Windows only a test's parent can be its cargo: `cargo run` stays the parent of its program, which may be a
/// watcher that starts tests. On other systems `cargo run` becomes the program.
const MAX_ANCESTORS: usize = if cfg!(windows) { 1 } else { 64 };

/// A process, as the operating system describes it.
#[derive(Clone, Debug)]
struct Process {
    pid: u32,
    parent: Option<u32>,
    /// The time of the start, in a unit of the table. It is only compared and hashed.
    start: u64,
    name: OsString,
    /// `None` if this process may not read it.
    executable: Option<PathBuf>,
    /// `None` if this process may not read it.
    environment: Option<Environment>,
}

/// The relevant variables, as they were at the start of a process.
#[derive(Clone, Debug, Default)]
struct Environment {
    manifest_dir: Option<OsString>,
    cargo: Option<PathBuf>,
}

/// The processes that are visible to this one.
trait Processes {
    /// Returns the calling process.
    fn own(&self) -> Option<Process>;

    /// Returns the process with this id.
    fn look_up(&self, pid: u32) -> Option<Process>;

    /// Returns `true` if the executable of `process` has the content of the file `cargo`.
    fn is_copy(&self, process: &Process, cargo: &Path) -> bool;
}

/// The identity of a process, for processes that may outlive it. No later process has the same identity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Identity {
    pid: u32,
    start: u64,
    /// The table of processes in which `pid` and `start` are unique.
    table: String,
}

impl Identity {
    /// Returns the identity of this process, or `None` if the system does not provide it.
    pub(crate) fn own() -> Option<Identity> {
        let table = table::Table::new()?;
        let own = table.own()?;
        // `/proc` may belong to another namespace, with other ids.
        (own.pid == std::process::id()).then(|| Identity { pid: own.pid, start: own.start, table: table.name() })
    }

    /// Returns `true` if the process has certainly ended.
    pub(crate) fn has_ended(&self) -> bool {
        let Some(table) = table::Table::new().filter(|table| table.name() == self.table) else { return false };
        match table.look_up(self.pid) {
            Some(process) => process.start != self.start,
            // The system may hide the process.
            None => !is_running(self.pid),
        }
    }

    /// Returns `true` if the process is an ancestor of this one.
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

/// Returns the id of the run of this process: a file name of fewer than 64 characters.
pub(super) fn run_id() -> String {
    let by_ancestor = || {
        let table = table::Table::new()?;
        find_cargo(&table).map(|cargo| format!("cargo-{}-{}", cargo.pid, table.identity(&cargo)))
    };
    by_ancestor().unwrap_or_else(own_id)
}

/// Returns an id that no other process has. Unlike process id and start, it is also new after an `exec`.
fn own_id() -> String {
    // The standard library seeds the state with random numbers of the operating system.
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

/// Returns `true` if `executable` has the content of `cargo`, which must be a file and not a link.
///
/// A link may lead to an executable with many commands, such as those of version managers. Cargo sets the variable to
/// the file itself.
fn is_same_content(executable: &Path, cargo: &Path) -> bool {
    let (Ok(size), Ok(other)) = (executable.metadata(), cargo.symlink_metadata()) else { return false };
    // Different executables mostly differ in size, so their content is not read.
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
