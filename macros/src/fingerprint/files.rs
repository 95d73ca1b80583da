//! The files of a directory that count as its code.

use crate::message;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A file that counts, with its content.
#[derive(Debug)]
pub(super) struct File {
    /// Relative to the directory, with `/` on every system.
    pub(super) name: String,
    pub(super) path: PathBuf,
    pub(super) content: Vec<u8>,
}

/// How much of a directory is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// All of it: somebody named it.
    Everything,
    /// What a package gives to those that depend on it: no tests, no packages that lie inside.
    Library,
}

/// Directories at the top of a package that are not part of its library.
const NOT_LIBRARY: [&str; 3] = ["tests", "benches", "examples"];

/// The files below `directory`, sorted by name. Symbolic links count if they lead to files below `root`.
///
/// # Errors
///
/// A file or directory that cannot be read or whose name is not UTF-8, as a text for people.
pub(super) fn collect(directory: &Path, root: &Path, extent: Extent) -> Result<Vec<File>, String> {
    let root = root.canonicalize().map_err(|error| message::unreadable(root, &error))?;
    let mut files = Vec::new();
    let mut pending = vec![(directory.to_owned(), String::new())];
    while let Some((directory, prefix)) = pending.pop() {
        let unreadable = |error: io::Error| message::unreadable(&directory, &error);
        for entry in fs::read_dir(&directory).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let path = entry.path();
            // Hidden before nameless: an editor's leavings are nobody's code, whatever they are called.
            if entry.file_name().as_encoded_bytes().starts_with(b".") {
                continue;
            }
            let file_name = entry.file_name().into_string().map_err(|_| message::path_not_utf8(&path))?;
            let name = format!("{prefix}{file_name}");
            let kind = entry.file_type().map_err(|error| message::unreadable(&path, &error))?;
            if kind.is_dir() {
                let left_out =
                    is_build_output(&path, &file_name) || extent == Extent::Library && is_apart(&path, &name);
                if !left_out {
                    pending.push((path, format!("{name}/")));
                }
            } else if file_name != "Cargo.lock" && (kind.is_file() || leads_to_file_below(&path, &root)) {
                let content = fs::read(&path).map_err(|error| message::unreadable(&path, &error))?;
                files.push(File { name, path, content });
            }
        }
    }
    files.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(files)
}

/// Cargo's output, whose tag tells it from a module that is called `target`.
fn is_build_output(path: &Path, file_name: &str) -> bool {
    file_name == "target" && path.join("CACHEDIR.TAG").exists()
}

/// What lies inside a package and is not compiled with it.
fn is_apart(path: &Path, name: &str) -> bool {
    NOT_LIBRARY.contains(&name) || path.join("Cargo.toml").exists()
}

/// Whether a path that is neither a plain file nor a directory is a link that counts.
fn leads_to_file_below(path: &Path, root: &Path) -> bool {
    path.canonicalize().is_ok_and(|target| target.is_file() && target.starts_with(root))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    fn directory(files: &[&str]) -> TempDir {
        let directory = TempDir::new().expect("temporary directory");
        for name in files {
            let path = directory.path().join(name);
            fs::create_dir_all(path.parent().expect("parent")).expect("directory");
            fs::write(path, *name).expect("file");
        }
        directory
    }

    fn names(directory: &Path, extent: Extent) -> Vec<String> {
        let files = collect(directory, directory, extent).expect("readable");
        files.into_iter().map(|file| file.name).collect()
    }

    #[test]
    fn files_are_sorted_by_their_whole_name() {
        let directory = directory(&["b.rs", "a/z.rs", "a.rs", "a/b/c.rs"]);
        assert_eq!(names(directory.path(), Extent::Everything), ["a.rs", "a/b/c.rs", "a/z.rs", "b.rs"]);
    }

    #[test]
    fn hidden_files_lock_files_and_build_output_do_not_count() {
        let directory = directory(&[".git/HEAD", ".x", "Cargo.lock", "target/CACHEDIR.TAG", "target/debug/x", "a.rs"]);
        assert_eq!(names(directory.path(), Extent::Everything), ["a.rs"]);
    }

    #[test]
    fn a_module_called_target_counts() {
        let directory = directory(&["target/mod.rs"]);
        assert_eq!(names(directory.path(), Extent::Everything), ["target/mod.rs"]);
    }

    #[test]
    fn a_library_is_without_its_tests_and_inner_packages() {
        let files = [
            "Cargo.toml",
            "src/lib.rs",
            "src/tests/mod.rs",
            "tests/a.rs",
            "benches/b.rs",
            "examples/c.rs",
            "in/Cargo.toml",
        ];
        let directory = directory(&files);
        assert_eq!(names(directory.path(), Extent::Library), ["Cargo.toml", "src/lib.rs", "src/tests/mod.rs"]);
        assert_eq!(names(directory.path(), Extent::Everything).len(), files.len());
    }

    #[cfg(unix)]
    #[test]
    fn links_count_as_the_files_that_they_lead_to() {
        use std::os::unix::fs::symlink;
        let directory = directory(&["real/a.rs", "named/b.rs"]);
        let outside = self::directory(&["secret"]);
        let named = directory.path().join("named");
        symlink("../real/a.rs", named.join("link.rs")).expect("link");
        symlink("../real", named.join("folder")).expect("link");
        symlink("nowhere", named.join("dangling")).expect("link");
        symlink(outside.path().join("secret"), named.join("outside")).expect("link");
        let files = collect(&named, directory.path(), Extent::Everything).expect("readable");
        assert_eq!(files.iter().map(|file| file.name.as_str()).collect::<Vec<_>>(), ["b.rs", "link.rs"]);
        assert_eq!(files[1].content, b"real/a.rs");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_name_that_is_not_utf8_is_an_error() {
        use std::ffi::OsStr;
        use std::os::unix::ffi::OsStrExt;
        let directory = directory(&["a.rs"]);
        fs::write(directory.path().join(OsStr::from_bytes(b"\xff.rs")), "").expect("file");
        let error = collect(directory.path(), directory.path(), Extent::Everything).expect_err("not UTF-8");
        assert!(error.contains("is not UTF-8"), "{error}");
    }
}
