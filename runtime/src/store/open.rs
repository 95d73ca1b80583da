//! Finding an artifact, checking its files, and unpacking its archive.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use super::archive::{self, UnpackError};
use super::artifact::Store;
use super::files::{self, move_into_place};
use super::manifest::{self, Manifest, Storage, Unusable};
use super::read_lock::ReadLock;
use super::staging::Staging;
use super::trash;
use super::verification::{self, Checked};
use crate::disk;
use crate::error::Error;
use crate::key::{self, KeyInput};
use crate::name::NO_REPO;
use crate::plain_file;

/// An artifact whose files were checked, held against removal.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) manifest: Manifest,
    /// The directory of the plain files.
    pub(crate) directory: PathBuf,
    pub(crate) read_lock: ReadLock,
    /// The owner of `directory`, if that is outside of the entry.
    pub(crate) _staging: Option<Staging>,
}

/// The reason to build an artifact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Miss {
    /// No entry has this key. [`Store::explain`] compares it with the other entries.
    Absent,
    /// Another process replaced the entry while it was loaded.
    Replaced,
    /// `SMOKE_FORCE_REBUILD` names the repository.
    Forced,
    /// The entry is damaged in this way.
    Damaged(String),
    /// A later version of this crate wrote the entry, so this version must not replace it.
    Foreign(String),
}

/// The result of [`Store::open`].
#[derive(Debug)]
pub(crate) enum Found {
    Ready(Entry),
    /// The archive is not unpacked, or its unpacked files are damaged in this way.
    Packed(Manifest, ReadLock, Option<String>),
    Missing(Miss),
}

/// The result of [`Store::unpack`].
#[derive(Debug)]
pub(crate) enum Unpacked {
    Ready(Box<Entry>),
    /// The archive is damaged in this way.
    Damaged(String),
}

