//! The command `push`, and what is left to share after a run.

use std::process::ExitCode;

use bytesize::ByteSize;
use cached_smoke::tooling::remote::{Operation, Outcome, Pushed, await_sharing, push, read_asked};
use cached_smoke::tooling::{Config, StoredArtifact, read_reports, stored};

use crate::arguments::PushArguments;
use crate::output;
use crate::progress::Bar;
use crate::remote;
use crate::runner::new_run_id;
use crate::stored::meant;

pub(crate) fn run(config: &Config, arguments: &PushArguments) -> Result<ExitCode, String> {
    remote::settings(config)?;
    let artifacts = meant(config, &arguments.repos)?;
    let run = new_run_id() + "-p";
    let bar = Bar::new("sharing artifacts", artifacts.len());
    let (mut shared, mut there, mut failed, mut bytes) = (0, 0, 0, 0);
    for artifact in &artifacts {
        let subject = format!("{} of {}: {}", artifact.artifact, artifact.repo, artifact.key());
        bar.at(&subject);
        match push(config, &run, artifact, arguments.replace) {
            Ok(Pushed::Already) => there += 1,
            Ok(Pushed::Shared { bytes: travelled }) => {
                shared += 1;
                bytes += travelled;
            }
            Ok(_) => {
                bar.finish();
                return Err(remote::READ_ONLY.to_owned());
            }
            Err(error) => {
                failed += 1;
                bar.say(&format!("failed: {subject}: {}", output::plain(&error.report())));
            }
        }
        bar.done();
    }
    bar.finish();
    output::line(format_args!(
        "{shared} artifacts were shared ({}), {there} were there, {failed} failed",
        ByteSize(bytes).display().si()
    ));
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Shares what was built in a run and could not be shared within a test's budget: here, no test waits for it.
pub(crate) fn rest_of(config: &Config, run: &str) -> Result<(), String> {
    if config.remote().is_none() {
        return Ok(());
    }
    // A process that builds lets its test go before it shares.
    await_sharing(config, run).map_err(|error| error.report())?;
    let asked = read_asked(config, run).map_err(|error| error.report())?;
    let is_shared = |artifact: &StoredArtifact| {
        { asked.iter() }.any(|asked| {
            (asked.operation, asked.outcome) == (Operation::Share, Outcome::Done)
                && (&asked.repo, &asked.artifact) == (&artifact.repo, &artifact.artifact)
                && artifact.manifest.as_ref().is_ok_and(|made| made.digest == asked.key)
        })
    };
    let reports = read_reports(config.cache_dir(), run).unwrap_or_default();
    let is_forced = |artifact: &StoredArtifact| {
        let of_repo = reports.iter().filter(|report| report.repo == artifact.repo).flat_map(|report| &report.artifacts);
        { of_repo }.any(|told| told.artifact == artifact.artifact && told.outcome == cached_smoke::Outcome::Forced)
    };
    let all = stored(config).map_err(|error| error.report())?;
    let is_of_run = |artifact: &&StoredArtifact| artifact.manifest.as_ref().is_ok_and(|made| made.run == run);
    for artifact in all.iter().filter(is_of_run).filter(|artifact| !is_shared(artifact)) {
        match push(config, run, artifact, is_forced(artifact)) {
            Ok(Pushed::Shared { bytes }) => {
                eprintln!("sharing {} of {}: {}", artifact.artifact, artifact.repo, ByteSize(bytes).display().si());
            }
            Ok(Pushed::Already) => {}
            // Read only; or a service that fails, of which the tests have told.
            Ok(_) | Err(_) => break,
        }
    }
    Ok(())
}
