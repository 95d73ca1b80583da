//! The manifest of an index directory: its format, its analyzer and its files.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::CONTENT;
use crate::analyzer::AnalyzerConfig;
use crate::error::Error;

const FILE: &str = "code-index.json";
/// The name of the manifest before it is complete.
const UNFINISHED: &str = "code-index.json.new";
/// The format version. Every change of the sections, the documents or the weights raises it.
const FORMAT: u32 = 4;

/// The manifest of an index. It is written last: a directory without a manifest holds no index.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Manifest {
    format: u32,
    pub(super) analyzer: AnalyzerConfig,
    /// The size in bytes of every file. A truncated file is detected before it is mapped. Other changes
    /// are not detected, because that would require reading all bytes.
    files: BTreeMap<String, u64>,
}

/// The one field that is the same in all formats.
#[derive(Deserialize)]
struct Version {
    format: u32,
}

impl Manifest {
    pub(super) fn write(dir: &Path, analyzer: &AnalyzerConfig) -> Result<(), Error> {
        let files = sizes(dir).map_err(|source| Error::Read { path: dir.to_owned(), source })?;
        let manifest = Self { format: FORMAT, analyzer: analyzer.clone(), files };
        let path = dir.join(FILE);
        let write = || -> io::Result<()> {
            let unfinished = dir.join(UNFINISHED);
            fs::write(&unfinished, serde_json::to_vec_pretty(&manifest)?)?;
            fs::rename(&unfinished, &path)
        };
        write().map_err(|source| Error::Write { path: path.clone(), source })
    }

    /// Reads the manifest of a directory, and checks that all its files are complete.
    pub(super) fn read(dir: &Path) -> Result<Self, Error> {
        let path = dir.join(FILE);
        let bytes = fs::read(&path).map_err(|source| Error::Read { path: path.clone(), source })?;
        let damaged = |reason: String| Error::Damaged { path: path.clone(), reason };
        let Version { format } = serde_json::from_slice(&bytes).map_err(|error| damaged(error.to_string()))?;
        if format != FORMAT {
            return Err(Error::Format { path, found: format.into(), supported: FORMAT.into() });
        }
        let manifest: Self = serde_json::from_slice(&bytes).map_err(|error| damaged(error.to_string()))?;
        manifest.check(dir)?;
        Ok(manifest)
    }

    fn check(&self, dir: &Path) -> Result<(), Error> {
        for (name, &size) in &self.files {
            let path = dir.join(name);
            match fs::metadata(&path) {
                Ok(metadata) if metadata.len() == size => {}
                Ok(metadata) => {
                    return Err(Error::Damaged { path, reason: format!("{} bytes instead of {size}", metadata.len()) });
                }
                Err(source) => return Err(Error::Read { path, source }),
            }
        }
        Ok(())
    }
}

/// Returns `true` if the directory holds an index, even an incomplete one.
pub(super) fn exists(dir: &Path) -> bool {
    [FILE, CONTENT].iter().any(|name| dir.join(name).exists())
}

fn sizes(dir: &Path) -> io::Result<BTreeMap<String, u64>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.file_type()?.is_file() {
            files.insert(name, entry.metadata()?.len());
        }
    }
    Ok(files)
}
