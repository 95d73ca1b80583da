//! Entries on disk: open, unpack, publish, set aside.
//!
//! An artifact exists if its manifest does. Whoever publishes puts the files in place first and renames the manifest
//! last; whoever removes takes the manifest away first. So a reader that has the manifest has the files, and a
//! process that is killed at any point leaves an artifact or none.

pub(crate) mod archive;
mod files;
mod inventory;
pub(crate) mod lock;
pub(crate) mod manifest;
mod read_lock;
mod removal;
pub(crate) mod retention;
mod staging;
mod trash;
mod verification;
pub(crate) mod view;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

pub(crate) use files::list;
use files::{make_read_only, move_into_place, sync, sync_tree};
pub(crate) use inventory::{Stored, inventory, orphans};
pub(crate) use read_lock::ReadLock;
pub(crate) use removal::{Removal, remove, set_aside};
pub(crate) use staging::{Staging, sweep as sweep_staging, sweep_private};
pub(crate) use trash::sweep;

use crate::error::Error;
use crate::key::{self, Key};
use crate::layout::{self, ArtifactPath, Layout};
use crate::run::Run;
use manifest::{ArchiveFile, Built, FileKind, ListedFile, Manifest, Storage, Unusable};
use verification::Checked;

/// An artifact whose files were checked, held against removal.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) manifest: Manifest,
    /// Its plain files.
    pub(crate) directory: PathBuf,
    pub(crate) lease: ReadLock,
    /// Where the plain files are if not in their place in the cache.
    pub(crate) _staging: Option<Staging>,
    /// The private view that it was loaded from.
    pub(crate) view: Option<Staging>,
}

/// Why an artifact has to be built.
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

/// What was found in an artifact's place.
#[derive(Debug)]
pub(crate) enum Found {
    Ready(Entry),
    /// Only the archive is there; or its unpacked files are damaged in this way.
    Packed(Manifest, ReadLock, Option<String>),
    Missing(Miss),
}

/// One artifact's place in the store.
#[derive(Debug)]
pub(crate) struct Store<'a> {
    pub(crate) layout: &'a Layout,
    pub(crate) run: &'a Run,
    pub(crate) artifact_path: ArtifactPath,
    pub(crate) key: Arc<Key>,
    pub(crate) storage: Storage,
    /// The short name of the artifact's type.
    pub(crate) type_name: String,
}

