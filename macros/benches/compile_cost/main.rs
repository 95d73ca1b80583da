//! What cached-smoke costs the compiler, beside what others do, as ratios of CPU times measured in turns in one run:
//! absolute seconds say more about a machine than about a macro.
//!
//! ```text
//! cargo bench -p cached-smoke-macros --bench compile_cost [-- --help]
//! ```
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot go on has failed")]

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
        // `cargo test --all-targets` and the like run what they built: here, there is nothing to test.
        eprintln!("a benchmark: cargo bench -p cached-smoke-macros --bench compile_cost");
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
