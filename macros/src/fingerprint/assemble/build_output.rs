//! Adds the files that build scripts wrote: sources that are included, and data found by `env!("OUT_DIR")`. Objects
//! count by themselves.

use super::super::compiled::{Source, Sources};
use super::super::files::{self, Extent};
use super::super::objects;
use super::super::part::Kind;
use super::Builder;
use std::path::Path;

/// The variable that holds the directory of a build script's output.
pub(super) const OUT_DIR: &str = "OUT_DIR";

/// Returns `true` if the build script of a library's package wrote this source of the library.
pub(super) fn is_output(source: &Source, sources: &Sources) -> bool {
    let output = sources.variables.get(OUT_DIR).and_then(Option::as_deref);
    output.is_some_and(|output| source.path.starts_with(output))
}

impl Builder<'_> {
    /// Adds the output of the build script of a library's package, if the library reads `OUT_DIR`.
    pub(super) fn add_generated(&mut self, index: usize) -> Result<(), String> {
        let library = self.libraries.get(index);
        if library.fetched().is_some() {
            return Ok(());
        }
        let output = library.sources().and_then(|sources| sources.variables.get(OUT_DIR)?.clone());
        let name = library.name.clone();
        match output {
            Some(output) => self.add_output(&name, Path::new(&output)),
            None => Ok(()),
        }
    }

    /// Adds the output of a build script in `directory`. `of` is its crate, unless the path names its package.
    pub(super) fn add_output(&mut self, of: &str, directory: &Path) -> Result<(), String> {
        if !directory.is_dir() {
            return Ok(());
        }
        let package = objects::package(directory).map(|package| package.replace('-', "_"));
        let of = package.as_deref().unwrap_or(of);
        for file in files::collect(directory, Extent::Everything)?.files {
            let is_object = [".a", ".d", ".lib", ".o", ".obj"].iter().any(|end| file.name.ends_with(end));
            if !is_object {
                self.code.parts.add(Kind::Generated, format!("{of}/{}", file.name), files::digest(&file.path)?);
            }
        }
        Ok(())
    }
}
