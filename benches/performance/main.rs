//! What a hit costs, beside the least that it could cost, beside the plan that this project began with, and beside other ways, all
//! measured in one run.
//!
//! ```text
//! cargo smoke-cache fetch django
//! cargo bench --bench performance [-- [ROUNDS] [SECTION…]]
//! ```
//!
//! The sections, all of them if none is named: `hits`, `calls`, `strict`, `larger`, `restored`, `cold`, `list`, `nextest`, `scale`, `peers`, `fleet`. Everything is
//! kept below the target directory, so that a second run begins at once. What is printed are medians, and in brackets the middle
//! half of all values; a goal is met if the ratio of the medians meets it.
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot go on has failed")]

mod place;
mod plot;
mod programs;
mod samples;
mod sections;
#[path = "../../tests/smoke/mod.rs"]
#[expect(unused_imports, reason = "the attribute is for tests")]
mod smoke;
mod table;

use std::process::ExitCode;

use place::Place;
use sections::SECTIONS;
use table::Table;

/// Enough for medians that differ by a few percent from run to run.
const ROUNDS: usize = 41;

fn main() -> ExitCode {
    if let Ok(program) = std::env::var(programs::PROGRAM) {
        return programs::run(&program);
    }
    let given: Vec<String> = std::env::args().skip(1).collect();
    if !given.iter().any(|argument| argument == "--bench") {
        // `cargo test --all-targets` and the like run what they built: here, there is nothing to test.
        eprintln!("a benchmark: cargo bench --bench performance");
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
                eprintln!("`{argument}` is neither a number of rounds nor one of {}", all.join(", "));
                return ExitCode::from(2);
            }
        }
    }
    let place = match Place::prepare(rounds.max(1)) {
        Ok(place) => place,
        Err(message) => {
            eprintln!("{message}");
            return ExitCode::from(2);
        }
    };
    let mut table = Table::default();
    for (name, section) in SECTIONS {
        if named.is_empty() || named.contains(name) {
            section(&place, &mut table);
        }
    }
    println!("\n{table}");
    ExitCode::SUCCESS
}
