//! What the state of a git work tree depends on, beside the files in it: where git looks for what it is told.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::{TAGGED, Tagged, os_str, run, run_or_nothing, tagged};
use crate::error::Error;

/// What the state of a work tree depends on, beside the files in it.
pub(in crate::fingerprint) struct Sources {
    /// Git's own: what says where HEAD is, the index, the configuration and what it names. Some need not be there.
    pub(in crate::fingerprint) files: Vec<PathBuf>,
    /// What is in the work tree and ignored: directories without anything that is tracked, and files.
    pub(in crate::fingerprint) ignored: BTreeSet<PathBuf>,
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
pub(in crate::fingerprint) fn sources(path: &Path) -> Result<Option<Sources>, Error> {
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