impl Store<'_> {
    /// Finds the artifact's manifest and locks it for reading. The files are not read.
    pub(crate) fn find(&self) -> Result<(Manifest, ReadLock), Miss> {
        let (read_lock, text) = match ReadLock::take(&self.layout.manifest(&self.artifact_path)) {
            Ok(Some(locked)) => locked,
            Ok(None) => return Err(Miss::Absent),
            Err(error) => return Err(Miss::Damaged(format!("its manifest cannot be read: {error}"))),
        };
        let manifest = Manifest::of_key(&text, &self.key, &self.artifact_path.artifact, self.storage);
        let manifest = manifest.map_err(|unusable| match unusable {
            Unusable::Damaged(damage) => Miss::Damaged(damage),
            Unusable::OtherKey => Miss::Damaged("key prefix collision: the entry belongs to another key".to_owned()),
            Unusable::NewerFormat(format) => Miss::Foreign(format!(
                "the entry has format {format}, but this version of cached-smoke knows formats up to {}",
                manifest::LATEST_FORMAT
            )),
        })?;
        self.check_type(&manifest).map_err(Miss::Damaged)?;
        Ok((manifest, read_lock))
    }

    /// Fails if the manifest describes an artifact of another type.
    pub(super) fn check_type(&self, manifest: &Manifest) -> Result<(), String> {
        if manifest.type_name == self.type_name {
            return Ok(());
        }
        Err(format!("it holds a `{}`, not a `{}`", manifest.type_name, self.type_name))
    }

    /// Finds the artifact and checks its files. The first check in a run reads every byte.
    pub(crate) fn open(&self) -> Found {
        let (manifest, read_lock) = match self.find() {
            Ok(found) => found,
            Err(miss) => return Found::Missing(miss),
        };
        let directory = self.plain_files();
        match verification::check(self.run, &self.verification_name(), &directory, &manifest) {
            Ok(checked) => {
                if checked == Checked::NowForTheRun {
                    read_lock.touch();
                }
                Found::Ready(Entry { manifest, directory, read_lock, _staging: None })
            }
            Err(damage) if self.storage == Storage::Archive => {
                let damage = directory.exists().then_some(damage);
                Found::Packed(manifest, read_lock, damage)
            }
            Err(damage) => Found::Missing(Miss::Damaged(damage)),
        }
    }

    /// Unpacks the archive through `staging`: into the cache for every process if `in_place`, else for this process
    /// alone.
    pub(crate) fn unpack(
        &self,
        manifest: Manifest,
        read_lock: ReadLock,
        staging: Staging,
        in_place: bool,
    ) -> Result<Unpacked, Error> {
        let Some(expected) = &manifest.archive else {
            return Ok(Unpacked::Damaged("its manifest has no archive".to_owned()));
        };
        let unpacked = staging.path().join("unpacked");
        let archive = self.layout.archive(&self.artifact_path);
        match archive::unpack(&archive, expected, &manifest.files, &unpacked) {
            Ok(()) => {}
            Err(UnpackError::Damaged(damage)) => return Ok(Unpacked::Damaged(damage)),
            Err(UnpackError::Io(error)) => return Err(error),
        }
        files::protect(&unpacked, &manifest.files)?;
        if !in_place {
            let entry = Entry { manifest, directory: unpacked, read_lock, _staging: Some(staging) };
            return Ok(Unpacked::Ready(Box::new(entry)));
        }
        let directory = self.plain_files();
        trash::discard(self.layout, &[&directory], "")?;
        move_into_place(&unpacked, &directory)?;
        verification::record(self.run, &self.verification_name(), &directory, &manifest);
        read_lock.touch();
        let entry = Entry { manifest, directory, read_lock, _staging: None };
        Ok(Unpacked::Ready(Box::new(entry)))
    }

    /// Explains a miss in one line. Reads the manifests of the repository's other entries if no entry has the key.
    pub(crate) fn explain(&self, miss: &Miss) -> String {
        match miss {
            Miss::Absent => self.explain_absence(),
            Miss::Replaced => "it was replaced while it was loaded".to_owned(),
            Miss::Forced => "forced by SMOKE_FORCE_REBUILD".to_owned(),
            Miss::Damaged(reason) | Miss::Foreign(reason) => reason.clone(),
        }
    }

    /// Returns the time of the artifact's latest build in this repository, of any key.
    pub(crate) fn last_build(&self) -> Option<Duration> {
        // The digest of the manifest is not checked: the time is only shown.
        #[derive(Deserialize)]
        struct BuildTime {
            completed: u64,
            build_milliseconds: u64,
            #[serde(rename = "ingredients")]
            key_inputs: Vec<KeyInput>,
        }
        let read = |path: &Path| {
            let text = plain_file::open(path).and_then(|file| plain_file::read(&file, manifest::MAX_BYTES)).ok()?;
            serde_json::from_slice::<BuildTime>(&text).ok()
        };
        let times = self.manifest_paths().filter_map(|path| read(&path)).filter(|time| self.is_same(&time.key_inputs));
        let latest = times.max_by_key(|time| time.completed)?;
        Some(Duration::from_millis(latest.build_milliseconds))
    }

    /// Returns how the key differs from that of the most similar entry.
    fn explain_absence(&self) -> String {
        if trash::was_set_aside(self.layout, &self.artifact_path) {
            return "its entry was set aside as stale or damaged".to_owned();
        }
        let manifests = self.other_manifests();
        let nearest = manifests
            .iter()
            .max_by_key(|manifest| (key::in_common(&manifest.key_inputs, self.key.key_inputs()), manifest.completed));
        match nearest {
            Some(manifest) if manifest.key == self.key.digest() => "its entry was just removed".to_owned(),
            Some(manifest) => key::describe(&manifest.key_inputs, self.key.key_inputs()),
            None => "first build".to_owned(),
        }
    }

    /// Returns the manifests of this artifact in all entries of the repository.
    fn other_manifests(&self) -> Vec<Manifest> {
        let manifests = self.manifest_paths().filter_map(|path| Manifest::at(&path).ok());
        manifests.filter(|manifest| self.is_same(&manifest.key_inputs)).collect()
    }

    /// Returns `true` if another key is one of this artifact. Without a repository, functions of many packages have
    /// entries in one directory, and two of them may have one name.
    fn is_same(&self, other: &[KeyInput]) -> bool {
        let suite =
            |key_inputs: &[KeyInput]| key_inputs.iter().find(|one| one.name == "suite").map(|one| one.digest.clone());
        self.artifact_path.repo != NO_REPO || suite(other) == suite(self.key.key_inputs())
    }

    /// Returns the paths that the manifests of this artifact have in the entries of the repository.
    fn manifest_paths(&self) -> impl Iterator<Item = PathBuf> {
        let name = format!("{}.json", self.artifact_path.artifact);
        let entries = disk::entries(&self.layout.repo(&self.artifact_path.repo));
        entries.map(move |entry| entry.path().join(&name))
    }
}
