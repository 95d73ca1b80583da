//! `cargo-smoke-cache-remote`: the helper that talks to the remote cache, for tests and for `cargo smoke-cache`.
//!
//! - `helper`: answers the requests of one test
//! - `probe`: checks the service, for `cargo smoke-cache remote status`
//! - `keygen`: key pairs
//! - `url`, `service`: the object store; `folder` and `redis` are peculiarities of two services
//! - `transfer`: files to and from the service
//! - `lease`: one build for all machines
//! - `signing`: signatures of entries

mod folder;
mod helper;
mod keygen;
mod lease;
mod probe;
mod redis;
mod service;
mod signing;
mod transfer;
mod url;

use std::ffi::OsString;
use std::io::{self, IsTerminal};
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use helper::HelperArguments;

/// The name under which cargo runs this program. Cargo repeats it as the first argument.
const SUBCOMMAND: &str = "smoke-cache-remote";

/// Talk to the remote cache for a test: read requests from standard input, and answer on standard output.
///
/// Tests and `cargo smoke-cache` start this program themselves.
#[derive(Debug, Parser)]
#[command(name = "cargo-smoke-cache-remote", version, subcommand_negates_reqs = true)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,

    #[command(flatten)]
    helper: HelperArguments,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Create a key pair: a secret key that signs entries, and a public key that verifies them.
    Keygen,
}

fn main() -> ExitCode {
    let Arguments { command, helper } = Arguments::parse_from(arguments());
    match command {
        Some(Command::Keygen) => keygen::keygen().unwrap_or_else(|error| {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }),
        // A user who tries the program out sends no requests.
        None if io::stdin().is_terminal() => {
            eprint!("{}", Arguments::command().render_long_help());
            ExitCode::FAILURE
        }
        None => helper::run(&helper),
    }
}

/// Returns the arguments of this process, without the one that cargo adds.
fn arguments() -> impl Iterator<Item = OsString> {
    std::env::args_os().enumerate().filter(|(place, text)| *place != 1 || text != SUBCOMMAND).map(|(_, text)| text)
}
