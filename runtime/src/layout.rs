//! Every path in the cache directory, and the version of its format.
//!
//! ```text
//! CACHEDIR.TAG, .gitignore
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
//! .stamps/django-0a99fe1592a21663           what the file system said of a repository when its state was taken
//! .stamps/input-0a99fe15…                   the same of a declared file or directory, and the digests of its files
//! .repos/django/Django-5.2.8/               fetched repositories; `.repos/.workshop/`: the fetcher's own
//! ```
//!
//! Names that begin with a dot are local to the machine. A repository's name cannot begin with one.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::plain_file;

/// The version of everything written under the cache directory. It is a key input of every key, so that a new
/// version of this crate never reads an entry that it does not understand.
pub(crate) const FORMAT: u32 = 2;

/// The file that marks a directory as a cache, for backup tools and the like: <https://bford.info/cachedir/>.
pub(crate) const CACHEDIR_TAG_NAME: &str = "CACHEDIR.TAG";
/// What the file begins with, whichever tool has written it.
const CACHEDIR_SIGNATURE: &[u8] = b"Signature: 8a477f597d28d172789f06886806bc55";
/// The file as this crate writes it.
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
pub(crate) struct ArtifactPath {
    pub(crate) repo: String,
    /// The entry's directory name.
    pub(crate) entry: String,
    pub(crate) artifact: String,
}

