//! Tests pass where the cache cannot be used, or must not be.

use std::fs;

use cached_smoke::Outcome;
use test_support::{Sandbox, tamper};

use crate::Reports;

#[test]
fn cache_off_builds_and_keeps_nothing() {
    let sandbox = Sandbox::new();
    sandbox.run("both").passes();
    sandbox.take_log();
    let off = sandbox.run("both").env("SMOKE_CACHE", "off").passes();
    assert_eq!((off.outcome("words"), off.outcome("lengths")), (Outcome::Bypassed, Outcome::Bypassed));
    assert_eq!(sandbox.take_builds(), ["build lengths", "build words"]);
    let empty = Sandbox::new();
    empty.run("both").env("SMOKE_CACHE", "off").passes();
    assert_eq!(empty.entry_files(), [""; 0].map(std::path::PathBuf::from));
}

#[test]
fn read_only_serves_hits_and_keeps_nothing() {
    let sandbox = Sandbox::new();
    let miss = sandbox.run("both").env("SMOKE_CACHE", "read-only").passes();
    assert_eq!(miss.outcome("words"), Outcome::Bypassed);
    assert_eq!(sandbox.entry_files(), [""; 0].map(std::path::PathBuf::from));

    sandbox.run("both").passes();
    // Also if the archive must be unpacked again.
    fs::remove_dir_all(sandbox.cache().join(".unpacked")).unwrap();
    let hit = sandbox.run("both").env("SMOKE_CACHE", "read-only").passes();
    assert_eq!((hit.outcome("words"), hit.outcome("lengths")), (Outcome::Hit, Outcome::Hit));
}

#[test]
fn build_from_an_edited_repository_is_not_kept() {
    let sandbox = Sandbox::new();
    let edited = sandbox.run("only_words").env("SUBJECT_EDIT", sandbox.repo().join("a.txt")).passes();
    assert_eq!(edited.outcome("words"), Outcome::Bypassed);
    assert!(edited.reason("words").contains("changed while it was being read"));
    assert_eq!(sandbox.entry_files(), [""; 0].map(std::path::PathBuf::from));
    assert_eq!(sandbox.run("only_words").passes().outcome("words"), Outcome::Built);
}

#[test]
fn entry_of_a_later_format_is_not_changed() {
    let sandbox = Sandbox::new();
    sandbox.run("only_words").passes();
    let manifest = sandbox.entry_file("words.json");
    let newer = fs::read_to_string(&manifest).unwrap().replacen("\"format\": ", "\"format\": 9", 1);
    tamper(&manifest, |_| newer.clone().into_bytes());
    let done = sandbox.run("only_words").passes();
    assert_eq!(done.outcome("words"), Outcome::Bypassed);
    assert!(done.stderr.contains("the entry is kept, and not used"), "{}", done.stderr);
    assert_eq!(fs::read_to_string(&manifest).unwrap(), newer);
}

#[test]
fn hit_does_not_need_a_writable_unpack_directory() {
    let sandbox = Sandbox::new();
    sandbox.run("both").passes();
    fs::remove_dir_all(sandbox.cache().join(".unpacked")).unwrap();
    fs::write(sandbox.cache().join(".unpacked"), "in the way").unwrap();
    let done = sandbox.run("both").passes();
    assert_eq!(done.outcome("words"), Outcome::Hit);
    assert!(done.stderr.contains("cannot be written to"), "{}", done.stderr);
}
