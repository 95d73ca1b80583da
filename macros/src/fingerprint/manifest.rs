//! Reads `Cargo.toml`: the package that owns a directory, and its declarations.

use crate::message;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

const NAME: &str = "Cargo.toml";

/// The tables of the dependencies that a package is compiled with.
const DEPENDENCIES: [&str; 3] = ["dependencies", "build-dependencies", "build_dependencies"];
/// The tables of the dependencies that only its tests are compiled with.
const DEV_DEPENDENCIES: [&str; 2] = ["dev-dependencies", "dev_dependencies"];

/// A `Cargo.toml`.
#[derive(Debug)]
pub(super) struct Manifest {
    /// The directory of the file.
    pub(super) directory: PathBuf,
    table: Table,
}

/// A declared dependency.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Dependency {
    /// The directory of a path dependency.
    pub(super) directory: Option<PathBuf>,
    /// The encoded declaration in the workspace's manifest, if it is inherited: version and features are declared
    /// there.
    pub(super) inherited: Option<Vec<u8>>,
}

impl Manifest {
    /// Reads the manifest in `directory`, if there is one.
    ///
    /// # Errors
    ///
    /// Returns a message if the file cannot be read or is malformed.
    pub(super) fn read(directory: &Path) -> Result<Option<Self>, String> {
        let path = directory.join(NAME);
        if !path.is_file() {
            return Ok(None);
        }
        let content = fs::read(&path).map_err(|error| message::unreadable(&path, &error))?;
        let table = toml::from_slice(&content).map_err(|error| message::malformed(&path, &error))?;
        Ok(Some(Self { directory: directory.to_owned(), table }))
    }

    /// Reads the manifest of the package that owns `directory`: the nearest one, up to `root`.
    ///
    /// # Errors
    ///
    /// See [`Self::read`].
    pub(super) fn owning(directory: &Path, root: &Path) -> Result<Option<Self>, String> {
        for ancestor in directory.ancestors().take_while(|ancestor| ancestor.starts_with(root)) {
            if let Some(manifest) = Self::read(ancestor)?
                && manifest.package().is_some()
            {
                return Ok(Some(manifest));
            }
        }
        Ok(None)
    }

    /// Reads the manifest of the workspace of this package, if that is another file.
    ///
    /// # Errors
    ///
    /// See [`Self::read`].
    pub(super) fn workspace(&self) -> Result<Option<Self>, String> {
        if self.table.contains_key("workspace") {
            return Ok(None);
        }
        if let Some(named) = self.package().and_then(|package| package.get("workspace")).and_then(Value::as_str) {
            return Self::read(&self.directory.join(named));
        }
        for ancestor in self.directory.ancestors().skip(1) {
            if let Some(manifest) = Self::read(ancestor)?
                && manifest.table.contains_key("workspace")
            {
                return Ok(Some(manifest));
            }
        }
        Ok(None)
    }

    pub(super) fn path(&self) -> PathBuf {
        self.directory.join(NAME)
    }

    pub(super) fn name(&self) -> Option<&str> {
        self.package()?.get("name")?.as_str()
    }

    /// Returns the version, unless it is inherited.
    pub(super) fn version(&self) -> Option<&str> {
        self.package()?.get("version")?.as_str()
    }

    /// Returns the edition, which may be inherited. Returns `None` if the workspace's manifest cannot be read.
    pub(super) fn edition(&self) -> Option<String> {
        let own = self.package()?.get("edition");
        if own.is_some_and(Value::is_table) {
            let shared = self.workspace().ok()?;
            let table = &shared.as_ref().unwrap_or(self).table;
            return table.get("workspace")?.get("package")?.get("edition")?.as_str().map(str::to_owned);
        }
        Some(own.and_then(Value::as_str).unwrap_or("2015").to_owned())
    }

    /// Returns the normal and build dependencies for all targets, and the dev-dependencies if `with_tests`, by package
    /// name. A dependency that is declared twice, for example for two targets, has two values.
    pub(super) fn dependencies(&self, workspace: &Self, with_tests: bool) -> BTreeMap<String, Vec<Dependency>> {
        let of_tests = if with_tests { &DEV_DEPENDENCIES[..] } else { &[] };
        let names = || DEPENDENCIES.iter().chain(of_tests);
        let mut found: BTreeMap<String, Vec<Dependency>> = BTreeMap::new();
        let targets = self.table.get("target").and_then(Value::as_table).into_iter().flat_map(Table::values);
        for table in [&self.table].into_iter().chain(targets.filter_map(Value::as_table)) {
            for dependencies in names().filter_map(|name| table.get(*name)).filter_map(Value::as_table) {
                for (key, value) in dependencies {
                    let (package, dependency) = self.dependency(key, value, workspace);
                    found.entry(package).or_default().push(dependency);
                }
            }
        }
        found
    }

