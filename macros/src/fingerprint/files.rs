//! The files below a directory that count.

use crate::message;
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A file that counts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct File {
    /// Relative to the directory, with `/` on every system.
    pub(super) name: String,
    /// Its place, spelled as the directory was; through links, if it is behind one.
    pub(super) path: PathBuf,
}

/// A directory that was listed.
#[derive(Debug)]
pub(super) struct Directory {
    /// As [`File::name`]; empty for the directory itself.
    pub(super) name: String,
    pub(super) path: PathBuf,
    /// The entries that do not count.
    pub(super) skipped: Vec<String>,
}

/// All that counts below a directory, sorted by name.
#[derive(Debug, Default)]
pub(super) struct Tree {
    pub(super) files: Vec<File>,
    pub(super) directories: Vec<Directory>,
}

/// The part of a directory that counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// All of it, because the user named it.
    Everything,
    /// The part of a package that its dependents are compiled with: no tests, and no packages that lie inside.
    Library,
}

/// Directories at the top of a package that are not part of its library.
const NOT_LIBRARY: [&str; 3] = ["tests", "benches", "examples"];

/// Version control's own directories: they change without the files changing.
const VERSION_CONTROL: [&str; 4] = [".git", ".hg", ".jj", ".svn"];

/// The tag of a directory whose content can be made again: <https://bford.info/cachedir/>.
const CACHE_SIGNATURE: &[u8] = b"Signature: 8a477f597d28d172789f06886806bc55";

/// Lists the files below `directory`. Links count as what they lead to, files and directories.
///
/// # Errors
///
/// A directory cannot be read, or a name is not UTF-8, as a text for people.
pub(super) fn collect(directory: &Path, extent: Extent) -> Result<Tree, String> {
    let mut tree = Tree::default();
    let top = directory.canonicalize().map_err(|error| message::unreadable(directory, &error))?;
    add(&mut tree, directory, String::new(), extent, &mut vec![top])?;
    tree.files.sort();
    tree.directories.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(tree)
}

/// `above` are the directories on the way without links: one that leads back to any of them has no end.
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
        // Before the name is looked at further: no editor's temporary file is code, whatever its name.
        if is_temporary(entry.file_name().as_encoded_bytes()) {
            continue;
        }
        let file_name = entry.file_name().into_string().map_err(|_| message::path_not_utf8(&path))?;
        let name = format!("{prefix}{file_name}");
        // Through links.
        match fs::metadata(&path) {
            Ok(found) if found.is_dir() => {
                let canonical = path.canonicalize().map_err(|error| message::unreadable(&path, &error))?;
                if is_left_out(&path, &file_name, &name, extent) || above.contains(&canonical) {
                    skipped.push(file_name);
                    continue;
                }
                above.push(canonical);
                add(tree, &path, format!("{name}/"), extent, above)?;
                above.pop();
            }
            // Its dependencies count as they are compiled.
            _ if file_name == "Cargo.lock" => skipped.push(file_name),
            Ok(found) if found.is_file() => tree.files.push(File { name, path }),
            // A socket or a pipe has no content.
            Ok(_) => skipped.push(file_name),
            Err(_) if path.is_symlink() => tree.files.push(File { name, path }),
            // Removed meanwhile.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(message::unreadable(&path, &error)),
        }
    }
    let name = prefix.trim_end_matches('/').to_owned();
    tree.directories.push(Directory { name, path: directory.to_owned(), skipped });
    Ok(())
}

fn is_left_out(path: &Path, file_name: &str, name: &str, extent: Extent) -> bool {
    VERSION_CONTROL.contains(&file_name)
        || is_cache(path)
        || extent == Extent::Library && (NOT_LIBRARY.contains(&name) || path.join("Cargo.toml").exists())
}

/// Tells whether a directory is tagged as one that can be made again, such as cargo's `target`.
fn is_cache(directory: &Path) -> bool {
    let mut start = [0; CACHE_SIGNATURE.len()];
    let tag = fs::File::open(directory.join("CACHEDIR.TAG"));
    tag.and_then(|mut tag| io::Read::read_exact(&mut tag, &mut start)).is_ok() && start == CACHE_SIGNATURE
}

/// Tells whether editors and file managers make files of this name while others are edited: Vim's swap files, the lock
/// files and backups of Emacs, and those of macOS and of NFS.
fn is_temporary(name: &[u8]) -> bool {
    let is_swap = name.starts_with(b".") && name.len() > 4 && name[..name.len() - 1].ends_with(b".sw");
    is_swap
        || name.starts_with(b".#")
        || name.starts_with(b"#") && name.ends_with(b"#")
        || name.ends_with(b"~")
        || name.starts_with(b".nfs0")
        || name == b".DS_Store"
        || name == b"4913"
}

/// The files and directories (with a `/`) below a directory that git ignores.
#[derive(Debug, Default)]
pub(super) struct Ignored(BTreeSet<String>);

impl Ignored {
    /// Asks git; nothing is ignored where git does not answer.
    pub(super) fn below(directory: &Path) -> Self {
        let mut git = Command::new("git");
        git.arg("-C").arg(directory);
        git.args(["ls-files", "--others", "--ignored", "--exclude-standard", "--directory", "-z"]);
        // In a hook these name another repository, or another index of this one.
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.as_encoded_bytes().starts_with(b"GIT_")) {
            git.env_remove(name);
        }
        let output = git.stdin(Stdio::null()).stderr(Stdio::null()).output();
        let Some(output) = output.ok().filter(|output| output.status.success()) else { return Self::default() };
        let names = output.stdout.split(|byte| *byte == 0);
        Self(names.filter_map(|name| String::from_utf8(name.to_vec()).ok()).filter(|name| !name.is_empty()).collect())
    }

    /// Tells whether a file or directory is ignored, by itself or by a directory above.
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

/// Returns the digest of a file's content; of a link that leads nowhere, that of its target's name.
///
/// # Errors
///
/// The file cannot be read, as a text for people.
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
    fn files_are_sorted_by_their_whole_name() {
        let directory = directory(&["b.rs", "a/z.rs", "a.rs", "a/b/c.rs"]);
        assert_eq!(names(directory.path(), Extent::Everything), ["a.rs", "a/b/c.rs", "a/z.rs", "b.rs"]);
    }

    #[test]
    fn hidden_files_count_and_temporary_ones_do_not() {
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

    #[test]
    fn git_tells_which_files_are_ignored() {
        let directory = directory(&["a.log", "b.rs", "made/x", "deep/c.log"]);
        assert!(!Ignored::below(directory.path()).covers("a.log"), "there is no repository");
        fs::write(directory.path().join(".gitignore"), "*.log\nmade/\n").expect("file");
        let init = Command::new("git").args(["init", "--quiet"]).arg(directory.path()).status().expect("git");
        assert!(init.success());
        let ignored = Ignored::below(directory.path());
        let covered = ["a.log", "b.rs", "made", "made/x", "deep/c.log", "deep"].map(|name| ignored.covers(name));
        assert_eq!(covered, [true, false, true, true, true, true]);
    }

    #[cfg(unix)]
    #[test]
    fn links_count_as_what_they_lead_to() {
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
    fn a_name_that_is_not_utf8_is_an_error() {
        use std::ffi::OsStr;
        use std::os::unix::ffi::OsStrExt;
        let directory = directory(&["a.rs"]);
        fs::write(directory.path().join(OsStr::from_bytes(b"\xff.rs")), "").expect("file");
        let error = collect(directory.path(), Extent::Everything).expect_err("not UTF-8");
        assert!(error.contains("is not UTF-8"), "{error}");
    }
}
