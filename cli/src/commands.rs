//! The command line: one module for each subcommand, with its arguments.

mod audit;
mod clean;
mod completions;
mod dir;
mod doctor;
mod explain;
mod fetch;
mod gc;
mod init;
mod key;
mod list;
mod populate;
mod pull;
mod push;
mod remote;
mod report;
mod test;
mod verify;

use std::ffi::OsString;
use std::process::ExitCode;

use cached_smoke::tooling::Config;
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::fill::FillArguments;
use crate::options::{self, Options};
use crate::settings;
use crate::stored::StoredArguments;

/// The name by which cargo starts this program: `cargo-smoke-cache smoke-cache …` for `cargo smoke-cache …`.
const SUBCOMMAND: &str = "smoke-cache";

/// Run smoke tests, with their fixtures built once and then restored from a cache.
#[derive(Debug, Parser)]
#[command(
    name = "cargo-smoke-cache",
    bin_name = "cargo smoke-cache",
    version,
    after_help = "Settings come from SMOKE_* variables and from the nearest smoke.toml; --help lists them.",
    after_long_help = settings::help()
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,

    #[command(flatten)]
    pub(crate) options: Options,
}

/// Parses the arguments of this process. Ends it if they are invalid, or ask for help.
pub(crate) fn parse() -> Arguments {
    let mut arguments: Vec<OsString> = std::env::args_os().collect();
    if arguments.get(1).is_some_and(|first| first == SUBCOMMAND) {
        arguments.remove(1);
    }
    let command = Arguments::command().color(options::clap_colours());
    let matches = command.clone().get_matches_from(arguments);
    Arguments::from_arg_matches(&matches).unwrap_or_else(|error| error.format(&mut command.clone()).exit())
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Write the settings and a first smoke test. Existing files stay.
    ///
    /// Writes smoke.toml, two files in tests/smoke, a line of .gitignore, and overrides for cargo nextest. The first
    /// test passes at once.
    #[command(after_help = "Exit status:\n  0  success\n  2  this command itself failed")]
    Init(init::InitArguments),
    /// Fetch missing repositories, run the smoke tests, and print what the cache did.
    ///
    /// Runs the tests that `[test] args` of smoke.toml selects. Without it, runs the test binaries that use
    /// cached-smoke. Ignored tests run only with `ignored = true` under `[test]`. Uses cargo nextest if it is
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
    ///
    /// With `--rebuild`, build the artifacts of the tests again, privately and with the same code, and compare them
    /// with the stored ones. If new builds agree with each other and not with the stored artifact, its key lacks an
    /// input: the artifact is stale, and set aside. `SMOKE_VERIFY=1/16` does the same while tests run.
    #[command(after_help = "Exit status:\n  \
        0  no artifact is damaged; with --rebuild, all new builds are the same\n  \
        1  an artifact is damaged, or a new build is not the same\n  \
        2  this command itself failed\n\n\
        Example: a nightly check of a sample, in another environment\n  \
        cargo smoke-cache verify --rebuild --sample 1/16 --vary")]
    Verify(verify::VerifyArguments),
    /// Build each artifact under a tracer, and list the inputs that its key does not cover.
    ///
    /// Each finding has the line that declares it. Needs `strace`, on Linux. Missing artifacts are built first; the
    /// cache is not changed otherwise.
    #[command(after_help = "Exit status:\n  \
        0  no undeclared input\n  \
        1  an undeclared input, a failed build, or a missing repository\n  \
        2  this command itself failed")]
    Audit(audit::AuditArguments),
    /// Remove old artifacts of this project, and files that killed processes left behind. Artifacts in use stay.
    ///
    /// `--max-size` defaults to `SMOKE_MAX_SIZE`, or `max-size` of smoke.toml.
    #[command(after_help = "Exit status:\n  \
        0  success\n  \
        1  an artifact that is not in use could not be removed\n  \
        2  this command itself failed")]
    Gc(gc::GcArguments),
    /// Remove the artifacts of this project, or those of some repositories. Artifacts in use and fetched repositories
    /// stay.
    #[command(after_help = "Exit status:\n  0  success\n  2  this command itself failed")]
    Clean(clean::CleanArguments),
    /// Print the cache directory.
    Dir(dir::DirArguments),
    /// Check settings, cache directory, locks, space, clock, git, runner and remote cache.
    #[command(after_help = "Exit status:\n  \
        0  no error; there may be warnings\n  \
        1  a check failed, and its line says what to do\n  \
        2  this command itself failed")]
    Doctor(doctor::DoctorArguments),
    /// Print the completions of a shell.
    #[command(after_help = "Example: in the file that bash reads at its start\n  \
        source <(cargo smoke-cache completions bash)")]
    Completions(completions::CompletionsArguments),
    /// Write manual pages, for `man` and `cargo help smoke-cache`.
    #[command(after_help = "Example:\n  cargo smoke-cache man ~/.local/share/man/man1")]
    Man(completions::ManArguments),
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
    /// Runs the command. `config` is the result of reading the settings.
    pub(crate) fn run(&self, config: anyhow::Result<Config>) -> anyhow::Result<ExitCode> {
        match self {
            Command::Init(arguments) => init::run(options::get().manifest_path(), arguments),
            Command::Doctor(arguments) => Ok(doctor::run(&config, arguments)),
            Command::Completions(arguments) => Ok(completions::completions(Arguments::command(), arguments)),
            Command::Man(arguments) => completions::man(Arguments::command(), arguments),
            _ => self.run_with(&config?),
        }
    }

    fn run_with(&self, config: &Config) -> anyhow::Result<ExitCode> {
        match self {
            Command::Init(_) | Command::Doctor(_) | Command::Completions(_) | Command::Man(_) => Ok(ExitCode::SUCCESS),
            Command::Test(arguments) => test::run(config, arguments),
            Command::Populate(arguments) => populate::run(config, arguments),
            Command::Fetch(arguments) => fetch::run(config, arguments),
            Command::List(arguments) => list::run(config, arguments),
            Command::Key(arguments) => key::run(config, arguments),
            Command::Explain(arguments) => explain::run(config, arguments),
            Command::Verify(arguments) => verify::run(config, arguments),
            Command::Audit(arguments) => audit::run(config, arguments),
            Command::Gc(arguments) => gc::run(config, arguments),
            Command::Clean(arguments) => clean::run(config, arguments),
            Command::Dir(arguments) => {
                dir::run(config, arguments);
                Ok(ExitCode::SUCCESS)
            }
            Command::Push(arguments) => push::run(config, arguments),
            Command::Pull(arguments) => pull::run(config, arguments),
            Command::Remote(command) => remote::run(config, command),
            Command::Report(arguments) => report::run(config, arguments),
        }
    }
}

