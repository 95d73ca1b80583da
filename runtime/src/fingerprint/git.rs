//! The state of a git work tree: one `git status`, and the content of what it lists.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use super::{Parts, RepoState, folder};
use crate::error::Error;

/// The configuration that could hide a change from `git status` is overruled: a file system monitor that is wrong,
/// comparing fewer fields of `stat`, ignoring the executable bit, or taking files for links, where the file system has both.
const CONFIGURATION: &[&str] = &[
    "-c",
    "core.fsmonitor=false",
    "-c",
    "core.checkStat=default",
    "-c",
    "core.trustctime=true",
    #[cfg(unix)]
    "-c",
    #[cfg(unix)]
    "core.fileMode=true",
    #[cfg(unix)]
    "-c",
    #[cfg(unix)]
    "core.symlinks=true",
];

const STATUS: &[&str] = &[
    "status",
    "--porcelain=v2",
    "-z",
    "--branch",
    "--no-ahead-behind",
    "--no-renames",
    "--untracked-files=all",
    "--ignore-submodules=none",
];

/// `git status` is silent about files that it was told to take for unchanged, about those left out of a sparse checkout, and
/// about submodules that were never checked out.
const TAGGED: &[&str] = &["ls-files", "-v", "--stage", "-z"];
/// The mode of a submodule in the index.
const SUBMODULE: &[u8] = b"160000";

/// How many fields come before the path in a line of porcelain version 2, by the line's first letter
/// (git-status(1), "Porcelain Format Version 2").
fn fields_before_path(kind: u8) -> Option<usize> {
    match kind {
        b'1' => Some(8),
        b'u' => Some(10),
        b'?' => Some(1),
        _ => None,
    }
}

pub(super) fn state(path: &Path) -> Result<RepoState, Error> {
    let output = run(path, STATUS)?;
    let mut commit = "unborn".to_owned();
    let mut parts = Parts::default();
    let mut differs = false;
    for line in output.split(|byte| *byte == 0).filter(|line| !line.is_empty()) {
        if let Some(oid) = line.strip_prefix(b"# branch.oid ") {
            if oid != b"(initial)" {
                commit = String::from_utf8_lossy(oid).into_owned();
            }
        } else if line[0] != b'#' {
            differs = true;
            // The line itself holds the index's modes and object ids, and a submodule's flags.
            parts.add(line);
            let before = fields_before_path(line[0]).ok_or_else(|| unexpected(path, line))?;
            let name =
                line.splitn(before + 1, |byte| *byte == b' ').nth(before).ok_or_else(|| unexpected(path, line))?;
            add_work_tree(&mut parts, path, os_str(name)?)?;
        }
    }
    for entry in &tagged(&run(path, TAGGED)?, path)? {
        if entry.is_overlooked() || (entry.is_submodule() && submodule_differs(&path.join(entry.name))?) {
            differs = true;
            parts.add(entry.line);
            add_work_tree(&mut parts, path, entry.name)?;
        }
    }
    Ok(RepoState { commit, difference: differs.then(|| parts.finish()) })
}

/// Whether what is at a submodule's place is not what `git status` takes it for: it was never checked out, or something in it
/// was edited behind git's back.
fn submodule_differs(path: &Path) -> Result<bool, Error> {
    if path.join(".git").symlink_metadata().is_err() {
        return Ok(true);
    }
    Ok(RepoState::of(path)?.difference.is_some())
}

/// Adds what the work tree holds at `name`: `git status` tells *that* it differs, and says the same after every
/// further edit.
fn add_work_tree(parts: &mut Parts, root: &Path, name: &OsStr) -> Result<(), Error> {
    let path = root.join(name);
    // What is behind a link is not in the work tree.
    let is_behind_a_link = path.ancestors().skip(1).take_while(|above| *above != root).any(Path::is_symlink);
    match path.symlink_metadata() {
        _ if is_behind_a_link => {
            parts.add("absent");
            Ok(())
        }
        // A submodule, or a repository of its own that is not tracked.
        Ok(metadata) if metadata.is_dir() => {
            parts.add("repository").add(RepoState::of(&path)?.value());
            Ok(())
        }
        Ok(metadata) => folder::add_file(parts, &path, &metadata),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            parts.add("absent");
            Ok(())
        }
        Err(error) => Err(Error::io("look at", &path)(error)),
    }
}

/// What the state of a work tree depends on, beside the files in it.
pub(super) struct Sources {
    /// Git's own: what says where HEAD is, the index, the configuration and what it names. Some need not be there.
    pub(super) files: Vec<PathBuf>,
    /// What is in the work tree and ignored: directories without anything that is tracked, and files.
    pub(super) ignored: BTreeSet<PathBuf>,
}

/// In the directory of git, all that `git status` may read there to tell whether something differs.
const OWN_FILES: &[&str] = &[
    "HEAD",
    "index",
    "packed-refs",
    "config",
    "config.worktree",
    "info/exclude",
    "info/attributes",
    "info/sparse-checkout",
    "refs/replace",
];

