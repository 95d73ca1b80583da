//! Adds the current crate, which is still being compiled.

use super::super::locked;
use super::super::part::Kind;
use super::super::recorded::Context;
use super::build_output::OUT_DIR;
use super::{Builder, variable};
use crate::message;
use std::collections::BTreeSet;
use std::path::PathBuf;

impl Builder<'_> {
    /// Adds the named files that no dependency is compiled from, the sources of the crate itself, the variables that
    /// these mention, and the output of the package's build script.
    pub(super) fn add_current_crate(&mut self) -> Result<(), String> {
        let indices = self.libraries.indices();
        let sources =
            indices.filter_map(|index| self.libraries.get(index).sources()).flat_map(|sources| &sources.files);
        let compiled: BTreeSet<PathBuf> = sources.map(|source| source.canonical.clone()).collect();
        let started = self.compilation.line.unit().and_then(|unit| unit.started());
        let input = self.compilation.line.input.as_ref().map(|input| self.compilation.directory.join(input));
        let context = Context {
            manifest_dir: self.compilation.manifest_dir,
            compiled: &compiled,
            started,
            input: input.as_deref(),
            is_library: self.compilation.line.is_library(),
        };
        self.subject.named.iter().try_for_each(|named| self.code.recorded.add(named, &context))?;
        if self.subject.own {
            self.add_own(&context)?;
        }
        for name in self.code.recorded.variables.clone() {
            let value = std::env::var_os(&name).map(|value| value.to_string_lossy().into_owned());
            let is_location = name == OUT_DIR || self.subject.portable && self.is_location(&name, value.as_deref());
            if !is_location {
                self.code.parts.add(Kind::Variable, name, variable(value.as_deref()));
            }
        }
        if let Some(output) = self.compilation.out_dir {
            let name = std::env::var("CARGO_PKG_NAME").unwrap_or_default().replace('-', "_");
            self.add_output(&name, output)?;
        }
        self.add_uncompiled_packages(&compiled)
    }

    /// Adds the sources of the current crate.
    fn add_own(&mut self, context: &Context<'_>) -> Result<(), String> {
        let list = self.compilation.line.list();
        // A test in the documentation is compiled from a text without a file.
        let Some(root) = context.input.filter(|root| root.is_file()) else {
            self.code.doubt.get_or_insert_with(message::unknown_sources);
            return Ok(());
        };
        self.code.recorded.add_own(root, list, self.compilation.out_dir, context)
    }

    /// Adds the named packages that no dependency is compiled from, by sources and lock file. One example is the
    /// package of a program that a build runs.
    fn add_uncompiled_packages(&mut self, compiled: &BTreeSet<PathBuf>) -> Result<(), String> {
        let own = self.compilation.manifest_dir.canonicalize().ok();
        let mut owners = Vec::new();
        for named in self.subject.named.iter().filter(|named| !compiled.iter().any(|source| named.covers(source))) {
            if let Some(owner) = locked::owner(named, self.compilation.root)?
                // The command line has the dependencies of the current crate's package.
                && Some(&owner.directory) != own.as_ref()
            {
                owners.push(owner);
            }
        }
        if owners.is_empty() {
            return Ok(());
        }
        locked::add(&mut self.code, &self.subject.named, self.compilation.manifest_dir, self.compilation.root, owners)
    }
}
