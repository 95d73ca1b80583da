//! Finds and parses `smoke.toml`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::RepoSource;
use super::remote::RemoteTable;
use crate::error::Error;
use crate::shared::smoke_toml::{Unusable, find};

/// The source of a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A directory that already exists.
    Path(PathBuf),
    /// A git server.
    Git {
        /// The URL for `git fetch`.
        url: String,
        /// A commit, tag or branch.
        rev: String,
    },
    /// A source distribution on the Python package index.
    Pypi {
        /// The name and version, such as `Django==5.2.8`.
        requirement: String,
        /// The archive's SHA-256, in hexadecimal.
        sha256: Option<String>,
    },
}

/// The settings of a file.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) path: PathBuf,
    /// The directory that relative paths start from.
    pub(super) base: PathBuf,
    pub(super) settings: SmokeToml,
}

/// The whole file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct SmokeToml {
    #[serde(default)]
    pub(crate) defaults: Defaults,
    #[serde(default)]
    pub(crate) test: TestTable,
    #[serde(default)]
    pub(crate) remote: RemoteTable,
    #[serde(default)]
    pub(crate) repos: BTreeMap<String, RepoTable>,
}

/// A `Cargo.toml` with settings.
#[derive(Deserialize)]
struct Manifest {
    workspace: Workspace,
}

#[derive(Deserialize)]
struct Workspace {
    metadata: Metadata,
}

#[derive(Deserialize)]
struct Metadata {
    #[serde(rename = "cached-smoke")]
    settings: SmokeToml,
}

/// `[defaults]`: values for variables that are not set.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Defaults {
    /// The cache directory, relative to the file.
    pub(crate) cache_dir: Option<PathBuf>,
    pub(crate) cache: Option<String>,
    pub(crate) on_miss: Option<String>,
    pub(crate) force_rebuild: Option<String>,
    pub(crate) strict: Option<bool>,
    pub(crate) lock_timeout: Option<String>,
    pub(crate) max_size: Option<String>,
    pub(crate) detach: Option<bool>,
    pub(crate) announce: Option<bool>,
    pub(crate) hermetic: Option<bool>,
}

/// `[test]`: the tests that `cargo smoke-cache test` runs.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct TestTable {
    #[serde(default)]
    pub(crate) args: Vec<String>,
    /// Run ignored tests as well.
    #[serde(default)]
    pub(crate) ignored: bool,
}

/// `[repos.<name>]`: exactly one of `path`, `git` (with `rev`) and `pypi`.
#[derive(Debug, Deserialize)]
#[serde(try_from = "RawRepoTable")]
pub(crate) struct RepoTable {
    source: Source,
    rev: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename = "repository", rename_all = "kebab-case")]
struct RawRepoTable {
    path: Option<PathBuf>,
    git: Option<String>,
    pypi: Option<String>,
    sha256: Option<String>,
    rev: Option<String>,
}

impl TryFrom<RawRepoTable> for RepoTable {
    type Error = String;

    fn try_from(raw: RawRepoTable) -> Result<RepoTable, String> {
        let texts = [&raw.git, &raw.pypi, &raw.sha256, &raw.rev];
        let is_empty = |text: &Option<String>| text.as_ref().is_some_and(|text| text.trim().is_empty());
        if texts.into_iter().any(is_empty) || raw.path.as_ref().is_some_and(|path| path.as_os_str().is_empty()) {
            return Err("an empty text is not a valid value; remove the line".to_owned());
        }
        if raw.sha256.is_some() && raw.pypi.is_none() {
            return Err("`sha256` is only for `pypi`; pin a git repository by `rev`".to_owned());
        }
        let source = match (raw.path, raw.git, raw.pypi) {
            (Some(path), None, None) => Source::Path(path),
            (None, Some(url), None) => {
                let rev = raw.rev.clone().ok_or("`git` needs a `rev`, so that all machines have the same tree")?;
                Source::Git { url, rev }
            }
            (None, None, Some(requirement)) => {
                if !requirement.contains("==") {
                    return Err(format!("`pypi = \"{requirement}\"` must name one version, as in \"Django==5.2.8\""));
                }
                Source::Pypi { requirement, sha256: raw.sha256 }
            }
            _ => return Err("a repository needs exactly one of `path`, `git` and `pypi`".to_owned()),
        };
        Ok(RepoTable { source, rev: raw.rev })
    }
}

impl RepoTable {
    /// Returns the table with absolute paths. Relative paths start from `base`.
    pub(super) fn locate(&self, name: &str, base: &Path, cache_dir: &Path) -> RepoSource {
        let fetched = |label: &str| crate::layout::fetched_repo(cache_dir, name, label);
        let (source, path) = match &self.source {
            Source::Path(path) => (Source::Path(base.join(path)), base.join(path)),
            Source::Git { rev, .. } => (self.source.clone(), fetched(rev)),
            Source::Pypi { requirement, .. } => (self.source.clone(), fetched(requirement)),
        };
        RepoSource { source, path, rev: self.rev.clone() }
    }
}

impl SmokeToml {
    /// Reads the nearest settings in `start` or above it.
    pub(super) fn find(start: &Path) -> Result<Option<Found>, Error> {
        let found = find(start).map_err(|error| match error {
            Unusable::Unreadable { path, error } => Error::io("read", &path)(error),
            Unusable::Ambiguous { path, message } => Error::SmokeToml { path, message },
        })?;
        let Some(file) = found else { return Ok(None) };
        let settings = if file.is_manifest {
            toml::from_str(&file.text).map(|Manifest { workspace }| workspace.metadata.settings)
        } else {
            toml::from_str(&file.text)
        };
        match settings {
            Ok(settings) => Ok(Some(Found { path: file.path, base: file.base, settings })),
            Err(error) => Err(Error::SmokeToml { path: file.path, message: error.to_string() }),
        }
    }
}
