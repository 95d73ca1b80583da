//! The rules for names of repositories, artifacts and runs, which become file names.

/// The limit on the length of a name. Short enough for every file system with a suffix added.
pub(crate) const MAX_NAME: usize = 64;

/// The word that stands for every repository.
pub(crate) const ALL: &str = "all";

/// Fails if `name` cannot be a file name on every system. `kind` is the subject of the message.
pub(crate) fn check_name(kind: &str, name: &str) -> Result<(), String> {
    let valid = !name.is_empty()
        && name.len() <= MAX_NAME
        && !name.starts_with('.')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
    if valid {
        return Ok(());
    }
    Err(format!(
        "the {kind} name `{name}` must be 1 to {MAX_NAME} of the characters A-Z a-z 0-9 . _ - and not begin with a dot"
    ))
}

/// Fails if `name` cannot name a repository.
pub(crate) fn check_repo_name(name: &str) -> Result<(), String> {
    if name == ALL {
        return Err(format!(
            "a repository cannot have the name `{ALL}`: SMOKE_FORCE_REBUILD={ALL} rebuilds every repository"
        ));
    }
    check_name("repository", name)
}

/// Fails if `name` cannot name an artifact. The artifacts of an entry have their files in one directory.
pub(crate) fn check_artifact_name(name: &str) -> Result<(), String> {
    // A directory `a.json` would take the path of the manifest of `a`.
    if check_name("artifact", name).is_ok() && !name.contains('.') {
        return Ok(());
    }
    Err(format!("the artifact name `{name}` must be 1 to {MAX_NAME} of the characters A-Z a-z 0-9 _ -"))
}
