//! Lists the files below a directory that count.

use crate::message;
use crate::shared::temporary_file::is_temporary;
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A file that counts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct File {
    /// The path relative to the directory, with `/` on every system.
    pub(super) name: String,
    /// The path, which starts as the path of the directory does and may lead through links.
    pub(super) path: PathBuf,
}

/// A listed directory.
#[derive(Debug)]
pub(super) struct Directory {
    /// As [`File::name`]. The name of the top directory is empty.
    pub(super) name: String,
    pub(super) path: PathBuf,
    /// The names of the entries that do not count.
    pub(super) skipped: Vec<String>,
}

/// The files that count below a directory, and all listed directories, sorted by name.
#[derive(Debug, Default)]
pub(super) struct Tree {
    pub(super) files: Vec<File>,
    pub(super) directories: Vec<Directory>,
}

/// The part of a directory that counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// All of a directory that the user named.
    Everything,
    /// The library of a package: no tests, and no packages in subdirectories.
    Library,
}

/// The directories at the top of a package that are not part of its library.
const NOT_LIBRARY: [&str; 3] = ["tests", "benches", "examples"];

/// The directories of version control: they may change while all files stay the same.
const VERSION_CONTROL: [&str; 4] = [".git", ".hg", ".jj", ".svn"];

/// The first bytes of `CACHEDIR.TAG`, which marks a cache directory: <https://bford.info/cachedir/>.
const CACHE_SIGNATURE: &[u8] = b"Signature: 8a477f597d28d172789f06886806bc55";

/// Lists the files below `directory`. Links to files and directories are followed.
///
/// # Errors
///
/// Returns a message if a directory cannot be read or a name is not UTF-8.
pub(super) fn collect(directory: &Path, extent: Extent) -> Result<Tree, String> {
    let mut tree = Tree::default();
    let top = directory.canonicalize().map_err(|error| message::unreadable(directory, &error))?;
    add(&mut tree, directory, String::new(), extent, &mut vec![top])?;
    tree.files.sort();
    tree.directories.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(tree)
}

/// Adds the entries of `directory`. `above` holds the canonical paths of the directories on the way: a link back to one
/// of them would never end.
fn add(
    tree: &mut Tree,
    directory: &Path,
    prefix: String,
    extent: Extent,
    above: &mut Vec<PathBuf>,
) -> Result<(), String> {
    let unreadable = |error: io::Error| message::unreadable(directory, &error);
    let mut skipped = Vec::new();
    for entry in fs::read_dir(directory).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let path = entry.path();
        // Before the check for UTF-8: temporary files of editors are never code.
        if is_temporary(entry.file_name().as_encoded_bytes()) {
            continue;
        }
        let file_name = entry.file_name().into_string().map_err(|_| message::path_not_utf8(&path))?;
        let name = format!("{prefix}{file_name}");
        // Follows links.
        match fs::metadata(&path) {
            Ok(found) if found.is_dir() => {
                let canonical = path.canonicalize().map_err(|error| message::unreadable(&path, &error))?;
                if is_skipped(&path, &file_name, &name, extent) || above.contains(&canonical) {
                    skipped.push(file_name);
                    continue;
                }
                above.push(canonical);
                add(tree, &path, format!("{name}/"), extent, above)?;
                above.pop();
            }
            // Dependencies count as compiled.
            _ if file_name == "Cargo.lock" => skipped.push(file_name),
            Ok(found) if found.is_file() => tree.files.push(File { name, path }),
            // A socket or a pipe has no content.
            Ok(_) => skipped.push(file_name),
            Err(_) if path.is_symlink() => tree.files.push(File { name, path }),
            // Removed since it was listed.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(message::unreadable(&path, &error)),
        }
    }
    let name = prefix.trim_end_matches('/').to_owned();
    tree.directories.push(Directory { name, path: directory.to_owned(), skipped });
    Ok(())
}

/// Returns `true` for a directory that does not count.
fn is_skipped(path: &Path, file_name: &str, name: &str, extent: Extent) -> bool {
    VERSION_CONTROL.contains(&file_name)
        || is_cache(path)
        || extent == Extent::Library && (NOT_LIBRARY.contains(&name) || path.join("Cargo.toml").exists())
}

/// Returns `true` for a directory that is tagged as a cache, such as cargo's `target`.
fn is_cache(directory: &Path) -> bool {
    let mut start = [0; CACHE_SIGNATURE.len()];
    let tag = fs::File::open(directory.join("CACHEDIR.TAG"));
    tag.and_then(|mut tag| io::Read::read_exact(&mut tag, &mut start)).is_ok() && start == CACHE_SIGNATURE
}

/// The files and directories below a directory that git ignores. The names of directories end with `/`.
#[derive(Debug, Default)]
pub(super) struct Ignored(BTreeSet<String>);

