//! The command line: one module for each subcommand, with its arguments.

mod clean;
mod dir;
mod explain;
mod fetch;
mod gc;
mod key;
mod list;
mod populate;
mod pull;
mod push;
mod remote;
mod report;
mod test;
mod verify;

use std::process::ExitCode;

use cached_smoke::tooling::Config;
use clap::{Args, Parser, Subcommand};

use crate::fill::FillArguments;
use crate::settings;
use crate::stored::StoredArguments;

/// The arguments of this program: cargo runs `cargo-smoke-cache smoke-cache …` for `cargo smoke-cache …`.
#[derive(Debug, Parser)]
#[command(name = "cargo", bin_name = "cargo")]
pub(crate) enum Cargo {
    /// Run smoke tests over real repositories, with their fixtures built once and then restored from a cache.
    #[command(name = "smoke-cache", version)]
    SmokeCache(Arguments),
}

#[derive(Args, Debug)]
#[command(
    after_help = "Settings come from SMOKE_* variables and from the nearest smoke.toml; --help lists them.",
    after_long_help = settings::help()
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Fetch missing repositories, run the smoke tests, and print what the cache did.
    ///
    /// Runs the tests that `[test] args` of smoke.toml selects, including ignored ones. Uses cargo nextest if it is
    /// installed, else cargo test.
    ///
    /// A repository of smoke.toml that cannot be fetched is skipped: its tests pass without running, and print a line.
    /// A repository that `--repo` names must be available: the tests over the others run, and the command fails.
    #[command(after_help = "Exit status:\n  \
        that of the test runner, if a test failed\n  \
        2  a named repository is unavailable, or this command itself failed\n  \
        3  --require-hits was given, and not every artifact was in the cache\n  \
        0  otherwise")]
    Test(test::TestArguments),
    /// Build missing artifacts without running any test.
    ///
    /// The tests build them as usual, and stop when they have their fixtures. Artifacts that a test requests from its
    /// `Session` parameter are unknown, and not built. In a test without the attribute only the first artifact is
    /// known; if anything is missing, the body of such a test runs, and its failures do not count.
    #[command(after_help = "Exit status:\n  \
        0  every artifact is in the cache\n  \
        1  a build or a fetch failed, or a named repository is unavailable\n  \
        2  this command itself failed")]
    Populate(FillArguments),
    /// Fetch missing repositories.
    #[command(after_help = "Exit status:\n  \
        0  all repositories are available\n  \
        1  one could not be fetched\n  \
        2  this command itself failed")]
    Fetch(fetch::FetchArguments),
    /// List the artifacts in the cache, and the builds in flight.
    ///
    /// While a test runner runs in another terminal, this shows which process builds what, for how long, and at which
    /// step.
    #[command(after_help = "Exit status:\n  0  success\n  2  this command itself failed")]
    List(StoredArguments),
    /// Print the current keys of the tests, and whether they are hits.
    ///
    /// Compiles the tests and lets them compute their keys; builds no artifact. A test without the attribute runs until
    /// it requests its first artifact from a session, and its failures do not count.
    #[command(after_help = "Exit status:\n  \
        0  all keys are known, whether they are hits or not\n  \
        2  a named repository is unavailable, or this command itself failed\n\n\
        Example: the key of a CI system's cache\n  cargo smoke-cache key django --hash")]
    Key(key::KeyArguments),
    /// Print the key inputs of a repository's artifacts, and how other entries in the cache differ.
    #[command(after_help = "Exit status:\n  \
        0  success\n  \
        2  the repository is unavailable, or this command itself failed")]
    Explain(explain::ExplainArguments),
    /// Read every artifact in the cache, compare it with its checksums, and set aside damaged ones.
    #[command(after_help = "Exit status:\n  \
        0  no artifact is damaged\n  \
        1  an artifact is damaged\n  \
        2  this command itself failed")]
    Verify(StoredArguments),
    /// Remove old artifacts, and files that killed processes left behind. Artifacts in use stay.
    ///
    /// `--max-size` defaults to `SMOKE_MAX_SIZE`, or `max-size` of smoke.toml.
    #[command(after_help = "Exit status:\n  \
        0  success\n  \
        1  an artifact that is not in use could not be removed\n  \
        2  this command itself failed")]
    Gc(gc::GcArguments),
    /// Remove all artifacts, or those of some repositories. Artifacts in use and fetched repositories stay.
    #[command(after_help = "Exit status:\n  0  success\n  2  this command itself failed")]
    Clean(clean::CleanArguments),
    /// Print the cache directory.
    Dir,
    /// Upload the artifacts in the cache to the remote cache.
    #[command(after_help = "Exit status:\n  \
        0  the remote cache has all of them\n  \
        1  an upload failed\n  \
        2  this command itself failed")]
    Push(push::PushArguments),
    /// Fetch missing artifacts from the remote cache, and build nothing.
    ///
    /// Works as `populate`, but skips what the remote cache does not have.
    #[command(after_help = "Exit status:\n  \
        0  success, also if the remote cache does not have all artifacts\n  \
        1  the remote cache failed, an entry was refused, or a repository is missing\n  \
        2  this command itself failed")]
    Pull(FillArguments),
    /// Check the remote cache, or create keys for it.
    #[command(subcommand)]
    Remote(remote::RemoteCommand),
    /// Print what the cache did in one run, or in many.
    #[command(after_help = "Exit status:\n  0  success\n  2  this command itself failed")]
    Report(report::ReportArguments),
}

impl Command {
    pub(crate) fn run(&self, config: &Config) -> anyhow::Result<ExitCode> {
        match self {
            Command::Test(arguments) => test::run(config, arguments),
            Command::Populate(arguments) => populate::run(config, arguments),
            Command::Fetch(arguments) => fetch::run(config, arguments),
            Command::List(arguments) => list::run(config, arguments),
            Command::Key(arguments) => key::run(config, arguments),
            Command::Explain(arguments) => explain::run(config, arguments),
            Command::Verify(arguments) => verify::run(config, arguments),
            Command::Gc(arguments) => gc::run(config, arguments),
            Command::Clean(arguments) => clean::run(config, arguments),
            Command::Dir => {
                dir::run(config);
                Ok(ExitCode::SUCCESS)
            }
            Command::Push(arguments) => push::run(config, arguments),
            Command::Pull(arguments) => pull::run(config, arguments),
            Command::Remote(command) => remote::run(config, command),
            Command::Report(arguments) => report::run(config, arguments),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_is_consistent() {
        Cargo::command().debug_assert();
    }

    #[test]
    fn arguments_after_two_dashes_go_to_the_runner() {
        let parsed = Cargo::try_parse_from(["cargo", "smoke-cache", "test", "--repo", "a", "--", "--release", "name"]);
        let Ok(Cargo::SmokeCache(Arguments { command: Command::Test(test) })) = parsed else {
            panic!("it parses: {parsed:?}")
        };
        assert_eq!((test.repos, test.runner.given), (vec!["a".into()], vec!["--release".into(), "name".into()]));
    }
}
