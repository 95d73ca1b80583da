//! The files that the state of a git work tree depends on besides those in it: git's own, and its configuration.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::iter;
use std::path::{Path, PathBuf};

use super::command::{os_str, output, run, run_or_nothing};
use super::plain::{Plain, installations};
use crate::error::Error;
use crate::ordered;

/// The files in `.git` that `git status` may read.
const OWN_FILES: &[&str] =
    &["index", "packed-refs", "config", "config.worktree", "info/exclude", "info/attributes", "info/sparse-checkout"];

/// The limit on references to references. Git follows fewer.
const MAX_REFERENCES: usize = 8;
/// The limit on links to links. Every system follows fewer.
const MAX_LINKS: usize = 64;

/// Lists git's own files: HEAD and its references, the index, the configuration and the files that it names. Some may
/// not exist. The targets of links are included.
///
/// Returns `None` for a work tree that is not supported: one that uses the git directory of another work tree, or has
/// references in a newer format.
pub(in crate::key::fingerprint) fn files(path: &Path) -> Result<Option<BTreeSet<PathBuf>>, Error> {
    let directory = path.join(".git");
    let plain = Plain::of(path);
    if plain.is_none() && !is_ordinary(path, &directory)? {
        return Ok(None);
    }
    let Some(references) = references(&directory)? else { return Ok(None) };
    let configuration = plain.and_then(|plain| plain.files).map_or_else(|| configuration(path), Ok)?;
    let own = OWN_FILES.iter().map(|name| directory.join(name));
    Ok(Some(ordered::collect(own.chain(references).chain(configuration).flat_map(with_targets))))
}

fn is_ordinary(path: &Path, directory: &Path) -> Result<bool, Error> {
    let printed = run(path, &["rev-parse", "--show-toplevel", "--absolute-git-dir"])?;
    let mut answers = printed.split(|byte| *byte == b'\n').map(os_str);
    let is_answer = |path: &Path| matches!(answers.next(), Some(Ok(answer)) if answer == path.as_os_str());
    let is_own = |path: &&Path| path.is_dir() && !path.is_symlink();
    Ok([path, directory].iter().all(is_own)
        && [path, directory].into_iter().all(is_answer)
        && !directory.join("reftable").exists())
}

/// Returns `HEAD`, the reference that it names, and so on. Returns `None` if the references form a circle.
fn references(directory: &Path) -> Result<Option<Vec<PathBuf>>, Error> {
    let mut files = vec![directory.join("HEAD")];
    while let Some(last) = files.last().filter(|_| files.len() <= MAX_REFERENCES) {
        let content = match fs::read(last) {
            Ok(content) => content,
            // A packed reference, or a branch without a commit.
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Some(files)),
            Err(error) => return Err(Error::io("read", last)(error)),
        };
        let Some(name) = content.strip_prefix(b"ref:") else { return Ok(Some(files)) };
        files.push(directory.join(os_str(name.trim_ascii())?));
    }
    Ok(None)
}

/// Returns the file, and the targets of links, one by one.
fn with_targets(file: PathBuf) -> impl Iterator<Item = PathBuf> {
    let target = |link: &PathBuf| Some(link.parent()?.join(link.read_link().ok()?));
    iter::successors(Some(file), target).take(MAX_LINKS)
}

/// Prints the settings that name a file, each with the file that contains it.
const NAMES_OF_FILES: &[&str] = &[
    "config",
    "--type=path",
    "--show-origin",
    "-z",
    "--get-regexp",
    r"^(core\.(excludesfile|attributesfile)|include\.path|includeif\..*\.path)$",
];

/// The variables that name git's configuration and attributes. `git var` prints their values; older versions of git
/// only read them.
const FILE_VARIABLES: &[&str] = &["GIT_CONFIG_SYSTEM", "GIT_CONFIG_GLOBAL", "GIT_ATTR_SYSTEM", "GIT_ATTR_GLOBAL"];

/// Returns the files of git's configuration, existing or not, and the files that they name.
fn configuration(path: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut files: Vec<PathBuf> = ["/etc/gitconfig", "/etc/gitattributes"].map(PathBuf::from).into();
    let home = std::env::var_os("HOME").map(PathBuf::from);
    files.extend(home.as_ref().map(|home| home.join(".gitconfig")));
    let xdg = std::env::var_os("XDG_CONFIG_HOME").filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(xdg) = xdg.or_else(|| home.map(|home| home.join(".config"))) {
        files.extend(["config", "ignore", "attributes"].map(|name| xdg.join("git").join(name)));
    }
    files.extend(FILE_VARIABLES.iter().filter_map(|variable| Some(path.join(std::env::var_os(variable)?))));
    if let Some(installations) = installations() {
        let names = ["gitconfig", "gitattributes"];
        files.extend(installations.iter().flat_map(|prefix| names.map(|name| prefix.join("etc").join(name))));
    } else {
        for variable in FILE_VARIABLES {
            // Fails if git reads no such file, or does not know the variable.
            let printed = output(path, &["var", variable])?.stdout;
            for file in printed.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
                files.push(path.join(os_str(file)?));
            }
        }
    }
    // With included files.
    for origin in run(path, &["config", "--list", "--show-origin", "--name-only", "-z"])?.split(|byte| *byte == 0) {
        if let Some(file) = origin.strip_prefix(b"file:") {
            files.push(path.join(os_str(file)?));
        }
    }
    let settings = run_or_nothing(path, NAMES_OF_FILES)?;
    let mut settings = settings.split(|byte| *byte == 0);
    while let (Some(origin), Some(setting)) = (settings.next(), settings.next()) {
        let Some(end) = setting.iter().position(|byte| *byte == b'\n') else { continue };
        let (name, file) = (&setting[..end], os_str(&setting[end + 1..])?);
        // An included path is relative to the file that includes it, others to the top level.
        let included_by = origin.strip_prefix(b"file:").filter(|_| name.starts_with(b"include"));
        let base = included_by.map(|file| os_str(file).map(|file| path.join(file))).transpose()?;
        files.push(base.as_deref().and_then(Path::parent).unwrap_or(path).join(file));
    }
    // Always empty, but on some systems always with a new time.
    files.retain(|file| file != Path::new("/dev/null"));
    Ok(files)
}
