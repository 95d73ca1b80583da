//! One artifact of one key, and its paths.

use std::path::PathBuf;
use std::sync::Arc;

use super::manifest::Storage;
use crate::key::Key;
use crate::layout::{ArtifactPath, Layout};
use crate::run::Run;

/// One artifact of one key, whether it is in the cache or not.
#[derive(Debug)]
pub(crate) struct Store<'a> {
    pub(crate) layout: &'a Layout,
    pub(crate) run: &'a Run,
    pub(crate) artifact_path: ArtifactPath,
    pub(crate) key: Arc<Key>,
    pub(crate) storage: Storage,
    /// The short name of the artifact's type.
    pub(crate) type_name: String,
}

impl Store<'_> {
    /// Returns the first link on the path to the files of the artifact. The target of a link is not read.
    pub(crate) fn link(&self) -> Option<PathBuf> {
        self.layout.link_on_the_way([self.layout.entry(&self.artifact_path), self.plain_files()])
    }

    /// Returns the directory of the artifact's plain files.
    pub(super) fn plain_files(&self) -> PathBuf {
        match self.storage {
            Storage::Archive => self.layout.unpacked(&self.artifact_path),
            Storage::Directory => self.layout.directory(&self.artifact_path),
        }
    }

    /// Returns the name of the artifact's verification record in the run.
    pub(super) fn verification_name(&self) -> String {
        format!("{}-{}-{}.json", self.artifact_path.repo, self.artifact_path.artifact, self.key.digest())
    }
}
