//! The metadata of a file that changes whenever the file is replaced or written to.

use std::fs::Metadata;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

/// The metadata that identifies the content of a file.
///
/// No process can set `changed` back: the system sets it when anything about the file changes, its other times
/// included.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stamp {
    device: u64,
    inode: u64,
    mode: u32,
    size: u64,
    /// In nanoseconds since 1970.
    modified: i128,
    /// In nanoseconds since 1970.
    changed: i128,
}

impl Stamp {
    #[cfg(unix)]
    pub(crate) fn of(metadata: &Metadata) -> Stamp {
        use std::os::unix::fs::MetadataExt;
        let nanoseconds = |seconds: i64, rest: i64| i128::from(seconds) * 1_000_000_000 + i128::from(rest);
        Stamp {
            device: metadata.dev(),
            inode: metadata.ino(),
            mode: metadata.mode(),
            size: metadata.len(),
            modified: nanoseconds(metadata.mtime(), metadata.mtime_nsec()),
            changed: nanoseconds(metadata.ctime(), metadata.ctime_nsec()),
        }
    }

    #[cfg(not(unix))]
    pub(crate) fn of(metadata: &Metadata) -> Stamp {
        let modified = metadata.modified().map_or(0, nanoseconds_since_1970);
        Stamp { size: metadata.len(), modified, ..Stamp::default() }
    }

    /// Returns `true` if the file may have changed since `time`.
    pub(crate) fn is_younger_than(&self, time: SystemTime) -> bool {
        self.modified.max(self.changed) >= nanoseconds_since_1970(time)
    }

    /// Adds all fields to a digest.
    pub(crate) fn add_to(&self, hasher: &mut blake3::Hasher) {
        let numbers = [self.device, self.inode, u64::from(self.mode), self.size];
        let mut bytes = [0; 64];
        for (field, number) in bytes.chunks_exact_mut(8).zip(numbers) {
            field.copy_from_slice(&number.to_le_bytes());
        }
        bytes[32..48].copy_from_slice(&self.modified.to_le_bytes());
        bytes[48..].copy_from_slice(&self.changed.to_le_bytes());
        hasher.update(&bytes);
    }
}

fn nanoseconds_since_1970(time: SystemTime) -> i128 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i128::try_from(since.as_nanos()).unwrap_or(i128::MAX)
}