    /// Returns the renamed dependencies: the name in this package, and the name and place of the package.
    pub(super) fn renamed(&self) -> BTreeMap<String, String> {
        let targets = self.table.get("target").and_then(Value::as_table).into_iter().flat_map(Table::values);
        let tables = [&self.table].into_iter().chain(targets.filter_map(Value::as_table));
        let dependencies = tables.flat_map(|table| DEPENDENCIES.iter().filter_map(|name| table.get(*name)?.as_table()));
        let renamed = dependencies.flatten().filter_map(|(key, value)| {
            let place = value.get("path").or_else(|| value.get("version")).and_then(Value::as_str).unwrap_or_default();
            Some((key.clone(), format!("{} {place}", value.get("package")?.as_str()?)))
        });
        renamed.collect()
    }

    fn dependency(&self, key: &str, value: &Value, workspace: &Self) -> (String, Dependency) {
        let is_inherited = value.get("workspace").and_then(Value::as_bool) == Some(true);
        let inherited = is_inherited.then(|| workspace.shared_dependency(key)).flatten();
        let (declared, base) = inherited.map_or((value, self), |inherited| (inherited, workspace));
        let encoded = inherited.map(|inherited| {
            let mut bytes = Vec::new();
            encode(inherited, &mut bytes);
            bytes
        });
        (package_name(key, declared), Dependency { directory: base.directory_of(declared), inherited: encoded })
    }

    fn shared_dependency(&self, key: &str) -> Option<&Value> {
        self.table.get("workspace")?.get("dependencies")?.get(key)
    }

    fn directory_of(&self, dependency: &Value) -> Option<PathBuf> {
        directory_of(dependency, &self.directory)
    }

    /// Returns the package's build script, if there is one.
    pub(super) fn build_script(&self) -> Option<PathBuf> {
        let build = self.package().and_then(|package| package.get("build"));
        let path = self.directory.join(build.and_then(Value::as_str).unwrap_or("build.rs"));
        path.is_file().then_some(path)
    }

    fn package(&self) -> Option<&Table> {
        self.table.get("package")?.as_table()
    }
}

/// Returns the root of the workspace or of the lone package: the nearest directory with a `Cargo.lock` or the manifest
/// of a workspace.
pub(super) fn workspace_root(manifest_dir: &Path) -> PathBuf {
    let is_root = |directory: &&Path| {
        directory.join("Cargo.lock").is_file()
            || matches!(Manifest::read(directory), Ok(Some(manifest)) if manifest.table.contains_key("workspace"))
    };
    manifest_dir.ancestors().find(is_root).unwrap_or(manifest_dir).to_owned()
}

fn directory_of(dependency: &Value, base: &Path) -> Option<PathBuf> {
    dependency.get("path").and_then(Value::as_str).map(|path| base.join(path))
}

/// The root's manifest, or a file of cargo's configuration. Both may contain `[patch]` and `[profile]`; a configuration
/// may contain `paths`.
#[derive(Debug)]
pub(super) struct Settings {
    table: Table,
    /// The base directory of its relative paths.
    base: PathBuf,
}

impl Settings {
    /// Returns the settings of the root's manifest and of cargo's configuration.
    ///
    /// # Errors
    ///
    /// Returns a message if cargo's configuration cannot be read.
    pub(super) fn all(root: &Path, manifest: Option<&Manifest>) -> Result<Vec<Self>, String> {
        let of_manifest =
            manifest.map(|manifest| Self { table: manifest.table.clone(), base: manifest.directory.clone() });
        Ok(of_manifest.into_iter().chain(configurations(root)?).collect())
    }

    /// Returns the directories that `[patch]` names for a package.
    pub(super) fn patched(&self, package: &str) -> Vec<PathBuf> {
        let sources = self.table.get("patch").and_then(Value::as_table).into_iter().flat_map(Table::values);
        let patches = sources.filter_map(Value::as_table).flatten();
        let of_package = patches.filter(|(key, patch)| package_name(key, patch) == package);
        of_package.filter_map(|(_, patch)| directory_of(patch, &self.base)).collect()
    }

