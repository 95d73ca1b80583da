//! What is shared of an artifact: its manifest, and the one file that its files are packed in.

use serde::{Deserialize, Serialize};

use super::protocol::Blob;
use crate::store::manifest::{ArchiveFile, Manifest};

/// Raised with every change that an earlier version would misread; its names in the service have it, too.
const FORMAT: u32 = 1;

/// The entry of an artifact in the shared tier, as the helper signs and keeps it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SharedEntry {
    format: u32,
    /// The files of the artifact, packed; for an archive the archive itself.
    pub(crate) blob: Blob,
    /// The manifest, word for word: it vouches for itself.
    pub(crate) manifest: String,
}

impl SharedEntry {
    pub(crate) fn new(manifest: &Manifest, packed: &ArchiveFile) -> SharedEntry {
        let blob = Blob { size: packed.size, blake3: packed.digest.clone() };
        SharedEntry { format: FORMAT, blob, manifest: manifest.to_json() }
    }

    pub(crate) fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// The error says what is wrong.
    pub(crate) fn from_json(text: &[u8]) -> Result<SharedEntry, String> {
        let entry: SharedEntry =
            serde_json::from_slice(text).map_err(|error| format!("its entry cannot be read: {error}"))?;
        if entry.format != FORMAT {
            return Err(format!("its entry has format {}, not {FORMAT}", entry.format));
        }
        Ok(entry)
    }

    /// What the packed file has to be.
    pub(crate) fn packed(&self) -> ArchiveFile {
        ArchiveFile { size: self.blob.size, digest: self.blob.blake3.clone() }
    }
}
