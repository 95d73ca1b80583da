//! Commands that need the helper of the remote cache, where it is missing or has another version.

use std::process::Output;

use test_support::{Project, copy_executable, text, write_executable};

use crate::{out, project};

const HELP: &str =
    "the helper `cargo-smoke-cache-remote` is not installed\nhelp: cargo install cargo-smoke-cache-remote\n";

/// Runs a copy of the tool, which has no helper beside it and none in the `PATH`, with a folder as the remote cache.
fn without_helper(project: &Project, arguments: &[&str]) -> Output {
    let tool = project.path("cargo-smoke-cache");
    if !tool.exists() {
        copy_executable(env!("CARGO_BIN_EXE_cargo-smoke-cache").as_ref(), &tool);
    }
    let mut command = project.command(tool);
    // Only the directories of cargo, rustc, the linker and git.
    let path = std::env::var_os("PATH").unwrap();
    let has_helper = |directory: &std::path::PathBuf| directory.join("cargo-smoke-cache-remote").exists();
    let directories = std::env::split_paths(&path).filter(|directory| !has_helper(directory));
    command.env("PATH", std::env::join_paths(directories).unwrap()).env("SMOKE_REMOTE", "fs:///nonexistent");
    command.env("SMOKE_REMOTE_UNSIGNED", "1").arg("smoke-cache").args(arguments).output().unwrap()
}

#[test]
fn missing_helper_is_one_error_with_the_install_command() {
    let project = project("helperless");
    for command in [&["push"][..], &["pull"], &["remote", "keygen"]] {
        let failed = without_helper(&project, command);
        assert_eq!((out(&failed, 2).as_str(), text(&failed.stderr)), ("", format!("error: {HELP}")), "{command:?}");
    }
    let status = out(&without_helper(&project, &["remote", "status"]), 1);
    assert!(status.ends_with(&format!("failed:    {HELP}")), "{status}");
}

#[test]
fn tests_without_the_helper_pass_with_one_warning() {
    let project = project("unhelped");
    let done = without_helper(&project, &["test", "--runner", "cargo"]);
    let stdout = out(&done, 0);
    let expected = "warning: the remote cache at fs:///nonexistent: the helper `cargo-smoke-cache-remote` is not \
                    installed; continuing without it";
    assert_eq!(stdout.matches(expected).count(), 1, "{stdout}");
    assert!(stdout.contains("help: cargo install cargo-smoke-cache-remote"), "{stdout}");
}

#[test]
fn helper_of_another_protocol_version_is_named_with_help() {
    let project = project("mismatched");
    let helper = project.path("cargo-smoke-cache-remote");
    write_executable(
        &helper,
        "#!/bin/sh\necho '{\"protocol\":\"cached-smoke-remote\",\"version\":7,\"writable\":true}'\nread -r line\n",
    );
    let mut command = project.command(env!("CARGO_BIN_EXE_cargo-smoke-cache"));
    command.env("SMOKE_REMOTE", "fs:///nonexistent").env("SMOKE_REMOTE_HELPER", &helper);
    let status = out(&command.args(["smoke-cache", "remote", "status"]).output().unwrap(), 1);
    let version = env!("CARGO_PKG_VERSION");
    let expected = format!(
        "speaks `cached-smoke-remote` 7, and this version of cached-smoke speaks cached-smoke-remote 1\n\
         help: cargo install cargo-smoke-cache-remote@{version}\n"
    );
    assert!(status.ends_with(&expected), "{status}");
}
