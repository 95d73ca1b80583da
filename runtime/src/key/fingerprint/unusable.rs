//! The error of a declared input.

use std::io;
use std::path::Path;

/// The reason why a declared input cannot be used, and the action that helps.
#[derive(Debug)]
pub(crate) struct Unusable {
    pub(crate) reason: String,
    pub(crate) help: String,
}

impl Unusable {
    pub(super) fn new(reason: String, help: &str) -> Unusable {
        Unusable { reason, help: help.to_owned() }
    }

    pub(super) fn io(path: &Path, error: &io::Error) -> Unusable {
        Unusable::new(format!("{} cannot be read: {error}", path.display()), "make it readable for this user")
    }
}
