//! The origin of a fetched repository, recorded in it before it is published.
//!
//! By the record, the second of two processes recognizes the work of the first, and no process uses another repository.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use cached_smoke::tooling::Source;
use fs_err as fs;

use super::command::redact;

/// The origin of a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Origin {
    /// The source on one line, without credentials.
    name: String,
    /// The SHA-256 of the downloaded file, if there was one.
    sha256: Option<String>,
}

impl Origin {
    /// Returns the origin that `source` requests.
    pub(super) fn of(source: &Source) -> Origin {
        match source {
            Source::Path(path) => Origin { name: format!("path {}", path.display()), sha256: None },
            Source::Git { url, rev } => Origin { name: format!("git {} {rev}", redact(url)), sha256: None },
            Source::Pypi { requirement, sha256 } => Origin {
                name: format!("pypi {}", requirement.split_whitespace().collect::<String>()),
                sha256: sha256.as_ref().map(|digest| digest.to_ascii_lowercase()),
            },
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn with_digest(self, sha256: String) -> Origin {
        Origin { sha256: Some(sha256), ..self }
    }

    /// Records this in `repository`, where git does not see it.
    pub(super) fn write(&self, repository: &Path) -> Result<()> {
        let text = format!("{}\n{}\n", self.name, self.sha256.as_deref().unwrap_or_default());
        Ok(fs::write(file_in(repository), text)?)
    }

    /// Fails unless the repository at `path` has this origin; the error names the other one.
    pub(super) fn check(&self, path: &Path) -> Result<()> {
        let found = fs::read_to_string(file_in(path)).ok().and_then(|text| {
            let (name, digest) = text.trim_end().split_once('\n').unwrap_or((text.trim_end(), ""));
            let sha256 = (!digest.is_empty()).then(|| digest.to_owned());
            (!name.is_empty()).then(|| Origin { name: name.to_owned(), sha256 })
        });
        match found {
            Some(found) if found.name == self.name && (self.sha256.is_none() || found.sha256 == self.sha256) => Ok(()),
            found => bail!(
                "failed to fetch {} into {}: {} exists there; move it away and fetch again",
                self.describe(),
                path.display(),
                found.map_or_else(|| "something else".to_owned(), |found| found.describe())
            ),
        }
    }

    fn describe(&self) -> String {
        match &self.sha256 {
            Some(sha256) => format!("{} (SHA-256 {sha256})", self.name),
            None => self.name.clone(),
        }
    }
}

fn file_in(repository: &Path) -> PathBuf {
    repository.join(".git").join("cached-smoke-origin")
}
