//! Hermetic builds: they use what their keys cover, and nothing else.
#![cfg(target_os = "linux")]

use std::fs;
use std::process::Command;

use cached_smoke::Outcome;
use test_support::{Run, Sandbox};

use crate::Reports;
use crate::audit::furnished;
use crate::server::Server;

/// Returns `true` if the kernel confines builds.
pub(crate) fn can_confine() -> bool {
    sandbox().is_some()
}

/// Returns a sandbox for hermetic builds; `None`, with a line, if the kernel does not confine them.
fn sandbox() -> Option<Sandbox> {
    let sandbox = furnished();
    let done = run(&sandbox, "watched::repository").done();
    if done.stderr.contains("the kernel does not confine the build") {
        eprintln!("skipped: the kernel has no Landlock, or an old one");
        return None;
    }
    assert!(done.passed, "{}\n{}", done.stdout, done.stderr);
    Some(sandbox)
}

fn run<'a>(sandbox: &'a Sandbox, test: &str) -> Run<'a> {
    sandbox.run(test).env("SMOKE_HERMETIC", "1").env("READS_VARIABLE", "one")
}

fn has_strace() -> bool {
    Command::new("strace").arg("--version").output().is_ok_and(|output| output.status.success())
}

#[test]
fn covered_inputs_are_allowed() {
    let Some(sandbox) = sandbox() else { return };
    for test in ["repository", "declared", "temporary", "renamed", "dependency"] {
        let name = format!("watched::{test}");
        run(&sandbox, &name).passes();
        assert_eq!(run(&sandbox, &name).passes().outcome(test), Outcome::Hit, "{test}");
    }
}

#[test]
fn undeclared_input_is_an_error_with_its_line() {
    let Some(sandbox) = sandbox() else { return };
    if !has_strace() {
        return eprintln!("skipped: strace is not installed");
    }
    let root = sandbox.path("").display().to_string();
    for (test, denied) in [
        ("undeclared::neighbour", "read ROOTneighbour.txt: `key.file(\"ROOTneighbour.txt\")`"),
        ("undeclared::listing", "list ROOTlisting: `key.directory(\"ROOTlisting\")`"),
        ("undeclared::program", "start ROOTprogram: `key.file(\"ROOTprogram\")`"),
        ("undeclared::other_entry", "list ROOTcache/bookshop: declare the artifact with `key.needs::<…>()`"),
        ("watched::thread", "read ROOTneighbour.txt: `key.file(\"ROOTneighbour.txt\")`"),
        ("watched::child", "start /usr/bin/cat: `key.tool(\"cat\")`"),
    ] {
        let done = run(&sandbox, test).fails();
        let line = format!("it may not {denied}").replace("ROOT", &root);
        assert!(done.stderr.contains(&line), "{test}: {line}\n{}", done.stderr);
        assert!(done.stderr.contains("help: add each line to `Artifact::key` of "), "{}", done.stderr);
    }
}

/// The kernel's directory `/dev` is covered, and shared memory is below it.
#[test]
fn shared_memory_is_denied() {
    let Some(sandbox) = sandbox() else { return };
    let Ok(file) = tempfile::NamedTempFile::new_in("/dev/shm") else {
        return eprintln!("skipped: this machine has no shared memory");
    };
    fs::write(file.path(), "one").unwrap();
    let reads = || sandbox.run("watched::path").env("READS_PATH", file.path());
    reads().passes();
    let done = reads().env("SMOKE_HERMETIC", "1").fails();
    if has_strace() {
        let line = format!("it may not read {0}: `key.file(\"{0}\")`", file.path().display());
        assert!(done.stderr.contains(&line), "{line}\n{}", done.stderr);
    }
}

#[test]
fn connection_is_denied() {
    let Some(sandbox) = sandbox() else { return };
    let server = Server::start("one");
    let address = server.address;
    let done = run(&sandbox, "watched::network").env("USES_PORT", address.port().to_string()).fails();
    assert!(done.stderr.contains("ermission denied"), "{}", done.stderr);
    if has_strace() {
        assert!(done.stderr.contains(&format!("it may not connect to {address}: save the data")), "{}", done.stderr);
    }
}

