//! `cargo smoke-cache`: fetches repositories, runs the smoke tests, and reports and controls what the cache does.

mod building;
mod commands;
mod configuration;
mod exit;
mod fetch;
mod fill;
mod interrupt;
mod keys;
mod output;
mod progress;
mod remote;
mod report;
mod runner;
mod selection;
mod settings;
mod stored;
mod table;

use std::process::ExitCode;

use anyhow::Context;
use cached_smoke::tooling::Config;
use clap::Parser;

use commands::{Arguments, Cargo};

fn main() -> ExitCode {
    let Cargo::SmokeCache(Arguments { command }) = Cargo::parse();
    config().and_then(|config| command.run(&config)).unwrap_or_else(|error| {
        match error.downcast_ref::<cached_smoke::Error>() {
            Some(error) => eprintln!("error: {}", error.report()),
            None => eprintln!("error: {error:#}"),
        }
        ExitCode::from(exit::TOOL_FAILED)
    })
}

/// Reads the settings that tests in the current directory have.
fn config() -> anyhow::Result<Config> {
    let directory = std::env::current_dir().context("failed to find the current directory")?;
    let mut config = Config::for_directory(&directory)?;
    if let Some(helper) = remote::beside() {
        config.set_default_helper(helper);
    }
    Ok(config)
}
