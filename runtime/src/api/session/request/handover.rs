//! The directory through which a builder process hands its result to the test that started it.
//!
//! It is outside of the cache, so that it works if the cache does not. The test creates it and removes it.
//!
//! ```text
//! ticket.json    the artifact to build; the builder moves it away, so that no process that it starts finds it
//! result.json    the result of the build
//! files/         the artifact's files, if they could not be published
//! ```

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::ArtifactRequest;
use super::circumstances::Limits;
use super::failures::Failure;
use crate::error::Error;
use crate::layout;
use crate::message::Warning;
use crate::store::Staging;
use crate::telemetry::ArtifactReport;

const TICKET: &str = "ticket.json";
const RESULT: &str = "result.json";

/// The order to build an artifact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Ticket {
    pub(super) repo: String,
    pub(super) entry: String,
    pub(super) artifact: String,
    /// Set for a private build: the builder has no build lock, and publishes nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) private: Option<Limits>,
}

/// The result of a builder that was not killed.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Handover {
    pub(super) end: End,
    /// The dependencies that the builder obtained.
    pub(super) needed: Vec<ArtifactReport>,
    pub(super) warnings: Vec<Warning>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) enum End {
    /// The artifact is in the cache.
    Stored(ArtifactReport),
    /// The files are in the directory, for the reason in the report.
    Private(ArtifactReport),
    /// No directory could keep the files.
    Unsaved,
    Failed(Failure),
    Skipped {
        repo: String,
        reason: String,
    },
    /// The test requests no artifact with the key of the ticket.
    Absent,
}

/// Writes the ticket into the directory of `staging`.
pub(super) fn write_ticket(staging: &Staging, ticket: &Ticket) -> io::Result<()> {
    layout::write_whole(&staging.path().join(TICKET), &serde_json::to_vec(ticket)?)
}

/// Moves the ticket away and reads it. Only one process succeeds.
pub(super) fn take_ticket(directory: &Path) -> io::Result<Ticket> {
    let taken = directory.join("taken");
    fs::rename(directory.join(TICKET), &taken)?;
    Ok(serde_json::from_slice(&fs::read(taken)?)?)
}

/// Writes the result into the directory. If the test has ended, the directory is gone and must not come back.
pub(super) fn write(directory: &Path, handover: &Handover) -> io::Result<()> {
    let mut file = tempfile::NamedTempFile::new_in(directory)?;
    file.write_all(&serde_json::to_vec(handover)?)?;
    file.persist(directory.join(RESULT))?;
    Ok(())
}

/// Returns the result of the builder; `None` if it was killed.
pub(super) fn read(staging: &Staging) -> Option<Handover> {
    serde_json::from_slice(&fs::read(staging.path().join(RESULT)).ok()?).ok()
}

impl ArtifactRequest<'_> {
    /// Creates a staging directory outside of the cache. In a builder, this is the handover directory.
    pub(super) fn private_staging(&self) -> Result<Staging, Error> {
        match &self.handover {
            None => Staging::private(),
            Some(directory) => empty(directory),
        }
    }

    /// Moves files from the cache to the handover directory.
    pub(super) fn move_to_handover(&self, staging: &Staging) -> Result<Staging, Error> {
        let target = self.private_staging()?;
        copy_all(&staging.files(), &target.files())?;
        Ok(target)
    }
}

/// Empties the directory: an earlier attempt may have left files there.
fn empty(directory: &Path) -> Result<Staging, Error> {
    let staging = Staging::of_another_process(directory);
    let files = staging.files();
    match fs::remove_dir_all(&files) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(Error::io("empty", &files)(error)),
        _ => {}
    }
    // Do not create the parent: if the test has ended, it is gone, and no process would remove it again.
    fs::create_dir(&files).map_err(Error::io("create", &files))?;
    Ok(staging)
}

/// Moves a tree, also between file systems.
pub(super) fn copy_all(from: &Path, to: &Path) -> Result<(), Error> {
    fs::create_dir_all(to).map_err(Error::io("create", to))?;
    for entry in fs::read_dir(from).map_err(Error::io("list the directory", from))? {
        let entry = entry.map_err(Error::io("list the directory", from))?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if source.is_dir() {
            copy_all(&source, &target)?;
        } else if fs::rename(&source, &target).is_err() {
            fs::copy(&source, &target).map_err(Error::io("copy", &source))?;
        }
    }
    Ok(())
}
