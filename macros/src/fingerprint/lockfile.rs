//! Reads `Cargo.lock`: the packages and their dependencies.

use crate::message;
use std::fs;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// A `Cargo.lock`.
#[derive(Debug)]
pub(super) struct Lockfile {
    pub(super) path: PathBuf,
    packages: Vec<Package>,
}

/// A package. Its index in the file identifies it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Package {
    pub(super) name: String,
    pub(super) version: String,
    /// The registry or git repository. `None` for packages of the workspace and path dependencies.
    pub(super) source: Option<String>,
    pub(super) checksum: Option<String>,
    dependencies: Vec<String>,
}

impl Lockfile {
    /// Reads the nearest `Cargo.lock` in `directory` or above it.
    ///
    /// # Errors
    ///
    /// Returns a message if the file cannot be read or is malformed.
    pub(super) fn find(directory: &Path) -> Result<Option<Self>, String> {
        let Some(path) = directory.ancestors().map(|dir| dir.join("Cargo.lock")).find(|path| path.is_file()) else {
            return Ok(None);
        };
        let text = fs::read_to_string(&path).map_err(|error| message::unreadable(&path, &error))?;
        let packages = parse(&text).map_err(|error| message::malformed(&path, &error))?;
        Ok(Some(Self { path, packages }))
    }

    /// Returns the package with this index.
    pub(super) fn package(&self, index: usize) -> &Package {
        &self.packages[index]
    }

    /// Returns the checksum of a package from a registry.
    pub(super) fn checksum(&self, name: &str, version: &str) -> Option<&str> {
        let package = self.packages.iter().find(|package| package.name == name && package.version == version)?;
        package.checksum.as_deref()
    }

    /// Returns the index of the workspace package or path dependency of this name.
    pub(super) fn local(&self, name: &str, version: Option<&str>) -> Option<usize> {
        let mut local = (0..self.packages.len())
            .filter(|&index| self.packages[index].name == name && self.packages[index].source.is_none());
        let first = local.clone().next();
        version.and_then(|version| local.find(|&index| self.packages[index].version == version)).or(first)
    }

    /// Returns the dependencies of a package. Those of a local package include its dev-dependencies.
    pub(super) fn dependencies(&self, index: usize) -> impl Iterator<Item = usize> {
        let references = self.packages[index].dependencies.iter();
        references.flat_map(move |reference| {
            let reference = Reference::parse(reference);
            (0..self.packages.len()).filter(move |&index| reference.means(&self.packages[index]))
        })
    }
}

/// A reference to a package: `name`, with `version` and `(source)` where the name alone is ambiguous.
struct Reference<'a> {
    name: &'a str,
    version: Option<&'a str>,
    source: Option<&'a str>,
}

impl<'a> Reference<'a> {
    fn parse(text: &'a str) -> Self {
        let mut parts = text.split(' ');
        Self {
            name: parts.next().unwrap_or_default(),
            version: parts.next(),
            source: parts.next().map(|source| source.trim_start_matches('(').trim_end_matches(')')),
        }
    }

    fn means(&self, package: &Package) -> bool {
        self.name == package.name
            && self.version.is_none_or(|version| version == package.version)
            && self.source.is_none_or(|source| {
                package.source.as_deref().is_some_and(|is| revisionless(is) == revisionless(source))
            })
    }
}

/// Returns a git source without the revision after `#`, which a reference may omit.
fn revisionless(source: &str) -> &str {
    source.split('#').next().unwrap_or_default()
}

fn parse(text: &str) -> Result<Vec<Package>, toml::de::Error> {
    let table: Table = text.parse()?;
    let entries = table.get("package").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    Ok(entries.iter().filter_map(Value::as_table).filter_map(package).collect())
}

fn package(entry: &Table) -> Option<Package> {
    let text = |key| entry.get(key).and_then(Value::as_str).map(str::to_owned);
    let dependencies = entry.get("dependencies").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    Some(Package {
        name: text("name")?,
        version: text("version")?,
        source: text("source"),
        checksum: text("checksum"),
        dependencies: dependencies.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = r#"
        version = 4
        [[package]]
        name = "app"
        version = "0.1.0"
        dependencies = ["one", "two 1.0.0", "two 2.0.0 (git+https://x/two)"]
        [[package]]
        name = "one"
        version = "1.0.0"
        source = "registry+https://r"
        checksum = "c1"
        [[package]]
        name = "two"
        version = "1.0.0"
        source = "registry+https://r"
        [[package]]
        name = "two"
        version = "2.0.0"
        source = "git+https://x/two#0123"
        [[package]]
        name = "two"
        version = "2.0.0"
        source = "registry+https://r"
    "#;

    #[test]
    fn references_may_contain_versions_and_sources() {
        let lock = Lockfile { path: PathBuf::new(), packages: parse(LOCK).expect("valid") };
        let app = lock.local("app", None).expect("listed");
        assert_eq!(lock.dependencies(app).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!(lock.package(1).checksum.as_deref(), Some("c1"));
        assert_eq!(lock.local("one", None), None, "from the registry");
    }

    #[test]
    fn lock_files_without_packages_are_valid() {
        assert!(parse("version = 4").expect("valid").is_empty());
        assert!(parse("version =").is_err());
    }
}
