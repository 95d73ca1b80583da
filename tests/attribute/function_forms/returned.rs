//! Return types.

use std::collections::{BTreeMap, HashMap};
use std::num::ParseIntError;
use std::path::PathBuf;

use cached_smoke::{artifact, cached_smoke};

#[artifact]
fn plain() -> u64 {
    7
}

#[artifact]
fn with_an_error_of_std() -> Result<u32, ParseIntError> {
    "12".parse()
}

#[artifact]
fn with_a_text_as_error() -> Result<i8, String> {
    Ok(-1)
}

#[artifact]
fn with_a_boxed_error() -> Result<i16, Box<dyn std::error::Error + Send + Sync>> {
    Ok("16".parse()?)
}

#[artifact]
fn with_the_alias_of_the_crate() -> cached_smoke::Result<i32> {
    Ok("32".parse()?)
}

#[artifact]
fn with_an_alias() -> std::io::Result<PathBuf> {
    Ok(std::path::absolute("/a")?)
}

#[artifact]
fn vector() -> Vec<String> {
    vec!["novel".to_owned()]
}

#[artifact]
fn map() -> HashMap<u8, Vec<Option<bool>>> {
    HashMap::from([(1, vec![None, Some(true)])])
}

#[artifact]
fn tuple() -> (u8, String) {
    (1, "a".to_owned())
}

#[artifact]
fn array() -> [u16; 4] {
    [1, 2, 3, 4]
}

#[artifact]
fn boxed() -> Box<[f32]> {
    Box::new([0.5])
}

#[artifact]
fn maybe() -> Option<BTreeMap<String, ()>> {
    None
}

type Alias = Vec<Vec<u8>>;

#[artifact]
fn alias() -> Alias {
    vec![vec![1]]
}

#[artifact]
#[tokio::main(flavor = "current_thread")]
async fn of_a_runtime() -> Vec<u32> {
    tokio::task::yield_now().await;
    vec![3]
}

#[tokio::main(flavor = "current_thread")]
#[artifact]
async fn of_a_runtime_above() -> Result<Vec<i64>, std::io::Error> {
    tokio::task::yield_now().await;
    Ok(vec![4])
}

#[deprecated]
#[derive(serde::Serialize, serde::Deserialize)]
#[allow(deprecated)]
struct Deprecated(u8);

#[artifact]
#[expect(deprecated, reason = "the artifact repeats the type")]
fn deprecated() -> Deprecated {
    Deprecated(8)
}

#[cached_smoke]
#[allow(deprecated)]
fn lints(Deprecated(value): Deprecated) {
    project::log("returned::lints");
    assert_eq!(value, 8);
}

#[cached_smoke]
fn values(a: &u64, b: &u32, c: &i8, d: &i16, e: &i32, f: &PathBuf) {
    project::log("returned::values");
    assert_eq!((*a, *b, *c, *d, *e, f.to_str()), (7, 12, -1, 16, 32, Some("/a")));
}

#[cached_smoke]
fn types_of_std(
    vector: &Vec<String>,
    map: &HashMap<u8, Vec<Option<bool>>>,
    tuple: &(u8, String),
    array: &[u16; 4],
    boxed: &Box<[f32]>,
    maybe: &Option<BTreeMap<String, ()>>,
) {
    project::log("returned::types_of_std");
    assert_eq!((vector[0].as_str(), map[&1].len(), tuple.0, array[3], boxed[0]), ("novel", 2, 1, 4, 0.5));
    assert!(maybe.is_none());
}

#[cached_smoke]
fn an_alias(by_alias: &Alias, by_type: &Vec<Vec<u8>>) {
    project::log("returned::an_alias");
    assert_eq!(by_alias, by_type);
}

#[cached_smoke]
fn asynchronous(below: &Vec<u32>, above: &Vec<i64>) {
    project::log("returned::asynchronous");
    assert_eq!((below[0], above[0]), (3, 4));
}
