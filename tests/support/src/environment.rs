//! Which variables a process of a test must not inherit.

use std::process::Command;

/// Variables that steer the cache, its tests, git or a remote cache.
const FOREIGN: [&str; 5] = ["SMOKE_", "NEXTEST", "SUBJECT_", "GIT_", "AWS_"];
/// Variables that cargo sets for the package that it tests.
const OF_A_PACKAGE: [&str; 4] = ["CARGO_PKG_", "CARGO_MANIFEST", "CARGO_BIN_", "CARGO_TARGET_"];

/// Keeps `command` from inheriting variables that steer the cache, nextest, git or a remote cache.
///
/// Variables that the command sets itself stay, if they are set afterwards.
pub fn clean_environment(command: &mut Command) {
    remove(command, &FOREIGN);
}

/// As [`clean_environment`], for a cargo that compiles another package.
pub(crate) fn clean_environment_of_cargo(command: &mut Command) {
    remove(command, &FOREIGN);
    remove(command, &OF_A_PACKAGE);
}

fn remove(command: &mut Command, prefixes: &[&str]) {
    for (name, _) in std::env::vars_os() {
        if prefixes.iter().any(|prefix| name.to_string_lossy().starts_with(prefix)) {
            command.env_remove(&name);
        }
    }
}
