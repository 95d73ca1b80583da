//! The library of the project whose tests are the page of accepted forms. It knows nothing of cached-smoke.

use std::io::Write;
use std::path::Path;

/// An artifact's type.
#[derive(Debug)]
pub struct Graph {
    /// The names of the repository's files.
    pub names: Vec<String>,
}

/// Another one, built from the first.
#[derive(Debug)]
pub struct Index(pub usize);

/// A generic one.
#[derive(Debug)]
pub struct Counted<T>(pub usize, pub std::marker::PhantomData<T>);

/// Writes a line into the project's log: what ran.
pub fn log(line: &str) {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/log");
    let mut file = std::fs::File::options().create(true).append(true).open(path).unwrap();
    file.write_all(format!("{line}\n").as_bytes()).unwrap();
}

/// Whether a test wants `artifact` to fail in this way.
pub fn is_told_to(order: &str, artifact: &str) -> bool {
    std::env::var(order).is_ok_and(|whom| whom == artifact)
}

/// The names of the files in a directory, sorted.
pub fn names(directory: &Path) -> std::io::Result<Vec<String>> {
    let mut names = Vec::new();
    for file in std::fs::read_dir(directory)? {
        names.push(file?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}
