//! The command `verify`.

use std::process::ExitCode;

use cached_smoke::tooling::{Config, Verdict, verify};
use serde::Serialize;

use crate::progress::Bar;
use crate::stored::{StoredArguments, StoredRow, print_reasons, rows, select_stored, total};
use crate::{exit, json, output, table};

/// The output of `verify --json`.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Document<'a> {
    artifacts: &'a [StoredRow],
}

impl json::Document for Document<'_> {
    const COMMAND: &'static str = "verify";
}

pub(super) fn run(config: &Config, arguments: &StoredArguments) -> anyhow::Result<ExitCode> {
    let stored = select_stored(config, &arguments.repos)?;
    let bar = Bar::new("verifying", stored.len());
    let mut rows = rows(&stored);
    for (artifact, row) in stored.iter().zip(&mut rows) {
        bar.set_step(&format!("{} of {}", artifact.artifact, artifact.repo));
        if let Verdict::Damaged { reason, is_set_aside } = verify(config, artifact)? {
            let result = if is_set_aside {
                "set aside; the next test that needs it rebuilds it"
            } else {
                "it is in use; run `verify` again when no test runs"
            };
            (row.state, row.reason) = ("damaged", format!("{reason}; {result}"));
        }
        bar.done();
    }
    bar.finish();
    let damaged: Vec<&StoredRow> = rows.iter().filter(|row| row.state == "damaged").collect();
    if arguments.json {
        json::print(&Document { artifacts: &rows });
    } else {
        table::print(&rows);
        print_reasons(&rows);
        output::line(format_args!("{}: {} damaged", total(&rows), damaged.len()));
    }
    Ok(exit::success_if(damaged.is_empty()))
}
