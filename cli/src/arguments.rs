//! What the command line may say.

use clap::{Args, Parser, Subcommand, ValueEnum};

/// cargo calls `cargo-smoke-cache smoke-cache …` for `cargo smoke-cache …`.
#[derive(Debug, Parser)]
#[command(name = "cargo", bin_name = "cargo")]
pub(crate) enum Cargo {
    /// Smoke tests over real repositories, their fixtures built once and restored.
    #[command(name = "smoke-cache", version)]
    SmokeCache(Arguments),
}

#[derive(Args, Debug)]
#[command(after_help = "Settings come from the nearest smoke.toml and from SMOKE_* variables; the README lists them.")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Fetch what is missing, run the smoke tests, and tell what the cache did.
    ///
    /// Runs the tests that `[test] args` of smoke.toml selects, also those that are `#[ignore]`d, with cargo nextest
    /// where it is installed, else with cargo test. A repository that cannot be fetched is left out: its tests pass
    /// without running, and say so.
    #[command(after_help = "Exit status: that of the test runner; 3 if the tests passed and --require-hits was not \
                            met; 2 if this command itself failed.")]
    Test(TestArguments),
    /// Fetch the repositories that are missing.
    #[command(
        after_help = "Exit status: 0 if all of them are there; 1 if one could not be fetched; 2 if this command \
                            itself failed."
    )]
    Fetch(FetchArguments),
}

#[derive(Args, Debug)]
pub(crate) struct TestArguments {
    /// Run over this repository only; may be given again.
    #[arg(long = "repo", value_name = "NAME")]
    pub(crate) repos: Vec<String>,

    /// Fail unless every artifact was in the cache before the run.
    #[arg(long)]
    pub(crate) require_hits: bool,

    /// What runs the tests.
    #[arg(long, value_enum, default_value_t = Runner::Auto)]
    pub(crate) runner: Runner,

    /// For the test runner, such as `--release`, or the name of a test.
    #[arg(last = true, value_name = "ARGUMENTS")]
    pub(crate) runner_arguments: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Runner {
    /// cargo nextest where it is installed, else cargo test.
    Auto,
    /// cargo nextest.
    Nextest,
    /// cargo test.
    Cargo,
}

#[derive(Args, Debug)]
pub(crate) struct FetchArguments {
    /// The repositories; all of smoke.toml if none is named.
    pub(crate) repos: Vec<String>,
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
    fn what_follows_two_dashes_is_the_runners() {
        let parsed = Cargo::try_parse_from(["cargo", "smoke-cache", "test", "--repo", "a", "--", "--release", "name"]);
        let Ok(Cargo::SmokeCache(Arguments { command: Command::Test(test) })) = parsed else {
            panic!("it parses: {parsed:?}")
        };
        assert_eq!((test.repos, test.runner_arguments), (vec!["a".into()], vec!["--release".into(), "name".into()]));
    }
}
