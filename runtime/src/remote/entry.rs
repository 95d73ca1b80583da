//! The entry of an artifact in the remote cache: its manifest, and a reference to its packed files.

use serde::{Deserialize, Serialize};

use super::protocol::Blob;
use crate::store::manifest::{ArchiveFile, Manifest};

/// The format version. Every change that an earlier version would misread raises it. Object names in the service
/// include it.
const FORMAT: u32 = 1;

/// The entry of an artifact in the remote cache, which the helper signs and stores.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SharedEntry {
    format: u32,
    /// The packed files of the artifact; for an archive the archive itself.
    pub(crate) blob: Blob,
    /// The text of the manifest, which has its own digest. Without a project: that is a directory of one machine.
    pub(crate) manifest: String,
}

impl SharedEntry {
    pub(crate) fn new(manifest: &Manifest, packed: &ArchiveFile) -> SharedEntry {
        let blob = Blob { size: packed.size, blake3: packed.digest.clone() };
        SharedEntry { format: FORMAT, blob, manifest: manifest.in_project(None).to_json() }
    }

    pub(crate) fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Parses an entry; the error is the reason why it is malformed.
    pub(crate) fn from_json(text: &[u8]) -> Result<SharedEntry, String> {
        let entry: SharedEntry =
            serde_json::from_slice(text).map_err(|error| format!("the entry is malformed: {error}"))?;
        if entry.format != FORMAT {
            return Err(format!("the entry has format {}, and this version reads format {FORMAT}", entry.format));
        }
        Ok(entry)
    }

    /// Returns the expected size and digest of the packed file.
    pub(crate) fn packed(&self) -> ArchiveFile {
        ArchiveFile { size: self.blob.size, digest: self.blob.blake3.clone() }
    }
}
