//! The rules for names of repositories, artifacts and runs, which become file names.

pub(crate) use crate::shared::name::{
    ALL, MAX_LENGTH as MAX_NAME, NO_REPOSITORY as NO_REPO, check as check_name, check_repository as check_repo_name,
};

/// Returns `true` if `name` can name the directory of a repository in the cache, or that of artifacts without one.
pub(crate) fn is_repo_directory(name: &str) -> bool {
    name == NO_REPO || check_repo_name(name).is_ok()
}

/// Fails if `name` cannot name an artifact. The artifacts of an entry have their files in one directory.
pub(crate) fn check_artifact_name(name: &str) -> Result<(), String> {
    // A directory `a.json` would take the path of the manifest of `a`.
    if check_name("artifact", name).is_ok() && !name.contains('.') {
        return Ok(());
    }
    Err(format!(
        "invalid artifact name `{name}`\nhelp: use 1 to {MAX_NAME} of the characters A-Z a-z 0-9 _ - in `Artifact::NAME`"
    ))
}
