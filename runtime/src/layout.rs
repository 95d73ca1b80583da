//! Every path in the cache directory, and the version of its format.
//!
//! ```text
//! CACHEDIR.TAG
//! django/40cfbab0b4f1-5d0c6a1be2f94c77/     one entry: repository, revision, first 16 digits of the key's digest
//!     graph.tar.zst                         an artifact in archive form
//!     graph.json                            its manifest; its rename into place is the commit point
//!     sparse_index/                         an artifact in directory form
//!     sparse_index.json
//! .locks/django/40cf…/graph.lock            build lock: one per key and artifact; `.locks/collector.lock`
//! .staging/<random>/, .staging/<random>.lock
//! .trash/<random>/                          removed, kept while leased; `damaged-…`: kept to be looked at
//! .unpacked/django/40cf…/graph/             an archive's files as plain files
//! .runs/<run>/                              what processes of one run tell one another
//! .repos/django/Django-5.2.8/               fetched repositories; `.repos/.workshop/`: the fetcher's own
//! ```
//!
//! Names that begin with a dot are local to the machine. A repository's name cannot begin with one.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::error::Error;

/// The version of everything written under the cache directory. It is an ingredient of every key, so that a new
/// version of this crate never reads an entry that it does not understand.
pub(crate) const FORMAT: u32 = 1;

/// <https://bford.info/cachedir/>: backup tools leave out directories with this file.
const CACHEDIR_TAG: &str = "Signature: 8a477f597d28d172789f06886806bc55\n\
    # This directory holds artifacts that smoke tests can build again. It was made by cached-smoke.\n";

/// Where a fetched repository lies; `label` is the version or revision, so that two versions live side by side.
pub(crate) fn fetched_repo(cache_dir: &Path, repo: &str, label: &str) -> PathBuf {
    let mut name = String::new();
    for character in label.replace("==", "-").chars() {
        name.push(if character.is_ascii_alphanumeric() || "._-".contains(character) { character } else { '-' });
    }
    cache_dir.join(".repos").join(repo).join(name.trim_start_matches('.'))
}

/// Where repositories are fetched to before they are moved to their place.
pub(crate) fn workshop(cache_dir: &Path) -> PathBuf {
    cache_dir.join(".repos").join(".workshop")
}

/// One artifact of one entry, by name.
#[derive(Clone, Debug)]
pub(crate) struct Slot {
    pub(crate) repo: String,
    /// The entry's directory name.
    pub(crate) entry: String,
    pub(crate) artifact: String,
}

/// The cache directory.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    root: PathBuf,
}

impl Layout {
    pub(crate) fn new(root: &Path) -> Layout {
        Layout { root: root.to_owned() }
    }

    /// Makes the cache directory, readable by its owner alone, and tags it.
    pub(crate) fn create(&self) -> Result<(), Error> {
        let tag = self.root.join("CACHEDIR.TAG");
        if tag.exists() {
            return Ok(());
        }
        create_private(&self.root).map_err(Error::io("create the cache directory", &self.root))?;
        fs::write(&tag, CACHEDIR_TAG).map_err(Error::io("write", &tag))
    }

    /// Whether other users of the machine can write to the cache directory, and so choose what tests load.
    #[cfg(unix)]
    pub(crate) fn is_open_to_others(&self) -> bool {
        use std::os::unix::fs::MetadataExt;
        const WRITABLE_BY_GROUP_OR_OTHERS: u32 = 0o022;
        fs::metadata(&self.root).is_ok_and(|root| root.mode() & WRITABLE_BY_GROUP_OR_OTHERS != 0)
    }

    /// Windows keeps a home directory, and what is made below it, to its user.
    #[cfg(not(unix))]
    pub(crate) fn is_open_to_others(&self) -> bool {
        false
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn repo(&self, repo: &str) -> PathBuf {
        self.root.join(repo)
    }

    pub(crate) fn entry(&self, slot: &Slot) -> PathBuf {
        self.repo(&slot.repo).join(&slot.entry)
    }

    pub(crate) fn manifest(&self, slot: &Slot) -> PathBuf {
        self.entry(slot).join(format!("{}.json", slot.artifact))
    }

    pub(crate) fn archive(&self, slot: &Slot) -> PathBuf {
        self.entry(slot).join(format!("{}.tar.zst", slot.artifact))
    }

    pub(crate) fn directory(&self, slot: &Slot) -> PathBuf {
        self.entry(slot).join(&slot.artifact)
    }

    pub(crate) fn unpacked(&self, slot: &Slot) -> PathBuf {
        self.root.join(".unpacked").join(&slot.repo).join(&slot.entry).join(&slot.artifact)
    }

    pub(crate) fn build_lock(&self, slot: &Slot) -> PathBuf {
        self.root.join(".locks").join(&slot.repo).join(&slot.entry).join(format!("{}.lock", slot.artifact))
    }

    /// Held by the one process that collects.
    pub(crate) fn collector_lock(&self) -> PathBuf {
        self.root.join(".locks").join("collector.lock")
    }

    pub(crate) fn staging(&self) -> PathBuf {
        self.root.join(".staging")
    }

    pub(crate) fn trash(&self) -> PathBuf {
        self.root.join(".trash")
    }

    pub(crate) fn runs(&self) -> PathBuf {
        self.root.join(".runs")
    }
}

/// `mkdir -p` with the user's own permissions only, for what is made.
pub(crate) fn create_private(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fetched_versions_live_side_by_side() {
        let place = |label| fetched_repo(Path::new("/c"), "django", label);
        assert_eq!(place("Django==5.2.8"), Path::new("/c/.repos/django/Django-5.2.8"));
        assert_eq!(place("../../x"), Path::new("/c/.repos/django/-..-x"));
        assert_ne!(place("Django==5.2.8"), place("Django==5.2.9"));
    }
}
