//! `cargo smoke-cache`: fetches repositories, runs the smoke tests, and reports and controls what the cache does.

mod building;
mod commands;
mod configuration;
mod duration;
mod exit;
mod fetch;
mod fill;
mod interrupt;
mod json;
mod keys;
mod message;
mod options;
mod output;
mod progress;
mod remote;
mod report;
mod runner;
#[cfg(test)]
mod schema;
mod scope;
mod selection;
mod settings;
mod stored;
mod table;
mod terminal;
mod workspace;

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use cached_smoke::tooling::Config;

fn main() -> ExitCode {
    options::follow_cargo_colours();
    let arguments = commands::parse();
    arguments.options.set();
    let config = config(arguments.options.manifest_path());
    arguments.command.run(config).unwrap_or_else(|error| {
        output::error(message::of(&error));
        ExitCode::from(exit::TOOL_FAILED)
    })
}

/// Reads the settings that tests in the current directory have, or those in the directory of a manifest.
fn config(manifest: Option<&Path>) -> anyhow::Result<Config> {
    let directory = std::env::current_dir().context("failed to find the current directory")?;
    let directory = manifest.and_then(Path::parent).map_or_else(|| directory.clone(), |below| directory.join(below));
    let mut config = Config::for_directory(&directory)?;
    if let Some(helper) = remote::beside() {
        config.set_default_helper(helper);
    }
    Ok(config)
}