    /// Returns the directory in `paths` with this package at this version, to whatever source it is locked.
    pub(super) fn overriding(&self, package: &str, version: &str) -> Option<PathBuf> {
        let paths = self.table.get("paths").and_then(Value::as_array)?.iter().filter_map(Value::as_str);
        let mut directories = paths.map(|path| self.base.join(path));
        directories.find(|directory| is_package(directory, package, version))
    }
}

/// Returns `true` if a directory contains this package at this version. An inherited version matches any.
pub(super) fn is_package(directory: &Path, name: &str, version: &str) -> bool {
    let manifest = Manifest::read(directory).ok().flatten();
    manifest.is_some_and(|manifest| {
        manifest.name() == Some(name) && manifest.version().is_none_or(|declared| declared == version)
    })
}

/// Returns the settings of profiles that can change what code does, for single packages or all. They are in the
/// workspace's manifest, cargo's configuration and its environment variables.
///
/// # Errors
///
/// Returns a message if a file cannot be read or is malformed.
pub(super) fn profiles(root: &Path) -> Result<String, String> {
    const SETTINGS: [&str; 3] = ["debug-assertions", "overflow-checks", "panic"];
    fn collect(table: &Table, path: &str, found: &mut Vec<String>) {
        for (key, value) in table {
            let path = format!("{path}.{key}");
            match value {
                Value::Table(table) => collect(table, &path, found),
                value if SETTINGS.contains(&&*key.replace('_', "-")) => found.push(format!("{path}={value:?}")),
                _ => {}
            }
        }
    }
    let mut found = Vec::new();
    for Settings { table, .. } in Settings::all(root, Manifest::read(root)?.as_ref())? {
        if let Some(profiles) = table.get("profile").and_then(Value::as_table) {
            collect(profiles, "profile", &mut found);
        }
    }
    let settings = std::env::vars().filter(|(name, _)| {
        let name = name.to_lowercase().replace('_', "-");
        name.starts_with("cargo-profile-") && SETTINGS.iter().any(|setting| name.ends_with(setting))
    });
    found.extend(settings.map(|(name, value)| format!("{name}={value}")));
    found.sort();
    Ok(found.join(" "))
}

/// Reads cargo's configuration for `directory`: in it, above it, and in the user's home.
fn configurations(directory: &Path) -> Result<Vec<Settings>, String> {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let places = directory.ancestors().map(|above| above.join(".cargo")).chain(home);
    let mut seen = BTreeSet::new();
    let mut tables = Vec::new();
    for place in places.filter(|place| seen.insert(place.clone())) {
        // The name without an extension is older, and cargo prefers it.
        let Some(path) = ["config", "config.toml"].map(|name| place.join(name)).into_iter().find(|path| path.is_file())
        else {
            continue;
        };
        let content = fs::read(&path).map_err(|error| message::unreadable(&path, &error))?;
        let table = toml::from_slice(&content).map_err(|error| message::malformed(&path, &error))?;
        // Paths are relative to the directory that contains `.cargo`.
        let base = place.parent().unwrap_or(&place).to_owned();
        tables.push(Settings { table, base });
    }
    Ok(tables)
}

fn package_name(key: &str, dependency: &Value) -> String {
    dependency.get("package").and_then(Value::as_str).unwrap_or(key).to_owned()
}

/// Encodes a value as bytes that do not depend on the order of keys or the formatting of the file.
fn encode(value: &Value, bytes: &mut Vec<u8>) {
    match value {
        Value::Table(table) => {
            let mut entries: Vec<_> = table.iter().collect();
            entries.sort_by_key(|(key, _)| *key);
            encode_length(b't', entries.len(), bytes);
            for (key, value) in entries {
                encode_text(key, bytes);
                encode(value, bytes);
            }
        }
        Value::Array(values) => {
            encode_length(b'a', values.len(), bytes);
            for value in values {
                encode(value, bytes);
            }
        }
        Value::String(text) => encode_text(text, bytes),
        // Numbers and dates have no meaning in a dependency, so their text is enough.
        Value::Boolean(value) => encode_text(&value.to_string(), bytes),
        Value::Integer(value) => encode_text(&value.to_string(), bytes),
        Value::Float(value) => encode_text(&value.to_string(), bytes),
        Value::Datetime(value) => encode_text(&value.to_string(), bytes),
    }
}

fn encode_text(text: &str, bytes: &mut Vec<u8>) {
    encode_length(b's', text.len(), bytes);
    bytes.extend_from_slice(text.as_bytes());
}

fn encode_length(kind: u8, length: usize, bytes: &mut Vec<u8>) {
    bytes.push(kind);
    bytes.extend_from_slice(&(length as u64).to_le_bytes());
}

#[cfg(test)]
mod tests;