/// Adds the schemas of the documents that `--json` prints.
#[cfg(test)]
pub(crate) fn documents(schemas: &mut crate::schema::Schemas) {
    schemas.add::<audit::Document>();
    schemas.add::<clean::Document>();
    schemas.add::<dir::Document<'_>>();
    schemas.add::<doctor::Document<'_>>();
    schemas.add::<explain::Document<'_>>();
    schemas.add::<fetch::Document<'_>>();
    schemas.add::<gc::Document<'_>>();
    schemas.add::<key::Document<'_>>();
    schemas.add::<list::Document<'_>>();
    schemas.add::<populate::Document<'_>>();
    schemas.add::<pull::Document<'_>>();
    schemas.add::<push::Document>();
    schemas.add::<crate::remote::Status>();
    schemas.add::<report::Document<'_>>();
    schemas.add::<test::Document<'_>>();
    schemas.add::<verify::Document<'_>>();
    schemas.add::<verify::RebuildDocument<'_>>();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn arguments_after_two_dashes_go_to_the_runner() {
        let parsed = Arguments::try_parse_from(["cargo-smoke-cache", "test", "--repo", "a", "--", "--release", "name"]);
        let Ok(Arguments { command: Command::Test(test), .. }) = parsed else { panic!("it parses: {parsed:?}") };
        assert_eq!((test.repos, test.runner.given), (vec!["a".into()], vec!["--release".into(), "name".into()]));
    }
}