/// Users who can write to the cache directory beside the one who uses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Others {
    /// It belongs to this user.
    Owner(u32),
    /// Its mode lets them.
    GroupOrAnybody,
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
        let tag = self.root.join(CACHEDIR_TAG_NAME);
        if tag.exists() {
            return Ok(());
        }
        create_private(&self.root).map_err(Error::io("create the cache directory", &self.root))?;
        // Within a repository it would make that one differ from its commit, in each run anew.
        let _ = File::create_new(self.root.join(".gitignore")).and_then(|mut file| file.write_all(b"*\n"));
        match File::create_new(&tag).and_then(|mut file| file.write_all(CACHEDIR_TAG.as_bytes())) {
            // Somebody else was faster; or it is a link that leads nowhere.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            written => written.map_err(Error::io("write", &tag)),
        }
    }

    /// Who else can write to the cache directory, and so choose what tests load.
    #[cfg(unix)]
    pub(crate) fn others_who_can_write(&self) -> Option<Others> {
        use std::os::unix::fs::MetadataExt;
        const WRITABLE_BY_GROUP_OR_OTHERS: u32 = 0o022;
        const ROOT: u32 = 0;
        let root = fs::metadata(&self.root).ok()?;
        if ![ROOT, rustix::process::geteuid().as_raw()].contains(&root.uid()) {
            return Some(Others::Owner(root.uid()));
        }
        (root.mode() & WRITABLE_BY_GROUP_OR_OTHERS != 0).then_some(Others::GroupOrAnybody)
    }

    /// Returns `false` if a new file for this user alone has other permissions: then no `chmod` helps.
    #[cfg(unix)]
    pub(crate) fn keeps_permissions(&self) -> bool {
        use std::os::unix::fs::MetadataExt;
        const OTHERS: u32 = 0o077;
        // Made with mode 600.
        let file = tempfile::Builder::new().prefix(".").tempfile_in(&self.root);
        let mode = file.and_then(|file| file.as_file().metadata()).map(|metadata| metadata.mode());
        // Where nothing can be made, nothing is known.
        mode.map_or(true, |mode| mode & OTHERS == 0)
    }

    /// Returns `true`: what this user may write to is not asked elsewhere.
    #[cfg(not(unix))]
    pub(crate) fn keeps_permissions(&self) -> bool {
        true
    }

    /// Windows keeps a home directory, and what is made below it, to its user.
    #[cfg(not(unix))]
    pub(crate) fn others_who_can_write(&self) -> Option<Others> {
        None
    }

    /// Fails if one of the directories that are local to the machine is a link: what is there is written to and removed.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let local = [".locks", ".staging", ".trash", ".unpacked", ".runs", ".stamps"].map(|name| self.root.join(name));
        match local.into_iter().find(|directory| directory.is_symlink()) {
            None => Ok(()),
            Some(link) => Err(Error::Message(format!(
                "the cache at {} cannot be used: {} is a link, and what it leads to would be written to and removed; \
                 remove the link",
                self.root.display(),
                link.display()
            ))),
        }
    }

    /// The first link among all that is an artifact's own: what it leads to is neither written to nor removed.
    pub(crate) fn link_among(&self, artifact_path: &ArtifactPath) -> Option<PathBuf> {
        self.link_on_the_way([
            self.directory(artifact_path),
            self.unpacked(artifact_path),
            self.build_lock(artifact_path),
        ])
    }

    /// The first link on the way to one of these, from the repository's folder on: [`Self::check`] has looked at what is above it.
    pub(crate) fn link_on_the_way<const N: usize>(&self, to: [PathBuf; N]) -> Option<PathBuf> {
        let is_local = |path: &Path| path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        let is_above = |path: &Path| path == self.root || path.parent() == Some(&self.root) && is_local(path);
        let link = |path: PathBuf| {
            path.ancestors().take_while(|path| !is_above(path)).find(|path| path.is_symlink()).map(Path::to_owned)
        };
        to.into_iter().find_map(link)
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn repo(&self, repo: &str) -> PathBuf {
        self.root.join(repo)
    }

    pub(crate) fn entry(&self, artifact_path: &ArtifactPath) -> PathBuf {
        self.repo(&artifact_path.repo).join(&artifact_path.entry)
    }

    pub(crate) fn manifest(&self, artifact_path: &ArtifactPath) -> PathBuf {
        self.entry(artifact_path).join(format!("{}.json", artifact_path.artifact))
    }

    pub(crate) fn archive(&self, artifact_path: &ArtifactPath) -> PathBuf {
        self.entry(artifact_path).join(format!("{}.tar.zst", artifact_path.artifact))
    }

    pub(crate) fn directory(&self, artifact_path: &ArtifactPath) -> PathBuf {
        self.entry(artifact_path).join(&artifact_path.artifact)
    }

    pub(crate) fn unpacked(&self, artifact_path: &ArtifactPath) -> PathBuf {
        self.root.join(".unpacked").join(&artifact_path.repo).join(&artifact_path.entry).join(&artifact_path.artifact)
    }

    pub(crate) fn locks(&self) -> PathBuf {
        self.root.join(".locks")
    }

    pub(crate) fn build_lock(&self, artifact_path: &ArtifactPath) -> PathBuf {
        self.locks()
            .join(&artifact_path.repo)
            .join(&artifact_path.entry)
            .join(format!("{}.lock", artifact_path.artifact))
    }

    /// Held by the one process that collects.
    pub(crate) fn collector_lock(&self) -> PathBuf {
        self.locks().join("collector.lock")
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

    /// `name` is that of a repository and its place, or of a declared input.
    pub(crate) fn stamps(&self, name: &str) -> PathBuf {
        self.root.join(".stamps").join(name)
    }
}

/// Returns `true` for a directory that a [`Layout`] has made.
pub(crate) fn is_cache(directory: &Path) -> bool {
    let tag = plain_file::open(&directory.join(CACHEDIR_TAG_NAME));
    tag.and_then(|tag| plain_file::read(&tag, CACHEDIR_TAG.len() as u64))
        .is_ok_and(|text| text == CACHEDIR_TAG.as_bytes())
}

/// Returns `true` for a directory that any tool has tagged as a cache. The tag must be a plain file.
pub(crate) fn is_tagged_as_cache(directory: &Path) -> bool {
    let mut start = [0; CACHEDIR_SIGNATURE.len()];
    let tag = plain_file::open(&directory.join(CACHEDIR_TAG_NAME));
    tag.and_then(|mut tag| tag.read_exact(&mut start)).is_ok_and(|()| start == CACHEDIR_SIGNATURE)
}

/// Writes a file that readers see all of or nothing, and makes the directory that it is in.
pub(crate) fn write_whole(path: &Path, content: &[u8]) -> io::Result<()> {
    let parent = path.parent().unwrap_or(path);
    create_private(parent)?;
    let mut file = tempfile::Builder::new().prefix(".").tempfile_in(parent)?;
    file.write_all(content)?;
    file.persist(path)?;
    Ok(())
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
