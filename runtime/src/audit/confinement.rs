//! The limits of a hermetic build: it may use what its key covers, and nothing else.
//!
//! Landlock limits the calling thread, and all threads and processes that it starts from then on. Threads that exist
//! already keep their rights. So a pool of threads that is older than the limits could read anything, and is an error.

use std::collections::BTreeSet;
use std::fs;

/// The reason why a build cannot be confined, and the action that helps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unconfined {
    pub(crate) reason: String,
    pub(crate) help: String,
}

impl Unconfined {
    fn new(reason: impl Into<String>, help: impl Into<String>) -> Unconfined {
        Unconfined { reason: reason.into(), help: help.into() }
    }
}

/// The prefix of the names of threads that this crate starts in a builder.
pub(crate) const OWN_THREAD: &str = "smoke-cache";

/// Returns the ids of the threads of this process. Empty where the system does not list them.
pub(crate) fn threads() -> BTreeSet<String> {
    let tasks = fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    tasks.map(|task| task.file_name().to_string_lossy().into_owned()).collect()
}

/// Fails if a thread runs that is not in `known` and that this crate did not start.
#[cfg(all(target_os = "linux", feature = "hermetic"))]
fn check_threads(known: &BTreeSet<String>) -> Result<(), Unconfined> {
    let name = |thread: &String| fs::read_to_string(format!("/proc/self/task/{thread}/comm")).ok();
    let is_foreign = |name: &String| !name.starts_with(OWN_THREAD);
    match threads().difference(known).filter_map(name).find(is_foreign) {
        None => Ok(()),
        Some(name) => Err(Unconfined::new(
            format!("the thread `{}` was started before the build, and would not be confined", name.trim()),
            "start no threads in `Artifact::key`, in the configuration, and in `load` of a dependency",
        )),
    }
}

/// Returns an error if this machine cannot confine builds.
pub(crate) fn check() -> Result<(), Unconfined> {
    if cfg!(not(target_os = "linux")) {
        let help = "set SMOKE_HERMETIC=0 on this system: artifacts then have another key";
        return Err(Unconfined::new("hermetic builds need Landlock, which exists on Linux only", help));
    }
    if cfg!(not(feature = "hermetic")) {
        return Err(Unconfined::new(
            "hermetic builds need the feature `hermetic` of cached-smoke",
            "write `cached-smoke = { version = \"0.1\", features = [\"hermetic\"] }` in Cargo.toml",
        ));
    }
    #[cfg(all(target_os = "linux", feature = "hermetic"))]
    landlock::check()?;
    Ok(())
}

#[cfg(all(target_os = "linux", feature = "hermetic"))]
mod landlock;
#[cfg(all(target_os = "linux", feature = "hermetic"))]
pub(crate) use landlock::confine;

/// Fails: [`check`] has failed before.
#[cfg(not(all(target_os = "linux", feature = "hermetic")))]
pub(crate) fn confine(_: &super::cover::Cover, _: &BTreeSet<String>) -> Result<(), Unconfined> {
    check()
}
