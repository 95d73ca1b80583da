//! Uploading stored artifacts to the remote cache.

use super::cache::checked_layout;
use super::stored::StoredArtifact;
use crate::config::Config;
use crate::error::Error;
use crate::remote::{Pushed, Remote, Upload};
use crate::run::Run;
use crate::store::{self, ReadLock, Staging, packed};

/// Waits for the builder processes of a run that are still uploading. Their budget limits the time.
///
/// # Errors
/// Fails if the cache directory is unsafe to use.
pub fn await_sharing(config: &Config, run: &str) -> Result<(), Error> {
    let layout = checked_layout(config)?;
    Run::named(run, &layout).await_sharing();
    Ok(())
}

/// Uploads an artifact to the remote cache, unless that has it or `replace` is set. It may take as long as
/// `SMOKE_LOCK_TIMEOUT`. The upload is recorded in the run `run`.
///
/// # Errors
/// Fails if no remote cache is configured, if the artifact is damaged or was removed meanwhile, or if the remote cache
/// cannot be reached or refuses the artifact.
pub fn push(config: &Config, run: &str, artifact: &StoredArtifact, replace: bool) -> Result<Pushed, Error> {
    let layout = checked_layout(config)?;
    let artifact_path = artifact.artifact_path();
    let (Ok(manifest), Ok(info)) = (artifact.whole_manifest(), &artifact.manifest) else {
        return Err(Error::Message("its manifest is damaged, or a later version of cached-smoke wrote it".to_owned()));
    };
    let path = layout.manifest(artifact_path);
    let Some((_read_lock, _)) = ReadLock::take(&path).map_err(Error::io("lock", &path))? else {
        return Err(Error::Message("it was just removed".to_owned()));
    };
    // Otherwise other machines would fetch all of a damaged artifact before they refuse it.
    store::verify(&layout, artifact_path, manifest).map_err(|damage| {
        Error::Message(format!("it is damaged: {damage}\nhelp: run `cargo smoke-cache verify` to set it aside"))
    })?;
    let run = Run::named(run, &layout);
    let mut remote = Remote::new(config.required_remote()?, &run, artifact_path, &info.digest);
    let staging = Staging::create(&layout.staging())?;
    let directory = staging.path();
    let pack = || packed(&layout, artifact_path, manifest, directory);
    remote.push(config.lock_timeout, &Upload { manifest, directory, pack: &pack, replace }).map_err(Error::Message)
}
