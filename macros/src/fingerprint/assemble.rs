//! Assembles the parts of a fingerprint from the named directories and files and the command line of the compiler.
//!
//! Each dependency of the current crate counts in one of three ways:
//!
//! - *As compiled*, by its metadata ([`as_compiled`]): if the user named the directory of its root or one above, or if
//!   the command line names it. Its metadata covers all that it contains and all of its dependencies.
//! - *By some of its sources* ([`named_sources`]): if the user named a file or directory inside it. Then the named
//!   sources count, all that decides how they compile, and its dependencies as compiled.
//! - *By all of its sources* ([`portable`]): if the user wrote `portable`. The metadata of a crate depends on where it
//!   is compiled.
//!
//! The [current crate](current_crate) is still being compiled: it counts by the named files that no dependency is
//! compiled from, and by its own sources if the user wrote `own`. Both are [recorded](super::recorded).

mod as_compiled;
mod build_output;
mod current_crate;
mod named_sources;
mod portable;

use super::code::Code;
use super::command_line::CommandLine;
use super::compiled::{Libraries, Library, Source, Sources};
use super::flags::Flags;
use super::named::Subject;
use super::part::Kind;
use super::paths::{package_directory, relative};
use build_output::OUT_DIR;
use std::collections::BTreeSet;
use std::path::Path;

/// The place and the command line of the compilation of the current crate.
pub(super) struct Compilation<'a> {
    pub(super) manifest_dir: &'a Path,
    /// The root of the workspace.
    pub(super) root: &'a Path,
    /// The compiler's working directory.
    pub(super) directory: &'a Path,
    /// The output of the package's build script.
    pub(super) out_dir: Option<&'a Path>,
    pub(super) line: CommandLine,
}

/// A fingerprint that could not be assembled.
#[derive(Debug)]
pub(super) enum Failure {
    /// The compiled libraries cannot be read, but their sources may be readable. Holds the reason.
    Unreadable(String),
    /// A mistake of the user, or an unreadable file. Holds the message.
    Mistake(String),
}

/// Returns the fingerprint of the subject by the compiled libraries, or by all sources if it is `portable`.
///
/// # Errors
///
/// See [`Failure`].
pub(super) fn compiled(subject: &Subject, compilation: &Compilation<'_>) -> Result<Code, Failure> {
    let libraries = Libraries::find(&compilation.line, compilation.directory).map_err(Failure::Unreadable)?;
    let Some(compiler) = libraries.compiler().map(str::to_owned) else {
        return Err(Failure::Unreadable("no library contains the version of its compiler".to_owned()));
    };
    let mut code = Code::default();
    code.parts.add(Kind::Compiler, "", compiler);
    let mut builder = Builder { subject, compilation, libraries, code };
    builder.add_flags().map_err(Failure::Mistake)?;
    builder.add_libraries()?;
    builder.add_current_crate().map_err(Failure::Mistake)?;
    Ok(builder.code)
}

/// A fingerprint in the making.
struct Builder<'a> {
    subject: &'a Subject,
    compilation: &'a Compilation<'a>,
    libraries: Libraries,
    code: Code,
}

/// The amount of a library that the user named.
enum NamedExtent {
    Nothing,
    Part,
    Whole,
}

impl Builder<'_> {
    fn add_flags(&mut self) -> Result<(), String> {
        let flags = Flags::of(&self.compilation.line)?;
        let parts = &mut self.code.parts;
        parts.add(Kind::Target, "", flags.target);
        for feature in flags.features {
            parts.add(Kind::Feature, feature, "on");
        }
        for cfg in flags.cfgs {
            parts.add(Kind::Flag, format!("cfg {cfg}"), "on");
        }
        if !self.subject.portable {
            for (name, value) in flags.behaviour {
                parts.add(Kind::Flag, name, value);
            }
        }
        Ok(())
    }

    /// Adds the library that each dependency name stands for: two libraries may swap their names.
    fn add_names(&mut self) -> Result<(), String> {
        for (name, index) in self.libraries.names().to_vec() {
            let library = self.libraries.get(index);
            let value = if self.subject.portable {
                let package = library.sources().and_then(|sources| package_directory(sources.directory()?));
                let place = package.map(|package| self.name_of(package));
                library.fetched().or(place).unwrap_or_default()
            } else if library.name == name {
                continue;
            } else {
                self.libraries.metadata(index)?.digest.clone()
            };
            self.code.parts.add(Kind::Flag, format!("extern {name}"), value);
        }
        Ok(())
    }

    fn add_libraries(&mut self) -> Result<(), Failure> {
        self.add_names().map_err(Failure::Unreadable)?;
        let mut whole: BTreeSet<usize> = self.libraries.direct().iter().copied().collect();
        let mut in_part = Vec::new();
        for index in self.libraries.indices() {
            match self.extent(index) {
                NamedExtent::Nothing => {}
                NamedExtent::Whole => drop(whole.insert(index)),
                NamedExtent::Part => {
                    whole.remove(&index);
                    in_part.push(index);
                }
            }
        }
        if self.subject.portable {
            return self.add_by_sources(&whole, &in_part).map_err(Failure::Mistake);
        }
        self.add_as_compiled(whole, &in_part).map_err(Failure::Unreadable)
    }

    fn extent(&self, index: usize) -> NamedExtent {
        let Some(sources) = self.libraries.get(index).sources() else { return NamedExtent::Nothing };
        let directory = sources.directory();
        let is_named = |directory| self.subject.named.iter().any(|named| named.covers(directory));
        if directory.is_some_and(is_named) || self.is_own(self.libraries.get(index)) {
            NamedExtent::Whole
        } else if sources.files.iter().any(|source| self.is_named(source)) {
            NamedExtent::Part
        } else {
            NamedExtent::Nothing
        }
    }

    fn is_named(&self, source: &Source) -> bool {
        self.subject.named.iter().any(|named| named.covers(&source.canonical))
    }

    /// Returns `true` for the library of the package, if the user wrote `own`.
    fn is_own(&self, library: &Library) -> bool {
        let is_local = self.subject.own && library.fetched().is_none();
        is_local && library.sources().is_some_and(|sources| self.is_of_current_package(sources))
    }

    /// Returns `true` if a library belongs to the package of the current crate.
    fn is_of_current_package(&self, sources: &Sources) -> bool {
        let package = sources.directory().and_then(package_directory);
        package.is_some_and(|package| self.compilation.manifest_dir.canonicalize().is_ok_and(|own| own == package))
    }

    /// Returns the name of a part for a variable that a library reads.
    fn variable_of(&self, library: &Library, name: &str) -> String {
        let is_of_current = library.sources().is_some_and(|sources| self.is_of_current_package(sources));
        if is_of_current { name.to_owned() } else { format!("{name} of {}", library.name) }
    }

    /// Returns `true` if the value of a variable is only a location on this machine.
    fn is_location(&self, name: &str, value: Option<&str>) -> bool {
        [OUT_DIR, "CARGO_MANIFEST_DIR", "CARGO_MANIFEST_PATH", "CARGO_TARGET_TMPDIR"].contains(&name)
            || name.starts_with("CARGO_BIN_EXE_")
            || value.is_some_and(|value| Path::new(value).starts_with(self.compilation.root))
    }

    /// Returns the name of a file for messages and the digest: relative to the package of the current crate.
    fn name_of(&self, path: &Path) -> String {
        relative(path, self.compilation.manifest_dir)
    }
}

/// Returns the value of a part for the value of a variable.
fn variable(value: Option<&str>) -> String {
    value.map_or_else(|| "unset".to_owned(), |value| format!("={value}"))
}
