//! The manifest of an artifact: what it was made from, which files it has, and their digests.

use std::collections::HashSet;
use std::path::{Component, Path};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::digest::Parts;
use crate::key::{Key, KeyInput};
use crate::layout::FORMAT;
use crate::plain_file;

/// More than the manifest of a million files has.
pub(crate) const MAX_BYTES: u64 = 256 << 20;

/// How an artifact is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Storage {
    /// Packed into `NAME.tar.zst`: small and portable. A hit reads the plain files that were unpacked once.
    Archive,
    /// The directory `NAME/`, used where it lies: for what hardly shrinks, such as a search index.
    Directory,
}

/// One file of an artifact, or one directory that has none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListedFile {
    /// Relative, with `/` between components.
    pub(crate) path: String,
    #[serde(default, skip_serializing_if = "FileKind::is_plain")]
    pub(crate) kind: FileKind,
    pub(crate) size: u64,
    /// BLAKE3, hexadecimal; empty for a directory.
    pub(crate) digest: String,
}

/// The kind of a listed file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum FileKind {
    #[default]
    Plain,
    /// With the permission to be executed.
    Executable,
    /// A directory with nothing in it: other directories are those of the files.
    EmptyDirectory,
}

impl FileKind {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
    fn is_plain(&self) -> bool {
        *self == FileKind::Plain
    }

    /// Returns the permissions of a stored file: nothing writes to it.
    pub(crate) fn mode(self) -> u32 {
        match self {
            FileKind::Plain => 0o444,
            FileKind::Executable => 0o555,
            FileKind::EmptyDirectory => 0o755,
        }
    }
}

impl ListedFile {
    pub(crate) fn is_directory(&self) -> bool {
        self.kind == FileKind::EmptyDirectory
    }
}

/// The archive of an artifact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ArchiveFile {
    pub(crate) size: u64,
    /// BLAKE3, hexadecimal.
    pub(crate) digest: String,
}

/// Kept beside the artifact as `NAME.json`; the artifact exists if and only if this is there and right.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Manifest {
    pub(crate) format: u32,
    pub(crate) artifact: String,
    /// The short name of the artifact's type.
    pub(crate) type_name: String,
    pub(crate) repo: String,
    pub(crate) revision: String,
    pub(crate) key: String,
    #[serde(alias = "ingredients")]
    pub(crate) key_inputs: Vec<KeyInput>,
    pub(crate) storage: Storage,
    pub(crate) files: Vec<ListedFile>,
    pub(crate) archive: Option<ArchiveFile>,
    pub(crate) build_milliseconds: u64,
    /// Seconds since 1970.
    pub(crate) completed: u64,
    /// The run that built it.
    pub(crate) run: String,
    /// The version of this crate that wrote it.
    pub(crate) version: String,
    /// SHA-256 of this manifest with this field empty.
    digest: String,
}

/// Why a manifest is of no use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unusable {
    /// Written by a later version of this crate: not ours to touch.
    NewerFormat(u32),
    /// Not a manifest, or not the one that was written.
    Damaged(String),
    /// A good manifest of another key: the first digits of two keys are the same.
    OtherKey,
}

/// What a build adds to its key to make a manifest.
pub(crate) struct Built {
    pub(crate) type_name: String,
    pub(crate) storage: Storage,
    pub(crate) files: Vec<ListedFile>,
    pub(crate) archive: Option<ArchiveFile>,
    pub(crate) build_milliseconds: u64,
    pub(crate) completed: u64,
    pub(crate) run: String,
}

impl Manifest {
    pub(crate) fn new(key: &Key, artifact: &str, built: Built) -> Manifest {
        let Built { type_name, storage, files, archive, build_milliseconds, completed, run } = built;
        let mut manifest = Manifest {
            format: FORMAT,
            artifact: artifact.to_owned(),
            type_name,
            repo: key.repo().to_owned(),
            revision: key.revision().to_owned(),
            key: key.digest().to_owned(),
            key_inputs: key.key_inputs().to_vec(),
            storage,
            files,
            archive,
            build_milliseconds,
            completed,
            run,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            digest: String::new(),
        };
        manifest.seal();
        manifest
    }

    pub(crate) fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// Reads the manifest at `path`, of whatever key it is.
    pub(crate) fn at(path: &Path) -> Result<Manifest, Unusable> {
        let text = plain_file::open(path).and_then(|file| plain_file::read(&file, MAX_BYTES));
        Manifest::from_json(&text.map_err(|error| Unusable::Damaged(format!("its manifest cannot be read: {error}")))?)
    }

