//! What lies in the cache is given to the shared tier.

use super::{StoredArtifact, checked_layout};
use crate::config::Config;
use crate::error::Error;
use crate::remote::{Pushed, Remote, Upload};
use crate::run::Run;
use crate::store::{self, ReadLock, Staging, packed};

/// Waits until the processes that a run has left behind have shared what they built. Their budget limits how long they take.
///
/// # Errors
/// Fails if the cache directory is not as it should be.
pub fn await_sharing(config: &Config, run: &str) -> Result<(), Error> {
    let layout = checked_layout(config)?;
    Run::named(run, &layout).await_sharing();
    Ok(())
}

/// Gives an artifact to the shared tier, unless it is there; `replace`: also then. It may take as long as `SMOKE_LOCK_TIMEOUT`.
///
/// `run` is what it is noted in.
///
/// # Errors
/// There is no shared tier; the artifact is damaged, or was removed meanwhile; the shared tier cannot be reached, or does not take it.
pub fn push(config: &Config, run: &str, artifact: &StoredArtifact, replace: bool) -> Result<Pushed, Error> {
    let layout = checked_layout(config)?;
    let artifact_path = artifact.artifact_path();
    let (Ok(manifest), Ok(made)) = (artifact.whole_manifest(), &artifact.manifest) else {
        return Err(Error::Message("its manifest is damaged, or of a later version".to_owned()));
    };
    let path = layout.manifest(artifact_path);
    let Some((_lease, _)) = ReadLock::take(&path).map_err(Error::io("lock", &path))? else {
        return Err(Error::Message("it has just been removed".to_owned()));
    };
    // Others would believe the name, fetch it all, and refuse it.
    store::verify(&layout, artifact_path, manifest).map_err(|damage| {
        Error::Message(format!("it is damaged: {damage}; `cargo smoke-cache verify` sets it aside"))
    })?;
    let run = Run::named(run, &layout);
    let Some(mut remote) = Remote::of(config, &run, artifact_path, &made.digest) else {
        return Err(Error::Message("there is no shared tier".to_owned()));
    };
    let staging = Staging::create(&layout.staging())?;
    let directory = staging.path();
    let pack = || packed(&layout, artifact_path, manifest, directory);
    remote.push(config.lock_timeout, &Upload { manifest, directory, pack: &pack, replace }).map_err(Error::Message)
}
