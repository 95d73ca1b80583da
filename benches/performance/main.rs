//! Measures the cost of a hit, and compares it in the same run with three other costs.
//!
//! - the *floor*: the least possible work, written by hand
//! - the *plan*: the obvious first implementation of a fixture cache
//! - other crates and nextest, in the section `peers`
//!
//! ```text
//! cargo smoke-cache fetch django
//! cargo bench --bench performance [-- [ROUNDS] [SECTION…]]
//! ```
//!
//! The sections are `hits`, `calls`, `strict`, `larger`, `restored`, `cold`, `list`, `nextest`, `scale`, `peers` and
//! `fleet`; the default is all of them. All files are below the target directory, so a second run starts immediately.
//!
//! The output has medians and, in brackets, the middle half of all values. A goal is met if the ratio of the medians
//! meets it. `docs/performance.md` has the results.
#![expect(clippy::unwrap_used, reason = "an error ends the benchmark")]

mod plot;
mod programs;
mod samples;
mod sections;
mod setup;
#[path = "../../tests/smoke/mod.rs"]
#[expect(unused_imports, reason = "the attribute is for tests")]
mod smoke;
mod table;

use std::process::ExitCode;

use sections::SECTIONS;
use setup::Setup;
use table::Table;

/// The root of this workspace.
const WORKSPACE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// The default number of rounds, with which medians differ by a few percent between runs.
const ROUNDS: usize = 41;

fn main() -> ExitCode {
    if let Ok(program) = std::env::var(programs::PROGRAM) {
        return programs::run(&program);
    }
    let given: Vec<String> = std::env::args().skip(1).collect();
    if !given.iter().any(|argument| argument == "--bench") {
        // `cargo test --all-targets` runs benchmarks without `--bench`.
        eprintln!("not a test; run `cargo bench --bench performance`");
        return ExitCode::SUCCESS;
    }
    let mut rounds = ROUNDS;
    let mut named = Vec::new();
    for argument in given.iter().filter(|argument| *argument != "--bench") {
        match argument.parse() {
            Ok(number) => rounds = number,
            Err(_) if SECTIONS.iter().any(|(name, _)| name == argument) => named.push(argument.as_str()),
            Err(_) => {
                let all: Vec<&str> = SECTIONS.iter().map(|(name, _)| *name).collect();
                eprintln!(
                    "error: unknown section `{argument}`\nhelp: give a number of rounds or one of {}",
                    all.join(", ")
                );
                return ExitCode::from(2);
            }
        }
    }
    let setup = match Setup::prepare(rounds.max(1)) {
        Ok(setup) => setup,
        Err(message) => {
            eprintln!("error: {message}");
            return ExitCode::from(2);
        }
    };
    let mut table = Table::default();
    for (name, section) in SECTIONS {
        if named.is_empty() || named.contains(name) {
            section(&setup, &mut table);
        }
    }
    println!("\n{table}");
    ExitCode::SUCCESS
}
