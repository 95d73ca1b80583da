//! Selects the sources of a dependency that count if the user named only some of them.

use super::super::compiled::{Library, Source, Sources};
use super::super::digest;
use super::super::manifest::{self, Manifest};
use super::super::mentions::Mentions;
use super::super::part::{Kind, Parts};
use super::super::paths::package_directory;
use super::super::times::is_newer;
use super::super::unit::{Decisions, Unit};
use super::build_output::{OUT_DIR, is_output};
use super::{Builder, variable};
use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

impl Builder<'_> {
    /// Returns parts for the named sources of a library and for all that decides how they compile.
    ///
    /// Returns `None` if one of them may have changed since it was compiled, or if cargo's records do not say how it
    /// was compiled.
    pub(super) fn named_sources(&self, index: usize) -> Option<Parts> {
        let library = self.libraries.get(index);
        let sources = library.sources()?;
        let unit = library.unit()?;
        let started = unit.started()?;
        let mut parts = self.decisions(library, &unit, sources)?;
        let mentioned = self.mentioned_by_named(sources);
        let counts = |source: &&Source| self.may_shape_named(source, sources) || mentioned.contains(&source.canonical);
        for source in sources.files.iter().filter(counts) {
            if is_newer(&fs::metadata(&source.path).ok()?, started) {
                return None;
            }
            parts.add(Kind::File, self.name_of(&source.path), digest::of_file(&source.path).ok()?);
        }
        for (name, value) in sources.variables.iter().filter(|(name, _)| *name != OUT_DIR) {
            parts.add(Kind::Variable, self.variable_of(library, name), variable(value.as_deref()));
        }
        Some(parts)
    }

    /// Returns `true` if a source of a partly named library counts:
    ///
    /// - a named source;
    /// - an embedded file, whichever module embeds it;
    /// - a source outside the directory of the crate's root, which no other name would cover.
    ///
    /// Files that a build script wrote count with its output.
    pub(super) fn may_shape_named(&self, source: &Source, sources: &Sources) -> bool {
        let is_rust = source.canonical.extension().is_some_and(|extension| extension == "rs");
        let is_other_module =
            is_rust && sources.directory().is_some_and(|directory| source.canonical.starts_with(directory));
        self.is_named(source) || !is_other_module && !is_output(source, sources)
    }

    /// Returns the files that the named sources of a library mention, directly or through others: a module may be
    /// included from a sibling directory.
    fn mentioned_by_named(&self, sources: &Sources) -> BTreeSet<PathBuf> {
        let mut mentioned = BTreeSet::new();
        let mut pending: Vec<PathBuf> = sources
            .files
            .iter()
            .filter(|source| self.is_named(source))
            .map(|source| source.canonical.clone())
            .collect();
        while let Some(source) = pending.pop() {
            let (Ok(text), Some(base)) = (fs::read_to_string(&source), source.parent()) else { continue };
            let files = Mentions::of(&text).files;
            let found = files.iter().filter_map(|file| base.join(file).canonicalize().ok());
            pending.extend(found.filter(|file| mentioned.insert(file.clone())));
        }
        mentioned
    }

    /// Returns parts for the features, configuration, edition and profile of a library. Returns no parts for the
    /// package of the current crate, whose decisions are on the command line.
    fn decisions(&self, library: &Library, unit: &Unit, sources: &Sources) -> Option<Parts> {
        let mut parts = Parts::default();
        if self.is_of_current_package(sources) {
            return Some(parts);
        }
        let Decisions { features, cfgs } = unit.decisions()?;
        for feature in features {
            parts.add(Kind::Feature, format!("{}/{feature}", library.name), "on");
        }
        for cfg in cfgs {
            parts.add(Kind::Flag, format!("cfg {cfg} of {}", library.name), "on");
        }
        let owner = Manifest::read(package_directory(sources.directory()?)?).ok()??;
        parts.add(Kind::Flag, format!("edition of {}", library.name), owner.edition()?);
        for (name, package) in owner.renamed() {
            parts.add(Kind::Flag, format!("extern {name} of {}", library.name), package);
        }
        let profiles = manifest::profiles(self.compilation.root).ok()?;
        parts.add(Kind::Flag, format!("profile of {}", library.name), profiles);
        Some(parts)
    }
}
