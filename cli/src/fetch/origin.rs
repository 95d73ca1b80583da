//! What a fetched repository was made from, written into it before it is published.
//!
//! It lets the second of two processes know that the first has done its work, and keeps everybody from taking
//! something else for it.

use std::fs;
use std::path::{Path, PathBuf};

use super::command::redact;
use super::{FetchError, Source};

/// Where a repository came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Origin {
    /// The source in one line, without credentials.
    name: String,
    /// The digest of the downloaded file, if there was one.
    sha256: Option<String>,
}

impl Origin {
    /// The origin that `source` asks for.
    pub(super) fn of(source: &Source) -> Self {
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

    pub(super) fn with_digest(self, sha256: String) -> Self {
        Origin { sha256: Some(sha256), ..self }
    }

    /// Writes this into `repository`, out of sight of git.
    pub(super) fn write(&self, repository: &Path) -> Result<(), FetchError> {
        let path = file_in(repository);
        let text = format!("{}\n{}\n", self.name, self.sha256.as_deref().unwrap_or_default());
        fs::write(&path, text).map_err(FetchError::io("write", &path))
    }

    /// Whether the repository at `path` was made from this; an error that names what is there when it was not.
    pub(super) fn check(&self, path: &Path) -> Result<(), FetchError> {
        let found = fs::read_to_string(file_in(path)).ok().and_then(|text| {
            let (name, digest) = text.trim_end().split_once('\n').unwrap_or((text.trim_end(), ""));
            let sha256 = (!digest.is_empty()).then(|| digest.to_owned());
            (!name.is_empty()).then(|| Origin { name: name.to_owned(), sha256 })
        });
        match found {
            Some(found) if found.name == self.name && (self.sha256.is_none() || found.sha256 == self.sha256) => Ok(()),
            found => Err(FetchError::Occupied {
                path: path.to_owned(),
                wanted: self.describe(),
                found: found.map(|found| found.describe()),
            }),
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
