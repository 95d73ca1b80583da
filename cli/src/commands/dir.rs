//! The command `dir`.

use std::process::ExitCode;

use cached_smoke::tooling::Config;

use crate::output;

pub(super) fn run(config: &Config) -> anyhow::Result<ExitCode> {
    output::line(config.cache_dir().display());
    Ok(ExitCode::SUCCESS)
}
