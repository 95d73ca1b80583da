//! The paths in the cache directory, and the version of its format.
//!
//! ```text
//! CACHEDIR.TAG, .gitignore
//! django/40cfbab0b4f1-5d0c6a1be2f94c77/     one entry: repository, revision, first 16 digits of the key's digest
//!     graph.tar.zst                         an artifact in archive form
//!     graph.json                            its manifest; its rename into place is the commit point
//!     sparse_index/                         an artifact in directory form
//!     sparse_index.json
//! .locks/django/40cf…/graph.lock            build lock: one per key and artifact; `.locks/collector.lock`
//! .locks/django/40cf…/graph.holder          on Windows, the process that holds the lock; elsewhere, in the lock file
//! .staging/<random>/                        a staging directory, with its lock `.staging/<random>.lock`, or the kept
//!                                           copy of a failed test, with its mark `.staging/<random>.kept`
//! .trash/<random>/                          removed artifacts with read locks; `damaged-…`: kept for inspection
//! .unpacked/django/40cf…/graph/             the unpacked files of an archive
//! .runs/<run>/                              the notes that the processes of a run share
//! .stamps/django-0a99fe1592a21663           the state of a repository, with the stamps of its files
//! .stamps/input-0a99fe15…                   the stamps and digests of a declared file or directory
//! .repos/django/Django-5.2.8/               a fetched repository; `.repos/.workshop/`: fetches in flight
//! ```
//!
//! Names that begin with a dot are local to the machine. A repository's name cannot begin with one.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use crate::disk;
use crate::error::Error;
use crate::plain_file;

/// The version of the format of all files in the cache directory. It is part of every key, so that no version of this
/// crate reads an entry in another format.
pub(crate) const FORMAT: u32 = 2;

/// The file that marks a directory as a cache, for example for backup tools: <https://bford.info/cachedir/>.
pub(crate) const CACHEDIR_TAG_NAME: &str = "CACHEDIR.TAG";
/// The beginning of the file, which is the same for all tools.
const CACHEDIR_SIGNATURE: &[u8] = b"Signature: 8a477f597d28d172789f06886806bc55";
/// The content of the file in caches of this crate.
const CACHEDIR_TAG: &str = "Signature: 8a477f597d28d172789f06886806bc55\n\
    # This directory holds artifacts that smoke tests can build again. It was made by cached-smoke.\n";

/// Returns the path of a fetched repository. `label` is its version or revision; each has a separate directory.
pub(crate) fn fetched_repo(cache_dir: &Path, repo: &str, label: &str) -> PathBuf {
    let mut name = String::new();
    for character in label.replace("==", "-").chars() {
        name.push(if character.is_ascii_alphanumeric() || "._-".contains(character) { character } else { '-' });
    }
    cache_dir.join(".repos").join(repo).join(name.trim_start_matches('.'))
}

/// Returns the directory that repositories are fetched into before they are moved to their final path.
pub(crate) fn fetch_dir(cache_dir: &Path) -> PathBuf {
    cache_dir.join(".repos").join(".workshop")
}

/// The path of an artifact, as names.
#[derive(Clone, Debug)]
pub(crate) struct ArtifactPath {
    pub(crate) repo: String,
    /// The entry's directory name.
    pub(crate) entry: String,
    pub(crate) artifact: String,
}

impl ArtifactPath {
    /// Returns the path of an artifact with this [key](Self::key); `None` if it is malformed.
    pub(crate) fn of(key: &str, artifact: &str) -> Option<ArtifactPath> {
        let mut parts = key.rsplitn(3, ':');
        let (digest, revision, repo) = (parts.next()?, parts.next()?, parts.next()?);
        Some(ArtifactPath {
            repo: repo.to_owned(),
            entry: format!("{revision}-{digest}"),
            artifact: artifact.to_owned(),
        })
    }

    /// Returns the key for display: repository, revision, and the first digits of the digest, as in
    /// `django:40cfbab0b4f1:5d0c6a1be2f94c77`.
    pub(crate) fn key(&self) -> String {
        let (revision, digest) = self.entry.rsplit_once('-').unwrap_or(("", &self.entry));
        format!("{}:{revision}:{digest}", self.repo)
    }
}

/// Other users who can write to the cache directory. On Windows, permissions are not checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(unix), expect(dead_code, reason = "only the permissions of Unix are checked"))]
enum Others {
    /// The owner of the directory, by user id.
    Owner(u32),
    /// The group, or every user, by the mode of the directory.
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

    /// Creates the cache directory, readable by its owner alone, and tags it as a cache.
    pub(crate) fn create(&self) -> Result<(), Error> {
        let tag = self.root.join(CACHEDIR_TAG_NAME);
        if tag.exists() {
            return Ok(());
        }
        create_private(&self.root).map_err(Error::io("create the cache directory", &self.root))?;
        // A cache within a repository would make it differ from its commit, in each run differently.
        let _ = File::create_new(self.root.join(".gitignore")).and_then(|mut file| file.write_all(b"*\n"));
        match File::create_new(&tag).and_then(|mut file| file.write_all(CACHEDIR_TAG.as_bytes())) {
            // Another process was faster, or the tag is a broken link.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            written => written.map_err(Error::io("write", &tag)),
        }
    }

    /// Returns the other users who can write to the cache directory, and so replace the artifacts that tests load.
    #[cfg(unix)]
    fn others_who_can_write(&self) -> Option<Others> {
        use std::os::unix::fs::MetadataExt;
        const WRITABLE_BY_GROUP_OR_OTHERS: u32 = 0o022;
        const ROOT: u32 = 0;
        let root = fs::metadata(&self.root).ok()?;
        if ![ROOT, rustix::process::geteuid().as_raw()].contains(&root.uid()) {
            return Some(Others::Owner(root.uid()));
        }
        (root.mode() & WRITABLE_BY_GROUP_OR_OTHERS != 0).then_some(Others::GroupOrAnybody)
    }

