//! Artifacts that are as large, or as many, as one likes.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use cached_smoke::{Artifact, BuildContext, CodeFingerprint, LoadContext, Result, Session, Storage, Suite};
use memmap2::Mmap;

/// A suite of this benchmark's own.
struct Sized;

#[derive(Default, serde::Serialize)]
struct SizedConfig {
    bytes: u64,
    number: u32,
}

impl Suite for Sized {
    type Config = SizedConfig;
    const CODE: CodeFingerprint = cached_smoke::code_fingerprint!("benches/performance/programs");
}

/// One file, mapped.
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
    #[expect(unsafe_code, reason = "as a fixture of any size would be had")]
    // SAFETY: nobody changes what is in the cache.
    Ok(Blob(unsafe { Mmap::map(&file) }?))
}

/// Bytes of which no two blocks are the same.
fn write(path: &Path, bytes: u64) -> std::io::Result<()> {
    let mut file = std::io::BufWriter::new(File::create(path)?);
    for number in 0..bytes / 8 {
        file.write_all(&number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes())?;
    }
    file.flush()
}

/// A hit on an artifact of this size, which is asked for its last byte.
pub(super) fn run(repo: &str, bytes: u64) {
    let session = Session::<Sized>::with_config(repo, SizedConfig { bytes, number: 0 }).unwrap();
    let blob: &Blob = session.get().unwrap();
    assert_eq!(blob.0.len() as u64, bytes);
    std::hint::black_box(blob.0.last());
}

/// What restoring it takes that copies: the file, already plain and believed unseen, is read into memory.
pub(super) fn copy(files: &Path, bytes: u64) {
    let path = files.join(format!("sized-{bytes}"));
    if !path.exists() {
        write(&path, bytes).unwrap();
    }
    std::hint::black_box(fs::read(path).unwrap().last());
}

/// An entry each for a thousand configurations.
pub(super) fn thousand(repo: &str) {
    for number in 0..1000 {
        Session::<Sized>::with_config(repo, SizedConfig { bytes: 8, number }).unwrap().get::<Blob>().unwrap();
    }
}
