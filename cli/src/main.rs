//! `cargo smoke-cache`: fetch the repositories of smoke tests, run the tests, see and steer what the cache does.

mod arguments;
mod building;
mod configuration;
mod fetch;
mod fetch_missing;
mod gc;
mod interrupt;
mod key;
mod keys;
mod output;
mod populate;
mod progress;
mod push;
mod remote;
mod report;
mod run_tests;
mod runner;
mod selection;
mod stored;
mod summary;
mod table;

use std::process::ExitCode;

use clap::Parser;

use arguments::{Arguments, Cargo, Command};
use cached_smoke::tooling::Config;

/// Exit status when the tool itself failed, told apart from the tests' own (cargo test: 101, nextest: 100).
const TROUBLE: u8 = 2;

fn main() -> ExitCode {
    let Cargo::SmokeCache(Arguments { command }) = Cargo::parse();
    let done = settings().and_then(|config| match command {
        Command::Test(arguments) => run_tests::run(&config, &arguments),
        Command::Populate(arguments) => populate::run(&config, &arguments),
        Command::Fetch(arguments) => fetch_missing::run(&config, &arguments.repos),
        Command::List(arguments) => stored::list(&config, &arguments),
        Command::Key(arguments) => key::run(&config, &arguments),
        Command::Explain(arguments) => key::explain(&config, &arguments),
        Command::Verify(arguments) => stored::run_verify(&config, &arguments),
        Command::Gc(arguments) => gc::run(&config, &arguments),
        Command::Clean(arguments) => stored::clean(&config, &arguments),
        Command::Dir => {
            output::line(config.cache_dir().display());
            Ok(ExitCode::SUCCESS)
        }
        Command::Push(arguments) => push::run(&config, &arguments),
        Command::Pull(arguments) => populate::pull(&config, &arguments),
        Command::Remote(command) => remote::run(&config, &command),
        Command::RemoteHelper(arguments) => Ok(remote::run_helper(&config, &arguments)),
        Command::Report(arguments) => report::run(&config, &arguments),
    });
    done.unwrap_or_else(|error| {
        eprintln!("error: {error}");
        ExitCode::from(TROUBLE)
    })
}

/// The settings as tests in this directory see them.
fn settings() -> Result<Config, String> {
    let here = std::env::current_dir().map_err(|error| format!("failed to find the current directory: {error}"))?;
    let mut config = Config::for_directory(&here).map_err(|error| error.report())?;
    if let Some(helper) = remote::this_program() {
        config.set_default_helper(helper);
    }
    Ok(config)
}
