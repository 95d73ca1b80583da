//! postcard: small files that load fast, for types with plain implementations of serde's traits.

use std::fs;
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::file::{self, cannot_decode, cannot_encode, make_serde_agree};
use super::{Codec, Stored};
use crate::error::{Error, Result};

const FILE: &str = "value.postcard";

/// [postcard's format](https://postcard.jamesmunns.com/) in the file `value.postcard`.
///
/// The file has about a third of the size of a [`Json`](super::Json) file, and loads five to eight times faster. The
/// format contains no names and no types, so these do not load:
///
/// - fields with `#[serde(flatten)]`, `skip_serializing_if` or `skip_serializing`
/// - enums with `#[serde(untagged)]`, `tag` or `content`
/// - types that deserialize whatever they find, such as `serde_json::Value`
///
/// The run that builds an artifact also loads it, so a type of this kind fails at its first build.
#[derive(Debug)]
pub enum Postcard {}

impl<T: Serialize + DeserializeOwned + Send + Sync + 'static> Codec<T> for Postcard {
    const FORMAT: &'static str = "postcard 1";
    type Loaded = T;

    fn save(value: &T, dir: &Path) -> Result<()> {
        let path = dir.join(FILE);
        // Into memory: a writer costs three times as much in a debug build, for one call per value.
        let bytes = postcard::to_stdvec(value).map_err(|error| cannot_encode::<T>(&path, error, "another codec"))?;
        Ok(fs::write(&path, bytes).map_err(Error::io("write", &path))?)
    }

    fn load(stored: &Stored<'_>) -> Result<T> {
        let path = stored.dir().join(FILE);
        let bytes = file::read(&path)?;
        match postcard::take_from_bytes(&bytes) {
            Ok((value, [])) => Ok(value),
            Ok((_, rest)) => {
                let reason = format!("{} bytes follow the value", rest.len());
                Err(cannot_decode::<T>(&path, reason, &make_serde_agree::<T>()))
            }
            Err(error) => Err(cannot_decode::<T>(&path, error, &make_serde_agree::<T>())),
        }
    }
}
