//! `load` finds the files that `save` wrote, including empty directories, executable files and holes.
#![cfg(unix)]

use std::fs;

use cached_smoke::Outcome;
use test_support::Sandbox;

use crate::Reports;

#[test]
fn empty_directories_executables_and_holes_are_kept() {
    let sandbox = Sandbox::new();
    let run = || sandbox.run("both").env("SUBJECT_KINDS", "1").passes();
    let built = run();
    assert_eq!((built.outcome("words"), built.outcome("lengths")), (Outcome::Built, Outcome::Built));
    let hit = run();
    assert_eq!((hit.outcome("words"), hit.outcome("lengths")), (Outcome::Hit, Outcome::Hit));
    fs::remove_dir_all(sandbox.cache().join(".unpacked")).unwrap();
    assert_eq!(run().outcome("words"), Outcome::Hit, "unpacked again");
    assert_eq!(sandbox.take_builds(), ["build lengths", "build words"]);
}

#[test]
fn missing_empty_directory_is_damage() {
    let sandbox = Sandbox::new();
    let run = || sandbox.run("only_lengths").env("SUBJECT_KINDS", "1").passes();
    run();
    let hollow = sandbox.entry_file("below/lengths").ancestors().nth(2).unwrap().join("hollow");
    fs::remove_dir_all(hollow).unwrap();
    let done = run();
    assert_eq!(done.outcome("lengths"), Outcome::Built);
    assert_eq!(done.reason("lengths"), "some of its files are missing");
}
