//! The state that all sessions of a process share: the settings, the run, and the artifacts.

use std::any::TypeId;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, PoisonError};

use once_cell::sync::{Lazy, OnceCell};

use super::Loaded;
use super::dyn_artifact::ArtifactMeta;
use super::request;
use crate::config::{Config, Force, Mode, package_directory};
use crate::error::Error;
use crate::key::Key;
use crate::layout::{Layout, Others};
use crate::message;
use crate::run::Run;
use crate::store;
use crate::store::retention::{self, Policy};

/// The settings and the run.
#[derive(Debug)]
pub(super) struct Process {
    pub(super) config: &'static Config,
    pub(super) layout: Layout,
    pub(super) run: &'static Run,
    /// A write to the cache has failed.
    pub(super) is_failing: AtomicBool,
    /// The absolute path of the package, to which the paths of declared inputs are relative.
    pub(super) package: PathBuf,
}

impl Process {
    pub(super) fn get() -> Result<&'static Process, Error> {
        static PROCESS: OnceCell<Process> = OnceCell::new();
        PROCESS.get_or_try_init(|| {
            let config = Config::of_process()?;
            let layout = Layout::new(&config.cache_dir);
            if config.mode != Mode::Off {
                layout.check()?;
            }
            let run = Run::of_process(config, &layout, || {
                store::sweep_private();
                if config.mode == Mode::ReadWrite {
                    retention::keep_within(&layout, &Policy { max_bytes: config.max_bytes, ..Policy::default() });
                    // Afterwards, so that it also deletes the artifacts that retention moved to the trash.
                    store::sweep(&layout);
                }
            });
            run.check()?;
            if config.force != Force::None && config.mode != Mode::ReadWrite {
                message::warn_once("SMOKE_FORCE_REBUILD replaces nothing, because SMOKE_CACHE is not read-write");
            }
            if config.mode != Mode::Off {
                warn_of_others(config, &layout);
            }
            request::limit_time(config);
            let package = package_directory()?;
            let package = std::path::absolute(&package).map_err(Error::io("find the directory", &package))?;
            Ok(Process { config, layout, run, is_failing: AtomicBool::new(false), package })
        })
    }
}

fn warn_of_others(config: &Config, layout: &Layout) {
    let Some(others) = layout.others_who_can_write() else { return };
    let cache = config.cache_dir.display();
    if !layout.keeps_permissions() {
        message::warn_once(&format!(
            "the file system of the cache at {cache} keeps no permissions, so other users may be able to replace the \
             artifacts of your tests\nhelp: set SMOKE_CACHE_DIR to a directory on another file system"
        ));
        return;
    }
    let (writers, help) = match others {
        Others::GroupOrAnybody => ("other users".to_owned(), format!("run `chmod go-w {cache}`")),
        Others::Owner(user) => {
            (format!("its owner, user {user},"), "set SMOKE_CACHE_DIR to a directory that you own".to_owned())
        }
    };
    message::warn_once(&format!(
        "{writers} can write to the cache at {cache}, and so replace the artifacts of your tests\nhelp: {help}"
    ));
}

/// The suite, the artifact, its repository, and the digest of its key.
type Id = (TypeId, TypeId, String, String);

/// Fails if another type of the suite has this artifact's name: both would use the same files.
pub(super) fn check_name_is_unique(meta: &ArtifactMeta) -> Result<(), Error> {
    type Names = HashMap<(TypeId, &'static str), (TypeId, &'static str)>;
    static NAMES: Lazy<Mutex<Names>> = Lazy::new(Mutex::default);
    let this = (meta.artifact, meta.type_name);
    let mut names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
    let (id, other) = *names.entry((meta.suite, meta.name)).or_insert(this);
    if id == this.0 {
        return Ok(());
    }
    Err(Error::Message(format!(
        "the artifacts `{other}` and `{}` have the same name `{}`\nhelp: give each artifact a different `NAME`",
        this.1, meta.name
    )))
}

/// Returns the cell of an artifact in this process. Tests may request the artifact until the process ends, so the cell
/// is leaked.
pub(super) fn cell(meta: &ArtifactMeta, key: &Key) -> &'static OnceCell<Loaded> {
    static CELLS: Lazy<Mutex<HashMap<Id, &'static OnceCell<Loaded>>>> = Lazy::new(Mutex::default);
    let id = (meta.suite, meta.artifact, key.repo().to_owned(), key.digest().to_owned());
    let mut cells = CELLS.lock().unwrap_or_else(PoisonError::into_inner);
    cells.entry(id).or_insert_with(|| Box::leak(Box::default()))
}