    /// Reads a manifest, of whatever key it is.
    pub(crate) fn from_json(text: &[u8]) -> Result<Manifest, Unusable> {
        #[derive(Deserialize)]
        struct OnlyFormat {
            format: u32,
        }
        let parsed = serde_json::from_slice::<Manifest>(text);
        // What a later format has may be none of ours, or one with other fields.
        let format = match &parsed {
            Ok(manifest) => Some(manifest.format),
            Err(_) => serde_json::from_slice(text).ok().map(|OnlyFormat { format }| format),
        };
        if let Some(newer) = format.filter(|format| *format > FORMAT) {
            return Err(Unusable::NewerFormat(newer));
        }
        let damaged = |error: serde_json::Error| Unusable::Damaged(format!("its manifest cannot be read: {error}"));
        let mut manifest = parsed.map_err(damaged)?;
        if manifest.seal() != manifest.digest {
            return Err(Unusable::Damaged("its manifest was changed after it was written".to_owned()));
        }
        check_paths(&manifest.files).map_err(Unusable::Damaged)?;
        Ok(manifest)
    }

    /// Reads the manifest of this artifact of this key.
    pub(crate) fn of_key(text: &[u8], key: &Key, artifact: &str, storage: Storage) -> Result<Manifest, Unusable> {
        let manifest = Manifest::from_json(text)?;
        let key_inputs = (&manifest.key_inputs, key.key_inputs());
        let same = manifest.key == key.digest()
            && key_inputs.0.len() == key_inputs.1.len()
            // Notes are no part of a key, so they may differ.
            && key_inputs.0.iter().zip(key_inputs.1).all(|(left, right)| left.is(right));
        if !same || manifest.repo != key.repo() {
            return Err(Unusable::OtherKey);
        }
        if manifest.artifact != artifact || manifest.storage != storage {
            return Err(Unusable::Damaged(format!("its manifest is that of `{}`", manifest.artifact.escape_default())));
        }
        if (storage == Storage::Archive) != manifest.archive.is_some() {
            return Err(Unusable::Damaged("its manifest has no archive, or one that should not be there".to_owned()));
        }
        Ok(manifest)
    }

    /// The text of a manifest with the digest that it should have, if it is one but for that.
    #[cfg(any(test, fuzzing))]
    pub(crate) fn vouched(text: &[u8]) -> Option<String> {
        let mut manifest: Manifest = serde_json::from_slice(text).ok()?;
        manifest.seal();
        Some(manifest.to_json())
    }

    /// What building it took.
    pub(crate) fn build_seconds(&self) -> f64 {
        Duration::from_millis(self.build_milliseconds).as_secs_f64()
    }

    /// Bytes of the artifact as plain files.
    pub(crate) fn bytes(&self) -> u64 {
        self.files.iter().fold(0, |sum, file| sum.saturating_add(file.size))
    }

    /// Sets the digest to what it should be; the one that it was.
    fn seal(&mut self) -> String {
        let digest = std::mem::take(&mut self.digest);
        let mut parts = Parts::default();
        parts.add(self.to_json());
        self.digest = parts.finish();
        digest
    }
}

/// Whether files of these names can lie beside one another below one directory.
pub(crate) fn check_paths(files: &[ListedFile]) -> Result<(), String> {
    let refuse = |path: &str, why: &str| Err(format!("its manifest names the file `{}`{why}", path.escape_default()));
    let mut names = HashSet::with_capacity(files.len());
    for file in files {
        if !is_plain(&file.path) {
            return refuse(&file.path, "");
        }
        if !names.insert(file.path.as_str()) {
            return refuse(&file.path, " twice");
        }
    }
    let directories = files.iter().flat_map(|file| file.path.match_indices('/').map(|(end, _)| &file.path[..end]));
    match { directories }.find(|directory| names.contains(directory)) {
        Some(both) => refuse(both, ", and others below it"),
        None => Ok(()),
    }
}

/// Bytes of a path, with some room left below what systems allow for the cache directory above it.
const MAX_PATH: usize = 1024;
/// Bytes of a name that every file system allows.
const MAX_COMPONENT: usize = 255;

/// Whether a path stays below the directory that it is joined to, and can be there, on every system.
pub(crate) fn is_plain(path: &str) -> bool {
    !path.contains(['\\', ':', '\0'])
        && path.len() <= MAX_PATH
        && path.split('/').all(|part| part.len() <= MAX_COMPONENT)
        && Path::new(path).components().all(|part| matches!(part, Component::Normal(_)))
        && path.split('/').all(|part| !part.is_empty() && part != ".")
}

#[cfg(test)]
mod tests;
