//! The walk through a tree and through the content behind links that leave it.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use super::links::{Resolved, resolve};
use super::{is_executable, is_left_out};
use crate::cores;
use crate::digest::{Parts, file_digest};
use crate::error::Error;
use crate::key::stamp::Stamp;
use crate::layout;

/// More than any project links to on purpose: a link that leads to more is a mistake, and reading it all would take
/// hours.
const MAX_BEHIND_LINKS: usize = 1_000_000;

/// Directories with more than any builder reads.
const WHOLE_SYSTEM: &[&str] = &["/", "/dev"];
/// Where the system answers instead of a file: such files may have no end, and reading them may wait forever.
const NOT_STORED: &[&str] = &["/proc", "/sys"];

/// A file, directory or link that the state of a tree depends on.
pub(in crate::key::fingerprint) struct Entry {
    /// The path below the root by which a builder reaches it, through links.
    name: PathBuf,
    /// The path without links.
    pub(in crate::key::fingerprint) place: PathBuf,
    /// What `lstat` says of `place`, taken before anything of it was read.
    pub(in crate::key::fingerprint) stamp: Stamp,
    /// What `stat` says of `place`, if it is a link; all zeros if it leads nowhere.
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
    /// A socket, a pipe or a device: it has no content that could be read.
    Special,
    /// The tag of a directory that does not count.
    Tag,
    /// The target of a link, at this path below the root, which counts under its own name.
    Inside(PathBuf),
    /// A directory that counts under this name already.
    Again(PathBuf),
}

/// A path that is still to be visited.
struct Next {
    name: PathBuf,
    place: PathBuf,
    reached: Reached,
    is_behind_link: bool,
}

/// How the walk came to a path: a directory that does not count when it is met on the way down counts for a link to it.
enum Reached {
    AsRoot,
    FromAbove,
    ByLink,
}

pub(in crate::key::fingerprint) struct Walk<'a> {
    /// Without links.
    root: &'a Path,
    /// Tells whether a path below the root counts by its own name, and so need not be followed to.
    is_counted: Box<dyn Fn(&Path) -> bool + 'a>,
    entries: Vec<Entry>,
    /// Each directory that was entered, with its name: so there is an end to links that lead in a circle.
    entered: HashMap<PathBuf, PathBuf>,
    behind_links: usize,
}