    /// Returns how other users can replace the artifacts, and the action that prevents it.
    pub(crate) fn exposure(&self) -> Option<(String, String)> {
        let others = self.others_who_can_write()?;
        let cache = self.root.display();
        if !self.keeps_permissions() {
            return Some((
                format!(
                    "the file system of the cache at {cache} keeps no permissions, so other users may be able to \
                     replace the artifacts of your tests"
                ),
                "set SMOKE_CACHE_DIR to a directory on another file system".to_owned(),
            ));
        }
        let (writers, help) = match others {
            Others::GroupOrAnybody => ("other users".to_owned(), format!("run `chmod go-w {cache}`")),
            Others::Owner(user) => {
                (format!("its owner, user {user},"), "set SMOKE_CACHE_DIR to a directory that you own".to_owned())
            }
        };
        Some((format!("{writers} can write to the cache at {cache}, and so replace the artifacts of your tests"), help))
    }

    /// Returns `false` if a new file with mode 600 gets other permissions. Then `chmod` has no effect.
    #[cfg(unix)]
    fn keeps_permissions(&self) -> bool {
        use std::os::unix::fs::MetadataExt;
        const OTHERS: u32 = 0o077;
        // `tempfile` creates it with mode 600.
        let file = tempfile::Builder::new().prefix(".").tempfile_in(&self.root);
        let mode = file.and_then(|file| file.as_file().metadata()).map(|metadata| metadata.mode());
        // Unknown if no file can be created.
        mode.map_or(true, |mode| mode & OTHERS == 0)
    }

    /// Returns `true`: permissions are checked on Unix only.
    #[cfg(not(unix))]
    fn keeps_permissions(&self) -> bool {
        true
    }

    /// Returns `None`: on Windows, a home directory and everything below it belong to its user.
    #[cfg(not(unix))]
    fn others_who_can_write(&self) -> Option<Others> {
        None
    }

    /// Fails if a directory that is local to the machine is a link, because files in these directories are written and
    /// removed.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let local = [".locks", ".staging", ".trash", ".unpacked", ".runs", ".stamps"].map(|name| self.root.join(name));
        match local.into_iter().find(|directory| directory.is_symlink()) {
            None => Ok(()),
            Some(link) => Err(Error::Message(format!(
                "the cache at {} cannot be used: {} is a link, and files at its target would be written and removed\n\
                 help: remove the link",
                self.root.display(),
                link.display()
            ))),
        }
    }

    /// Returns the first link on the way to an artifact, its unpacked files or its lock. Files at its target must be
    /// neither written nor removed.
    pub(crate) fn link_among(&self, artifact_path: &ArtifactPath) -> Option<PathBuf> {
        self.link_on_the_way([
            self.directory(artifact_path),
            self.unpacked(artifact_path),
            self.build_lock(artifact_path),
        ])
    }

    /// Returns the first link on the way to one of these paths, from the repository's directory on. [`Self::check`]
    /// covers the directories above.
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

    /// Returns the path of the lock for removal of entries by the retention policy.
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

    /// Returns the path of a file of stamps. `name` stands for a repository and its path, or for a declared input.
    pub(crate) fn stamps(&self, name: &str) -> PathBuf {
        self.root.join(".stamps").join(name)
    }
}

/// Returns `true` for a cache directory of this crate.
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

/// Writes a file, and creates its directory. Readers see all of the content or nothing.
pub(crate) fn write_whole(path: &Path, content: &[u8]) -> io::Result<()> {
    let parent = path.parent().unwrap_or(path);
    create_private(parent)?;
    let mut file = tempfile::Builder::new().prefix(".").tempfile_in(parent)?;
    file.write_all(content)?;
    // Not by `persist`, which on Windows fails while another process reads the old file.
    let written = file.into_temp_path().keep()?;
    disk::replace(&written, path).inspect_err(|_| drop(fs::remove_file(&written)))
}

/// Creates a directory and the missing ones above it, for this user alone.
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
    fn a_file_is_replaced_while_it_is_read() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let path = directory.path().join("below/note");
        write_whole(&path, b"first").expect("written");
        let reader = File::open(&path).expect("readable");
        write_whole(&path, b"second").expect("replaced");
        assert_eq!(io::read_to_string(reader).expect("still readable"), "first");
        assert_eq!(fs::read(&path).expect("readable"), b"second");
        assert_eq!(fs::read_dir(directory.path().join("below")).expect("readable").count(), 1);
    }

    #[test]
    fn the_path_of_an_artifact_comes_back_from_its_key() {
        let path = ArtifactPath::of("django:40cfbab0b4f1:5d0c6a1be2f94c77", "graph").expect("a key");
        assert_eq!((&*path.repo, &*path.entry, &*path.artifact), ("django", "40cfbab0b4f1-5d0c6a1be2f94c77", "graph"));
        assert_eq!(path.key(), "django:40cfbab0b4f1:5d0c6a1be2f94c77");
        assert!(ArtifactPath::of("django", "graph").is_none());
    }

    #[test]
    fn each_fetched_version_has_its_directory() {
        let place = |label| fetched_repo(Path::new("/c"), "django", label);
        assert_eq!(place("Django==5.2.8"), Path::new("/c/.repos/django/Django-5.2.8"));
        assert_eq!(place("../../x"), Path::new("/c/.repos/django/-..-x"));
        assert_ne!(place("Django==5.2.8"), place("Django==5.2.9"));
    }
}
