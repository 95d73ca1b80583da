//! Uploads after a run what its tests built and did not upload within their budgets. No test waits for this.

use cached_smoke::tooling::remote::{Operation, Outcome, Pushed, await_sharing, push, read_asked};
use cached_smoke::tooling::units::Size;
use cached_smoke::tooling::{Config, StoredArtifact, read_reports, stored};

/// Uploads the rest of a run, until the first failure.
pub(crate) fn upload_rest(config: &Config, run: &str) -> anyhow::Result<()> {
    if config.remote().is_none() {
        return Ok(());
    }
    // A builder process releases its test before it uploads.
    await_sharing(config, run)?;
    let asked = read_asked(config, run)?;
    let is_uploaded = |artifact: &StoredArtifact| {
        asked.iter().any(|asked| {
            (asked.operation, asked.outcome) == (Operation::Share, Outcome::Done)
                && (&asked.repo, &asked.artifact) == (&artifact.repo, &artifact.artifact)
                && artifact.manifest.as_ref().is_ok_and(|made| made.digest == asked.key)
        })
    };
    let reports = read_reports(config.cache_dir(), run).unwrap_or_default();
    let is_forced = |artifact: &StoredArtifact| {
        let of_repo = reports.iter().filter(|report| report.repo == artifact.repo);
        let mut records = of_repo.flat_map(|report| &report.artifacts);
        records.any(|one| one.artifact == artifact.artifact && one.outcome == cached_smoke::Outcome::Forced)
    };
    let is_of_run = |artifact: &StoredArtifact| artifact.manifest.as_ref().is_ok_and(|made| made.run == run);
    for artifact in stored(config)?.iter().filter(|artifact| is_of_run(artifact) && !is_uploaded(artifact)) {
        match push(config, run, artifact, is_forced(artifact)) {
            Ok(Pushed::Shared { bytes }) => {
                let bytes = Size(bytes);
                eprintln!("uploaded {} of {}: {bytes}", artifact.artifact, artifact.repo);
            }
            Ok(Pushed::Already) => {}
            // The access is read-only, or the service fails: the tests have recorded that.
            Ok(_) | Err(_) => break,
        }
    }
    Ok(())
}
