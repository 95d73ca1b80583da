//! The command `populate`.

use std::process::ExitCode;

use cached_smoke::tooling::Config;

use crate::fill::{FillArguments, Missing, fill};

pub(super) fn run(config: &Config, arguments: &FillArguments) -> anyhow::Result<ExitCode> {
    fill(config, arguments, Missing::Build)
}
