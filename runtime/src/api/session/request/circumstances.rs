//! The circumstances of a builder process: its environment, where that differs from the environment of the test.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::process::Command;

use serde::{Deserialize, Serialize};

/// The differences of a builder's environment from that of the test. The default has no difference.
#[derive(Clone, Debug, Default)]
pub(in crate::api::session) struct Circumstances {
    /// The builder inherits no variables: it has those of `variables` only.
    pub(in crate::api::session) is_cleared: bool,
    /// The variables to set, or to remove.
    pub(in crate::api::session) variables: BTreeMap<OsString, Option<OsString>>,
    /// The working directory.
    pub(in crate::api::session) directory: Option<PathBuf>,
    /// A program and its arguments, which start the builder: `[wrapper…, executable, arguments…]`.
    pub(in crate::api::session) wrapper: Vec<OsString>,
    pub(in crate::api::session) limits: Limits,
}

/// The part of the circumstances that the builder applies to itself, before it calls any code of users.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::api::session) struct Limits {
    /// The mask of permissions for new files is another one, on Unix.
    #[serde(default)]
    pub(in crate::api::session) other_umask: bool,
    /// The build runs on one core, on Linux.
    #[serde(default)]
    pub(in crate::api::session) one_core: bool,
    #[serde(default)]
    pub(in crate::api::session) mode: BuildMode,
}

/// The way in which a private builder calls the functions of the artifact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::api::session) enum BuildMode {
    #[default]
    Plain,
    /// The builder writes the list of everything that the key covers.
    Audited,
    /// The builder confines itself to what the key covers.
    Confined,
}

impl Circumstances {
    /// Returns the command that runs `executable` under these circumstances.
    pub(super) fn command(&self, executable: &OsStr) -> Command {
        let mut command = match self.wrapper.split_first() {
            Some((program, arguments)) => {
                let mut command = Command::new(program);
                command.args(arguments).arg(executable);
                command
            }
            None => Command::new(executable),
        };
        if self.is_cleared {
            command.env_clear();
        }
        for (name, value) in &self.variables {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        if let Some(directory) = &self.directory {
            command.current_dir(directory);
        }
        command
    }
}

impl Limits {
    /// Applies the limits to this process. A limit that the system does not know is skipped.
    pub(super) fn apply(self) {
        #[cfg(unix)]
        if self.other_umask {
            use rustix::fs::Mode;
            let strict = Mode::RWXG | Mode::RWXO;
            if rustix::process::umask(strict) == strict {
                rustix::process::umask(Mode::WGRP | Mode::WOTH);
            }
        }
        #[cfg(target_os = "linux")]
        if self.one_core {
            use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
            let mut one = CpuSet::new();
            let usable = sched_getaffinity(None).ok();
            let first = usable.and_then(|all| (0..CpuSet::MAX_CPU).find(|core| all.is_set(*core)));
            if let Some(core) = first {
                one.set(core);
                // For this thread and those that it starts: the code of users.
                let _ = sched_setaffinity(None, &one);
            }
        }
    }
}
