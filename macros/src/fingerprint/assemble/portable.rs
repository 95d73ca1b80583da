//! Adds dependencies by their sources, which do not depend on the location of the checkout.

use super::super::compiled::split_version;
use super::super::files::{self, Extent, Ignored};
use super::super::lockfile::Lockfile;
use super::super::part::Kind;
use super::super::paths::{package_directory, relative};
use super::super::times::is_suspect;
use super::super::unit::{Decisions, Unit};
use super::build_output::is_output;
use super::{Builder, variable};
use crate::message;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

impl Builder<'_> {
    /// Adds each library by the sources in its package and those that the compiler read elsewhere. A package of a
    /// registry or of git counts by its version and checksum.
    pub(super) fn add_by_sources(&mut self, whole: &BTreeSet<usize>, in_part: &[usize]) -> Result<(), String> {
        let lock = Lockfile::find(self.compilation.manifest_dir)?;
        let counted: BTreeSet<usize> =
            self.libraries.counted().union(whole).copied().chain(in_part.iter().copied()).collect();
        for index in counted {
            let library = self.libraries.get(index);
            let unit = library.unit();
            let Decisions { features, cfgs } = unit.as_ref().and_then(Unit::decisions).unwrap_or_default();
            let name = library.name.clone();
            if let Some(package) = library.fetched() {
                let (package, version) = split_version(&package);
                let checksum = lock.as_ref().and_then(|lock| lock.checksum(package, version)).unwrap_or_default();
                self.code.parts.add(Kind::Package, format!("{package} {version}"), format!("{version} {checksum}"));
            } else {
                self.add_package(index, in_part.contains(&index), unit.as_ref())?;
                self.add_generated(index)?;
            }
            for feature in features {
                self.code.parts.add(Kind::Feature, format!("{name}/{feature}"), "on");
            }
            for cfg in cfgs {
                self.code.parts.add(Kind::Flag, format!("cfg {cfg} of {name}"), "on");
            }
        }
        Ok(())
    }

    fn add_package(&mut self, index: usize, is_in_part: bool, unit: Option<&Unit>) -> Result<(), String> {
        let library = self.libraries.get(index);
        let Some(sources) = library.sources() else {
            return Err(message::no_sources(&library.name));
        };
        let owner = sources.directory().and_then(package_directory);
        let name = library.name.clone();
        let mut found: BTreeMap<PathBuf, String> = BTreeMap::new();
        if let Some(owner) = owner.filter(|_| !is_in_part) {
            let ignored = Ignored::below(owner);
            let tree = files::collect(owner, Extent::Library)?;
            for file in tree.files.into_iter().filter(|file| !ignored.covers(&file.name)) {
                found.insert(file.path.clone(), format!("{name}/{}", file.name));
                // Cargo does not watch those that are not compiled.
                self.code.tracked.insert(file.path);
            }
        }
        let started = unit.and_then(Unit::started);
        for source in &sources.files {
            let counts = !is_in_part && !is_output(source, sources) || self.may_shape_named(source, sources);
            if !counts {
                continue;
            }
            let read = fs::metadata(&source.path).map_err(|error| message::unreadable(&source.path, &error))?;
            if is_suspect(&read, started) {
                self.code.doubt.get_or_insert_with(|| message::changed_since(&source.path));
            }
            let base = owner.unwrap_or(Path::new(""));
            found
                .entry(source.canonical.clone())
                .or_insert_with(|| format!("{name}/{}", relative(&source.canonical, base)));
        }
        let variables: Vec<_> = sources.variables.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        for (name, value) in variables {
            let value = value.as_deref();
            if !self.is_location(&name, value) {
                let part = self.variable_of(self.libraries.get(index), &name);
                self.code.parts.add(Kind::Variable, part, variable(value));
            }
        }
        for (path, name) in found {
            self.code.parts.add(Kind::File, name, files::digest(&path)?);
        }
        Ok(())
    }
}
