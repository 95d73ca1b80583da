//! The repository of a test: its path, its state, and the check against its pinned revision.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::config::{Config, Mode, RepoSource, Source};
use crate::digest::Parts;
use crate::error::Error;
use crate::key::fingerprint::{self, RepoState};
use crate::layout::Layout;
use crate::message;
use crate::paths;
use crate::run::Run;

/// The repository that a test reads.
///
/// Its state is the one at the start of the run. The next run sees an edit that is made during this one.
#[derive(Debug)]
pub struct Repo {
    name: String,
    path: PathBuf,
    state: RepoState,
    /// The file with the stamps of its files, or `None` if the cache is off.
    stamps: Option<PathBuf>,
}

impl Repo {
    /// Finds the repository and takes its fingerprint, once per run.
    pub(crate) fn open(config: &Config, run: &Run, name: &str) -> Result<Repo, Error> {
        let known = config.repo(name)?;
        if !known.path.is_dir() {
            return Err(missing(name, known));
        }
        // Without links, so that two paths of one directory have one key.
        let path = paths::real(&known.path).map_err(Error::io("resolve", &known.path))?;
        let file_name = file_name(name, &path);
        let stamps = (config.mode != Mode::Off).then(|| Layout::new(&config.cache_dir).stamps(&file_name));
        let take = || take_state(name, &path, stamps.as_deref());
        let state = if config.strict { take()? } else { run.once("repos", &file_name, take)? };
        let repo = Repo { name: name.to_owned(), path, state, stamps };
        repo.check_pin(known)?;
        Ok(repo)
    }

    /// Returns its name, as in `smoke.toml`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns its directory: absolute, without symbolic links.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns its revision as messages show it: `40cfbab0b4f1`, `40cfbab0b4f1+dirty`, `unborn+dirty`, or `files`
    /// without git.
    pub fn revision(&self) -> String {
        self.state.revision()
    }

    pub(crate) fn state(&self) -> &RepoState {
        &self.state
    }

    /// Returns `true` if its state is still the one that the run uses.
    ///
    /// # Errors
    /// Fails if its state cannot be taken again, for example because the directory was removed.
    pub(crate) fn is_unchanged(&self) -> Result<bool, Error> {
        take_state(&self.name, &self.path, self.stamps.as_deref()).map(|state| state == self.state)
    }

    /// Fails if the repository is at another commit than the pinned one. The pin may be the beginning of a commit.
    fn check_pin(&self, known: &RepoSource) -> Result<(), Error> {
        let Some(expected) = known.rev.as_deref().filter(|rev| is_commit(rev)) else { return Ok(()) };
        if self.state.commit.starts_with(&expected.to_lowercase()) {
            return Ok(());
        }
        Err(Error::WrongRevision {
            name: self.name.clone(),
            path: self.path.clone(),
            expected: expected.to_owned(),
            found: self.state.commit.clone(),
            help: match known.source {
                Source::Path(_) => "check out the pinned revision there, or change `rev`".to_owned(),
                Source::Git { .. } | Source::Pypi { .. } => {
                    format!("delete that directory and run `cargo smoke-cache fetch {}`, or change `rev`", self.name)
                }
            },
        })
    }
}

/// Returns `true` for a commit. Tags and branches cannot be compared with one.
fn is_commit(rev: &str) -> bool {
    (7..=64).contains(&rev.len()) && rev.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn take_state(name: &str, path: &Path, stamps: Option<&Path>) -> Result<RepoState, Error> {
    let take = || match stamps {
        Some(stamps) => fingerprint::state(path, stamps, SystemTime::now()),
        None => RepoState::of(path),
    };
    message::while_slow(&format!("reading the state of the repository {name} (`git status`)"), take)
}

/// Returns the name of the files about a repository at this path.
fn file_name(name: &str, path: &Path) -> String {
    let mut parts = Parts::default();
    parts.add(path.as_os_str().as_encoded_bytes());
    format!("{name}-{}", &parts.finish()[..16])
}

fn missing(name: &str, known: &RepoSource) -> Error {
    let help = match &known.source {
        Source::Path(_) => {
            format!("fix its `path` in smoke.toml, or point SMOKE_REPO_PATHS at a directory that ends in `/{name}`")
        }
        Source::Git { .. } | Source::Pypi { .. } => format!(
            "run `cargo smoke-cache fetch {name}`, or point SMOKE_REPO_PATHS at a directory that ends in `/{name}`"
        ),
    };
    Error::RepoMissing { name: name.to_owned(), path: known.path.clone(), help }
}
