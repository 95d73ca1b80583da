//! The commands over throw-away projects, which cargo compiles and runs.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod audit;
mod browser;
#[cfg(unix)]
mod cache_directory;
mod doctor;
mod init;
mod keys;
mod metrics;
mod options;
mod populate;
mod rebuild;
#[cfg(unix)]
mod remote;
mod report;
mod schema;
#[cfg(unix)]
mod screens;
mod selection;
mod stored;
mod test;
mod weight;

use std::process::Output;

use test_support::{Project, out};
#[cfg(unix)]
use test_support::{SUITE, make_pipe};

/// Runs `cargo smoke-cache` to its end.
fn smoke_cache(project: &Project, arguments: &[&str]) -> Output {
    smoke_cache_with(project, &[], arguments)
}

/// Runs `cargo smoke-cache` with variables to its end.
fn smoke_cache_with(project: &Project, variables: &[(&str, &str)], arguments: &[&str]) -> Output {
    let mut command = project.command(env!("CARGO_BIN_EXE_cargo-smoke-cache"));
    command.envs(variables.iter().copied()).arg("smoke-cache").args(arguments).output().unwrap()
}

/// Returns the installed runners.
fn runners(project: &Project) -> Vec<&'static str> {
    project.nextest(&[]).map_or_else(|| vec!["cargo"], |_| vec!["cargo", "nextest"])
}

/// Returns the JSON that a process printed, after a check against the schema: the rows of a command that prints rows,
/// else the whole document.
#[track_caller]
fn json(output: &Output) -> serde_json::Value {
    let mut document = serde_json::from_str(&out(output, 0)).unwrap();
    schema::check(&document);
    let rows = match document["command"].as_str().unwrap() {
        "explain" | "list" | "populate" | "pull" | "push" | "verify" | "verify --rebuild" => "artifacts",
        "fetch" => "repositories",
        "key" => "keys",
        "report" => "runs",
        _ => return document,
    };
    document[rows].take()
}

/// Returns a project with one test binary over one artifact of one repository.
fn project(name: &str) -> Project {
    Project::with_one_binary(name)
}

/// Returns a project over one artifact, and a pipe. The build reports progress, and then waits for the other end of the
/// pipe.
#[cfg(unix)]
fn project_that_waits(name: &str) -> (Project, std::path::PathBuf) {
    let project = project(name);
    let pipe = project.path("pipe");
    make_pipe(&pipe);
    let suite = std::fs::read_to_string(project.path(SUITE)).unwrap();
    let suite = suite.replace("fn build(_:", "fn build(cx:").replace(
        "        Ok(Number(project::number()))",
        "        cx.progress().count(1, 3, \"numbers\");\n        \
                std::fs::read(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/pipe\"))?;\n        \
                Ok(Number(project::number()))",
    );
    project.write(SUITE, &suite);
    (project, pipe)
}
