//! Marks in the target directory, which record the settings that a package's tests were compiled with.
//!
//! The attribute reads the repositories at compile time. The compiler can follow the file that it reads, and not a file
//! that appears later. So the attribute also writes a mark, an empty file whose name is a digest of the settings' path,
//! and the compiler follows the mark. A test that finds other settings removes the mark, and cargo compiles again.

use std::path::{Path, PathBuf};
use std::{fs, io};

/// The directory of marks, in the directory of the compiler's output.
const DIRECTORY: &str = ".cached-smoke-settings";

/// Returns the directory with the mark of a package. `output` is the directory of the compiler's output.
pub(crate) fn directory(output: &Path, package: &Path) -> PathBuf {
    output.join(DIRECTORY).join(name(Some(package)))
}

/// Returns the name of the mark for settings at this path, or for none.
pub(crate) fn name(settings: Option<&Path>) -> String {
    let bytes = settings.map_or(&b"none"[..], |path| path.as_os_str().as_encoded_bytes());
    blake3::hash(bytes).to_hex()[..16].to_owned()
}

/// Returns `true` for the path of a mark. Marks are no code: their paths contain the target directory.
pub(crate) fn is_mark(path: &Path) -> bool {
    path.parent().and_then(Path::parent).and_then(Path::file_name).is_some_and(|name| name == DIRECTORY)
}

/// Removes all marks in a directory, except that of the settings. Returns `true` if there were others.
///
/// # Errors
///
/// Returns an error if a mark cannot be removed.
pub(crate) fn remove_others(directory: &Path, settings: Option<&Path>) -> io::Result<bool> {
    let current = name(settings);
    let mut had_others = false;
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        if entry.file_name() != *current {
            match fs::remove_file(entry.path()) {
                // Another process was faster.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                removed => removed?,
            }
            had_others = true;
        }
    }
    Ok(had_others)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_mark_of_the_settings_stays() {
        let output = tempfile::tempdir().expect("temporary directory");
        let directory = directory(output.path(), Path::new("/package"));
        assert!(!remove_others(&directory, None).expect("a missing directory has no marks"));
        fs::create_dir_all(&directory).expect("directory");
        fs::write(directory.join(name(None)), "").expect("mark");
        assert!(is_mark(&directory.join(name(None))) && !is_mark(&directory));
        assert!(!remove_others(&directory, None).expect("the current mark"));
        assert!(remove_others(&directory, Some(Path::new("/smoke.toml"))).expect("removed"));
        assert_eq!(fs::read_dir(&directory).expect("directory").count(), 0);
    }
}
