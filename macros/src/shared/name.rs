//! Checks the names of repositories and artifacts, which become names of files and directories in the cache.

/// The longest name, in bytes: long enough for any name in use, short enough for every file system with a suffix.
pub(crate) const MAX_LENGTH: usize = 64;

/// The word for all repositories, as in `SMOKE_FORCE_REBUILD=all`.
pub(crate) const ALL: &str = "all";

/// The name that stands for no repository, in reports, in keys and on disk.
pub(crate) const NO_REPOSITORY: &str = "-";

/// Checks that `name` can name a repository.
///
/// # Errors
///
/// Returns a message for the user if it cannot.
pub(crate) fn check_repository(name: &str) -> Result<(), String> {
    if name == ALL {
        return Err(format!(
            "invalid repository name `{ALL}`: SMOKE_FORCE_REBUILD={ALL} means all repositories\n\
             help: rename the repository"
        ));
    }
    if name == NO_REPOSITORY {
        return Err(format!(
            "invalid repository name `{NO_REPOSITORY}`: it stands for artifacts without a repository\n\
             help: rename the repository"
        ));
    }
    check("repository", name)
}

/// Checks that `name` can name a file on every system. `kind` is that of the named thing, such as `artifact`.
///
/// # Errors
///
/// Returns a message for the user if it cannot.
pub(crate) fn check(kind: &str, name: &str) -> Result<(), String> {
    let is_valid = !name.is_empty()
        && name.len() <= MAX_LENGTH
        && !name.starts_with('.')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
    if is_valid {
        return Ok(());
    }
    Err(format!(
        "invalid {kind} name `{name}`\n\
         help: use 1 to {MAX_LENGTH} of the characters A-Z a-z 0-9 . _ - and no dot at the start"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain_file_names() {
        for valid in ["django", "scikit-learn", "a.b", "3d", "_", "Python_3.12", &"x".repeat(MAX_LENGTH)] {
            assert_eq!(check("repository", valid), Ok(()));
        }
        for invalid in ["", ".git", "..", "a/b", "a b", "a\\b", "naïve", "a,b", &"x".repeat(MAX_LENGTH + 1)] {
            let message = check("artifact", invalid).expect_err(invalid);
            assert!(message.starts_with(&format!("invalid artifact name `{invalid}`\nhelp: ")), "{message}");
        }
    }

    #[test]
    fn no_repository_is_called_dash() {
        assert!(check_repository(NO_REPOSITORY).expect_err("the name").contains("without a repository"));
        assert_eq!(check_repository("--"), Ok(()));
    }

    #[test]
    fn no_repository_is_called_all() {
        assert!(check_repository(ALL).expect_err("the word").contains("SMOKE_FORCE_REBUILD=all"));
        assert_eq!(check("artifact", ALL), Ok(()));
        assert_eq!(check_repository("All"), Ok(()));
    }
}
