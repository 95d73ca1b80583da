//! The shared tier behind the cache: the helper that tests speak to, and commands for scripts.
//!
//! - `helper`: the process that tests start, line by line
//! - `url`: which object store it is
//! - `service`: what is asked of it, whichever it is
//! - `transfer`: files to and from it
//! - `signing`: who may write what tests load
//! - `lease`: one build for all machines
//! - `status`, `keys`: for people

mod helper;
mod keys;
mod lease;
mod service;
mod signing;
mod status;
mod transfer;
mod url;

use std::fmt::Write;
use std::process::ExitCode;

use cached_smoke::tooling::Config;
use cached_smoke::tooling::remote::{Asked, Operation, Settings};

use crate::arguments::RemoteCommand;
pub(crate) use helper::run as run_helper;

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

/// This program as the helper, for tests that know of no other: they need not find it by its name, and it is of this version.
pub(crate) fn this_helper(config: &Config) -> Option<(&'static str, String)> {
    if config.remote()?.helper.is_some() {
        return None;
    }
    let this = std::env::current_exe().ok()?;
    let list = [this.to_str()?, "smoke-cache", "remote-helper"];
    Some((HELPER, serde_json::to_string(&list).ok()?))
}

/// What a run had to do with it, in one line; nothing if it had nothing to do.
pub(crate) fn summary(asked: &[Asked]) -> Option<String> {
    if asked.is_empty() {
        return None;
    }
    // What turned out to be something else was of no use.
    let is_rejected = |fetched: &Asked| {
        let is_same = |other: &&Asked| {
            (other.pid, &other.repo, &other.key, &other.artifact)
                == (fetched.pid, &fetched.repo, &fetched.key, &fetched.artifact)
        };
        asked.iter().filter(is_same).any(|other| other.operation == Operation::Check)
    };
    let of = |operation: Operation| {
        asked.iter().filter(move |asked| asked.operation == operation && is_done(asked) && !is_rejected(asked))
    };
    let bytes = |operation| {
        let sum = of(operation).fold(0_u64, |sum, asked| sum.saturating_add(asked.bytes));
        bytesize::ByteSize(sum).display().si()
    };
    let seconds: f64 = asked.iter().map(|asked| asked.seconds).sum();
    let errors = asked.iter().filter(|asked| asked.is_failure()).count();
    let mut line = format!(
        "shared tier: {} fetched ({}), {} shared ({}), {} errors, {seconds:.1} s",
        of(Operation::Fetch).count(),
        bytes(Operation::Fetch),
        of(Operation::Share).count(),
        bytes(Operation::Share),
        errors,
    );
    let twice = asked.iter().filter(|asked| asked.operation == Operation::Release).count();
    if twice > 0 {
        let _ = write!(line, ", {twice} built twice");
    }
    if let Some(reason) = asked.iter().find_map(Asked::failure) {
        line.push_str(": ");
        line.push_str(&crate::output::plain(reason));
    }
    Some(line)
}

fn is_done(asked: &Asked) -> bool {
    asked.outcome == cached_smoke::tooling::remote::Outcome::Done
}
