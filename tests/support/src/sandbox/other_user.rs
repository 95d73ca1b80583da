//! Processes of a user that permissions bind. They do not bind root, and CI often runs as root.

use std::fs;
use std::os::unix::fs::{MetadataExt, lchown};
use std::path::Path;

use crate::process::Run;

/// The user `nobody`.
const NOBODY: u32 = 65_534;
/// A user without an account.
const WITHOUT_ACCOUNT: u32 = 54_321;

/// Returns `true` if this process runs as root.
pub fn is_root() -> bool {
    // Every system makes its user the owner of a new file.
    tempfile::tempfile().and_then(|file| file.metadata()).is_ok_and(|file| file.uid() == 0)
}

/// Makes user 54321 the owner of `path` and of everything below it.
///
/// Returns `false`, and prints a line, if this user may not do that.
pub fn give_to_another_user(path: &Path) -> bool {
    if is_root() {
        give(path, WITHOUT_ACCOUNT);
        return true;
    }
    eprintln!("skipped: only root can change the owner of a directory");
    false
}

impl Run<'_> {
    /// Runs the process without the privileges of root: as the user `nobody`, which becomes the owner of all files of
    /// root in the sandbox first. This changes nothing if this process does not run as root.
    pub fn without_privileges(self) -> Self {
        if is_root() { self.by_user(NOBODY) } else { self }
    }

    /// Runs the process as user 54321, which has no account. Only root can do this.
    pub fn without_account(self) -> Self {
        self.by_user(WITHOUT_ACCOUNT)
    }

    fn by_user(self, user: u32) -> Self {
        // Another user could not run it where it is, if that is below a home directory.
        let executable = self.root().join("subject");
        if !executable.exists() {
            crate::copy_executable(self.program().as_ref(), &executable);
        }
        give_files_of_root(self.root(), user);
        let user = user.to_string();
        self.of_program(&executable).wrapped("setpriv", &["--reuid", &user, "--regid", &user, "--clear-groups"])
    }
}

fn give(path: &Path, user: u32) {
    lchown(path, Some(user), Some(user)).unwrap();
    if path.is_dir() && !path.is_symlink() {
        for entry in fs::read_dir(path).unwrap() {
            give(&entry.unwrap().path(), user);
        }
    }
}

fn give_files_of_root(path: &Path, user: u32) {
    let metadata = path.symlink_metadata().unwrap();
    if metadata.uid() == 0 {
        lchown(path, Some(user), Some(user)).unwrap();
    }
    if metadata.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            give_files_of_root(&entry.unwrap().path(), user);
        }
    }
}
