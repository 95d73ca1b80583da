//! What the digest is made of, and in which order.
//!
//! 1. For each named directory, as given: its files, by name.
//! 2. The manifests of the packages that own the directories, where they are not among these files, and their build
//!    scripts.
//! 3. What local packages inherit from their workspace's manifest.
//! 4. The packages in `Cargo.lock` that the owners are compiled with: name, version, source, checksum.
//! 5. The files of path dependencies among these, where they are not in a named directory.
//!
//! Names are relative and lists sorted: neither the place of the workspace nor the order of a directory matters.

use super::digest::Digest;
use super::directory::Directory;
use super::files::{self, Extent, File};
use super::lockfile::Lockfile;
use super::manifest::Manifest;
use super::packages::{Closure, Walk};
use crate::message;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Changes whenever the encoding does.
const FORMAT: &str = "cached-smoke code 1";

#[derive(Debug, Default)]
pub(super) struct Code {
    /// 64 hexadecimal digits.
    pub(super) digest: String,
    /// Every file that the digest depends on.
    pub(super) tracked: Vec<String>,
}

/// The named directories and the packages that own them.
#[derive(Default)]
pub(super) struct Builder {
    directories: Vec<(PathBuf, Vec<File>)>,
    owners: Vec<Manifest>,
}

impl Builder {
    /// # Errors
    ///
    /// If the directory has no files, or something in it cannot be read, as a text for people.
    pub(super) fn add_directory(&mut self, directory: &Directory, root: &Path) -> Result<(), String> {
        let files = files::collect(&directory.path, root, Extent::Everything)?;
        if files.is_empty() {
            return Err(message::no_files(&directory.name));
        }
        let root = root.canonicalize().map_err(|error| message::unreadable(root, &error))?;
        if let Some(owner) = Manifest::owning(&directory.canonical, &root)?
            && !self.owners.iter().any(|earlier| earlier.directory == owner.directory)
        {
            self.owners.push(owner);
        }
        self.directories.push((directory.canonical.clone(), files));
        Ok(())
    }

    /// # Errors
    ///
    /// If a lock file, a manifest or a path dependency cannot be read or found, as a text for people.
    pub(super) fn finish(self, manifest_dir: &Path, root: &Path) -> Result<Code, String> {
        let lock = Lockfile::find(manifest_dir)?;
        let root_manifest = Manifest::read(root)?;
        let closure = match &lock {
            Some(lock) => Walk::new(lock, root_manifest.as_ref(), &self.owners).from(&self.owners)?,
            None => Closure::default(),
        };
        let local = self.local_files(&closure, root)?;
        let tracked = self.tracked(&local, &closure, lock.as_ref())?;
        let read = |path: PathBuf| std::fs::read(&path).map_err(|error| message::unreadable(&path, &error));
        let build_scripts =
            self.owners.iter().filter_map(Manifest::build_script).map(read).collect::<Result<Vec<_>, _>>()?;
        Ok(Code { digest: self.digest(&local, &build_scripts, &closure, lock.as_ref()), tracked })
    }

    /// The files of path dependencies, by package.
    fn local_files(&self, closure: &Closure, root: &Path) -> Result<Vec<Vec<File>>, String> {
        let is_named = |canonical: &Path| self.directories.iter().any(|(named, _)| canonical.starts_with(named));
        let local = closure.local.iter().filter(|(canonical, _)| !is_named(canonical));
        local.map(|(_, directory)| files::collect(directory, root, Extent::Library)).collect()
    }

    fn digest(
        &self,
        local: &[Vec<File>],
        build_scripts: &[Vec<u8>],
        closure: &Closure,
        lock: Option<&Lockfile>,
    ) -> String {
        let mut digest = Digest::new(FORMAT);
        digest.list("directories", self.directories.len());
        self.directories.iter().for_each(|(_, files)| add_files(&mut digest, files));

        let owners: Vec<&Manifest> = self.owners.iter().filter(|owner| !self.is_among_the_files(owner)).collect();
        digest.list("manifests", owners.len());
        for owner in owners {
            digest.bytes(&owner.content);
        }
        digest.list("build scripts", build_scripts.len());
        for script in build_scripts {
            digest.bytes(script);
        }

        digest.list("inherited", closure.inherited.len());
        for (package, dependency, declaration) in &closure.inherited {
            digest.bytes(package.as_bytes());
            digest.bytes(dependency.as_bytes());
            digest.bytes(declaration);
        }

        let packages = lock.map(|lock| sorted_packages(lock, closure)).unwrap_or_default();
        digest.list("packages", packages.len());
        packages.iter().flatten().for_each(|field| digest.bytes(field.as_bytes()));

        // Sorted by content: their paths depend on where the workspace is.
        let mut local: Vec<String> = local.iter().map(|files| digest_of(files)).collect();
        local.sort();
        digest.list("path dependencies", local.len());
        for package in local {
            digest.bytes(package.as_bytes());
        }
        digest.finish()
    }

    fn is_among_the_files(&self, owner: &Manifest) -> bool {
        self.directories.iter().any(|(named, _)| owner.directory.starts_with(named))
    }

    fn tracked(&self, local: &[Vec<File>], closure: &Closure, lock: Option<&Lockfile>) -> Result<Vec<String>, String> {
        let named = self.directories.iter().flat_map(|(_, files)| files);
        let files = named.chain(local.iter().flatten()).map(|file| file.path.clone());
        let manifests = self.owners.iter().map(Manifest::path).chain(closure.manifests.iter().cloned());
        let manifests = manifests.chain(self.owners.iter().filter_map(Manifest::build_script));
        let lock = lock.map(|lock| lock.path.clone());
        let tracked: BTreeSet<PathBuf> = files.chain(manifests).chain(lock).collect();
        let text = |path: PathBuf| path.to_str().map(str::to_owned).ok_or_else(|| message::path_not_utf8(&path));
        tracked.into_iter().map(text).collect()
    }
}

fn add_files(digest: &mut Digest, files: &[File]) {
    digest.list("files", files.len());
    for file in files {
        digest.bytes(file.name.as_bytes());
        digest.bytes(&file.content);
    }
}

fn digest_of(files: &[File]) -> String {
    let mut digest = Digest::new(FORMAT);
    add_files(&mut digest, files);
    digest.finish()
}

fn sorted_packages<'a>(lock: &'a Lockfile, closure: &Closure) -> Vec<[&'a str; 4]> {
    let mut packages: Vec<[&str; 4]> = closure
        .packages
        .iter()
        .map(|&index| {
            let package = lock.package(index);
            let text = |field: &'a Option<String>| field.as_deref().unwrap_or_default();
            [&package.name, &package.version, text(&package.source), text(&package.checksum)]
        })
        .collect();
    packages.sort_unstable();
    packages
}
