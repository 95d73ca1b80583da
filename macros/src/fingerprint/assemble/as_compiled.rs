//! Adds dependencies as they were compiled: by the digests of their metadata.

use super::super::compiled::split_version;
use super::super::objects;
use super::super::part::Kind;
use super::Builder;
use std::collections::BTreeSet;

impl Builder<'_> {
    /// Adds the libraries in `whole` by their metadata and those in `in_part` by their named sources.
    pub(super) fn add_as_compiled(&mut self, mut whole: BTreeSet<usize>, in_part: &[usize]) -> Result<(), String> {
        let mut below = BTreeSet::new();
        let mut by_sources = BTreeSet::new();
        for &index in in_part {
            self.libraries.metadata(index)?;
            match self.named_sources(index) {
                Some(parts) => {
                    self.code.parts.extend(parts);
                    below.extend(self.libraries.below(index));
                    by_sources.insert(index);
                }
                // Metadata is right even if the sources changed since they were compiled.
                None => drop(whole.insert(index)),
            }
        }
        let mut covered = by_sources.clone();
        for &index in &whole {
            self.add_metadata(index)?;
            covered.insert(index);
            covered.extend(self.libraries.below(index));
        }
        for &index in below.difference(&covered) {
            self.add_metadata(index)?;
        }
        self.show_crates_below(&by_sources)?;
        let counted: BTreeSet<usize> = self.libraries.counted().union(&covered).copied().collect();
        for (name, digest) in objects::of(&self.libraries, &counted, &self.compilation.line, self.compilation.root)? {
            self.code.parts.add(Kind::Objects, name, digest);
        }
        for &index in &counted {
            self.add_generated(index)?;
        }
        Ok(())
    }

    fn add_metadata(&mut self, index: usize) -> Result<(), String> {
        let digest = self.libraries.metadata(index)?.digest.clone();
        let name = self.libraries.get(index).name.clone();
        // Two versions of one crate have one name.
        let name = if self.code.parts.has(Kind::Crate, &name) { format!("{name} {}", &digest[..8]) } else { name };
        self.code.parts.add(Kind::Crate, name, digest);
        Ok(())
    }

    /// Adds parts for messages alone: the crates of the workspace and the packages below other crates. A message can
    /// then name the one that changed.
    fn show_crates_below(&mut self, by_sources: &BTreeSet<usize>) -> Result<(), String> {
        let counted: Vec<usize> = self.libraries.counted().difference(by_sources).copied().collect();
        for index in counted {
            let library = self.libraries.get(index);
            let name = library.name.clone();
            match library.fetched() {
                Some(package) => {
                    let (name, version) = split_version(&package);
                    self.code.parts.add_for_messages(Kind::Package, name, version);
                }
                None if self.code.parts.has(Kind::Crate, &name) => {}
                None if library.sources().is_some() => {
                    let digest = self.libraries.metadata(index)?.digest.clone();
                    self.code.parts.add_for_messages(Kind::Crate, name, digest);
                }
                None => {}
            }
        }
        Ok(())
    }
}
