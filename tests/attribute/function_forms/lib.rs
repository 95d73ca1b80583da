//! The library of the project with the forms of `#[artifact]`.

use std::collections::HashMap;
use std::io::Write;
use std::path::Path;

use cached_smoke::artifact;

/// A model.
#[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Model(pub Vec<f64>);

/// Adds a line to the log of the project: the name of a test or of a build.
pub fn log(line: &str) {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/log");
    let mut file = std::fs::File::options().create(true).append(true).open(path).unwrap();
    file.write_all(format!("{line}\n").as_bytes()).unwrap();
}

/// Returns the names of the files in a directory, sorted.
///
/// # Errors
/// Fails if the directory is not readable.
pub fn names(directory: &Path) -> std::io::Result<Vec<String>> {
    let mut names = Vec::new();
    for file in std::fs::read_dir(directory)? {
        names.push(file?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

/// Trains the model of the library.
#[artifact]
pub fn model() -> Model {
    log("build of model");
    Model(vec![1.5, 2.5])
}

/// A type of another crate, without a type of this crate in it.
#[artifact]
pub fn counts() -> HashMap<String, u32> {
    HashMap::from([("novel".to_owned(), 2)])
}
