//! Commits files. The commit id depends on the files only.

use std::path::Path;

use anyhow::Result;
use fs_err as fs;

use super::repository::Repository;

/// Everything else that the commit id depends on.
const IDENTITY: [(&str, &str); 6] = [
    ("GIT_AUTHOR_NAME", "cached-smoke"),
    ("GIT_AUTHOR_EMAIL", "fetch@cached-smoke.invalid"),
    ("GIT_AUTHOR_DATE", "2000-01-01T00:00:00+0000"),
    ("GIT_COMMITTER_NAME", "cached-smoke"),
    ("GIT_COMMITTER_EMAIL", "fetch@cached-smoke.invalid"),
    ("GIT_COMMITTER_DATE", "2000-01-01T00:00:00+0000"),
];
const MESSAGE: &str = "Source distribution as published";

/// Takes precedence over every `.gitattributes`: git converts no file.
const ATTRIBUTES: &str = "* -text !eol -filter -ident !working-tree-encoding -export-subst -export-ignore\n";

/// Commits all files below `directory`, including ignored ones, and returns the full commit id.
///
/// The id is the same on every machine for the same contents, names and executable bits. `executables` lists the
/// executable files for git, because some file systems do not store that bit.
pub(super) fn commit(directory: &Path, executables: &[String]) -> Result<String> {
    let repository = Repository::init(directory)?;
    let info = directory.join(".git/info");
    fs::create_dir_all(&info)?;
    fs::write(info.join("attributes"), ATTRIBUTES)?;

    repository.run(&["add", "--all", "--force", "."])?;
    if !executables.is_empty() {
        let list = directory.join(".git/executables");
        fs::write(&list, executables.join("\0"))?;
        let from = format!("--pathspec-from-file={}", list.display());
        let literally = [("GIT_LITERAL_PATHSPECS", "1")];
        repository.run_with(&literally, &["add", "--force", "--chmod=+x", &from, "--pathspec-file-nul"])?;
        fs::remove_file(&list)?;
    }
    repository.run_with(&IDENTITY, &["commit", "--quiet", "--no-verify", "--no-gpg-sign", "--message", MESSAGE])?;
    repository.check_clean()?;
    repository.head()
}

#[cfg(test)]
mod tests;
