//! Measures the compile time of cached-smoke, compared with other crates.
//!
//! The results are ratios of CPU times that are measured in turns in one run, because absolute seconds depend on the
//! machine.
//!
//! ```text
//! cargo bench -p cached-smoke-macros --bench compile_cost [-- --help]
//! ```
#![expect(clippy::unwrap_used, reason = "an error ends the benchmark")]

mod arguments;
mod clean_build;
mod expansion;
mod measure;
mod package;

use arguments::Arguments;
use std::process::ExitCode;

fn main() -> ExitCode {
    let given: Vec<String> = std::env::args().skip(1).collect();
    if !given.iter().any(|argument| argument == "--bench") {
        // `cargo test --all-targets` runs benchmarks without `--bench`.
        eprintln!("not a test; run `cargo bench -p cached-smoke-macros --bench compile_cost`");
        return ExitCode::SUCCESS;
    }
    let arguments = match Arguments::parse(&given) {
        Ok(arguments) => arguments,
        Err(text) => {
            eprintln!("{text}");
            return ExitCode::from(2);
        }
    };
    if arguments.help {
        print!("{}", arguments::HELP);
        return ExitCode::SUCCESS;
    }
    if arguments.expansion {
        expansion::run(arguments.tests, arguments.rounds);
    }
    if arguments.clean_build {
        clean_build::run(arguments.rounds);
    }
    ExitCode::SUCCESS
}
