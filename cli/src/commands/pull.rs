//! The command `pull`.

use std::process::ExitCode;

use cached_smoke::tooling::Config;
use serde::Serialize;

use crate::fill::{FillArguments, Filled, Missing, fill};
use crate::{json, remote};

/// The output of `pull --json`.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Document<'a> {
    #[serde(flatten)]
    filled: &'a Filled,
}

impl json::Document for Document<'_> {
    const COMMAND: &'static str = "pull";
}

pub(super) fn run(config: &Config, arguments: &FillArguments) -> anyhow::Result<ExitCode> {
    remote::check(config)?;
    let filled = fill(config, arguments, Missing::Fetch)?;
    if arguments.json {
        json::print(&Document { filled: &filled });
    } else {
        filled.print();
    }
    filled.end()
}
