//! The command `list`.

use std::process::ExitCode;

use cached_smoke::tooling::{Building, Config, building};
use serde::Serialize;

use crate::building::Line;
use crate::output;
use crate::selection::is_selected;
use crate::stored::{StoredArguments, StoredRow, print_reasons, rows, select_stored, total};
use crate::{json, table};

/// The output of `list --json`.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Document<'a> {
    artifacts: &'a [StoredRow],
}

impl json::Document for Document<'_> {
    const COMMAND: &'static str = "list";
}

pub(super) fn run(config: &Config, arguments: &StoredArguments) -> anyhow::Result<ExitCode> {
    let mut rows = rows(&select_stored(config, &arguments.repos)?);
    let mut in_flight: Vec<Building> = building(config);
    in_flight.retain(|one| is_selected(&arguments.repos, &one.repo));
    if arguments.json {
        rows.extend(in_flight.iter().map(StoredRow::from));
        json::print(&Document { artifacts: &rows });
        return Ok(ExitCode::SUCCESS);
    }
    table::print(&rows);
    print_reasons(&rows);
    for one in &in_flight {
        output::sentence(format_args!("building {}", Line(one)));
    }
    output::sentence(format_args!("{} in {}", total(&rows), config.cache_dir().display()));
    Ok(ExitCode::SUCCESS)
}
