//! Files, directories, variables and tools that `Artifact::key` declares.

mod directories;
mod edits;
mod errors;
mod files;
#[cfg(unix)]
mod tools;
mod variables;

use std::fs;
use std::path::PathBuf;

use cached_smoke::Outcome;
use test_support::{Run, Sandbox};

use crate::Reports;

/// A sandbox whose artifact `declared` declares `inputs`.
struct Fixture {
    sandbox: Sandbox,
    inputs: &'static str,
}

impl Fixture {
    fn new(inputs: &'static str) -> Fixture {
        let fixture = Fixture { sandbox: Sandbox::new(), inputs };
        fixture.write("data/model.bin", "one");
        fixture
    }

    /// Returns a path in the directory of the package.
    fn path(&self, path: &str) -> PathBuf {
        self.sandbox.path("project").join(path)
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn run(&self) -> Run<'_> {
        self.sandbox.run("only_declared").env("SUBJECT_INPUTS", self.inputs)
    }

    /// Expects a miss for `reason` after `change`, then a hit, and a hit again after `undo`.
    #[track_caller]
    fn counts(&self, reason: &str, change: impl FnOnce(), undo: impl FnOnce()) {
        self.run().passes();
        assert_eq!(self.run().passes().outcome("declared"), Outcome::Hit, "nothing has changed before: {reason}");
        change();
        let miss = self.run().passes();
        assert_eq!(miss.outcome("declared"), Outcome::Built, "{reason}");
        assert_eq!(miss.reason("declared"), reason);
        assert_eq!(self.run().passes().outcome("declared"), Outcome::Hit, "nothing more has changed: {reason}");
        undo();
        assert_eq!(self.run().passes().outcome("declared"), Outcome::Hit, "undone: {reason}");
        // So that the next reason is about the difference from this state.
        fs::remove_dir_all(self.sandbox.cache().join("bookshop")).unwrap();
    }

    /// Returns the error of a key that cannot be computed.
    #[track_caller]
    fn error(&self) -> String {
        let failed = self.run().fails();
        assert!(failed.stderr.contains("failed to compute the key of `declared` of bookshop"), "{}", failed.stderr);
        assert!(self.sandbox.take_builds().is_empty());
        failed.stderr
    }
}

/// Repeats the run until the digests of so many inputs are kept: this takes some seconds after their last change. On
/// Windows, none is kept.
#[cfg(unix)]
fn run_until_remembered(fixture: &Fixture, inputs: usize) {
    let kept = || {
        let kept = fs::read_dir(fixture.sandbox.cache().join(".stamps")).into_iter().flatten().flatten();
        kept.filter(|entry| entry.file_name().to_string_lossy().starts_with("input-")).count()
    };
    while kept() < inputs {
        fixture.run().passes();
    }
}

#[test]
fn two_artifacts_have_their_own_inputs() {
    let fixture = Fixture::new("file data/model.bin\nvariable SCHEMA");
    fixture.write("other.txt", "one");
    let run = || {
        let run = fixture.sandbox.run("both_declared").env("SUBJECT_INPUTS", fixture.inputs);
        let done = run.env("SUBJECT_MORE_INPUTS", "file other.txt\nvariable SCHEMA").passes();
        (done.outcome("declared"), done.outcome("declared_too"))
    };
    assert_eq!(run(), (Outcome::Built, Outcome::Built));
    fixture.write("other.txt", "two");
    assert_eq!(run(), (Outcome::Hit, Outcome::Built));
    fixture.write("data/model.bin", "two");
    assert_eq!(run(), (Outcome::Built, Outcome::Hit));
}

#[test]
fn artifact_has_the_inputs_of_its_dependencies() {
    let fixture = Fixture::new("file data/model.bin");
    let run = || fixture.sandbox.run("only_needs_declared").env("SUBJECT_INPUTS", fixture.inputs).passes();
    run();
    assert_eq!(run().outcome("needs_declared"), Outcome::Hit);
    fixture.write("data/model.bin", "two");
    let miss = run();
    assert_eq!(miss.reason("needs_declared"), "file data/model.bin changed");
    fixture.write("data/model.bin", "one");
    assert_eq!(run().outcome("needs_declared"), Outcome::Hit);
}

#[test]
fn input_declared_twice_is_one_key_input() {
    let fixture = Fixture::new("file data/model.bin\nvariable SCHEMA");
    fixture.run().passes();
    let absolute = fixture.path("data/model.bin");
    let again = format!("{}\nfile ./data/model.bin\nfile {}\nvariable SCHEMA", fixture.inputs, absolute.display());
    let run = fixture.sandbox.run("only_declared").env("SUBJECT_INPUTS", again);
    assert_eq!(run.passes().outcome("declared"), Outcome::Hit);
    let other = fixture.sandbox.run("only_declared").env("SUBJECT_INPUTS", "file data/model.bin").passes();
    assert_eq!(other.reason("declared"), "variable SCHEMA is no longer declared");
}

#[test]
fn package_location_does_not_change_the_key() {
    let fixture = Fixture::new("file data/model.bin\ndirectory data");
    fixture.run().passes();
    let moved = fixture.sandbox.path("moved");
    fs::rename(fixture.sandbox.path("project"), &moved).unwrap();
    assert_eq!(fixture.run().env("CARGO_MANIFEST_DIR", &moved).passes().outcome("declared"), Outcome::Hit);
}

#[cfg(unix)]
#[test]
fn cache_off_keeps_no_digest() {
    let fixture = Fixture::new("file data/model.bin\ndirectory data\nvariable SCHEMA");
    // So that a digest could be kept.
    run_until_remembered(&fixture, 2);
    fs::remove_dir_all(fixture.sandbox.cache()).unwrap();
    fixture.run().env("SMOKE_CACHE", "off").passes();
    assert!(!fixture.sandbox.cache().join(".stamps").exists());
    assert!(fixture.sandbox.entry_files().is_empty());
}

#[test]
fn key_recorded_before_a_build_has_all_inputs() {
    let fixture = Fixture::new("file data/model.bin\ndirectory data\nvariable SCHEMA");
    let told = fixture.sandbox.run_within("told", "only_declared").env("SUBJECT_INPUTS", fixture.inputs);
    told.env("SMOKE_STOP_AFTER", "key").env("SCHEMA", "one").passes();
    let keys = cached_smoke::tooling::read_keys(&fixture.sandbox.cache(), "told").unwrap();
    let summaries: Vec<String> =
        keys[0].key_inputs.iter().map(|key_input| format!("{} {}", key_input.name, key_input.summary())).collect();
    let digest = &blake3::hash(b"one").to_hex()[..12];
    for expected in [&format!("file data/model.bin {digest}"), "variable SCHEMA=\"one\""] {
        assert!(summaries.iter().any(|summary| summary == expected), "{expected}: {summaries:?}");
    }
    assert!(summaries.iter().any(|summary| summary.starts_with("directory data ")), "{summaries:?}");
}
