//! The walk through a tree, and through the content behind links that leave it.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use super::links::{Resolved, resolve};
use super::listed;
use super::rules::{is_executable, is_skipped, is_skipped_file};
use crate::cores;
use crate::digest::{Parts, file_digest};
use crate::error::Error;
use crate::key::stamp::Stamp;
use crate::layout;
use crate::paths;
use crate::text;

/// The limit on files behind links. No project links to more on purpose, and reading them would take hours.
const MAX_BEHIND_LINKS: usize = 1_000_000;

/// Directories with more files than any build reads.
const WHOLE_SYSTEM: &[&str] = &["/", "/dev"];
/// Virtual file systems. Their files may have no end, and a read may block forever.
const NOT_STORED: &[&str] = &["/proc", "/sys"];

/// A file, directory or link that the state of a tree depends on.
pub(in crate::key::fingerprint) struct Entry {
    /// The path below the root, through links.
    name: PathBuf,
    /// The path without links.
    pub(in crate::key::fingerprint) path: PathBuf,
    /// The metadata of `path` by `lstat`, taken before its content is read.
    pub(in crate::key::fingerprint) stamp: Stamp,
    /// The metadata of the target by `stat`, if `path` is a link; all zeros if the link is broken.
    pub(in crate::key::fingerprint) followed: Option<Stamp>,
    kind: Kind,
}

enum Kind {
    Directory,
    File {
        is_executable: bool,
    },
    Link {
        text: OsString,
    },
    /// A socket, a pipe or a device, which has no content to read.
    Special,
    /// The tag of a skipped directory.
    Tag,
    /// The target of a link, at this path below the root, which counts by its own name.
    Inside(PathBuf),
    /// A directory that was added before, under this name.
    Again(PathBuf),
}

/// A path to visit.
struct Next {
    name: PathBuf,
    path: PathBuf,
    reached: Reached,
    is_behind_link: bool,
}

/// The way to a path. A directory that is skipped below its parent counts as the target of a link.
enum Reached {
    AsRoot,
    FromParent,
    ByLink,
}

/// A walk, with all that it has visited.
pub(in crate::key::fingerprint) struct Walk<'a> {
    /// A path without links.
    root: &'a Path,
    /// Returns `true` if a path below the root counts by its own name. Then no link to it has to be followed.
    is_counted: Box<dyn Fn(&Path) -> bool + 'a>,
    entries: Vec<Entry>,
    /// Each directory that was entered, with its name. It ends circles of links.
    entered: HashMap<PathBuf, PathBuf>,
    behind_links: usize,
}

