//! What the command line may say.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::runner::RunnerArguments;

/// cargo calls `cargo-smoke-cache smoke-cache …` for `cargo smoke-cache …`.
#[derive(Debug, Parser)]
#[command(name = "cargo", bin_name = "cargo")]
pub(crate) enum Cargo {
    /// Smoke tests over real repositories, their fixtures built once and restored.
    #[command(name = "smoke-cache", version)]
    SmokeCache(Arguments),
}

#[derive(Args, Debug)]
#[command(
    after_help = "Settings come from the nearest smoke.toml and from SMOKE_* variables: https://github.com/cached-smoke/cached-smoke/blob/main/docs/reference/settings.md"
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Fetch what is missing, run the smoke tests, and tell what the cache did.
    ///
    /// Runs the tests that `[test] args` of smoke.toml selects, also those that are `#[ignore]`d, with cargo nextest
    /// where it is installed, else with cargo test. A repository of smoke.toml that cannot be fetched is left out: its
    /// tests pass without running, and say so. A repository that `--repo` names has to be there: the tests over the others
    /// run, and the command fails.
    #[command(
        after_help = "Exit status: that of the test runner, if a test failed; else 2 if a repository that --repo \
                            names could not be fetched, is not where its path says, or is left out by \
                            SMOKE_LEAVE_OUT; else 3 if --require-hits was not met; else 0. 2 also if this command \
                            itself failed."
    )]
    Test(TestArguments),
    /// Build what is missing, without running any test.
    ///
    /// The tests themselves build it, in the same way as ever, and stop when they have their fixtures. Of a test without
    /// the attribute the first artifact that it asks a session for is known; if anything is missing, its body runs, and
    /// its failures do not count. What a test with the attribute asks its session for is not known, and not built.
    #[command(after_help = "Exit status: 0 if everything is in the cache now; 1 if not, because a build failed, a \
                            repository could not be fetched, or one that was named is not there; 2 if this command itself failed.")]
    Populate(PopulateArguments),
    /// Fetch the repositories that are missing.
    #[command(
        after_help = "Exit status: 0 if all of them are there; 1 if one could not be fetched; 2 if this command \
                            itself failed."
    )]
    Fetch(FetchArguments),
    /// Tell what is in the cache, and what is being built right now.
    ///
    /// While a test runner runs in another terminal, this says who builds what, for how long, and at which step.
    #[command(after_help = "Exit status: 0; 2 if this command itself failed.")]
    List(StoredArguments),
    /// Tell which keys the tests have now, and whether those are in the cache.
    ///
    /// The tests are compiled, and tell their keys; nothing is built. A test without the attribute runs until it asks a
    /// session for its first artifact, and whether it fails does not count.
    #[command(
        after_help = "Exit status: 0, whether they are in the cache or not; 2 if a repository that was named is \
                            not there, or this command itself failed.\n\n\
                            The key of a CI system's cache: cargo smoke-cache key django --hash"
    )]
    Key(KeyArguments),
    /// Tell what a repository's artifacts depend on, and how that differs from what is in the cache.
    #[command(after_help = "Exit status: 0; 2 if the repository is not there, or this command itself failed.")]
    Explain(ExplainArguments),
    /// Read all that is in the cache and compare it with what was written; set aside what is damaged.
    #[command(
        after_help = "Exit status: 0 if all is whole; 1 if something is damaged; 2 if this command itself failed."
    )]
    Verify(StoredArguments),
    /// Remove what is too old or too much, and what killed processes left behind. What is in use stays.
    ///
    /// Without a limit, `SMOKE_MAX_SIZE` or `max-size` of smoke.toml counts.
    #[command(
        after_help = "Exit status: 0; 1 if something cannot be removed for another reason than that it is in use; 2 if this command \
                            itself failed."
    )]
    Gc(GcArguments),
    /// Remove everything, or all of some repositories. What is in use stays; fetched repositories do, too.
    #[command(after_help = "Exit status: 0; 2 if this command itself failed.")]
    Clean(CleanArguments),
    /// Print the cache directory.
    Dir,
    /// Give what is in the cache to the shared tier.
    #[command(after_help = "Exit status: 0 if all of it is there now; 1 if not; 2 if this command itself failed.")]
    Push(PushArguments),
    /// Fetch from the shared tier what the tests need, and build nothing.
    ///
    /// As `populate`, but what the shared tier does not have is left out.
    #[command(
        after_help = "Exit status: 0, also if it does not have all of it; 1 if the shared tier failed, sent what is not to be \
                            trusted, or a repository that was named is not there; 2 if this command itself failed."
    )]
    Pull(PopulateArguments),
    /// The shared tier: whether it can be reached, and keys for it.
    #[command(subcommand)]
    Remote(RemoteCommand),
    /// Speak to the shared tier for a test, on standard input and output. Tests start this by themselves.
    RemoteHelper(HelperArguments),
    /// Tell what the cache did in a run, or in many.
    #[command(after_help = "Exit status: 0; 2 if this command itself failed.")]
    Report(ReportArguments),
}

