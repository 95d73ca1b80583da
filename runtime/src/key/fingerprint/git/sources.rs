//! What the state of a git work tree depends on, beside the files in it: where git looks for what it is told.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::iter;
use std::path::{Path, PathBuf};

use super::command::{os_str, output, run, run_or_nothing};
use super::index::{Entry, Index};
use super::{Names, STATUS, Status};
use crate::error::Error;

/// What the state of a work tree depends on, beside the files in it.
pub(in crate::key::fingerprint) struct Sources {
    /// Git's own: what says where HEAD is, the index, the configuration and what it names. Some need not be there; of links,
    /// what they lead to as well.
    pub(in crate::key::fingerprint) files: BTreeSet<PathBuf>,
    /// What is in the work tree and matches what is to be ignored: directories without anything that is tracked, and files.
    pub(in crate::key::fingerprint) ignored: BTreeSet<PathBuf>,
    /// What counts in the work tree by its own name.
    pub(in crate::key::fingerprint) counted: Names,
}

/// In the directory of git, all that `git status` may read there to tell whether something differs.
const OWN_FILES: &[&str] =
    &["index", "packed-refs", "config", "config.worktree", "info/exclude", "info/attributes", "info/sparse-checkout"];

/// In any directory of the work tree: git reads them there whether they are ignored or not.
const RULES: &[&str] = &[".gitignore", ".gitattributes"];

/// More than git follows names of names.
const MAX_REFERENCES: usize = 8;
/// More than any system follows links.
const MAX_LINKS: usize = 64;

/// Nothing for what is not an ordinary work tree: linked to another one's directory of git, with submodules, or with references
/// in a format of a later git.
pub(in crate::key::fingerprint) fn sources(path: &Path) -> Result<Option<Sources>, Error> {
    let directory = path.join(".git");
    if !is_ordinary(path, &directory)? {
        return Ok(None);
    }
    let Some(references) = references(&directory)? else { return Ok(None) };
    let index = Index::read(path)?;
    if index.entries.iter().any(Entry::is_submodule) {
        return Ok(None);
    }
    let printed = run(path, &[STATUS, &["--ignored=matching"]].concat())?;
    let status = Status::of(&printed, path)?;
    let own = OWN_FILES.iter().map(|name| directory.join(name));
    let files = own.chain(references).chain(configuration(path)?).flat_map(with_targets).collect();
    let counted = Names::of(index.names().chain(status.names.iter().copied()));
    Ok(Some(Sources { files, ignored: ignored(&status), counted }))
}

fn is_ordinary(path: &Path, directory: &Path) -> Result<bool, Error> {
    let places = run(path, &["rev-parse", "--show-toplevel", "--absolute-git-dir"])?;
    let mut told = places.split(|byte| *byte == b'\n').map(os_str);
    let is_as_told = |place: &Path| matches!(told.next(), Some(Ok(told)) if told == place.as_os_str());
    let is_own = |place: &&Path| place.is_dir() && !place.is_symlink();
    Ok([path, directory].iter().all(is_own)
        && [path, directory].into_iter().all(is_as_told)
        && !directory.join("reftable").exists())
}

/// `HEAD`, what it names, and what that names in turn; nothing if there is no end to it.
fn references(directory: &Path) -> Result<Option<Vec<PathBuf>>, Error> {
    let mut files = vec![directory.join("HEAD")];
    while let Some(last) = files.last().filter(|_| files.len() <= MAX_REFERENCES) {
        let content = match fs::read(last) {
            Ok(content) => content,
            // Packed, or of a branch without a commit.
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Some(files)),
            Err(error) => return Err(Error::io("read", last)(error)),
        };
        let Some(name) = content.strip_prefix(b"ref:") else { return Ok(Some(files)) };
        files.push(directory.join(os_str(name.trim_ascii())?));
    }
    Ok(None)
}

/// The file, and if that is a link, what it leads to, link by link.
fn with_targets(file: PathBuf) -> impl Iterator<Item = PathBuf> {
    let target = |link: &PathBuf| Some(link.parent()?.join(link.read_link().ok()?));
    iter::successors(Some(file), target).take(MAX_LINKS)
}

/// What matches a pattern itself. A directory that only holds such files does not: something else may come into it.
fn ignored(status: &Status) -> BTreeSet<PathBuf> {
    let is_rules = |path: &PathBuf| path.file_name().is_some_and(|name| RULES.iter().any(|rules| name == *rules));
    status.ignored.iter().map(PathBuf::from).filter(|path| !is_rules(path)).collect()
}

/// The settings that name a file, each with the file that it is in.
const NAMES_OF_FILES: &[&str] = &[
    "config",
    "--type=path",
    "--show-origin",
    "-z",
    "--get-regexp",
    r"^(core\.(excludesfile|attributesfile)|include\.path|includeif\..*\.path)$",
];

/// Where git's own configuration and attributes are: as this git tells, or a variable that an earlier one reads.
const PLACES: &[&str] = &["GIT_CONFIG_SYSTEM", "GIT_CONFIG_GLOBAL", "GIT_ATTR_SYSTEM", "GIT_ATTR_GLOBAL"];

/// The files of configuration, whether they are there or not, and those that they name.
fn configuration(path: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut files: Vec<PathBuf> = ["/etc/gitconfig", "/etc/gitattributes"].map(PathBuf::from).into();
    let home = std::env::var_os("HOME").map(PathBuf::from);
    files.extend(home.as_ref().map(|home| home.join(".gitconfig")));
    let xdg = std::env::var_os("XDG_CONFIG_HOME").filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(xdg) = xdg.or_else(|| home.map(|home| home.join(".config"))) {
        files.extend(["config", "ignore", "attributes"].map(|name| xdg.join("git").join(name)));
    }
    for variable in PLACES {
        files.extend(std::env::var_os(variable).map(|file| path.join(file)));
        // It fails if there is no such file to be read, or if it does not know of the variable.
        let told = output(path, &["var", variable])?.stdout;
        for file in told.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            files.push(path.join(os_str(file)?));
        }
    }
    // With those that are included.
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
        // Beside the file that includes it; anything else is below the top level.
        let included_by = origin.strip_prefix(b"file:").filter(|_| name.starts_with(b"include"));
        let base = included_by.map(|file| os_str(file).map(|file| path.join(file))).transpose()?;
        files.push(base.as_deref().and_then(Path::parent).unwrap_or(path).join(file));
    }
    // Never anything in it, but on some systems always a new time.
    files.retain(|file| file != Path::new("/dev/null"));
    Ok(files)
}
