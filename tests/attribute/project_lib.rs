//! The library of the project with the accepted forms. It does not depend on cached-smoke.

use std::io::Write;
use std::path::Path;

/// The type of an artifact.
#[derive(Debug)]
pub struct Graph {
    /// The names of the repository's files.
    pub names: Vec<String>,
}

/// The type of another artifact, built from the first.
#[derive(Debug)]
pub struct Index(pub usize);

/// A generic type of an artifact.
#[derive(Debug)]
pub struct Counted<T>(pub usize, pub std::marker::PhantomData<T>);

/// Adds a line to the log of the project: the name of a test that runs.
pub fn log(line: &str) {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/log");
    let mut file = std::fs::File::options().create(true).append(true).open(path).unwrap();
    file.write_all(format!("{line}\n").as_bytes()).unwrap();
}

/// Returns `true` if the outer test orders `artifact` to fail in this way.
pub fn is_ordered(order: &str, artifact: &str) -> bool {
    std::env::var(order).is_ok_and(|value| value == artifact)
}

/// Returns the names of the files in a directory, sorted.
pub fn names(directory: &Path) -> std::io::Result<Vec<String>> {
    let mut names = Vec::new();
    for file in std::fs::read_dir(directory)? {
        names.push(file?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}
