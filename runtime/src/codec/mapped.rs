//! rkyv's format, read in place.
//!
//! ```text
//! the archive, in rkyv's format, the root at the end
//! 8 bytes   MAGIC
//! 8 bytes   the length of the archive, little endian
//! 16 bytes  the identity of the type's layout
//! ```
//!
//! The archive comes first, so that a mapped one is aligned to a page.
#![expect(unsafe_code, reason = "a check of each byte would take longer than everything else")]

use std::any::type_name;
use std::fmt;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::marker::PhantomData;
use std::ops::Deref;
use std::path::Path;

use memmap2::Mmap;
use rkyv::api::high::{HighSerializer, HighValidator, to_bytes_in};
use rkyv::bytecheck::CheckBytes;
use rkyv::primitive::ArchivedUsize;
use rkyv::rancor::Error as Reason;
use rkyv::ser::Positional;
use rkyv::ser::allocator::ArenaHandle;
use rkyv::ser::writer::IoWriter;
use rkyv::util::AlignedVec;
use rkyv::{Archive, Serialize};

use super::file::{self, FORCE_REBUILD, cannot_decode, cannot_encode};
use super::{Codec, Stored};
use crate::error::{BoxError, Error, Result};
use crate::key::without_crates;

const FILE: &str = "value.rkyv";
const MAGIC: [u8; 8] = *b"smokrkyv";
pub(super) const FOOTER: usize = 32;
/// The alignment of an archive in memory. rkyv rejects a type with a greater one.
const ALIGNMENT: usize = 64;

/// rkyv's format in the file `value.rkyv`, which each test maps into memory. Tests receive a [`Mapped<T>`].
///
/// A load takes the same time for any size, also in a debug build: each access reads the pages that it needs. If the
/// cache has not compared the file in this run, as for a private build, the file is read into memory and validated.
///
/// The key must cover the code that defines `T` and the types in it, as it does by default. A file that was written for
/// another type, or for a type of another size or alignment, is an error. Other changes of a type, such as an exchange
/// of two fields, are not detected if the key does not cover them.
///
/// ```
/// use cached_smoke::codec::{Codec, Rkyv, Stored};
///
/// #[derive(rkyv::Archive, rkyv::Serialize)]
/// struct Embeddings {
///     words: Vec<String>,
///     values: Vec<f32>,
/// }
///
/// fn load(stored: &Stored<'_>) -> cached_smoke::Result<f32> {
///     let embeddings = <Rkyv as Codec<Embeddings>>::load(stored)?;
///     Ok(embeddings.values[0].to_native())
/// }
/// ```
#[derive(Debug)]
pub enum Rkyv {}

/// An archived `T` in the memory of a mapped file, by [`Rkyv`]. Dereferences to [`rkyv::Archived<T>`].
///
/// The stored file stays mapped until the value is dropped.
pub struct Mapped<T: Archive> {
    /// Invariant: the bytes begin with a valid archive of `T`, and do not change.
    bytes: Bytes,
    /// The length of the archive, at most that of the bytes.
    length: usize,
    archived: PhantomData<T::Archived>,
}

enum Bytes {
    Owned(AlignedVec<ALIGNMENT>),
    Mapped(Mmap),
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Bytes::Owned(bytes) => bytes,
            Bytes::Mapped(map) => map,
        }
    }
}

impl<T: Archive> Deref for Mapped<T> {
    type Target = T::Archived;

    fn deref(&self) -> &T::Archived {
        // SAFETY: the bytes begin with a valid archive, by the invariant of this type.
        unsafe { rkyv::access_unchecked::<T::Archived>(&self.bytes[..self.length]) }
    }
}

impl<T: Archive<Archived: fmt::Debug>> fmt::Debug for Mapped<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

type Writer = IoWriter<BufWriter<File>>;

impl<T> Codec<T> for Rkyv
where
    T: for<'a> Serialize<HighSerializer<Writer, ArenaHandle<'a>, Reason>> + 'static,
    T::Archived: for<'a> CheckBytes<HighValidator<'a, Reason>> + Send + Sync + 'static,
{
    const FORMAT: &'static str = "rkyv 0.8 1";
    type Loaded = Mapped<T>;

    fn save(value: &T, dir: &Path) -> Result<()> {
        let path = dir.join(FILE);
        let writer = IoWriter::new(BufWriter::new(file::create(&path)?));
        let writer = to_bytes_in::<_, Reason>(value, writer)
            .map_err(|error| cannot_encode::<T>(&path, error, "another codec"))?;
        let length = writer.pos() as u64;
        let mut writer = writer.into_inner();
        let footer = [&MAGIC[..], &length.to_le_bytes(), &layout::<T>()].concat();
        let written = writer.write_all(&footer).and_then(|()| writer.flush());
        Ok(written.map_err(Error::io("write", &path))?)
    }

    fn load(stored: &Stored<'_>) -> Result<Mapped<T>> {
        let path = stored.dir().join(FILE);
        let file = File::open(&path).map_err(Error::io("open", &path))?;
        if stored.is_verified() {
            // SAFETY: no process changes the files of an entry.
            let map = unsafe { Mmap::map(&file) }.map_err(Error::io("map", &path))?;
            // The bytes are those that `save` wrote for this key, and the footer names this type.
            return mapped(&path, Bytes::Mapped(map));
        }
        let mut bytes = AlignedVec::new();
        bytes.extend_from_reader(&mut { file }).map_err(Error::io("read", &path))?;
        let mapped = mapped::<T>(&path, Bytes::Owned(bytes))?;
        rkyv::access::<T::Archived, Reason>(&mapped.bytes[..mapped.length])
            .map_err(|error| cannot_decode::<T>(&path, error, FORCE_REBUILD))?;
        Ok(mapped)
    }
}

/// Checks the footer. The caller has checked the archive, or does so before it returns the value.
fn mapped<T: Archive>(path: &Path, bytes: Bytes) -> Result<Mapped<T>> {
    let length = archive_length::<T>(path, &bytes)?;
    Ok(Mapped { bytes, length, archived: PhantomData })
}

fn archive_length<T: Archive>(path: &Path, bytes: &[u8]) -> Result<usize> {
    let damaged = |reason: &str| -> BoxError { cannot_decode::<T>(path, reason, FORCE_REBUILD) };
    let Some((archive, footer)) = bytes.split_last_chunk::<FOOTER>() else {
        return Err(damaged("it is truncated"));
    };
    if !footer.starts_with(&MAGIC) {
        return Err(damaged("it does not end as a file of this codec"));
    }
    if footer[8..16] != (archive.len() as u64).to_le_bytes() || archive.len() < size_of::<T::Archived>() {
        return Err(damaged("its length does not match"));
    }
    if footer[16..] != layout::<T>() {
        let help = "name the code that defines the type in the key, and run the test once with \
                    `SMOKE_FORCE_REBUILD=all`";
        return Err(cannot_decode::<T>(path, "it was written for another type, or by another version", help));
    }
    Ok(archive.len())
}

/// Identifies the layout of an archived type, as far as the compiler shows it. The name of rkyv's integers contains
/// their size and byte order, which features of rkyv decide. Names of crates do not count: test files that include one
/// module share its artifacts.
fn layout<T: Archive>() -> [u8; 16] {
    let names = [type_name::<T>(), type_name::<T::Archived>(), type_name::<ArchivedUsize>()].map(without_crates);
    let sizes = [size_of::<T::Archived>(), align_of::<T::Archived>()];
    let digest = blake3::hash(format!("{names:?} {sizes:?}").as_bytes());
    let (half, _) = digest.as_bytes().as_chunks::<16>();
    half[0]
}
