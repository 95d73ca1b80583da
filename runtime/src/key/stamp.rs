//! What the file system says of a file: it changes whenever the file is replaced or written to.

use std::fs::Metadata;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

/// Nobody can set `changed` back: the system sets it when anything about the file changes, its other times included.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stamp {
    device: u64,
    inode: u64,
    mode: u32,
    size: u64,
    /// Nanoseconds since 1970.
    modified: i128,
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

    /// Whether the file may have been changed since `time`.
    pub(crate) fn is_younger_than(&self, time: SystemTime) -> bool {
        self.modified.max(self.changed) >= nanoseconds_since_1970(time)
    }

    /// All of it, for a digest.
    pub(crate) fn add_to(&self, hasher: &mut blake3::Hasher) {
        let numbers = [self.device, self.inode, u64::from(self.mode), self.size];
        let mut bytes = [0; 64];
        for (place, number) in bytes.chunks_exact_mut(8).zip(numbers) {
            place.copy_from_slice(&number.to_le_bytes());
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