#[test]
fn server_is_denied() {
    let Some(sandbox) = sandbox() else { return };
    let done = run(&sandbox, "watched::own_server").fails();
    assert!(done.stderr.contains("ermission denied"), "{}", done.stderr);
    if has_strace() {
        assert!(done.stderr.contains("it may not wait for connections at 127.0.0.1:0"), "{}", done.stderr);
    }
}

#[test]
fn metrics_output_and_help_reach_the_test() {
    let Some(sandbox) = sandbox() else { return };
    let done = run(&sandbox, "reads_the_metrics").passes();
    assert!(done.stdout.contains("metrics={\"files\": "), "{}", done.stdout);
    let done = run(&sandbox, "watched::failing").fails();
    for words in ["    the build speaks\n", "no luck", "help: try again"] {
        assert!(done.stderr.contains(words), "{words}: {}", done.stderr);
    }
    assert!(!done.stderr.contains("it may not"), "{}", done.stderr);
}

#[test]
fn environment_has_declared_variables_and_few_others() {
    let Some(sandbox) = sandbox() else { return };
    let mut run = run(&sandbox, "watched::variables");
    for name in ["CARGO_PKG_NAME", "LD_LIBRARY_PATH", "RUST_BACKTRACE", "USES_DECLARED", "USES_UNDECLARED", "TMP"] {
        run = run.env(name, "0");
    }
    let done = run.env("SMOKE_LOCK_TIMEOUT", "60s").env("SMOKE_REMOTE_BUDGET", "60s").passes();
    let text = done.stdout.lines().find_map(|line| line.strip_prefix("text=")).unwrap();
    let (settings, others): (Vec<&str>, Vec<&str>) = text.split(' ').partition(|name| name.starts_with("SMOKE_"));
    let expected = "CARGO_MANIFEST_DIR CARGO_PKG_NAME HOME LD_LIBRARY_PATH PATH RUST_BACKTRACE TMPDIR USES_DECLARED";
    assert_eq!(others.join(" "), expected);
    assert!(settings.contains(&"SMOKE_LOCK_TIMEOUT") && !settings.contains(&"SMOKE_REMOTE_BUDGET"), "{settings:?}");
}

#[test]
fn temporary_directory_is_empty_unless_declared() {
    let Some(sandbox) = sandbox() else { return };
    let listing = sandbox.path("listing").display().to_string();
    for (test, text) in [("watched::litter", "text=0 "), ("watched::declared_temporary", &format!("text={listing}"))] {
        let done = run(&sandbox, test).env("TMPDIR", &listing).passes();
        assert!(done.stdout.contains(text), "{text}: {}", done.stdout);
    }
}

#[test]
fn files_outside_its_directories_are_not_written() {
    let Some(sandbox) = sandbox() else { return };
    let done = run(&sandbox, "watched::writes").fails();
    assert!(!sandbox.path("written").exists());
    if has_strace() {
        let line = format!("it may not write to {}", sandbox.path("written").display());
        assert!(done.stderr.contains(&line), "{line}\n{}", done.stderr);
        assert!(done.stderr.contains("help: write below `cx.dir()` or to temporary files"), "{}", done.stderr);
    }
    sandbox.run("watched::writes").passes();
    assert!(sandbox.path("written").exists());
}

#[test]
fn undeclared_variable_is_not_set() {
    let Some(sandbox) = sandbox() else { return };
    let sealed = |value: &str| sandbox.run("watched::takes_sealed").env("READS_VARIABLE", value);
    let done = sealed("one").passes();
    assert!(done.stdout.contains("sealed=\n"), "{}", done.stdout);
    let plain = sealed("one").env("SMOKE_HERMETIC", "0").passes();
    assert!(plain.stdout.contains("sealed=one\n"), "{}", plain.stdout);
    let again = sealed("two").passes();
    assert_eq!((again.outcome("sealed"), again.stdout.contains("sealed=\n")), (Outcome::Hit, true));
}

