//! Files with a JSON value on each line, to which several processes append.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::plain_file;

/// Appends a value by one write to a file opened for appending, so that the lines of several processes do not mix.
pub(crate) fn append(path: &Path, value: &impl Serialize) -> io::Result<()> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    File::options().create(true).append(true).open(path)?.write_all(&line)
}

/// Reads the values in a file, without malformed lines. Returns none if the file does not exist.
pub(crate) fn read<T: DeserializeOwned>(path: &Path) -> io::Result<Vec<T>> {
    match plain_file::open(path).and_then(|file| plain_file::read(&file, u64::MAX)) {
        Ok(text) => {
            Ok(text.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect())
        }
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}
