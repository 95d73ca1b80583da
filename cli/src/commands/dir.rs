//! The command `dir`.

use std::path::Path;

use cached_smoke::tooling::Config;
use clap::Args;
use serde::Serialize;

use crate::{json, output};

#[derive(Args, Debug)]
pub(crate) struct DirArguments {
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// The output of `dir --json`.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Document<'a> {
    /// The cache directory.
    cache_dir: &'a Path,
    /// The directory of the current cargo workspace, as entries name it.
    project: String,
}

impl json::Document for Document<'_> {
    const COMMAND: &'static str = "dir";
}

pub(super) fn run(config: &Config, arguments: &DirArguments) {
    let cache_dir = config.cache_dir();
    if arguments.json {
        json::print(&Document { cache_dir, project: config.project() });
    } else {
        output::line(cache_dir.display());
    }
}