#[test]
fn hermetic_artifact_is_verified_hermetically() {
    let Some(sandbox) = sandbox() else { return };
    let sealed = |value: &str| sandbox.run("watched::takes_sealed").env("READS_VARIABLE", value);
    sealed("one").passes();
    for verify in ["1", "1,vary"] {
        let done = sealed("two").env("SMOKE_VERIFY", verify).passes();
        assert_eq!(done.outcome("sealed"), Outcome::Hit, "{verify}");
    }
}

#[test]
fn rebuild_of_a_hermetic_artifact_is_confined() {
    let Some(sandbox) = sandbox() else { return };
    let done = run(&sandbox, "watched::tolerant").passes();
    assert!(done.stdout.contains("text=\n"), "{}", done.stdout);
    for verify in ["1", "1,vary"] {
        run(&sandbox, "watched::tolerant").env("SMOKE_VERIFY", verify).passes();
    }
}

#[test]
fn what_a_hermetic_build_sees_is_varied() {
    let Some(sandbox) = sandbox() else { return };
    for (test, cause) in [
        ("undeclared::home", "HOME"),
        ("undeclared::working_directory", "the working directory"),
        // Each of its builds has an empty directory for temporary files.
        ("watched::litter", "HOME"),
    ] {
        run(&sandbox, test).passes();
        run(&sandbox, test).env("SMOKE_VERIFY", "1").passes();
        let done = run(&sandbox, test).env("SMOKE_VERIFY", "1,vary").fails();
        assert!(done.stderr.contains(&format!("changed for this build: {cause}\n")), "{test}: {}", done.stderr);
    }
}

#[test]
fn declared_variable_is_set() {
    let Some(sandbox) = sandbox() else { return };
    run(&sandbox, "undeclared::declared_variable").passes();
    let unpacked = sandbox.unpacked_files().into_iter().find(|path| path.ends_with("declared_variable/text"));
    let Some(text) = unpacked.map(|path| fs::read_to_string(path).unwrap()) else { return };
    assert!(text.contains("one"), "{text}");
}

#[test]
fn hermetic_builds_have_their_own_key() {
    let Some(sandbox) = sandbox() else { return };
    sandbox.run("undeclared::nothing").passes();
    let first = run(&sandbox, "undeclared::nothing").passes();
    assert_eq!((first.outcome("nothing"), &*first.reason("nothing")), (Outcome::Built, "builds are hermetic now"));
    assert_eq!(run(&sandbox, "undeclared::nothing").passes().outcome("nothing"), Outcome::Hit);
    assert_eq!(sandbox.run("undeclared::nothing").passes().outcome("nothing"), Outcome::Hit);
}

#[test]
fn dependencies_are_built_once_and_published() {
    let Some(sandbox) = sandbox() else { return };
    let done = run(&sandbox, "watched::dependency").passes();
    assert_eq!((done.outcome("dependency"), done.outcome("count")), (Outcome::Built, Outcome::Built));
    assert_eq!(run(&sandbox, "only_count").passes().outcome("count"), Outcome::Hit);
}

#[test]
fn builder_process_and_missing_cache_stay_hermetic() {
    let Some(sandbox) = sandbox() else { return };
    for (name, value) in [("SMOKE_DETACH", "1"), ("SMOKE_CACHE", "off")] {
        run(&sandbox, "watched::temporary").env(name, value).passes();
        let done = run(&sandbox, "watched::thread").env(name, value).fails();
        assert!(done.stderr.contains("ermission denied"), "{name}: {}", done.stderr);
    }
}

#[test]
fn build_that_cannot_be_confined_is_an_error() {
    let Some(sandbox) = sandbox() else { return };
    let pool = run(&sandbox, "watched::pool").fails();
    assert!(pool.stderr.contains("was started before the build, and would not be confined"), "{}", pool.stderr);
    let plain = run(&sandbox, "goes_on_without_artifacts").done();
    let reason = plain.reason("count");
    assert!(reason.contains("a build of a `Session` cannot run in a separate process"), "{reason}");
}
