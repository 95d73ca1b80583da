//! A repository as a test sees it: found, checked against its pin, and its state known.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::config::{Config, Mode, RepoSource, Source};
use crate::digest::Parts;
use crate::error::Error;
use crate::key::fingerprint::{self, RepoState};
use crate::layout::Layout;
use crate::message;
use crate::run::Run;

/// The repository that a test runs over.
///
/// Its state is the one at the start of the run; an edit made while a run is under way is seen by the next one.
#[derive(Debug)]
pub struct Repo {
    name: String,
    path: PathBuf,
    state: RepoState,
    /// Where it is kept how it looked; nowhere, if the cache is not to be used.
    stamps: Option<PathBuf>,
}

impl Repo {
    /// Finds the repository and takes its fingerprint, once per run.
    pub(crate) fn open(config: &Config, run: &Run, name: &str) -> Result<Repo, Error> {
        let known = config.repo(name)?;
        if !known.path.is_dir() {
            return Err(missing(name, known));
        }
        // What the builder sees, without links, so that two names of one place have one key.
        let path = known.path.canonicalize().map_err(Error::io("resolve", &known.path))?;
        let place = named_after(name, &path);
        let stamps = (config.mode != Mode::Off).then(|| Layout::new(&config.cache_dir).stamps(&place));
        let look = || look(name, &path, stamps.as_deref());
        let state = if config.strict { look()? } else { run.once("repos", &place, look)? };
        let repo = Repo { name: name.to_owned(), path, state, stamps };
        repo.check_pin(known)?;
        Ok(repo)
    }

    /// Its name, as in `smoke.toml`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its directory: absolute, without links.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What people are shown: `40cfbab0b4f1`, `40cfbab0b4f1+dirty`, `unborn+dirty`, or `files` where there is no git.
    pub fn revision(&self) -> String {
        self.state.revision()
    }

    pub(crate) fn state(&self) -> &RepoState {
        &self.state
    }

    /// Returns `true` if it still is what the run took it for.
    ///
    /// # Errors
    /// Its state cannot be taken again; perhaps it is gone.
    pub(crate) fn is_unchanged(&self) -> Result<bool, Error> {
        look(&self.name, &self.path, self.stamps.as_deref()).map(|state| state == self.state)
    }

    /// A pinned revision is a commit, or the beginning of one.
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

/// Tags and branches say nothing that could be compared with a commit.
fn is_commit(rev: &str) -> bool {
    (7..=64).contains(&rev.len()) && rev.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn look(name: &str, path: &Path, stamps: Option<&Path>) -> Result<RepoState, Error> {
    let look = || match stamps {
        Some(stamps) => fingerprint::state(path, stamps, SystemTime::now()),
        None => RepoState::of(path),
    };
    message::while_slow(&format!("reading the state of the repository {name} (`git status`)"), look)
}

/// A file's name for what is known of a repository at this place.
fn named_after(name: &str, path: &Path) -> String {
    let mut place = Parts::default();
    place.add(path.as_os_str().as_encoded_bytes());
    format!("{name}-{}", &place.finish()[..16])
}

fn missing(name: &str, known: &RepoSource) -> Error {
    let help = match &known.source {
        Source::Path(_) => {
            format!("correct its `path` in smoke.toml, or point SMOKE_REPO_PATHS at a directory that ends in `/{name}`")
        }
        Source::Git { .. } | Source::Pypi { .. } => format!(
            "run `cargo smoke-cache fetch {name}`, or point SMOKE_REPO_PATHS at a directory that ends in `/{name}`"
        ),
    };
    Error::RepoMissing { name: name.to_owned(), path: known.path.clone(), help }
}
