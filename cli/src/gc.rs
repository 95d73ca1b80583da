//! The command `gc`: the cache kept within limits.

use std::collections::BTreeSet;
use std::process::ExitCode;

use bytesize::ByteSize;
use cached_smoke::tooling::{Collected, Config, Policy, collect, collect_dry};
use serde::Serialize;

use crate::arguments::GcArguments;
use crate::output;

/// What is said to programs.
#[derive(Serialize)]
struct Told<'a> {
    dry_run: bool,
    removed: &'a [String],
    freed_bytes: u64,
    kept_bytes: u64,
    in_use: usize,
    failures: &'a [String],
}

pub(crate) fn run(config: &Config, arguments: &GcArguments) -> Result<ExitCode, String> {
    let policy = Policy {
        max_bytes: arguments.max_size.map(|size| size.as_u64()).or(config.max_bytes()),
        max_age: arguments.max_age.map(Into::into),
        max_versions: arguments.max_versions,
    };
    let collected = if arguments.dry_run {
        collect_dry(config, &policy).map_err(|error| error.report())?
    } else {
        match collect(config, &policy).map_err(|error| error.report())? {
            Some(collected) => collected,
            None => return Err("another process is collecting at this moment; try again when it is done".to_owned()),
        }
    };
    let Collected { removed, freed_bytes, kept_bytes, in_use, failures, .. } = &collected;
    if arguments.json {
        let told = Told {
            dry_run: arguments.dry_run,
            removed,
            freed_bytes: *freed_bytes,
            kept_bytes: *kept_bytes,
            in_use: *in_use,
            failures,
        };
        output::json(&told);
        return Ok(status(failures));
    }
    let would = if arguments.dry_run { "would remove" } else { "removed" };
    for artifact in removed {
        output::line(format_args!("{would} {artifact}"));
    }
    output::line(format_args!(
        "{would} {} artifacts ({}); kept {}{}",
        removed.len(),
        ByteSize(*freed_bytes),
        ByteSize(*kept_bytes),
        if *in_use > 0 { format!("; {in_use} should go, but are in use") } else { String::new() }
    ));
    let distinct: BTreeSet<&String> = failures.iter().collect();
    for reason in distinct {
        eprintln!("error: cannot be removed: {reason}");
    }
    Ok(status(failures))
}

fn status(failures: &[String]) -> ExitCode {
    if failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
