//! Files become a commit whose id depends on nothing but the files.

use std::fs;
use std::path::Path;

use super::FetchError;
use super::repository::Repository;

/// Anything that varies here would vary the revision.
const IDENTITY: [(&str, &str); 6] = [
    ("GIT_AUTHOR_NAME", "cached-smoke"),
    ("GIT_AUTHOR_EMAIL", "fetch@cached-smoke.invalid"),
    ("GIT_AUTHOR_DATE", "2000-01-01T00:00:00+0000"),
    ("GIT_COMMITTER_NAME", "cached-smoke"),
    ("GIT_COMMITTER_EMAIL", "fetch@cached-smoke.invalid"),
    ("GIT_COMMITTER_DATE", "2000-01-01T00:00:00+0000"),
];
const MESSAGE: &str = "Source distribution as published";

/// Stands above every `.gitattributes`: no file is converted on its way in or out.
const ATTRIBUTES: &str = "* -text !eol -filter -ident !working-tree-encoding -export-subst -export-ignore\n";

/// Commits all files below `directory`, ignored ones included, and returns the full commit id: the same for the same
/// files (contents, names, and which of them are executable) everywhere.
///
/// `executables` are named to git because not every file system can tell.
pub(super) fn commit(directory: &Path, executables: &[String]) -> Result<String, FetchError> {
    let repository = Repository::init(directory)?;
    let info = directory.join(".git/info");
    fs::create_dir_all(&info).map_err(FetchError::io("create", &info))?;
    let attributes = info.join("attributes");
    fs::write(&attributes, ATTRIBUTES).map_err(FetchError::io("write", &attributes))?;

    repository.run(&["add", "--all", "--force", "."])?;
    if !executables.is_empty() {
        let list = directory.join(".git/executables");
        fs::write(&list, executables.join("\0")).map_err(FetchError::io("write", &list))?;
        let from = format!("--pathspec-from-file={}", list.display());
        let literally = [("GIT_LITERAL_PATHSPECS", "1")];
        repository.run_with(&literally, &["add", "--force", "--chmod=+x", &from, "--pathspec-file-nul"])?;
        fs::remove_file(&list).map_err(FetchError::io("remove", &list))?;
    }
    repository.run_with(&IDENTITY, &["commit", "--quiet", "--no-verify", "--no-gpg-sign", "--message", MESSAGE])?;
    repository.check_clean()?;
    repository.head()
}

#[cfg(test)]
mod tests;
