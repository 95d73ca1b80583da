//! Publishing an artifact: its files are moved into place, the manifest last.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use super::archive::{self, UnpackError};
use super::artifact::Store;
use super::files::{self, make_read_only, move_into_place, sync, sync_drive, sync_tree};
use super::manifest::{ArchiveFile, Built, Environment, FileKind, ListedFile, Manifest, Storage};
use super::staging::Staging;
use super::trash;
use super::verification;
use crate::error::Error;

/// The result of [`Store::adopt`].
#[derive(Debug)]
pub(crate) enum Adopted {
    Published,
    /// The packed file is damaged in this way.
    Damaged(String),
}

impl Store<'_> {
    /// Publishes the files in `staging`. The caller holds the build lock.
    pub(crate) fn publish(
        &self,
        staging: &Staging,
        listed: Vec<ListedFile>,
        build_milliseconds: u64,
        metrics: BTreeMap<String, f64>,
        (project, environment): (String, Environment),
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
        let storage = self.storage;
        let built = Built {
            type_name,
            storage,
            files: listed,
            archive,
            build_milliseconds,
            metrics,
            completed,
            run,
            project: Some(project),
            environment: Some(environment),
        };
        let manifest = Manifest::new(&self.key, &self.artifact_path.artifact, built);
        let packed = (self.storage == Storage::Archive).then_some(packed);
        self.commit(staging, &manifest, &files, packed.as_deref())?;
        Ok(manifest)
    }

    /// Publishes an artifact that another machine built, from its packed file, as one of this project. The caller holds
    /// the build lock.
    pub(crate) fn adopt(
        &self,
        staging: &Staging,
        manifest: &Manifest,
        project: String,
        (packed, packed_file): (&Path, &ArchiveFile),
    ) -> Result<Adopted, Error> {
        if let Err(damage) = self.check_type(manifest) {
            return Ok(Adopted::Damaged(damage));
        }
        let files = staging.path().join("unpacked");
        // Before any of it is decoded: a trusted entry vouches for the bytes with this digest, and for no others.
        if let Err(damage) = archive::verify(packed, packed_file) {
            return Ok(Adopted::Damaged(damage));
        }
        match archive::unpack(packed, packed_file, &manifest.files, &files) {
            Ok(()) => {}
            Err(UnpackError::Damaged(damage)) => return Ok(Adopted::Damaged(damage)),
            Err(UnpackError::Io(error)) => return Err(error),
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
        self.commit(staging, &manifest.in_project(Some(project)), &files, packed)?;
        Ok(Adopted::Published)
    }

    /// Moves an artifact into place, its manifest last.
    fn commit(&self, staging: &Staging, manifest: &Manifest, files: &Path, packed: Option<&Path>) -> Result<(), Error> {
        let staged = staging.path().join("manifest");
        fs::write(&staged, manifest.to_json()).map_err(Error::io("write", &staged))?;
        make_read_only(&staged, FileKind::Plain)?;
        sync(&staged)?;

        self.layout.create()?;
        trash::discard_artifact(self.layout, &self.artifact_path, "")?;
        let entry = self.layout.entry(&self.artifact_path);
        if let Some(packed) = packed {
            move_into_place(packed, &self.layout.archive(&self.artifact_path))?;
        }
        move_into_place(files, &self.plain_files())?;
        // The names of the files must be on disk before the manifest that vouches for them.
        sync_drive(&entry)?;
        move_into_place(&staged, &self.layout.manifest(&self.artifact_path))?;
        sync(&entry)?;
        sync_drive(&self.layout.repo(&self.artifact_path.repo))?;
        verification::record(self.run, &self.verification_name(), &self.plain_files(), manifest);
        Ok(())
    }

    /// Moves a damaged artifact to the trash, which keeps it for a week. The caller holds the build lock.
    pub(crate) fn set_aside(&self) -> Result<(), Error> {
        trash::set_aside_under_lock(self.layout, &self.artifact_path)
    }
}
