//! Finds the dependencies of packages by `Cargo.lock` and the manifests of local packages.

use super::lockfile::Lockfile;
use super::manifest::{self, Dependency, Manifest, Settings};
use crate::message;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The packages that a walk reached.
#[derive(Debug, Default)]
pub(super) struct Closure {
    /// Indices into `Cargo.lock`.
    pub(super) packages: BTreeSet<usize>,
    /// The directories of the path dependencies, by canonical path.
    pub(super) local: BTreeMap<PathBuf, PathBuf>,
    /// The declarations that local packages inherit from their workspace: package, dependency, declaration.
    pub(super) inherited: BTreeSet<(String, String, Vec<u8>)>,
    /// The manifests that were read on the way.
    pub(super) manifests: BTreeSet<PathBuf>,
}

/// A walk through one `Cargo.lock`.
pub(super) struct Walk<'a> {
    lock: &'a Lockfile,
    /// The files that may contain `[patch]`: the root's manifest and cargo's configuration.
    settings: Vec<Settings>,
    /// The directory of the current crate's package. Its dev-dependencies count.
    own: &'a Path,
    /// The directories of the packages in which the user named directories.
    known: BTreeMap<&'a str, &'a Path>,
    closure: Closure,
}

impl<'a> Walk<'a> {
    /// Prepares a walk from `owners`.
    ///
    /// # Errors
    ///
    /// Returns a message if cargo's configuration cannot be read.
    pub(super) fn new(
        lock: &'a Lockfile,
        root: &Path,
        root_manifest: Option<&Manifest>,
        owners: &'a [Manifest],
        own: &'a Path,
    ) -> Result<Self, String> {
        let known = owners.iter().filter_map(|owner| Some((owner.name()?, owner.directory.as_path()))).collect();
        let settings = Settings::all(root, root_manifest)?;
        Ok(Self { lock, settings, own, known, closure: Closure::default() })
    }

    /// Returns all packages that `owners` are compiled with, `owners` included.
    ///
    /// # Errors
    ///
    /// Returns a message if a manifest cannot be read or a path dependency cannot be found.
    pub(super) fn from(mut self, owners: &[Manifest]) -> Result<Closure, String> {
        for owner in owners {
            // A package outside the lock file is not compiled; only its files count.
            let Some(index) = owner.name().and_then(|name| self.lock.local(name, owner.version())) else { continue };
            if self.closure.packages.insert(index) {
                self.follow(vec![(index, Some(owner.directory.clone()))])?;
            }
        }
        Ok(self.closure)
    }

    fn follow(&mut self, mut pending: Vec<(usize, Option<PathBuf>)>) -> Result<(), String> {
        while let Some((index, directory)) = pending.pop() {
            let declared = match &directory {
                Some(directory) => self.declared(index, directory)?,
                None => None,
            };
            for dependency in self.lock.dependencies(index) {
                let name = self.lock.package(dependency).name.as_str();
                let declarations = match &declared {
                    // The lock file lists a local package's dev-dependencies with the others.
                    Some(declared) if !declared.contains_key(name) => continue,
                    Some(declared) => declared[name].as_slice(),
                    None => &[],
                };
                // Also if it was reached before: as an owner, only its named directories would count.
                let directory = self.locate(index, dependency, declarations)?;
                if self.closure.packages.insert(dependency) {
                    pending.push((dependency, directory));
                }
            }
        }
        Ok(())
    }

    /// Returns the dependencies in the manifest of a local package.
    fn declared(
        &mut self,
        index: usize,
        directory: &Path,
    ) -> Result<Option<BTreeMap<String, Vec<Dependency>>>, String> {
        let Some(manifest) = Manifest::read(directory)? else { return Ok(None) };
        let workspace = manifest.workspace()?;
        self.closure.manifests.insert(manifest.path());
        self.closure.manifests.extend(workspace.as_ref().map(Manifest::path));
        let is_own = directory.canonicalize().is_ok_and(|directory| directory == self.own);
        let mut declared = manifest.dependencies(workspace.as_ref().unwrap_or(&manifest), is_own);
        // Its version does not affect the result of a build.
        declared.remove("cached-smoke");
        let dependent = &self.lock.package(index).name;
        for (name, dependency) in declared.iter().flat_map(|(name, all)| all.iter().map(move |one| (name, one))) {
            if let Some(inherited) = &dependency.inherited {
                self.closure.inherited.insert((dependent.clone(), name.clone(), inherited.clone()));
            }
        }
        Ok(Some(declared))
    }

    /// Returns the directory of a local dependency, and remembers it, because its files count as well.
    fn locate(&mut self, from: usize, to: usize, declarations: &[Dependency]) -> Result<Option<PathBuf>, String> {
        let package = self.lock.package(to);
        let name = package.name.as_str();
        let is_it = |directory: &PathBuf| manifest::is_package(directory, name, &package.version);
        let overriding = self.settings.iter().find_map(|one| one.overriding(name, &package.version));
        if package.source.is_some() && overriding.is_none() {
            return Ok(None);
        }
        let declared: Vec<PathBuf> = declarations.iter().filter_map(|one| one.directory.clone()).collect();
        let patched = self.settings.iter().flat_map(|one| one.patched(name));
        let known = self.known.get(name).map(|&directory| directory.to_owned());
        let candidates: Vec<PathBuf> = overriding.into_iter().chain(declared).chain(patched).chain(known).collect();
        // Two packages may have one name and differ in version.
        let directory = candidates.iter().find(|directory| is_it(directory)).or(candidates.first()).cloned();
        let directory =
            directory.ok_or_else(|| message::path_dependency_not_found(name, &self.lock.package(from).name))?;
        let canonical = directory.canonicalize().map_err(|error| message::unreadable(&directory, &error))?;
        self.closure.local.insert(canonical, directory.clone());
        Ok(Some(directory))
    }
}
