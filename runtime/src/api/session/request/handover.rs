//! The directory through which a builder hands its result to the test that started it.
//!
//! It lies outside of the cache, so that it works where the cache does not. The test makes it, and removes it.
//!
//! ```text
//! ticket.json    the artifact to build; the builder takes it away, so that no process that it starts finds it
//! result.json    how the build ended
//! files/         the artifact's files, if they could not be published
//! ```

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::ArtifactRequest;
use super::build::Failure;
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
}

/// The result of a builder that was not killed.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Handover {
    pub(super) end: End,
    /// The artifacts that it obtained because the target needs them.
    pub(super) needed: Vec<ArtifactReport>,
    pub(super) warnings: Vec<Warning>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) enum End {
    /// It is in the cache.
    Stored(ArtifactReport),
    /// It is in the files of the directory, for the reason in the report.
    Private(ArtifactReport),
    /// It could be built, but be saved nowhere.
    Unsaved,
    Failed(Failure),
    Skipped {
        repo: String,
        reason: String,
    },
}

/// Writes the ticket into the directory of `staging`.
pub(super) fn write_ticket(staging: &Staging, ticket: &Ticket) -> io::Result<()> {
    layout::write_whole(&staging.path().join(TICKET), &serde_json::to_vec(ticket)?)
}

/// Takes the ticket out of the directory: one process can.
pub(super) fn take_ticket(directory: &Path) -> io::Result<Ticket> {
    let (there, taken) = (directory.join(TICKET), directory.join("taken"));
    fs::rename(there, &taken)?;
    Ok(serde_json::from_slice(&fs::read(taken)?)?)
}

/// Writes the result into the directory, which is gone if the test has ended: it is not made again.
pub(super) fn write(directory: &Path, handover: &Handover) -> io::Result<()> {
    let mut file = tempfile::NamedTempFile::new_in(directory)?;
    file.write_all(&serde_json::to_vec(handover)?)?;
    file.persist(directory.join(RESULT))?;
    Ok(())
}

/// Returns how the builder ended; `None` if it was killed.
pub(super) fn read(staging: &Staging) -> Option<Handover> {
    serde_json::from_slice(&fs::read(staging.path().join(RESULT)).ok()?).ok()
}

impl ArtifactRequest<'_> {
    /// Makes a directory outside of the cache: in a builder, the one that the test reads.
    pub(super) fn private_staging(&self) -> Result<Staging, Error> {
        match &self.handover {
            None => Staging::private(),
            Some(place) => empty(place),
        }
    }

    /// Moves what lies in the cache to where the test reads it.
    pub(super) fn move_to_handover(&self, staging: Staging) -> Result<Staging, Error> {
        let target = self.private_staging()?;
        copy_all(&staging.files(), &target.files())?;
        Ok(target)
    }
}

/// An earlier attempt may have left files there.
fn empty(place: &Path) -> Result<Staging, Error> {
    let staging = Staging::of_another_process(place);
    let files = staging.files();
    match fs::remove_dir_all(&files) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(Error::io("empty", &files)(error)),
        _ => {}
    }
    // Not the directory above: it is gone if the test has ended, and nothing would remove it again.
    fs::create_dir(&files).map_err(Error::io("create", &files))?;
    Ok(staging)
}

/// The system may have the two directories on different file systems.
fn copy_all(from: &Path, to: &Path) -> Result<(), Error> {
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
