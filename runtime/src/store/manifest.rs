//! The manifest of an artifact: its key inputs, its files, and their digests.

mod environment;
mod metrics;

use std::collections::{BTreeMap, HashSet};
use std::path::{Component, Path};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::digest::Parts;
use crate::key::{Key, KeyInput};
use crate::layout::FORMAT;
use crate::paths;
use crate::plain_file;
pub(crate) use environment::{Changed, Environment};

/// The format of a manifest with metrics. Versions that know no metrics do not touch it. A manifest without metrics and
/// project, and every key, has the format of the cache, so that all versions share them.
const FORMAT_WITH_METRICS: u32 = 3;
/// The format of a manifest with a project.
const FORMAT_WITH_PROJECT: u32 = 4;
/// The format of a manifest with the environment of the build. Format 5 was one without the dependencies in it.
const FORMAT_WITH_ENVIRONMENT: u32 = 6;
/// The latest format that this version reads.
pub(crate) const LATEST_FORMAT: u32 = FORMAT_WITH_ENVIRONMENT;

/// The size limit of a manifest: larger than that of an artifact of a million files.
pub(crate) const MAX_BYTES: u64 = 256 << 20;

/// The form in which an artifact is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Storage {
    /// The archive `NAME.tar.zst`: small and portable. It is unpacked once, and hits read the unpacked files.
    Archive,
    /// The directory `NAME/`, which hits read directly: for data that hardly compresses, such as a search index.
    Directory,
}

/// One file of an artifact, or one empty directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListedFile {
    /// The path relative to the artifact's directory, with `/` between components.
    pub(crate) path: String,
    #[serde(default, skip_serializing_if = "FileKind::is_plain")]
    pub(crate) kind: FileKind,
    pub(crate) size: u64,
    /// The BLAKE3 digest, hexadecimal; empty for a directory.
    pub(crate) digest: String,
}

/// The kind of a listed file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum FileKind {
    #[default]
    Plain,
    /// A file with the permission to execute it.
    Executable,
    /// An empty directory. Other directories follow from the paths of the files.
    EmptyDirectory,
}

impl FileKind {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
    fn is_plain(&self) -> bool {
        *self == FileKind::Plain
    }

    /// Returns the mode of a stored file, which is read-only.
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
    /// The BLAKE3 digest, hexadecimal.
    pub(crate) digest: String,
}

/// The manifest, stored beside the artifact as `NAME.json`. The artifact exists if and only if a valid manifest does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Manifest {
    pub(crate) format: u32,
    pub(crate) artifact: String,
    /// The short name of the artifact's type.
    pub(crate) type_name: String,
    pub(crate) repo: String,
    pub(crate) revision: String,
    pub(crate) key: String,
    // The name of the field in formats 1 and 2: earlier versions of this crate must be able to read it.
    #[serde(rename = "ingredients")]
    pub(crate) key_inputs: Vec<KeyInput>,
    pub(crate) storage: Storage,
    pub(crate) files: Vec<ListedFile>,
    pub(crate) archive: Option<ArchiveFile>,
    pub(crate) build_milliseconds: u64,
    /// The numbers that the build recorded, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty", with = "metrics")]
    pub(crate) metrics: BTreeMap<String, f64>,
    /// The time of the build, in seconds since 1970.
    pub(crate) completed: u64,
    /// The id of the run that built it.
    pub(crate) run: String,
    /// The directory of the workspace that built or fetched it. Other machines do not get it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) project: Option<String>,
    /// The environment of the build. Other machines do not get it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) environment: Option<Environment>,
    /// The version of this crate that wrote it.
    pub(crate) version: String,
    /// The SHA-256 digest of this manifest with this field empty.
    digest: String,
}

/// The reason why a manifest cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unusable {
    /// A later version of this crate wrote the manifest, in this format. This version must not touch it.
    NewerFormat(u32),
    /// The manifest is malformed, or was changed after it was written.
    Damaged(String),
    /// A valid manifest of another key: a key prefix collision.
    OtherKey,
}

/// The part of a manifest that does not follow from the key.
pub(crate) struct Built {
    pub(crate) type_name: String,
    pub(crate) storage: Storage,
    pub(crate) files: Vec<ListedFile>,
    pub(crate) archive: Option<ArchiveFile>,
    pub(crate) build_milliseconds: u64,
    pub(crate) metrics: BTreeMap<String, f64>,
    pub(crate) completed: u64,
    pub(crate) run: String,
    pub(crate) project: Option<String>,
    pub(crate) environment: Option<Environment>,
}