impl Store<'_> {
    /// The first link on the way to what a reader opens: what it leads to is not read.
    pub(crate) fn link(&self) -> Option<PathBuf> {
        self.layout.link_on_the_way([self.layout.entry(&self.artifact_path), self.plain_files()])
    }

    /// Looks for the artifact's manifest, and holds it; its files are left alone.
    pub(crate) fn find(&self) -> Result<(Manifest, ReadLock), Miss> {
        let (lease, text) = match ReadLock::take(&self.layout.manifest(&self.artifact_path)) {
            Ok(Some(held)) => held,
            Ok(None) => return Err(Miss::Absent),
            Err(error) => return Err(Miss::Damaged(format!("its manifest cannot be read: {error}"))),
        };
        let manifest = Manifest::of_key(&text, &self.key, &self.artifact_path.artifact, self.storage);
        let manifest = manifest.map_err(|unusable| match unusable {
            Unusable::Damaged(damage) => Miss::Damaged(damage),
            Unusable::OtherKey => {
                Miss::Damaged("the entry is that of another key with the same first digits".to_owned())
            }
            Unusable::NewerFormat(format) => {
                Miss::Foreign(format!("the entry has format {format}, later than the {} known here", layout::FORMAT))
            }
        })?;
        if manifest.type_name != self.type_name {
            return Err(Miss::Damaged(format!("it holds a `{}`, not a `{}`", manifest.type_name, self.type_name)));
        }
        Ok((manifest, lease))
    }

    /// Looks for the artifact and checks its files, on their first use in the run byte by byte.
    pub(crate) fn open(&self) -> Found {
        let (manifest, lease) = match self.find() {
            Ok(found) => found,
            Err(miss) => return Found::Missing(miss),
        };
        let directory = self.plain_files();
        match verification::check(self.run, &self.verification_name(), &directory, &manifest) {
            Ok(checked) => {
                if checked == Checked::NowForTheRun {
                    lease.touch();
                }
                Found::Ready(Entry { manifest, directory, lease, _staging: None, view: None })
            }
            Err(damage) if self.storage == Storage::Archive => {
                let damage = directory.exists().then_some(damage);
                Found::Packed(manifest, lease, damage)
            }
            Err(damage) => Found::Missing(Miss::Damaged(damage)),
        }
    }

    /// Unpacks the archive, to where every process will find its files, or else into `elsewhere` for this one alone.
    /// The inner error says what is wrong with the archive.
    pub(crate) fn unpack(
        &self,
        manifest: Manifest,
        lease: ReadLock,
        staging: Staging,
        in_place: bool,
    ) -> Result<Result<Entry, Miss>, Error> {
        let Some(expected) = &manifest.archive else {
            return Ok(Err(Miss::Damaged("its manifest has no archive".to_owned())));
        };
        let unpacked = staging.path().join("unpacked");
        let archive = self.layout.archive(&self.artifact_path);
        if let Err(damage) = archive::unpack(&archive, expected, &manifest.files, &unpacked)? {
            return Ok(Err(Miss::Damaged(damage)));
        }
        files::protect(&unpacked, &manifest.files)?;
        if !in_place {
            return Ok(Ok(Entry { manifest, directory: unpacked, lease, _staging: Some(staging), view: None }));
        }
        let directory = self.plain_files();
        trash::discard(self.layout, &[&directory], "")?;
        move_into_place(&unpacked, &directory)?;
        verification::record(self.run, &self.verification_name(), &directory, &manifest);
        lease.touch();
        Ok(Ok(Entry { manifest, directory, lease, _staging: None, view: None }))
    }

    /// Makes what lies in `staging`'s files an artifact of the store. The caller holds the build lock.
    pub(crate) fn publish(
        &self,
        staging: &Staging,
        listed: Vec<ListedFile>,
        build_milliseconds: u64,
    ) -> Result<Manifest, Error> {
        let files = staging.files();
        files::protect(&files, &listed)?;
        let packed = staging.path().join("archive");
        let archive = match self.storage {
            Storage::Archive => {
                let packed_file = archive::pack(&files, &listed, &packed)?;
                make_read_only(&packed, FileKind::Plain)?;
                Some(packed_file)
            }
            Storage::Directory => {
                sync_tree(&files, &listed)?;
                None
            }
        };
        let completed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let run = self.run.id().to_owned();
        let type_name = self.type_name.clone();
        let built =
            Built { type_name, storage: self.storage, files: listed, archive, build_milliseconds, completed, run };
        let manifest = Manifest::new(&self.key, &self.artifact_path.artifact, built);
        let packed = (self.storage == Storage::Archive).then_some(packed);
        self.commit(staging, &manifest, &manifest.to_json(), &files, packed.as_deref())?;
        Ok(manifest)
    }

    /// Publishes the artifact that another machine has built, from its packed file. The caller holds the build lock. The
    /// inner error says what is wrong with it.
    pub(crate) fn adopt(
        &self,
        staging: &Staging,
        manifest: &Manifest,
        text: &str,
        (packed, packed_file): (&Path, &ArchiveFile),
    ) -> Result<Result<(), String>, Error> {
        if manifest.type_name != self.type_name {
            return Ok(Err(format!("it holds a `{}`, not a `{}`", manifest.type_name, self.type_name)));
        }
        let files = staging.path().join("unpacked");
        // Before anything of it is decoded: who vouches for its entry vouches for its digest, and for no byte of another file.
        if let Err(damage) = archive::verify(packed, packed_file) {
            return Ok(Err(damage));
        }
        if let Err(damage) = archive::unpack(packed, packed_file, &manifest.files, &files)? {
            return Ok(Err(damage));
        }
        files::protect(&files, &manifest.files)?;
        match self.storage {
            Storage::Archive => {
                make_read_only(packed, FileKind::Plain)?;
                sync(packed)?;
            }
            Storage::Directory => sync_tree(&files, &manifest.files)?,
        }
        let packed = (self.storage == Storage::Archive).then_some(packed);
        self.commit(staging, manifest, text, &files, packed)?;
        Ok(Ok(()))
    }

    /// Moves an artifact into its place, its manifest last.
    fn commit(
        &self,
        staging: &Staging,
        manifest: &Manifest,
        text: &str,
        files: &Path,
        packed: Option<&Path>,
    ) -> Result<(), Error> {
        let staged = staging.path().join("manifest");
        fs::write(&staged, text).map_err(Error::io("write", &staged))?;
        make_read_only(&staged, FileKind::Plain)?;
        sync(&staged)?;

        self.layout.create()?;
        self.discard("")?;
        let entry = self.layout.entry(&self.artifact_path);
        if let Some(packed) = packed {
            move_into_place(packed, &self.layout.archive(&self.artifact_path))?;
        }
        move_into_place(files, &self.plain_files())?;
        // The files' names must be on disk before the manifest that vouches for them.
        sync(&entry)?;
        move_into_place(&staged, &self.layout.manifest(&self.artifact_path))?;
        sync(&entry)?;
        sync(&self.layout.repo(&self.artifact_path.repo))?;
        verification::record(self.run, &self.verification_name(), &self.plain_files(), manifest);
        Ok(())
    }

    /// Takes the artifact away and keeps it for a while, to be looked at. The caller holds the build lock.
    pub(crate) fn set_aside(&self) -> Result<(), Error> {
        self.discard(&trash::damaged(&self.artifact_path))
    }

    fn discard(&self, label: &str) -> Result<(), Error> {
        trash::discard_artifact(self.layout, &self.artifact_path, label)
    }

    fn plain_files(&self) -> PathBuf {
        match self.storage {
            Storage::Archive => self.layout.unpacked(&self.artifact_path),
            Storage::Directory => self.layout.directory(&self.artifact_path),
        }
    }

    fn verification_name(&self) -> String {
        format!("{}-{}-{}.json", self.artifact_path.repo, self.artifact_path.artifact, self.key.digest())
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

    /// Compares the key with that of the most similar entry.
    fn explain_absence(&self) -> String {
        let manifests = self.neighbours();
        let nearest = manifests
            .iter()
            .max_by_key(|manifest| (key::in_common(&manifest.key_inputs, self.key.key_inputs()), manifest.completed));
        match nearest {
            Some(manifest) if manifest.key == self.key.digest() => "its entry was just removed".to_owned(),
            Some(manifest) => key::describe(&manifest.key_inputs, self.key.key_inputs()),
            None => "first build".to_owned(),
        }
    }

    /// The manifests of this artifact in the other entries of the repository.
    fn neighbours(&self) -> Vec<Manifest> {
        let name = format!("{}.json", self.artifact_path.artifact);
        let Ok(entries) = fs::read_dir(self.layout.repo(&self.artifact_path.repo)) else { return Vec::new() };
        entries.flatten().filter_map(|entry| Manifest::at(&entry.path().join(&name)).ok()).collect()
    }
}

/// Reads all that there is of an artifact; the error says what is not what was written.
pub(crate) fn verify(layout: &Layout, artifact_path: &ArtifactPath, manifest: &Manifest) -> Result<(), String> {
    match &manifest.archive {
        None => verification::digests(&layout.directory(artifact_path), manifest),
        Some(archive) => {
            archive::verify(&layout.archive(artifact_path), archive)?;
            let unpacked = layout.unpacked(artifact_path);
            if unpacked.exists() { verification::digests(&unpacked, manifest) } else { Ok(()) }
        }
    }
}

/// The one file that an artifact travels as: its archive, or one that is packed in `place`.
pub(crate) fn packed(
    layout: &Layout,
    artifact_path: &ArtifactPath,
    manifest: &Manifest,
    place: &Path,
) -> Result<(PathBuf, ArchiveFile), String> {
    if let Some(archive) = &manifest.archive {
        return Ok((layout.archive(artifact_path), archive.clone()));
    }
    let target = place.join("archive");
    let packed = archive::pack(&layout.directory(artifact_path), &manifest.files, &target);
    packed.map(|packed| (target, packed)).map_err(|error| error.report())
}

#[cfg(test)]
mod tests;
