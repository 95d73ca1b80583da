//! The shared tier behind the cache: the helper that tests speak to, and commands for scripts.
//!
//! - `helper`: the process that tests start, line by line
//! - `url`: which object store it is
//! - `service`: what is asked of it, whichever it is
//! - `folder`, `redis`: what is special about two of them
//! - `transfer`: files to and from it
//! - `signing`: who may write what tests load
//! - `lease`: one build for all machines
//! - `traffic`: what a run had to do with it
//! - `status`, `keys`: for people

mod folder;
mod helper;
mod keys;
mod lease;
mod redis;
mod service;
mod signing;
mod status;
mod traffic;
mod transfer;
mod url;

use std::process::ExitCode;

use cached_smoke::tooling::Config;
use cached_smoke::tooling::remote::Settings;

use crate::arguments::RemoteCommand;
pub(crate) use helper::run as run_helper;
pub(crate) use traffic::Traffic;

/// Why nothing can be shared.
pub(crate) const READ_ONLY: &str =
    "nothing may be written to the shared tier: the access is read-only, or there is no signing key";

/// Names a helper, for the tests that are started.
pub(crate) const HELPER: &str = "SMOKE_REMOTE_HELPER";

/// `cargo smoke-cache remote …`
pub(crate) fn run(config: &Config, command: &RemoteCommand) -> Result<ExitCode, String> {
    match command {
        RemoteCommand::Status => status::run(settings(config)?),
        RemoteCommand::Keygen => keys::generate(),
    }
}

/// The shared tier, or how to have one.
pub(crate) fn settings(config: &Config) -> Result<&Settings, String> {
    config.remote().ok_or_else(|| {
        "there is no shared tier: set SMOKE_REMOTE, or `url` in `[remote]` of smoke.toml, such as \
         s3://bucket/prefix?region=eu-central-1"
            .to_owned()
    })
}

/// Returns the command of this program as the helper: it need not be found by its name, and it is of this version.
pub(crate) fn this_program() -> Option<Vec<String>> {
    let this = std::env::current_exe().ok()?;
    Some([this.to_str()?, "smoke-cache", "remote-helper"].map(str::to_owned).to_vec())
}

/// Returns the variable that names this program as the helper, for tests that know of no other.
pub(crate) fn this_helper(config: &Config) -> Option<(&'static str, String)> {
    if config.remote()?.helper.is_some() {
        return None;
    }
    Some((HELPER, serde_json::to_string(&this_program()?).ok()?))
}
