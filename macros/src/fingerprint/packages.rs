//! From packages to all that they are compiled with, by `Cargo.lock` and the manifests of local packages.

use super::lockfile::Lockfile;
use super::manifest::{self, Dependency, Manifest, Settings};
use crate::message;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// What was reached.
#[derive(Debug, Default)]
pub(super) struct Closure {
    /// Indices into `Cargo.lock`.
    pub(super) packages: BTreeSet<usize>,
    /// The directories of path dependencies, by canonical path.
    pub(super) local: BTreeMap<PathBuf, PathBuf>,
    /// What local packages inherit from their workspace: the package's name, the dependency's, and the declaration.
    pub(super) inherited: BTreeSet<(String, String, Vec<u8>)>,
    /// The manifests that were read on the way.
    pub(super) manifests: BTreeSet<PathBuf>,
}

/// A walk through one `Cargo.lock`.
pub(super) struct Walk<'a> {
    lock: &'a Lockfile,
    /// What may hold `[patch]`: the root's manifest and cargo's configuration.
    settings: Vec<Settings>,
    /// The package at hand, whose tests are compiled: what they alone need counts.
    own: &'a Path,
    /// Where the packages are that the user named directories of.
    known: BTreeMap<&'a str, &'a Path>,
    closure: Closure,
}

impl<'a> Walk<'a> {
    /// # Errors
    ///
    /// Cargo's configuration cannot be read, as a text for people.
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

    /// Everything that `owners` are compiled with, themselves included as entries of the lock file.
    ///
    /// # Errors
    ///
    /// A manifest that cannot be read, or a path dependency that cannot be found, as a text for people.
    pub(super) fn from(mut self, owners: &[Manifest]) -> Result<Closure, String> {
        for owner in owners {
            // A package that is not in the lock file is not compiled here; what counts of it are its files.
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
                // Located even when it was reached before: as an owner, only the directories named of it would count.
                let directory = self.locate(index, dependency, declarations)?;
                if self.closure.packages.insert(dependency) {
                    pending.push((dependency, directory));
                }
            }
        }
        Ok(())
    }

    /// The normal and build dependencies in the manifest of a local package.
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
        // Its version decides nothing about what a build returns.
        declared.remove("cached-smoke");
        let dependent = &self.lock.package(index).name;
        for (name, dependency) in declared.iter().flat_map(|(name, all)| all.iter().map(move |one| (name, one))) {
            if let Some(inherited) = &dependency.inherited {
                self.closure.inherited.insert((dependent.clone(), name.clone(), inherited.clone()));
            }
        }
        Ok(Some(declared))
    }

    /// The directory of a dependency, if it is a local one; remembered, for its files count as well.
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
        // Two packages may have one name: the version tells them apart.
        let directory = candidates.iter().find(|directory| is_it(directory)).or(candidates.first()).cloned();
        let directory = directory.ok_or_else(|| message::lost_path_dependency(name, &self.lock.package(from).name))?;
        let canonical = directory.canonicalize().map_err(|error| message::unreadable(&directory, &error))?;
        self.closure.local.insert(canonical, directory.clone());
        Ok(Some(directory))
    }
}
