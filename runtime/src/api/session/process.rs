//! The state that all sessions of a process share: the settings, the run, and the artifacts.

use std::any::TypeId;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, PoisonError};

use once_cell::sync::{Lazy, OnceCell};

use super::Loaded;
use super::dyn_artifact::ArtifactMeta;
use super::last_used;
use super::request;
use crate::config::{Config, Force, Mode, SizeLimit, package_directory};
use crate::error::Error;
use crate::key::Key;
use crate::layout::Layout;
use crate::message::{self, PREFIX};
use crate::run::Run;
use crate::store;
use crate::store::retention::{self, Kept};
use crate::terminal;

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
            let mut kept = Kept::default();
            let run = Run::of_process(config, &layout, || {
                store::sweep_private();
                if config.mode == Mode::ReadWrite {
                    if let Some(max_bytes) = config.max_bytes() {
                        let used = Lazy::new(|| last_used::by_this_test(&layout));
                        kept = retention::keep_within(&layout, max_bytes, &|path| used.contains(path));
                    }
                    // Afterwards, so that it also deletes the artifacts that retention moved to the trash.
                    store::sweep(&layout);
                }
            });
            report(&kept, config);
            run.check()?;
            if config.force != Force::None && config.mode != Mode::ReadWrite {
                message::warn_once("SMOKE_FORCE_REBUILD replaces nothing, because SMOKE_CACHE is not read-write");
            }
            if config.mode != Mode::Off
                && let Some((problem, help)) = layout.exposure()
            {
                message::warn_once(&format!("{problem}\nhelp: {help}"));
            }
            request::limit_time(config);
            let package = package_directory()?;
            let package = std::path::absolute(&package).map_err(Error::io("find the directory", &package))?;
            Ok(Process { config, layout, run, is_failing: AtomicBool::new(false), package })
        })
    }
}

/// Reports what retention did. The run must be known: it keeps its warnings for the tool.
fn report(kept: &Kept, config: &Config) {
    match &kept.removed {
        Some(removed) if config.size_limit != SizeLimit::Default => message::progress(removed),
        Some(removed) => {
            let help = "set SMOKE_MAX_SIZE to a larger size, such as `50GB`, or to `none`";
            let text = format!("{removed}, because the default limit is 10 GB\nhelp: {help}");
            // The tool shows warnings, and turns announcements off.
            if config.announce {
                terminal::write_lines(&format!("{PREFIX} {text}"));
            } else {
                message::warn_once(&text);
            }
        }
        None => {}
    }
    if let Some(warning) = &kept.too_large {
        message::warn_once(warning);
    }
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
