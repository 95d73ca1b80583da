//! The command `pull`.

use std::process::ExitCode;

use cached_smoke::tooling::Config;

use crate::fill::{FillArguments, Missing, fill};
use crate::remote;

pub(super) fn run(config: &Config, arguments: &FillArguments) -> anyhow::Result<ExitCode> {
    remote::check(config)?;
    fill(config, arguments, Missing::Fetch)
}
