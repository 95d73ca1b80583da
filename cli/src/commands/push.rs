//! The command `push`.

use cached_smoke::tooling::units::Size;
use std::process::ExitCode;

use anyhow::bail;
use cached_smoke::tooling::Config;
use cached_smoke::tooling::remote::{Pushed, READ_ONLY, push};
use clap::Args;
use serde::Serialize;

use crate::progress::Bar;
use crate::runner::new_run_id;
use crate::stored::select_stored;
use crate::{exit, json, output, remote};

#[derive(Args, Debug)]
pub(crate) struct PushArguments {
    /// Select repositories; all in the cache if none is named.
    repos: Vec<String>,

    /// Upload also what the remote cache has, and sign it with the current key.
    #[arg(long)]
    replace: bool,

    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// The output of `push --json`.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Document {
    artifacts: Vec<Row>,
}

impl json::Document for Document {
    const COMMAND: &'static str = "push";
}

/// An artifact in the cache.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Pushed"))]
struct Row {
    repo: String,
    artifact: String,
    /// Repository, revision, and the first digits of the digest.
    key: String,
    state: State,
    /// The number of bytes that were uploaded.
    bytes: u64,
    /// The reason why the upload failed.
    reason: Option<String>,
}

/// The outcome of an upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Upload"))]
#[serde(rename_all = "lowercase")]
enum State {
    Uploaded,
    /// The remote cache had it before.
    Present,
    Failed,
}

pub(super) fn run(config: &Config, arguments: &PushArguments) -> anyhow::Result<ExitCode> {
    remote::check(config)?;
    let stored = select_stored(config, &arguments.repos)?;
    let run = new_run_id() + "-p";
    let bar = Bar::new("uploading artifacts", stored.len());
    let mut artifacts = Vec::new();
    for one in &stored {
        let subject = format!("{} of {}: {}", one.artifact, one.repo, one.key());
        bar.set_step(&subject);
        let (state, bytes, reason) = match push(config, &run, one, arguments.replace) {
            Ok(Pushed::Already) => (State::Present, 0, None),
            Ok(Pushed::Shared { bytes }) => (State::Uploaded, bytes, None),
            Ok(_) => {
                bar.finish();
                bail!(READ_ONLY);
            }
            Err(error) => {
                let reason = error.report();
                bar.print(&format!("failed: {subject}: {}", output::plain(&reason)));
                (State::Failed, 0, Some(reason))
            }
        };
        let (repo, artifact) = (one.repo.clone(), one.artifact.clone());
        artifacts.push(Row { repo, artifact, key: one.key(), state, bytes, reason });
        bar.done();
    }
    bar.finish();
    let pushed = Document { artifacts };
    if arguments.json {
        json::print(&pushed);
    } else {
        pushed.print();
    }
    Ok(exit::success_if(pushed.number(State::Failed) == 0))
}

impl Document {
    fn number(&self, state: State) -> usize {
        self.artifacts.iter().filter(|artifact| artifact.state == state).count()
    }

    fn print(&self) {
        let (uploaded, present) = (self.number(State::Uploaded), self.number(State::Present));
        let bytes = Size(self.artifacts.iter().map(|artifact| artifact.bytes).sum());
        let failed = self.number(State::Failed);
        output::line(format_args!(
            "{uploaded} artifacts uploaded ({bytes}), {present} already present, {failed} failed"
        ));
    }
}
