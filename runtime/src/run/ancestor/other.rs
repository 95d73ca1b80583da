//! The processes according to `sysinfo`, on systems without `/proc`.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System, UpdateKind};

use super::{Environment, Process, Processes, is_same_content};
use crate::digest::Parts;

/// The number of digits of an identity. Two runs never have the same digits by chance.
const DIGITS: usize = 32;

pub(super) struct Table {
    host: String,
}

impl Table {
    /// Returns `None` if `sysinfo` does not provide all parts of an identity.
    pub(super) fn new() -> Option<Table> {
        System::host_name().map(|host| Table { host })
    }

    /// Returns a name that the tables of other machines do not have.
    pub(super) fn name(&self) -> String {
        self.host.clone()
    }

    /// Returns a text that identifies the process among those of this machine. The start has a resolution of a second,
    /// and the boot is unknown.
    pub(super) fn identity(&self, process: &Process) -> String {
        let mut parts = Parts::default();
        parts.add(&self.host).add(process.pid.to_string()).add(process.start.to_string());
        let mut digest = parts.finish();
        digest.truncate(DIGITS);
        digest
    }
}

impl Processes for Table {
    fn own(&self) -> Option<Process> {
        self.look_up(sysinfo::get_current_pid().ok()?.as_u32())
    }

    fn look_up(&self, pid: u32) -> Option<Process> {
        let id = Pid::from_u32(pid);
        let mut system = System::new();
        // Without its threads, which would be looked up one by one.
        let kind = ProcessRefreshKind::nothing().without_tasks();
        let kind = kind.with_exe(UpdateKind::Always).with_environ(UpdateKind::Always);
        system.refresh_processes_specifics(ProcessesToUpdate::Some(&[id]), false, kind);
        let process = system.process(id)?;
        // Empty if this process may not read it.
        let environment = process.environ();
        Some(Process {
            pid,
            parent: process.parent().map(Pid::as_u32),
            start: process.start_time(),
            name: process.name().to_owned(),
            executable: process.exe().map(Path::to_owned),
            environment: (!environment.is_empty()).then(|| Environment {
                manifest_dir: value(environment, "CARGO_MANIFEST_DIR"),
                cargo: value(environment, "CARGO").map(PathBuf::from),
            }),
        })
    }

    fn is_copy(&self, process: &Process, cargo: &Path) -> bool {
        process.executable.as_deref().is_some_and(|executable| is_same_content(executable, cargo))
    }
}

fn value(environment: &[OsString], name: &str) -> Option<OsString> {
    let of = |entry: &OsString| Some(entry.to_str()?.strip_prefix(name)?.strip_prefix('=')?.into());
    environment.iter().find_map(of)
}