impl Ignored {
    /// Asks git for the ignored files. If git fails, no file is ignored.
    pub(super) fn below(directory: &Path) -> Self {
        let mut git = Command::new("git");
        git.arg("-C").arg(directory);
        git.args(["ls-files", "--others", "--ignored", "--exclude-standard", "--directory", "-z"]);
        // In a git hook, these variables name another repository or another index.
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.as_encoded_bytes().starts_with(b"GIT_")) {
            git.env_remove(name);
        }
        let output = git.stdin(Stdio::null()).stderr(Stdio::null()).output();
        let Some(output) = output.ok().filter(|output| output.status.success()) else { return Self::default() };
        let names = output.stdout.split(|byte| *byte == 0);
        Self(names.filter_map(|name| String::from_utf8(name.to_vec()).ok()).filter(|name| !name.is_empty()).collect())
    }

    /// Returns `true` if git ignores a file or directory, or a directory above it.
    pub(super) fn covers(&self, name: &str) -> bool {
        let above = name.match_indices('/').map(|(end, _)| &name[..=end]);
        self.0.contains(name)
            || self.0.contains(&format!("{name}/"))
            || above.into_iter().any(|one| self.0.contains(one))
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

/// Returns the digest of a file's content. For a dangling link, it is the digest of the target's name.
///
/// # Errors
///
/// Returns a message if the file cannot be read.
pub(super) fn digest(path: &Path) -> Result<String, String> {
    let unreadable = |error: io::Error| message::unreadable(path, &error);
    match super::digest::of_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let target = fs::read_link(path).map_err(unreadable)?;
            Ok(super::digest::of_bytes(target.as_os_str().as_encoded_bytes()))
        }
        digest => digest.map_err(unreadable),
    }
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
        collect(directory, extent).expect("readable").files.into_iter().map(|file| file.name).collect()
    }

    #[test]
    fn files_are_sorted_by_full_name() {
        let directory = directory(&["b.rs", "a/z.rs", "a.rs", "a/b/c.rs"]);
        assert_eq!(names(directory.path(), Extent::Everything), ["a.rs", "a/b/c.rs", "a/z.rs", "b.rs"]);
    }

    #[test]
    fn hidden_files_count_and_temporary_files_do_not() {
        let files = [".hidden", ".lib.rs.swp", ".#lib.rs", "#lib.rs#", "lib.rs~", ".DS_Store", "lib.rs", ".sw"];
        assert_eq!(names(directory(&files).path(), Extent::Everything), [".hidden", ".sw", "lib.rs"]);
    }

    #[test]
    fn version_control_caches_and_lock_files_do_not_count() {
        let directory =
            directory(&[".git/HEAD", ".jj/x", "Cargo.lock", "target/debug/x", "named/CACHEDIR.TAG", "a.rs"]);
        fs::write(directory.path().join("target/CACHEDIR.TAG"), CACHE_SIGNATURE).expect("file");
        assert_eq!(names(directory.path(), Extent::Everything), ["a.rs", "named/CACHEDIR.TAG"]);
        let top = &collect(directory.path(), Extent::Everything).expect("readable").directories[0];
        let mut skipped = top.skipped.clone();
        skipped.sort();
        assert_eq!(skipped, [".git", ".jj", "Cargo.lock", "target"]);
    }

    #[test]
    fn libraries_exclude_tests_and_inner_packages() {
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

    #[test]
    fn files_that_git_ignores_are_known() {
        let directory = directory(&["a.log", "b.rs", "made/x", "deep/c.log"]);
        assert!(!Ignored::below(directory.path()).covers("a.log"), "no repository yet");
        fs::write(directory.path().join(".gitignore"), "*.log\nmade/\n").expect("file");
        let init = Command::new("git").args(["init", "--quiet"]).arg(directory.path()).status().expect("git");
        assert!(init.success());
        let ignored = Ignored::below(directory.path());
        let covered = ["a.log", "b.rs", "made", "made/x", "deep/c.log", "deep"].map(|name| ignored.covers(name));
        assert_eq!(covered, [true, false, true, true, true, true]);
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed() {
        use std::os::unix::fs::symlink;
        let directory = directory(&["real/a.rs", "named/b.rs"]);
        let outside = self::directory(&["far"]);
        let named = directory.path().join("named");
        symlink("../real/a.rs", named.join("link.rs")).expect("link");
        symlink("../real", named.join("folder")).expect("link");
        symlink("../named", named.join("circle")).expect("link");
        symlink("nowhere", named.join("dangling")).expect("link");
        symlink(outside.path(), named.join("outside")).expect("link");
        assert_eq!(names(&named, Extent::Everything), ["b.rs", "dangling", "folder/a.rs", "link.rs", "outside/far"]);
        assert_eq!(digest(&named.join("link.rs")), digest(&directory.path().join("real/a.rs")));
        assert!(digest(&named.join("dangling")).is_ok());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn names_must_be_utf8() {
        use std::ffi::OsStr;
        use std::os::unix::ffi::OsStrExt;
        let directory = directory(&["a.rs"]);
        fs::write(directory.path().join(OsStr::from_bytes(b"\xff.rs")), "").expect("file");
        let error = collect(directory.path(), Extent::Everything).expect_err("not UTF-8");
        assert!(error.contains("is not UTF-8"), "{error}");
    }
}
