//! The command `list`.

use std::process::ExitCode;

use cached_smoke::tooling::{Building, Config, building};

use crate::building::Line;
use crate::output;
use crate::selection::is_selected;
use crate::stored::{StoredArguments, StoredRow, rows, select_stored, total};
use crate::table;

pub(super) fn run(config: &Config, arguments: &StoredArguments) -> anyhow::Result<ExitCode> {
    let mut rows = rows(&select_stored(config, &arguments.repos)?);
    let mut in_flight: Vec<Building> = building(config);
    in_flight.retain(|one| is_selected(&arguments.repos, &one.repo));
    if arguments.json {
        rows.extend(in_flight.iter().map(StoredRow::from));
        table::print(&rows, true);
        return Ok(ExitCode::SUCCESS);
    }
    table::print(&rows, false);
    for one in &in_flight {
        output::line(format_args!("building {}", Line(one)));
    }
    output::line(format_args!("{} in {}", total(&rows), config.cache_dir().display()));
    Ok(ExitCode::SUCCESS)
}