impl<'a> Walk<'a> {
    /// Starts a walk that has visited nothing. `root` is a path without links.
    pub(in crate::key::fingerprint) fn new(root: &'a Path, is_counted: impl Fn(&Path) -> bool + 'a) -> Walk<'a> {
        let entered = HashMap::from([(root.to_owned(), PathBuf::new())]);
        Walk { root, is_counted: Box::new(is_counted), entries: Vec::new(), entered, behind_links: 0 }
    }

    /// Visits the root and everything below it.
    pub(super) fn add_root(&mut self) -> Result<(), Error> {
        self.entered.clear();
        let root = self.root.to_owned();
        self.visit_all(Next { name: PathBuf::new(), path: root, reached: Reached::AsRoot, is_behind_link: false })
    }

    /// Visits the target of the link at this path below the root, unless it counts by its own name.
    ///
    /// No directory on the way to the link may be a link itself.
    pub(in crate::key::fingerprint) fn add_behind(&mut self, link: &Path) -> Result<(), Error> {
        let path = self.root.join(link);
        match self.follow(link.to_owned(), &path)? {
            Some(next) => self.visit_all(next),
            None => Ok(()),
        }
    }

    /// Returns everything that the walk depended on.
    pub(in crate::key::fingerprint) fn into_entries(self) -> Vec<Entry> {
        self.entries
    }

    /// Returns `true` if [`add_to`](Self::add_to) adds anything.
    pub(in crate::key::fingerprint) fn has_content(&self) -> bool {
        self.entries.iter().any(|entry| !matches!(entry.kind, Kind::Tag))
    }

    /// Adds everything that was visited, with the content of files. Returns the entries of a listing, without
    /// directories.
    pub(in crate::key::fingerprint) fn add_to(&self, parts: &mut Parts) -> Result<Vec<(String, String)>, Error> {
        let mut all = Vec::with_capacity(self.entries.len());
        let digests = cores::map(&self.entries, |entry| match entry.kind {
            Kind::File { .. } => file_digest(&entry.path).map(Some),
            _ => Ok(None),
        });
        for (entry, digest) in self.entries.iter().zip(digests) {
            let (kind, detail) = match &entry.kind {
                Kind::Directory => ("directory", None),
                Kind::File { is_executable: true } => ("executable", None),
                Kind::File { is_executable: false } => ("file", None),
                Kind::Link { text } => ("link", Some(text.as_os_str())),
                Kind::Special => ("special", None),
                Kind::Tag => continue,
                Kind::Inside(path) => ("inside", Some(path.as_os_str())),
                Kind::Again(name) => ("again", Some(name.as_os_str())),
            };
            let digest = digest?;
            if !matches!(entry.kind, Kind::Directory) {
                all.push((text::path(&entry.name), listed(kind, detail, digest.as_deref())));
            }
            parts.add(paths::bytes(entry.name.as_os_str())).add(kind);
            parts.add(paths::bytes(detail.unwrap_or_default())).add(digest.unwrap_or_default());
        }
        Ok(all)
    }

    /// Visits paths until none is left. Not by recursion: a chain of links may be as long as the number of directories.
    fn visit_all(&mut self, first: Next) -> Result<(), Error> {
        let mut to_visit = vec![first];
        while let Some(next) = to_visit.pop() {
            if next.is_behind_link {
                self.behind_links += 1;
                if self.behind_links > MAX_BEHIND_LINKS {
                    return Err(too_many(self.root, &next.path));
                }
            }
            to_visit.extend(self.visit(next)?);
        }
        Ok(())
    }

    /// Adds a path. Returns the paths to visit next, the last one first.
    fn visit(&mut self, next: Next) -> Result<Vec<Next>, Error> {
        let metadata = next.path.symlink_metadata().map_err(Error::io("read the metadata of", &next.path))?;
        let stamp = Stamp::of(&metadata);
        if metadata.is_dir() {
            return self.visit_directory(next, stamp);
        }
        if metadata.is_symlink() {
            return self.visit_link(next, stamp);
        }
        let is_file = metadata.is_file();
        let kind = if is_file { Kind::File { is_executable: is_executable(&metadata) } } else { Kind::Special };
        self.add(next.name, next.path, stamp, kind);
        Ok(Vec::new())
    }

    fn visit_directory(&mut self, next: Next, stamp: Stamp) -> Result<Vec<Next>, Error> {
        let Next { name, path, reached, is_behind_link } = next;
        let skipped = match reached {
            Reached::AsRoot => false,
            Reached::FromParent => is_skipped(&path),
            // The cache of this crate changes in every run.
            Reached::ByLink => layout::is_cache(&path),
        };
        if skipped {
            // The directory counts as soon as its tag is removed.
            let tag = path.join(layout::CACHEDIR_TAG_NAME);
            let stamp = tag.symlink_metadata().as_ref().map(Stamp::of).unwrap_or_default();
            self.add(name, tag, stamp, Kind::Tag);
            return Ok(Vec::new());
        }
        if let Some(before) = self.entered.get(&path) {
            let kind = Kind::Again(before.clone());
            self.add(name, path, stamp, kind);
            return Ok(Vec::new());
        }
        self.entered.insert(path.clone(), name.clone());
        let mut names = fs::read_dir(&path)
            .and_then(|entries| entries.map(|entry| Ok(entry?.file_name())).collect::<Result<Vec<_>, _>>())
            .map_err(Error::io("list the directory", &path))?;
        names.retain(|name| !is_skipped_file(name));
        // File systems list a directory in any order. The last name is visited first.
        names.sort_unstable_by(|one, other| other.cmp(one));
        let below = |file_name: OsString| {
            let (name, path) = (name.join(&file_name), path.join(&file_name));
            Next { name, path, reached: Reached::FromParent, is_behind_link }
        };
        let to_visit = names.into_iter().map(below).collect();
        self.add(name, path, stamp, Kind::Directory);
        Ok(to_visit)
    }

    fn visit_link(&mut self, next: Next, stamp: Stamp) -> Result<Vec<Next>, Error> {
        let Next { name, path, .. } = next;
        let text = fs::read_link(&path).map_err(Error::io("read the link", &path))?.into_os_string();
        // Before the link is resolved: then the stamps show a change in between.
        let followed = Some(path.metadata().as_ref().map(Stamp::of).unwrap_or_default());
        let kind = Kind::Link { text };
        self.entries.push(Entry { name: name.clone(), path: path.clone(), stamp, followed, kind });
        Ok(self.follow(name, &path)?.into_iter().collect())
    }

    /// Returns the target of the link at `path` if it has to be visited.
    fn follow(&mut self, name: PathBuf, path: &Path) -> Result<Option<Next>, Error> {
        let Some(Resolved { target, through }) = resolve(path)? else { return Ok(None) };
        let counts = |path: &Path| path.strip_prefix(self.root).is_ok_and(|inside| (self.is_counted)(inside));
        if counts(&target) {
            // A link on the way that does not count could be pointed at another file without any other change.
            if !through.iter().all(|link| counts(link)) {
                let inside = target.strip_prefix(self.root).unwrap_or(&target).to_owned();
                let stamp = target.symlink_metadata().as_ref().map(Stamp::of).unwrap_or_default();
                self.add(name, target, stamp, Kind::Inside(inside));
            }
            return Ok(None);
        }
        let is_whole_system = WHOLE_SYSTEM.iter().any(|directory| target == Path::new(directory));
        if is_whole_system || NOT_STORED.iter().any(|directory| target.starts_with(directory)) {
            return Err(unbounded(path, &target));
        }
        Ok(Some(Next { name, path: target, reached: Reached::ByLink, is_behind_link: true }))
    }

    fn add(&mut self, name: PathBuf, path: PathBuf, stamp: Stamp, kind: Kind) {
        self.entries.push(Entry { name, path, stamp, followed: None, kind });
    }
}

fn unbounded(link: &Path, target: &Path) -> Error {
    Error::Message(format!(
        "the link {} leads to {}, and everything there would be part of the repository's state\n\
         help: point the link at the files that are needed",
        link.display(),
        target.display()
    ))
}

fn too_many(root: &Path, path: &Path) -> Error {
    Error::Message(format!(
        "links in {} lead to more than {MAX_BEHIND_LINKS} files outside it, such as {}\n\
         help: point the links at the files that are needed",
        root.display(),
        path.display()
    ))
}