impl<'a> Walk<'a> {
    /// Starts a walk that has visited nothing yet; `root` is a path without links.
    pub(in crate::key::fingerprint) fn new(root: &'a Path, is_counted: impl Fn(&Path) -> bool + 'a) -> Walk<'a> {
        let entered = HashMap::from([(root.to_owned(), PathBuf::new())]);
        Walk { root, is_counted: Box::new(is_counted), entries: Vec::new(), entered, behind_links: 0 }
    }

    /// Visits all that is below the root.
    pub(super) fn add_root(&mut self) -> Result<(), Error> {
        self.entered.clear();
        let root = self.root.to_owned();
        self.visit_all(Next { name: PathBuf::new(), place: root, reached: Reached::AsRoot, is_behind_link: false })
    }

    /// Visits what is behind the link at this path below the root, if that does not count by its own name.
    /// No directory on the way to the link may be a link itself.
    pub(in crate::key::fingerprint) fn add_behind(&mut self, link: &Path) -> Result<(), Error> {
        let place = self.root.join(link);
        match self.follow(link.to_owned(), &place)? {
            Some(next) => self.visit_all(next),
            None => Ok(()),
        }
    }

    /// Lists all that the walk depended on.
    pub(in crate::key::fingerprint) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Returns `true` if [`add_to`](Self::add_to) adds anything.
    pub(in crate::key::fingerprint) fn has_content(&self) -> bool {
        self.entries.iter().any(|entry| !matches!(entry.kind, Kind::Tag))
    }

    /// Adds all that was visited, the content of files included.
    pub(in crate::key::fingerprint) fn add_to(&self, parts: &mut Parts) -> Result<(), Error> {
        let digests = cores::map(&self.entries, |entry| match entry.kind {
            Kind::File { .. } => file_digest(&entry.place).map(Some),
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
            parts.add(entry.name.as_os_str().as_encoded_bytes()).add(kind);
            parts.add(detail.unwrap_or_default().as_encoded_bytes()).add(digest?.unwrap_or_default());
        }
        Ok(())
    }

    /// Without recursion: a chain of links is as deep as there are directories.
    fn visit_all(&mut self, first: Next) -> Result<(), Error> {
        let mut to_visit = vec![first];
        while let Some(next) = to_visit.pop() {
            if next.is_behind_link {
                self.behind_links += 1;
                if self.behind_links > MAX_BEHIND_LINKS {
                    return Err(too_much(self.root, &next.place));
                }
            }
            self.visit(next, &mut to_visit)?;
        }
        Ok(())
    }

    fn visit(&mut self, next: Next, to_visit: &mut Vec<Next>) -> Result<(), Error> {
        let Next { name, place, reached, is_behind_link } = next;
        let metadata = place.symlink_metadata().map_err(Error::io("look at", &place))?;
        let stamp = Stamp::of(&metadata);
        if metadata.is_dir() {
            let is_left_out = match reached {
                Reached::AsRoot => false,
                Reached::FromAbove => is_left_out(&place),
                // A cache of ours changes in every run.
                Reached::ByLink => layout::is_cache(&place),
            };
            if is_left_out {
                // While the tag is there, the directory does not count.
                let place = place.join(layout::CACHEDIR_TAG_NAME);
                let stamp = place.symlink_metadata().as_ref().map(Stamp::of).unwrap_or_default();
                self.add(name, place, stamp, Kind::Tag);
                return Ok(());
            }
            if let Some(before) = self.entered.get(&place) {
                let kind = Kind::Again(before.clone());
                self.add(name, place, stamp, kind);
                return Ok(());
            }
            self.entered.insert(place.clone(), name.clone());
            let mut names = fs::read_dir(&place)
                .and_then(|entries| entries.map(|entry| Ok(entry?.file_name())).collect::<Result<Vec<_>, _>>())
                .map_err(Error::io("list the directory", &place))?;
            // The order of a directory is up to the file system; what is pushed last is visited first.
            names.sort_unstable_by(|one, other| other.cmp(one));
            to_visit.extend(names.into_iter().map(|below| Next {
                name: name.join(&below),
                place: place.join(&below),
                reached: Reached::FromAbove,
                is_behind_link,
            }));
            self.add(name, place, stamp, Kind::Directory);
        } else if metadata.is_symlink() {
            let text = fs::read_link(&place).map_err(Error::io("read the link", &place))?.into_os_string();
            // Before the link is resolved: what changes in between is then seen by the next look.
            let followed = Some(place.metadata().as_ref().map(Stamp::of).unwrap_or_default());
            let kind = Kind::Link { text };
            self.entries.push(Entry { name: name.clone(), place: place.clone(), stamp, followed, kind });
            to_visit.extend(self.follow(name, &place)?);
        } else if metadata.is_file() {
            self.add(name, place, stamp, Kind::File { is_executable: is_executable(&metadata) });
        } else {
            self.add(name, place, stamp, Kind::Special);
        }
        Ok(())
    }

    /// Returns the target of the link at `place` if its content is still to be added.
    fn follow(&mut self, name: PathBuf, place: &Path) -> Result<Option<Next>, Error> {
        let Some(Resolved { target, through }) = resolve(place)? else { return Ok(None) };
        let counts = |path: &Path| path.strip_prefix(self.root).is_ok_and(|inside| (self.is_counted)(inside));
        if counts(&target) {
            // Links that do not count themselves could be pointed at another file without anything else changing.
            if !through.iter().all(|link| counts(link)) {
                let inside = target.strip_prefix(self.root).unwrap_or(&target).to_owned();
                let stamp = target.symlink_metadata().as_ref().map(Stamp::of).unwrap_or_default();
                self.add(name, target, stamp, Kind::Inside(inside));
            }
            return Ok(None);
        }
        let is_whole_system = WHOLE_SYSTEM.iter().any(|directory| target == Path::new(directory));
        if is_whole_system || NOT_STORED.iter().any(|directory| target.starts_with(directory)) {
            return Err(bottomless(place, &target));
        }
        Ok(Some(Next { name, place: target, reached: Reached::ByLink, is_behind_link: true }))
    }

    fn add(&mut self, name: PathBuf, place: PathBuf, stamp: Stamp, kind: Kind) {
        self.entries.push(Entry { name, place, stamp, followed: None, kind });
    }
}

fn bottomless(link: &Path, target: &Path) -> Error {
    Error::Message(format!(
        "the link {} leads to {}, and all that is there would be part of the repository's state\n\
         help: point the link at the files that are needed",
        link.display(),
        target.display()
    ))
}

fn too_much(root: &Path, place: &Path) -> Error {
    Error::Message(format!(
        "links in {} lead to more than {MAX_BEHIND_LINKS} files outside of it, such as {}\n\
         help: point these links at the files that are needed",
        root.display(),
        place.display()
    ))
}
