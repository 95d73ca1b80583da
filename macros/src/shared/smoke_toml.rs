//! Finds the settings that apply to a package: `smoke.toml`, `.config/smoke.toml`, or a table of `Cargo.toml`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

pub(crate) const FILE_NAME: &str = "smoke.toml";
/// The file in the directory for configurations of tools.
const IN_CONFIG: &str = ".config/smoke.toml";
const MANIFEST: &str = "Cargo.toml";
/// The name of the table in `[workspace.metadata]` of a manifest.
const TABLE: &str = "cached-smoke";

/// The error where repositories are needed and no settings list any.
pub(crate) const MISSING: &str = "no smoke.toml here or above; run `cargo smoke-cache init`";

/// The settings, as text.
#[derive(Debug)]
pub(crate) struct SmokeTomlFile {
    /// The file: `smoke.toml` or a manifest.
    pub(crate) path: PathBuf,
    /// The directory that relative paths start from: that of `smoke.toml`, of `.config`, or of the manifest.
    #[allow(dead_code, reason = "the macros resolve no path")]
    pub(crate) base: PathBuf,
    pub(crate) text: String,
    /// The settings are the table `[workspace.metadata.cached-smoke]` of the text.
    pub(crate) is_manifest: bool,
}

/// Settings that cannot be used.
#[derive(Debug)]
pub(crate) enum Unusable {
    /// A file that cannot be read.
    Unreadable { path: PathBuf, error: io::Error },
    /// A directory with the settings in two places.
    Ambiguous { path: PathBuf, message: String },
}

impl SmokeTomlFile {
    /// Returns the table of settings.
    ///
    /// # Errors
    ///
    /// Fails if the file is malformed.
    #[allow(dead_code, reason = "the runtime parses the text")]
    pub(crate) fn table(&self) -> Result<toml::Table, toml::de::Error> {
        let table: toml::Table = self.text.parse()?;
        Ok(if self.is_manifest { settings_of(table).unwrap_or_default() } else { table })
    }

    /// Reads the file at `base/name`, if it is one.
    fn read(base: &Path, name: &str) -> Result<Option<SmokeTomlFile>, Unusable> {
        let path = base.join(name);
        let text = match fs::metadata(&path) {
            Ok(found) if found.is_file() => fs::read_to_string(&path),
            Ok(_) => return Ok(None),
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Ok(None);
            }
            Err(error) => Err(error),
        };
        match text {
            Ok(text) => Ok(Some(SmokeTomlFile { path, base: base.to_owned(), text, is_manifest: false })),
            Err(error) => Err(Unusable::Unreadable { path, error }),
        }
    }

    /// Reads the manifest in `base`, if it has the table.
    fn of_manifest(base: &Path) -> Option<SmokeTomlFile> {
        // Cargo reports a manifest that cannot be read.
        let file = SmokeTomlFile::read(base, MANIFEST).ok()??;
        // Spares most packages the parser.
        if !(file.text.contains("metadata") && file.text.contains(TABLE)) {
            return None;
        }
        settings_of(file.text.parse().ok()?).map(|_| SmokeTomlFile { is_manifest: true, ..file })
    }
}

/// Returns `[workspace.metadata.cached-smoke]` of a manifest.
fn settings_of(manifest: toml::Table) -> Option<toml::Table> {
    let mut table = manifest;
    for name in ["workspace", "metadata", TABLE] {
        let toml::Value::Table(inner) = table.remove(name)? else { return None };
        table = inner;
    }
    Some(table)
}

/// Reads the nearest settings in `start` or above it. Returns `None` without settings.
///
/// A directory or device with the name of a file is skipped.
///
/// # Errors
///
/// Fails if a directory has settings in two places, or if a file cannot be read.
pub(crate) fn find(start: &Path) -> Result<Option<SmokeTomlFile>, Unusable> {
    for directory in start.ancestors() {
        let files = [
            SmokeTomlFile::read(directory, FILE_NAME)?,
            SmokeTomlFile::read(directory, IN_CONFIG)?,
            SmokeTomlFile::of_manifest(directory),
        ];
        let mut found = files.into_iter().flatten();
        let Some(first) = found.next() else { continue };
        let Some(second) = found.next() else { return Ok(Some(first)) };
        return Err(Unusable::Ambiguous { message: ambiguous(&first, &second), path: first.path });
    }
    Ok(None)
}

