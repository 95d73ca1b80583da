//! Artifacts of any size and number.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use cached_smoke::{Artifact, BuildContext, CodeFingerprint, LoadContext, Result, Session, Storage, Suite};
use memmap2::Mmap;

/// The suite of the sized artifacts.
struct Sized;

#[derive(Default, serde::Serialize)]
struct SizedConfig {
    bytes: u64,
    number: u32,
}

impl Suite for Sized {
    type Config = SizedConfig;
    const CODE: CodeFingerprint = cached_smoke::code_fingerprint!("performance/programs");
}

/// An artifact of one mapped file.
struct Blob(Mmap);

impl Artifact<Sized> for Blob {
    const NAME: &'static str = "blob";
    const STORAGE: Storage = Storage::Directory;

    fn build(cx: &BuildContext<'_, Sized>) -> Result<Self> {
        write(&cx.dir().join("blob"), cx.config().bytes)?;
        map(cx.dir())
    }

    fn load(cx: &LoadContext<'_, Sized>) -> Result<Self> {
        map(cx.dir())
    }
}

fn map(directory: &Path) -> Result<Blob> {
    let file = File::open(directory.join("blob"))?;
    #[expect(unsafe_code, reason = "large fixtures are mapped")]
    // SAFETY: no process changes files in the cache.
    Ok(Blob(unsafe { Mmap::map(&file) }?))
}

/// Writes bytes in which no two blocks are equal.
fn write(path: &Path, bytes: u64) -> std::io::Result<()> {
    let mut file = std::io::BufWriter::new(File::create(path)?);
    for number in 0..bytes / 8 {
        file.write_all(&number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes())?;
    }
    file.flush()
}

/// Has a hit on an artifact of this size, and reads its last byte.
pub(super) fn run(repo: &str, bytes: u64) {
    let session = Session::<Sized>::with_config(repo, SizedConfig { bytes, number: 0 }).unwrap();
    let blob: &Blob = session.get().unwrap();
    assert_eq!(blob.0.len() as u64, bytes);
    std::hint::black_box(blob.0.last());
}

/// Reads a file of this size into memory, which is the least work of a restore that copies. Nothing is unpacked or
/// checked.
pub(super) fn copy(files: &Path, bytes: u64) {
    let path = files.join(format!("sized-{bytes}"));
    if !path.exists() {
        write(&path, bytes).unwrap();
    }
    std::hint::black_box(fs::read(path).unwrap().last());
}

/// Builds one entry for each of a thousand configurations.
pub(super) fn thousand(repo: &str) {
    for number in 0..1000 {
        Session::<Sized>::with_config(repo, SizedConfig { bytes: 8, number }).unwrap().get::<Blob>().unwrap();
    }
}
