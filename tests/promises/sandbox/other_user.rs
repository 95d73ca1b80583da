//! Running as a user to whom permissions mean something. They mean nothing to root, whom CI often is.

use std::fs;
use std::os::unix::fs::{MetadataExt, lchown};
use std::path::Path;

use super::Run;

const NOBODY: u32 = 65_534;
/// Nobody has an account of this number.
const SOMEBODY_ELSE: u32 = 54_321;

pub(crate) fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

/// Gives `path` and all below it to somebody else; false, and a line that says so, if this user cannot do that.
pub(crate) fn give_to_somebody_else(path: &Path) -> bool {
    if is_root() {
        give(path, SOMEBODY_ELSE);
        return true;
    }
    eprintln!("left out: only root can give a directory to somebody else");
    false
}

impl Run<'_> {
    /// As this user, or, for root, as another one, to whom all that is root's in the sandbox is given first.
    pub(crate) fn without_privileges(self) -> Self {
        if is_root() { self.by_user(NOBODY) } else { self }
    }

    /// For root alone: as a user whom the system does not know.
    pub(crate) fn without_account(self) -> Self {
        self.by_user(SOMEBODY_ELSE)
    }

    fn by_user(self, user: u32) -> Self {
        let sandbox = self.sandbox;
        // Below a home directory, nobody else could run it.
        let executable = sandbox.path("subject");
        if !executable.exists() {
            fs::copy(self.command.get_program(), &executable).unwrap();
        }
        give_what_is_roots(sandbox.root.path(), user);
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

fn give_what_is_roots(path: &Path, user: u32) {
    let metadata = path.symlink_metadata().unwrap();
    if metadata.uid() == 0 {
        lchown(path, Some(user), Some(user)).unwrap();
    }
    if metadata.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            give_what_is_roots(&entry.unwrap().path(), user);
        }
    }
}
