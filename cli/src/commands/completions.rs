//! The commands `completions` and `man`: files for shells and for `man`, generated from the definition of the command
//! line.

use std::io::stdout;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, Command};
use clap_complete::Shell;

use crate::output;

/// The name of the program, which shells complete.
const PROGRAM: &str = "cargo-smoke-cache";

#[derive(Args, Debug)]
pub(crate) struct CompletionsArguments {
    /// Select the shell.
    #[arg(value_enum)]
    shell: Shell,
}

#[derive(Args, Debug)]
pub(crate) struct ManArguments {
    /// Write the pages into this directory.
    directory: PathBuf,
}

pub(super) fn completions(mut command: Command, arguments: &CompletionsArguments) -> ExitCode {
    let mut text = Vec::new();
    clap_complete::generate(arguments.shell, &mut command, PROGRAM, &mut text);
    // A closed pipe is no failure.
    let _ = std::io::Write::write_all(&mut stdout().lock(), &text);
    ExitCode::SUCCESS
}

pub(super) fn man(command: Command, arguments: &ManArguments) -> anyhow::Result<ExitCode> {
    let directory = &arguments.directory;
    let failed = || format!("failed to write the pages into {}", directory.display());
    fs_err::create_dir_all(directory).with_context(failed)?;
    clap_mangen::generate_to(command, directory).with_context(failed)?;
    output::line(format_args!("wrote the pages of {PROGRAM} into {}", directory.display()));
    Ok(ExitCode::SUCCESS)
}