/// Nothing for what is not an ordinary work tree: linked to another one's directory of git, with submodules, or with references
/// in a format of a later git.
pub(super) fn sources(path: &Path) -> Result<Option<Sources>, Error> {
    let directory = path.join(".git");
    let places = run(path, &["rev-parse", "--show-toplevel", "--absolute-git-dir"])?;
    let is_ordinary = [path, &directory].iter().all(|place| place.is_dir() && !place.is_symlink());
    let mut lines = places.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).map(os_str);
    let expected = [path.as_os_str(), directory.as_os_str()];
    if !is_ordinary || !expected.iter().all(|place| matches!(lines.next(), Some(Ok(told)) if told == *place)) {
        return Ok(None);
    }
    if directory.join("reftable").exists() {
        return Ok(None);
    }

    let mut files: Vec<PathBuf> = OWN_FILES.iter().map(|name| directory.join(name)).collect();
    let head = fs::read_to_string(directory.join("HEAD")).map_err(Error::io("read", &directory.join("HEAD")))?;
    if let Some(branch) = head.strip_prefix("ref: ") {
        files.push(directory.join(branch.trim_end()));
    }
    files.extend(configuration(path)?);

    let ignored = run(path, &["ls-files", "--others", "--ignored", "--exclude-standard", "--directory", "-z"])?;
    let ignored = ignored.split(|byte| *byte == 0).filter(|name| !name.is_empty());
    let ignored = ignored.map(|name| Ok(PathBuf::from(os_str(name)?))).collect::<Result<BTreeSet<_>, Error>>()?;
    let has_submodules = tagged(&run(path, TAGGED)?, path)?.iter().any(Tagged::is_submodule);
    Ok((!has_submodules).then_some(Sources { files, ignored }))
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

/// The files of configuration, whether they are there or not, and those that they name.
fn configuration(path: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut files: Vec<PathBuf> = ["/etc/gitconfig", "/etc/gitattributes"].map(PathBuf::from).into();
    let home = std::env::var_os("HOME").map(PathBuf::from);
    files.extend(home.as_ref().map(|home| home.join(".gitconfig")));
    let xdg = std::env::var_os("XDG_CONFIG_HOME").filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(xdg) = xdg.or_else(|| home.map(|home| home.join(".config"))) {
        files.extend(["config", "ignore", "attributes"].map(|name| xdg.join("git").join(name)));
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
    files.sort();
    files.dedup();
    Ok(files)
}

/// A line of `git ls-files -v --stage`.
struct Tagged<'a> {
    line: &'a [u8],
    name: &'a OsStr,
}

impl Tagged<'_> {
    /// Lower case: assumed to be unchanged; S: not to be in the work tree; H: a file that git looks at.
    fn is_overlooked(&self) -> bool {
        self.line[0].is_ascii_lowercase() || self.line[0] == b'S'
    }

    fn is_submodule(&self) -> bool {
        self.line[2..].starts_with(SUBMODULE)
    }
}

/// Takes apart "H 100644 0123… 0\tpath", for each path in the index.
fn tagged<'a>(printed: &'a [u8], path: &Path) -> Result<Vec<Tagged<'a>>, Error> {
    let lines = printed.split(|byte| *byte == 0).filter(|line| !line.is_empty());
    let tagged = lines.map(|line| {
        let tab = line.iter().position(|byte| *byte == b'\t').ok_or_else(|| unexpected(path, line))?;
        Ok(Tagged { line, name: os_str(&line[tab + 1..])? })
    });
    tagged.collect()
}

/// What git prints; the first of `arguments` is its command.
fn run(path: &Path, arguments: &[&str]) -> Result<Vec<u8>, Error> {
    let output = output(path, arguments)?;
    // Where it may not look, it says so, and goes on as if nothing were there.
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    if output.status.success() && !said.contains("Permission denied") {
        return Ok(output.stdout);
    }
    Err(failed(path, arguments, said))
}

/// As [`run`], where git ends with 1 if it finds nothing.
fn run_or_nothing(path: &Path, arguments: &[&str]) -> Result<Vec<u8>, Error> {
    let output = output(path, arguments)?;
    match output.status.code() {
        Some(0 | 1) => Ok(output.stdout),
        _ => Err(failed(path, arguments, String::from_utf8_lossy(&output.stderr).trim().to_owned())),
    }
}

fn output(path: &Path, arguments: &[&str]) -> Result<Output, Error> {
    let mut command = Command::new("git");
    command.arg("-C").arg(path).args(CONFIGURATION).args(arguments).stdin(Stdio::null()).env("LC_ALL", "C");
    // Inside a git hook, or `git rebase --exec cargo test`, these point at another repository.
    for name in [
        "GIT_DIR",
        "GIT_WORK_TREE",
        "GIT_INDEX_FILE",
        "GIT_OBJECT_DIRECTORY",
        "GIT_COMMON_DIR",
        "GIT_PREFIX",
        "GIT_NAMESPACE",
    ] {
        command.env_remove(name);
    }
    // Looking must not write: another git may be at work in the same repository.
    let output = command.env("GIT_OPTIONAL_LOCKS", "0").output();
    output.map_err(|error| failed(path, arguments, format!("{error}; is git installed and on the PATH?")))
}

fn failed(path: &Path, arguments: &[&str], message: String) -> Error {
    Error::Git { path: path.to_owned(), command: arguments[0].to_owned(), message }
}

fn unexpected(path: &Path, line: &[u8]) -> Error {
    let message = format!("it printed a line that is not understood: {}", String::from_utf8_lossy(line));
    Error::Git { path: path.to_owned(), command: "status".to_owned(), message }
}

#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "elsewhere a name can be wrong")]
fn os_str(bytes: &[u8]) -> Result<&OsStr, Error> {
    Ok(std::os::unix::ffi::OsStrExt::from_bytes(bytes))
}

#[cfg(not(unix))]
fn os_str(bytes: &[u8]) -> Result<&OsStr, Error> {
    std::str::from_utf8(bytes).map(OsStr::new).map_err(|_| {
        Error::Message(format!("a path in the output of git is not UTF-8: {}", String::from_utf8_lossy(bytes)))
    })
}