fn ambiguous(first: &SmokeTomlFile, second: &SmokeTomlFile) -> String {
    let (second, action) = match second {
        SmokeTomlFile { is_manifest: true, path, .. } => {
            (format!("[workspace.metadata.{TABLE}] of {}", path.display()), "move its settings, and remove the table")
        }
        SmokeTomlFile { path, .. } => (path.display().to_string(), "move its settings, and remove the file"),
    };
    format!("{second} has settings as well\nhelp: keep {}: {action}", first.path.display())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    /// Returns a workspace and a package in it.
    fn workspace() -> (TempDir, PathBuf) {
        let workspace = TempDir::new().expect("temporary directory");
        let package = workspace.path().join("crates/index");
        fs::create_dir_all(&package).expect("package");
        (workspace, package)
    }

    fn found(start: &Path) -> Option<String> {
        find(start).expect("readable").map(|file| file.text)
    }

    #[test]
    fn the_nearest_file_applies() {
        let (workspace, package) = workspace();
        assert_eq!(found(&package), None);
        fs::write(workspace.path().join(FILE_NAME), "far").expect("smoke.toml");
        assert_eq!(found(&package).as_deref(), Some("far"));
        fs::write(package.join(FILE_NAME), "near").expect("smoke.toml");
        assert_eq!(found(&package).as_deref(), Some("near"));
    }

    #[test]
    fn directories_are_skipped() {
        let (workspace, package) = workspace();
        fs::create_dir(package.join(FILE_NAME)).expect("directory");
        assert_eq!(found(&package), None);
        fs::write(workspace.path().join(FILE_NAME), "far").expect("smoke.toml");
        assert_eq!(found(&package).as_deref(), Some("far"));
    }

    #[test]
    fn an_unreadable_file_is_an_error() {
        let (_workspace, package) = workspace();
        fs::write(package.join(FILE_NAME), b"\xff").expect("smoke.toml");
        let Unusable::Unreadable { path, error } = find(&package).expect_err("not UTF-8") else { panic!("readable") };
        assert_eq!((path, error.kind()), (package.join(FILE_NAME), io::ErrorKind::InvalidData));
    }

    const IN_MANIFEST: &str = "[workspace]\n[workspace.metadata.cached-smoke.repos.a]\npath = \"a\"\n";

    #[test]
    fn each_place_has_the_base_of_its_directory() {
        for (name, text) in [(FILE_NAME, "[repos.a]\n"), (IN_CONFIG, "[repos.a]\n"), (MANIFEST, IN_MANIFEST)] {
            let (workspace, package) = workspace();
            fs::create_dir(workspace.path().join(".config")).expect("directory");
            fs::write(package.join(MANIFEST), "[package.metadata.cached-smoke]\n").expect("another table");
            fs::write(workspace.path().join(name), text).expect("settings");
            let found = find(&package).expect("valid").expect(name);
            assert_eq!((found.base.as_path(), found.path.clone()), (workspace.path(), workspace.path().join(name)));
            assert!(found.table().expect("valid")["repos"].get("a").is_some(), "{name}");
        }
    }

    #[test]
    fn two_places_in_one_directory_are_an_error() {
        let places = [(FILE_NAME, ""), (IN_CONFIG, ""), (MANIFEST, IN_MANIFEST)];
        for (one, other) in [(0, 1), (0, 2), (1, 2)] {
            let (workspace, package) = workspace();
            fs::create_dir(workspace.path().join(".config")).expect("directory");
            for (name, text) in [places[one], places[other]] {
                fs::write(workspace.path().join(name), text).expect("settings");
            }
            let Err(Unusable::Ambiguous { path, message }) = find(&package) else { panic!("two places") };
            assert_eq!(path, workspace.path().join(places[one].0));
            assert!(message.contains(places[other].0) && message.contains("\nhelp: keep "), "{message}");
        }
    }

    #[test]
    fn malformed_manifests_are_left_to_cargo() {
        let (workspace, package) = workspace();
        for text in ["[workspace.metadata.cached-smoke", "[workspace.metadata]\ncached-smoke = 3\n"] {
            fs::write(workspace.path().join(MANIFEST), text).expect("manifest");
            assert!(find(&package).expect("no error").is_none(), "{text}");
        }
    }
}
