//! Codecs: the file formats in which an artifact's value is stored.
//!
//! # Which one do I want?
//!
//! | the type | codec | feature of this crate |
//! | --- | --- | --- |
//! | implements serde's `Serialize` and `DeserializeOwned` | [`Json`], the default | |
//! | the same, with many megabytes | `Postcard` | `postcard` |
//! | has tens of megabytes, and derives rkyv's traits | `Rkyv`, which maps the file | `rkyv` |
//! | anything else | your type that implements [`Codec`] | |
//!
//! # Example
//!
//! ```
//! use cached_smoke::{artifact, codec::Json};
//!
//! #[artifact] // the same as `codec = json` and `codec = Json`
//! fn words() -> Vec<String> {
//!     vec!["a".to_owned(), "b".to_owned()]
//! }
//! ```
//!
//! # Why JSON is the default
//!
//! `serde_json` is a dependency of this crate already, so the default adds no crate to a test project. Files with names
//! keep every form of serde's attributes, such as `flatten`, and people can read them. `MessagePack` and CBOR keep
//! these as well. They add three to five crates, and their size and speed lie between those of JSON and postcard.
//! postcard, bitcode and bincode contain no names and cannot keep them. The page
//! [Codecs](https://github.com/cached-smoke/cached-smoke/blob/main/docs/guide/codecs.md) of the book has the figures.

#[cfg(feature = "postcard")]
mod compact;
mod file;
mod json;
#[cfg(feature = "rkyv")]
mod mapped;
#[cfg(test)]
mod tests;

use std::path::Path;

use crate::error::Result;

#[cfg(feature = "postcard")]
pub use compact::Postcard;
pub use json::Json;
#[cfg(feature = "rkyv")]
pub use mapped::{Mapped, Rkyv};

/// A file format for values of the type `T`.
///
/// Implement it for a local type, for each type of value that the format can store:
///
/// ```
/// use std::{fs, path::Path};
///
/// use cached_smoke::Result;
/// use cached_smoke::codec::{Codec, Stored};
///
/// /// One word per line.
/// struct Lines;
///
/// impl Codec<Vec<String>> for Lines {
///     const FORMAT: &'static str = "lines 1";
///     type Loaded = Vec<String>;
///
///     fn save(value: &Vec<String>, dir: &Path) -> Result<()> {
///         Ok(fs::write(dir.join("words.txt"), value.join("\n"))?)
///     }
///
///     fn load(stored: &Stored<'_>) -> Result<Vec<String>> {
///         let text = fs::read_to_string(stored.dir().join("words.txt"))?;
///         Ok(text.lines().map(str::to_owned).collect())
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "the codec `{Self}` cannot store `{T}`",
    note = "`Json` and `Postcard` need `serde::Serialize`, `serde::de::DeserializeOwned`, `Send`, `Sync` and `'static`",
    note = "implement `cached_smoke::codec::Codec<{T}>` for a local type, and name that type as the codec"
)]
pub trait Codec<T> {
    /// The name and the version of the format, such as `lines 1`. It is a key input: raise the version when an earlier
    /// [`load`](Self::load) would misread the files.
    const FORMAT: &'static str;

    /// The type that tests receive: `T`, or a view of the stored files.
    type Loaded: Send + Sync + 'static;

    /// Writes the value into an empty directory, as [`Artifact::save`](crate::Artifact::save) does. Equal values should
    /// have equal files.
    ///
    /// # Errors
    /// Any error.
    fn save(value: &T, dir: &Path) -> Result<()>;

    /// Loads the files that [`save`](Self::save) wrote, as [`Artifact::load`](crate::Artifact::load) does. Unless
    /// [`Stored::is_verified`] returns `true`, the files are untrusted input.
    ///
    /// # Errors
    /// Any error.
    fn load(stored: &Stored<'_>) -> Result<Self::Loaded>;
}

/// The files of a stored artifact, from [`LoadContext::stored`](crate::LoadContext::stored).
#[derive(Clone, Copy, Debug)]
pub struct Stored<'a> {
    dir: &'a Path,
    is_verified: bool,
}

impl<'a> Stored<'a> {
    /// Safe code must not be able to call this: `Rkyv` reads verified files without a check.
    pub(crate) fn new(dir: &'a Path, is_verified: bool) -> Stored<'a> {
        Stored { dir, is_verified }
    }

    /// Returns the directory of the files. They are read-only.
    pub fn dir(&self) -> &'a Path {
        self.dir
    }

    /// Returns `true` if this run has compared every byte of the files with the manifest's digests. See
    /// [`LoadContext::is_verified`](crate::LoadContext::is_verified).
    pub fn is_verified(&self) -> bool {
        self.is_verified
    }
}
