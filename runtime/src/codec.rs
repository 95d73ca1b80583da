//! stub
use crate::error::Result;
use std::path::Path;
/// c
pub trait Codec<T> {
    /// f
    const FORMAT: &'static str;
    /// l
    type Loaded: Send + Sync + 'static;
    /// s
    fn save(value: &T, dir: &Path) -> Result<()>;
    /// l
    fn load(stored: &Stored<'_>) -> Result<Self::Loaded>;
}
/// s
#[derive(Debug)]
pub struct Stored<'a> {
    dir: &'a Path,
    v: bool,
}
impl<'a> Stored<'a> {
    pub(crate) fn new(dir: &'a Path, v: bool) -> Self {
        Stored { dir, v }
    }
    /// d
    pub fn dir(&self) -> &Path {
        self.dir
    }
    /// v
    pub fn is_verified(&self) -> bool {
        self.v
    }
}
/// d
pub type Default = Json;
/// j
#[derive(Debug)]
pub struct Json;
impl<T: serde::Serialize + serde::de::DeserializeOwned + Send + Sync + 'static> Codec<T> for Json {
    const FORMAT: &'static str = "json 1";
    type Loaded = T;
    fn save(value: &T, dir: &Path) -> Result<()> {
        Ok(std::fs::write(dir.join("value.json"), serde_json::to_vec(value)?)?)
    }
    fn load(stored: &Stored<'_>) -> Result<T> {
        Ok(serde_json::from_slice(&std::fs::read(stored.dir().join("value.json"))?)?)
    }
}
