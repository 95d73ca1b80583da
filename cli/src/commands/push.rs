//! The command `push`.

use std::process::ExitCode;

use anyhow::bail;
use bytesize::ByteSize;
use cached_smoke::tooling::Config;
use cached_smoke::tooling::remote::{Pushed, READ_ONLY, push};
use clap::Args;

use crate::progress::Bar;
use crate::runner::new_run_id;
use crate::stored::select_stored;
use crate::{exit, output, remote};

#[derive(Args, Debug)]
pub(crate) struct PushArguments {
    /// Select repositories; all in the cache if none is named.
    repos: Vec<String>,
    /// Upload also what the remote cache has, and sign it with the current key.
    #[arg(long)]
    replace: bool,
}

pub(super) fn run(config: &Config, arguments: &PushArguments) -> anyhow::Result<ExitCode> {
    remote::check(config)?;
    let artifacts = select_stored(config, &arguments.repos)?;
    let run = new_run_id() + "-p";
    let bar = Bar::new("uploading artifacts", artifacts.len());
    let (mut uploaded, mut present, mut failed, mut bytes) = (0, 0, 0, 0);
    for artifact in &artifacts {
        let subject = format!("{} of {}: {}", artifact.artifact, artifact.repo, artifact.key());
        bar.set_step(&subject);
        match push(config, &run, artifact, arguments.replace) {
            Ok(Pushed::Already) => present += 1,
            Ok(Pushed::Shared { bytes: sent }) => {
                uploaded += 1;
                bytes += sent;
            }
            Ok(_) => {
                bar.finish();
                bail!(READ_ONLY);
            }
            Err(error) => {
                failed += 1;
                bar.print(&format!("failed: {subject}: {}", output::plain(&error.report())));
            }
        }
        bar.done();
    }
    bar.finish();
    let bytes = ByteSize(bytes).display().si();
    output::line(format_args!("{uploaded} artifacts uploaded ({bytes}), {present} already present, {failed} failed"));
    Ok(exit::success_if(failed == 0))
}
