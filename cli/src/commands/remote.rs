//! The command `remote`.

use std::process::ExitCode;

use cached_smoke::tooling::Config;
use clap::{Args, Subcommand};

use crate::remote::{keygen, status};

#[derive(Debug, Subcommand)]
pub(crate) enum RemoteCommand {
    /// Check whether the remote cache can be reached, read and written, and print its public keys and features.
    #[command(after_help = "Exit status:\n  \
        0  the remote cache is usable\n  \
        1  it is not\n  \
        2  this command itself failed")]
    Status(StatusArguments),
    /// Create a key pair: a secret key that signs entries, and a public key that verifies them.
    Keygen,
}

#[derive(Args, Debug)]
pub(crate) struct StatusArguments {
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(config: &Config, command: &RemoteCommand) -> anyhow::Result<ExitCode> {
    match command {
        RemoteCommand::Status(arguments) => Ok(status(config.required_remote()?, arguments.json)),
        RemoteCommand::Keygen => keygen(),
    }
}
