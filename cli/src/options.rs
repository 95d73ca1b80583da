//! The options that all commands have.

use std::env;
use std::io::{stderr, stdout};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use anstream::{AutoStream, ColorChoice};
use clap::{Args, ValueEnum};

/// The variable with which cargo chooses colours.
const CARGO_COLOR: &str = "CARGO_TERM_COLOR";

static OPTIONS: OnceLock<Options> = OnceLock::new();

/// The options that all commands have.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Common options")]
pub(crate) struct Options {
    /// Choose colours: auto, always or never. The default is `CARGO_TERM_COLOR`, else auto.
    ///
    /// `auto` follows `NO_COLOR` and `CLICOLOR_FORCE`, else it uses colours on a terminal.
    #[arg(long, global = true, value_enum, value_name = "WHEN", hide_possible_values = true)]
    color: Option<When>,

    /// Print results and errors only.
    #[arg(long, short, global = true, conflicts_with = "verbose")]
    quiet: bool,

    /// Print the commands that are started, and let cargo print more.
    #[arg(long, short, global = true)]
    verbose: bool,

    /// Use the package or workspace of this Cargo.toml, and its smoke.toml.
    #[arg(long, global = true, value_name = "PATH")]
    manifest_path: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum When {
    Auto,
    Always,
    Never,
}

impl Options {
    /// Makes these the options of the process.
    pub(crate) fn set(&self) {
        if let Some(when) = self.color {
            when.choice().write_global();
        }
        console::set_colors_enabled(is_stdout_coloured());
        // Set once, by `main`.
        let _ = OPTIONS.set(self.clone());
    }

    /// Returns the options of cargo that follow from these.
    pub(crate) fn of_cargo(&self) -> Vec<String> {
        let mut options = Vec::new();
        if let Some(color) = self.color.and_then(|when| when.to_possible_value()) {
            options.extend(["--color".to_owned(), color.get_name().to_owned()]);
        }
        if let Some(path) = &self.manifest_path {
            options.extend(["--manifest-path".to_owned(), path.display().to_string()]);
        }
        options
    }

    pub(crate) fn manifest_path(&self) -> Option<&Path> {
        self.manifest_path.as_deref()
    }

    pub(crate) fn is_quiet(&self) -> bool {
        self.quiet
    }

    pub(crate) fn is_verbose(&self) -> bool {
        self.verbose
    }
}

impl When {
    fn choice(self) -> ColorChoice {
        match self {
            When::Auto => ColorChoice::Auto,
            When::Always => ColorChoice::Always,
            When::Never => ColorChoice::Never,
        }
    }
}

/// Returns the options of the process.
pub(crate) fn get() -> &'static Options {
    OPTIONS.get_or_init(Options::default)
}

/// Chooses the colours of the process by the variable of cargo, until the options are known.
pub(crate) fn follow_cargo_colours() {
    let when = env::var(CARGO_COLOR).ok().and_then(|value| When::from_str(&value, false).ok());
    when.unwrap_or(When::Auto).choice().write_global();
}

/// Returns the choice that clap follows for help and errors.
pub(crate) fn clap_colours() -> clap::ColorChoice {
    match ColorChoice::global() {
        ColorChoice::Never => clap::ColorChoice::Never,
        ColorChoice::Always | ColorChoice::AlwaysAnsi => clap::ColorChoice::Always,
        ColorChoice::Auto => clap::ColorChoice::Auto,
    }
}

/// Returns `true` if standard output has colours.
pub(crate) fn is_stdout_coloured() -> bool {
    AutoStream::choice(&stdout()) != ColorChoice::Never
}

/// Returns `true` if standard error has colours.
pub(crate) fn is_stderr_coloured() -> bool {
    AutoStream::choice(&stderr()) != ColorChoice::Never
}