impl Manifest {
    pub(crate) fn new(key: &Key, artifact: &str, built: Built) -> Manifest {
        let Built { type_name, storage, files, archive, build_milliseconds, .. } = built;
        let Built { metrics, completed, run, project, environment, .. } = built;
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
            metrics,
            completed,
            run,
            project,
            environment,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            digest: String::new(),
        };
        manifest.format = manifest.needed_format();
        manifest.seal();
        manifest
    }

    /// Returns the manifest with another project. Without one, it is for other machines, and has no environment.
    pub(crate) fn in_project(&self, project: Option<String>) -> Manifest {
        let environment = self.environment.clone().filter(|_| project.is_some());
        let mut manifest = Manifest { project, environment, ..self.clone() };
        manifest.format = manifest.needed_format();
        manifest.seal();
        manifest
    }

    /// Returns the earliest format that has all fields of the manifest.
    fn needed_format(&self) -> u32 {
        match (&self.project, self.metrics.is_empty()) {
            _ if self.environment.is_some() => FORMAT_WITH_ENVIRONMENT,
            (Some(_), _) => FORMAT_WITH_PROJECT,
            (None, false) => FORMAT_WITH_METRICS,
            (None, true) => FORMAT,
        }
    }

    pub(crate) fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// Reads the manifest at `path`, whatever its key.
    pub(crate) fn at(path: &Path) -> Result<Manifest, Unusable> {
        let text = plain_file::open(path).and_then(|file| plain_file::read(&file, MAX_BYTES));
        Manifest::from_json(&text.map_err(|error| Unusable::Damaged(format!("its manifest cannot be read: {error}")))?)
    }

    /// Parses a manifest, whatever its key.
    pub(crate) fn from_json(text: &[u8]) -> Result<Manifest, Unusable> {
        #[derive(Deserialize)]
        struct OnlyFormat {
            format: u32,
        }
        let parsed = serde_json::from_slice::<Manifest>(text);
        // A manifest of a later format may not parse as one of this format.
        let format = match &parsed {
            Ok(manifest) => Some(manifest.format),
            Err(_) => serde_json::from_slice(text).ok().map(|OnlyFormat { format }| format),
        };
        if let Some(newer) = format.filter(|format| *format > LATEST_FORMAT) {
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

    /// Parses the manifest of this artifact of this key.
    pub(crate) fn of_key(text: &[u8], key: &Key, artifact: &str, storage: Storage) -> Result<Manifest, Unusable> {
        let manifest = Manifest::from_json(text)?;
        let key_inputs = (&manifest.key_inputs, key.key_inputs());
        let is_same = manifest.key == key.digest()
            && key_inputs.0.len() == key_inputs.1.len()
            // Notes are not part of a key, so they may differ.
            && key_inputs.0.iter().zip(key_inputs.1).all(|(left, right)| left.is(right));
        if !is_same || manifest.repo != key.repo() {
            return Err(Unusable::OtherKey);
        }
        if manifest.artifact != artifact || manifest.storage != storage {
            return Err(Unusable::Damaged(format!("its manifest belongs to `{}`", manifest.artifact.escape_default())));
        }
        if (storage == Storage::Archive) != manifest.archive.is_some() {
            return Err(Unusable::Damaged("its manifest lacks an archive, or has an unexpected one".to_owned()));
        }
        Ok(manifest)
    }

    /// Returns the text with a valid digest, as a hostile writer would make it, if it parses as a manifest.
    #[cfg(any(test, fuzzing))]
    pub(crate) fn vouched(text: &[u8]) -> Option<String> {
        let mut manifest: Manifest = serde_json::from_slice(text).ok()?;
        manifest.seal();
        Some(manifest.to_json())
    }

    /// Returns the digest, which is another one for each stored artifact.
    pub(crate) fn digest(&self) -> &str {
        &self.digest
    }

    /// Returns `true` if the build loaded the stored artifact with this manifest.
    pub(crate) fn was_built_from(&self, digest: &str) -> bool {
        self.environment.iter().flat_map(|environment| environment.dependencies.values()).any(|other| other == digest)
    }

    /// Returns the duration of the build.
    pub(crate) fn build_seconds(&self) -> f64 {
        Duration::from_millis(self.build_milliseconds).as_secs_f64()
    }

    /// Returns the size of the plain files, in bytes.
    pub(crate) fn bytes(&self) -> u64 {
        self.files.iter().fold(0, |sum, file| sum.saturating_add(file.size))
    }

    /// Sets the digest to the valid one, and returns the old one.
    fn seal(&mut self) -> String {
        let digest = std::mem::take(&mut self.digest);
        let mut parts = Parts::default();
        parts.add(self.to_json());
        self.digest = parts.finish();
        digest
    }
}

/// Fails if files with these paths cannot exist together below one directory.
pub(crate) fn check_paths(files: &[ListedFile]) -> Result<(), String> {
    check_paths_on(files, cfg!(windows))
}

/// As [`check_paths`], with the names that only Windows refuses as a parameter. An artifact with such a name is a valid
/// one on every other system.
fn check_paths_on(files: &[ListedFile], is_windows: bool) -> Result<(), String> {
    let refuse =
        |path: &str, detail: &str| Err(format!("its manifest names the file `{}`{detail}", path.escape_default()));
    let mut names = HashSet::with_capacity(files.len());
    for file in files {
        if !is_plain(&file.path) {
            return refuse(&file.path, "");
        }
        if is_windows && let Some(reason) = file.path.split('/').find_map(paths::refusal_of_windows) {
            return refuse(&file.path, &format!(", but {reason}"));
        }
        if !names.insert(file.path.as_str()) {
            return refuse(&file.path, " twice");
        }
    }
    let directories = files.iter().flat_map(|file| file.path.match_indices('/').map(|(end, _)| &file.path[..end]));
    match { directories }.find(|directory| names.contains(directory)) {
        Some(path) => refuse(path, ", and others below it"),
        None => Ok(()),
    }
}

/// The length limit of a path in bytes. Operating systems allow more, which leaves room for the path of the cache
/// directory.
const MAX_PATH: usize = 1024;
/// The length limit of a name in bytes, which every file system allows.
const MAX_COMPONENT: usize = 255;

/// Returns `true` if a path stays below the directory that it is joined to, on every operating system.
pub(crate) fn is_plain(path: &str) -> bool {
    !path.contains(['\\', ':', '\0'])
        && path.len() <= MAX_PATH
        && path.split('/').all(|part| part.len() <= MAX_COMPONENT)
        && Path::new(path).components().all(|part| matches!(part, Component::Normal(_)))
        && path.split('/').all(|part| !part.is_empty() && part != ".")
}

#[cfg(test)]
mod tests;