#[derive(Args, Debug)]
pub(crate) struct TestArguments {
    /// Run over this repository only, and fail if it is not available; may be given again.
    #[arg(long = "repo", value_name = "NAME")]
    pub(crate) repos: Vec<String>,

    /// Fail unless every artifact was in the cache before the run.
    #[arg(long)]
    pub(crate) require_hits: bool,

    /// Print the summary as JSON. What the runner prints goes to standard error then.
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) runner: RunnerArguments,
}

#[derive(Args, Debug)]
pub(crate) struct PopulateArguments {
    /// The repositories; all of smoke.toml if none is named.
    pub(crate) repos: Vec<String>,

    #[command(flatten)]
    pub(crate) runner: RunnerArguments,
}

#[derive(Args, Debug)]
pub(crate) struct PushArguments {
    /// The repositories; all that there are if none is named.
    pub(crate) repos: Vec<String>,
    /// Also in the place of what is there: signed by the key of now, or to be on the safe side.
    #[arg(long)]
    pub(crate) replace: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum RemoteCommand {
    /// Whether it can be reached, read and written to, whom it trusts, and what it can do.
    #[command(after_help = "Exit status: 0 if it can be used; 1 if not; 2 if this command itself failed.")]
    Status,
    /// Make a pair of keys: one to sign entries with, one to believe them by.
    Keygen,
}

#[derive(Args, Debug)]
pub(crate) struct HelperArguments {
    /// Another machine's build is taken for dead when it has not been heard of for so long.
    #[arg(long, value_name = "DURATION", default_value = "20s")]
    pub(crate) lease_lost_after: humantime::Duration,
}

#[derive(Args, Debug)]
pub(crate) struct FetchArguments {
    /// The repositories; all of smoke.toml if none is named.
    pub(crate) repos: Vec<String>,
}

#[derive(Args, Debug)]
pub(crate) struct StoredArguments {
    /// The repositories; all that there are if none is named.
    pub(crate) repos: Vec<String>,

    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct KeyArguments {
    /// The repositories; all of smoke.toml that are there if none is named.
    pub(crate) repos: Vec<String>,

    /// Print JSON.
    #[arg(long, conflicts_with = "hash")]
    pub(crate) json: bool,

    /// Print one digest of all the keys.
    #[arg(long)]
    pub(crate) hash: bool,

    #[command(flatten)]
    pub(crate) runner: RunnerArguments,
}

#[derive(Args, Debug)]
pub(crate) struct ExplainArguments {
    /// The repository.
    pub(crate) repo: String,

    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) runner: RunnerArguments,
}

#[derive(Args, Debug)]
pub(crate) struct GcArguments {
    /// Least recently used first, until the rest fits: 500MB, 5GB, 5GiB.
    #[arg(long, value_name = "SIZE")]
    pub(crate) max_size: Option<bytesize::ByteSize>,

    /// What was not used for so long: 30d, 12h.
    #[arg(long, value_name = "AGE")]
    pub(crate) max_age: Option<humantime::Duration>,

    /// Keep the latest used versions of each artifact of a repository.
    ///
    /// Each configuration of each suite has versions of its own: tests use several of them side by side. So one that no
    /// test uses any more stays, and --max-age removes it. Values of declared inputs are no configuration: an entry with
    /// another value is another version.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) max_versions: Option<usize>,

    /// Only tell what would be removed.
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct CleanArguments {
    /// The repositories; all that there are if none is named.
    pub(crate) repos: Vec<String>,

    /// Only tell what would be removed.
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Args, Debug)]
pub(crate) struct ReportArguments {
    /// The run: its id, or `latest`, which is meant if none is named; a page is about all runs then.
    #[arg(long, value_name = "ID", conflicts_with = "last")]
    pub(crate) run: Option<String>,

    /// The last so many runs, in place of one.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) last: Option<NonZeroUsize>,

    /// Print Markdown, such as for a CI system's job summary.
    #[arg(long, conflicts_with = "json")]
    pub(crate) markdown: bool,

    /// Print JSON: the runs, with every record.
    #[arg(long)]
    pub(crate) json: bool,

    /// Write a page with charts for a browser, about all runs that the cache remembers.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["json", "markdown"])]
    pub(crate) html: Option<PathBuf>,
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
        assert_eq!((test.repos, test.runner.given), (vec!["a".into()], vec!["--release".into(), "name".into()]));
    }
}
