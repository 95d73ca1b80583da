//! JSON: the default.

use std::io::{BufWriter, Write};
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::error::Category;

use super::file::{self, FORCE_REBUILD, cannot_decode, cannot_encode, make_serde_agree};
use super::{Codec, Stored};
use crate::error::{Error, Result};

const FILE: &str = "value.json";

/// JSON in the file `value.json`: the default.
///
/// JSON does not keep every value:
///
/// - Infinities and NaN do not load. In an `Option` they load as `None`.
/// - `Some(())` and `Some(None)` load as `None`.
/// - The keys of a map must be strings, numbers, characters, booleans, or variants without content.
/// - Values nest at most 128 levels deep.
/// - Hash tables are written in their arbitrary order.
#[derive(Debug)]
pub enum Json {}

impl<T: Serialize + DeserializeOwned + Send + Sync + 'static> Codec<T> for Json {
    const FORMAT: &'static str = "json 1";
    type Loaded = T;

    fn save(value: &T, dir: &Path) -> Result<()> {
        let path = dir.join(FILE);
        let mut writer = BufWriter::new(file::create(&path)?);
        serde_json::to_writer(&mut writer, value).map_err(|error| {
            if error.is_io() {
                Error::io("write", &path)(error.into()).into()
            } else {
                cannot_encode::<T>(
                    &path,
                    error,
                    "`#[artifact(codec = postcard)]`, with the feature `postcard` of cached-smoke",
                )
            }
        })?;
        Ok(writer.flush().map_err(Error::io("write", &path))?)
    }

    fn load(stored: &Stored<'_>) -> Result<T> {
        let path = stored.dir().join(FILE);
        serde_json::from_slice(&file::read(&path)?).map_err(|error| match error.classify() {
            Category::Data => cannot_decode::<T>(&path, error, &make_serde_agree::<T>()),
            Category::Io | Category::Syntax | Category::Eof => cannot_decode::<T>(&path, error, FORCE_REBUILD),
        })
    }
}
