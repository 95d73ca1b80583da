//! The command `populate`.

use std::process::ExitCode;

use cached_smoke::tooling::Config;
use serde::Serialize;

use crate::fill::{FillArguments, Filled, Missing, fill};
use crate::json;

/// The output of `populate --json`.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Document<'a> {
    #[serde(flatten)]
    filled: &'a Filled,
}

impl json::Document for Document<'_> {
    const COMMAND: &'static str = "populate";
}

pub(super) fn run(config: &Config, arguments: &FillArguments) -> anyhow::Result<ExitCode> {
    let filled = fill(config, arguments, Missing::Build)?;
    if arguments.json {
        json::print(&Document { filled: &filled });
    } else {
        filled.print();
    }
    filled.end()
}
