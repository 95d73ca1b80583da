//! Reads the names of the repositories in `smoke.toml`. The runtime reads the rest.

use crate::fingerprint::output_directory;
use crate::message;
use crate::shared::settings_mark;
use crate::shared::smoke_toml::{Unusable, find};
use proc_macro2::TokenStream;
use quote::quote;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// The `smoke.toml` that applies to a package.
#[derive(Debug)]
pub(crate) struct SmokeToml {
    pub(crate) path: PathBuf,
    /// The names under `[repos]`, sorted. `None` if the file has no such table.
    pub(crate) repositories: Option<Vec<String>>,
}

impl SmokeToml {
    /// Reads the nearest `smoke.toml` in `manifest_dir` or above it.
    ///
    /// # Errors
    ///
    /// Returns a message if the file cannot be read or is malformed.
    pub(crate) fn find(manifest_dir: &Path) -> Result<Option<Self>, String> {
        let file = find(manifest_dir).map_err(|error| match error {
            Unusable::Unreadable { path, error } => message::unreadable(&path, &error),
            Unusable::Ambiguous { path, message } => message::in_file(&path, &message),
        })?;
        let Some(file) = file else { return Ok(None) };
        let table = file.table().map_err(|error| message::malformed(&file.path, &error))?;
        let path = file.path;
        let repositories = match table.get("repos") {
            None => None,
            Some(toml::Value::Table(repositories)) => Some(sorted_names(repositories)),
            Some(_) => return Err(message::repos_is_not_a_table(&path)),
        };
        Ok(Some(Self { path, repositories }))
    }
}

/// Returns items that make the compiler read the file, so that cargo recompiles when it changes, and the mark, so that
/// cargo recompiles when another file takes its place.
pub(crate) fn track(smoke_toml: Option<&SmokeToml>, manifest_dir: &Path) -> TokenStream {
    let settings = smoke_toml.map(|file| file.path.as_path());
    let mark = output_directory().and_then(|output| write_mark(&output, manifest_dir, settings).ok());
    // A path that is not UTF-8 cannot be written in source. Then an edit takes effect at the next compilation.
    let paths = settings.into_iter().chain(mark.as_deref()).filter_map(Path::to_str);
    quote!(#(
        const _: &[::core::primitive::u8] = ::core::include_bytes!(#paths);
    )*)
}

/// Writes the mark of the settings, and removes those of earlier ones.
fn write_mark(output: &Path, manifest_dir: &Path, settings: Option<&Path>) -> io::Result<PathBuf> {
    let directory = settings_mark::directory(output, manifest_dir);
    fs::create_dir_all(&directory)?;
    settings_mark::remove_others(&directory, settings)?;
    let mark = directory.join(settings_mark::name(settings));
    match File::create_new(&mark) {
        // Cargo would compile again after a file that is newer than the compilation.
        Ok(file) => file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(24 * 60 * 60))?,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error),
    }
    Ok(mark)
}

fn sorted_names(table: &toml::Table) -> Vec<String> {
    let mut names: Vec<String> = table.keys().cloned().collect();
    names.sort();
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shared::smoke_toml::FILE_NAME;
    use tempfile::TempDir;

    fn find(text: &str) -> Result<Option<SmokeToml>, String> {
        let workspace = TempDir::new().expect("temporary directory");
        fs::create_dir_all(workspace.path().join("crates/index")).expect("package");
        fs::write(workspace.path().join(FILE_NAME), text).expect("smoke.toml");
        SmokeToml::find(&workspace.path().join("crates/index"))
    }

    #[test]
    fn the_nearest_file_applies() {
        let workspace = TempDir::new().expect("temporary directory");
        let package = workspace.path().join("crates/index");
        fs::create_dir_all(&package).expect("package");
        assert!(SmokeToml::find(&package).expect("no file is no error").is_none());

        fs::write(workspace.path().join(FILE_NAME), "[repos.far]\n").expect("smoke.toml");
        let far = SmokeToml::find(&package).expect("valid").expect("found");
        assert_eq!(far.repositories, Some(vec!["far".to_owned()]));

        fs::write(package.join(FILE_NAME), "[repos.near]\n").expect("smoke.toml");
        let near = SmokeToml::find(&package).expect("valid").expect("found");
        assert_eq!(near.repositories, Some(vec!["near".to_owned()]));
        assert!(track(Some(&near), &package).to_string().contains("smoke.toml"));
    }

    #[test]
    fn the_mark_is_older_than_any_compilation() {
        let output = TempDir::new().expect("temporary directory");
        let write = |settings| write_mark(output.path(), Path::new("/package"), settings).expect("written");
        let without = write(None);
        let age = without.metadata().and_then(|mark| mark.modified()).expect("a time").elapsed().expect("the past");
        assert!(age > Duration::from_secs(365 * 24 * 60 * 60));
        let with = write(Some(Path::new("/smoke.toml")));
        assert!(with.is_file() && !without.exists());
        assert_eq!(write(Some(Path::new("/smoke.toml"))), with);
    }

    #[test]
    fn repositories_are_sorted() {
        let found = find("[repos.requests]\npath = 'r'\n[repos]\ndjango = { path = 'd' }\n").expect("valid");
        let names = found.expect("found").repositories;
        assert_eq!(names, Some(vec!["django".to_owned(), "requests".to_owned()]));
    }

    #[test]
    fn files_without_repos_table_list_none() {
        assert_eq!(find("[defaults]\ncache = 'off'\n").expect("valid").expect("found").repositories, None);
    }

    #[test]
    fn errors_name_a_malformed_file() {
        assert!(find("[repos").expect_err("malformed").contains("smoke.toml"));
        assert!(find("repos = 3").expect_err("no table").contains("[repos.django]"));
        let package = TempDir::new().expect("temporary directory");
        fs::write(package.path().join(FILE_NAME), b"\xff").expect("smoke.toml");
        assert!(SmokeToml::find(package.path()).expect_err("not UTF-8").contains("smoke.toml"));
    }
}
