//! Declared tools change the key by what `--version` prints.

use std::fs;
use std::path::{Path, PathBuf};

use cached_smoke::Outcome;

use super::Fixture;
use crate::Reports;

/// Installs a program in `directory`. Returns a `PATH` that begins with the directory.
fn install(directory: &Path, name: &str, script: &str) -> std::ffi::OsString {
    fs::create_dir_all(directory).unwrap();
    let (program, new) = (directory.join(name), directory.join("new"));
    test_support::write_executable(&new, &format!("#!/bin/sh\n{script}\n"));
    fs::rename(new, program).unwrap();
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::join_paths([directory.to_owned()].into_iter().chain(std::env::split_paths(&path))).unwrap()
}

#[test]
fn another_version_is_a_miss_and_another_path_is_not() {
    let fixture = Fixture::new("tool protoc\ntool scripts/gen");
    install(&fixture.path("scripts"), "gen", "echo gen 1");
    let run = |place: &str, script: &str| {
        let path = install(&fixture.path(place), "protoc", script);
        fixture.run().env("PATH", path).passes()
    };
    run("a", "echo libprotoc 3.21");
    let miss = run("a", "echo libprotoc 4.0");
    assert_eq!(miss.reason("declared"), "tool protoc changed: libprotoc 3.21 → libprotoc 4.0");
    assert_eq!(run("b", "echo libprotoc 4.0").outcome("declared"), Outcome::Hit, "only the version counts");
    assert_eq!(run("b", "echo libprotoc 4.0 >&2").outcome("declared"), Outcome::Hit, "on standard error");
    assert_eq!(run("b", "echo libprotoc 4.0; echo warning >&2").outcome("declared"), Outcome::Hit);
    assert_eq!(run("b", "test $1 = --version && echo libprotoc 3.21").outcome("declared"), Outcome::Hit);
    fs::remove_dir_all(fixture.sandbox.cache()).unwrap();
    run("b", "echo libprotoc 3.21");
    let second_line = run("b", "echo libprotoc 3.21; echo with zlib");
    assert_eq!(second_line.reason("declared"), "tool protoc changed: `with zlib` is new");
    install(&fixture.path("scripts"), "gen", "echo gen 2");
    let miss = run("b", "echo libprotoc 3.21; echo with zlib");
    assert_eq!(miss.reason("declared"), "tool scripts/gen changed: gen 1 → gen 2");
}

#[test]
fn tool_without_a_version_is_an_error() {
    let fixture = Fixture::new("tool protoc");
    let fails = |script: &str| {
        let path = install(&fixture.path("bin"), "protoc", script);
        let failed = fixture.run().env("PATH", path).fails();
        let start =
            format!("cannot use the declared tool protoc: `{} --version` ", fixture.path("bin/protoc").display());
        let (_, rest) = failed.stderr.split_once(&start).expect(&failed.stderr);
        assert!(rest.contains("install a program that supports `--version`"), "{rest}");
        rest.lines().next().unwrap().to_owned()
    };
    assert!(fails("echo bad option >&2; exit 3").starts_with("failed with exit status: 3: bad option"));
    assert!(fails("exit 0").starts_with("prints nothing"));
    let missing =
        fixture.run().env("PATH", fixture.path("none")).env("SMOKE_REPO_PATHS", plain_repository(&fixture)).fails();
    let expected = "cannot use the declared tool protoc: `protoc --version` cannot be started: ";
    assert!(missing.stderr.contains(expected), "{}", missing.stderr);
}

/// Creates a repository that does not need git.
fn plain_repository(fixture: &Fixture) -> PathBuf {
    let path = fixture.sandbox.path("plain/bookshop");
    fs::create_dir_all(&path).unwrap();
    fs::write(path.join("a.txt"), "novel").unwrap();
    path
}

#[test]
fn tool_runs_once_for_each_run_and_path() {
    let fixture = Fixture::new("tool protoc");
    let counted = |version: u32| format!("echo x >> '{}'; echo {version}", fixture.path("asked").display());
    let in_run = |path: &std::ffi::OsStr, strict| {
        let run = fixture.sandbox.run_within("one", "only_declared").env("SUBJECT_INPUTS", fixture.inputs);
        run.env("PATH", path).env("SMOKE_STRICT", strict).passes();
        (fs::read_to_string(fixture.path("asked")).unwrap().lines().count(), fixture.sandbox.take_builds().len())
    };
    let first = install(&fixture.path("a"), "protoc", &counted(1));
    // Once before the build, and once after it.
    assert_eq!(in_run(&first, "0"), (2, 1));
    install(&fixture.path("a"), "protoc", &counted(2));
    assert_eq!(in_run(&first, "0"), (2, 0), "the run has its snapshot");
    assert_eq!(in_run(&first, "1"), (4, 1), "strict mode asks again");
    let second = install(&fixture.path("b"), "protoc", &counted(3));
    assert_eq!(in_run(&second, "0"), (6, 1), "another program");
}
