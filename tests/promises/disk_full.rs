//! On a full disk a test passes on a private build, with one warning, and leaves an artifact or none. This holds for
//! each write that may be the one without room.
#![cfg(target_os = "linux")]

use std::fs;

use cached_smoke::Outcome;
use cached_smoke::tooling::read_reports;
use test_support::{Sandbox, SmallDisk};

use crate::Reports;

const WARNING: &str = "cannot be written to, so nothing is kept";

/// Runs a test on a small disk, and again with plenty of room. Returns `true` if the first run published everything.
fn passes_with(options: &str) -> Option<bool> {
    let sandbox = Sandbox::without_git();
    let mut disk = SmallDisk::mount(&sandbox, options)?;
    let tight = disk.run_within("tight", "both").passes();
    assert!(tight.stderr.matches(WARNING).count() <= 1, "{options}: one warning: {}", tight.stderr);
    let published = ["words.json", "lengths.json"].map(|name| find(&disk.cache().join("bookshop"), name));
    let is_warned = tight.stderr.contains(WARNING);
    assert_eq!(is_warned, published.contains(&false), "{options}: {published:?}: {}", tight.stderr);

    disk.enlarge();
    let roomy = disk.run_within("roomy", "both").passes();
    assert!(!roomy.stderr.contains("warning"), "{options}: {}", roomy.stderr);
    let reports = read_reports(&disk.cache(), "roomy").unwrap();
    let outcomes = ["words", "lengths"].map(|artifact| {
        let found = reports.iter().flat_map(|report| &report.artifacts).find(|report| report.artifact == artifact);
        found.map(|report| report.outcome)
    });
    let expected = published.map(|published| Some(if published { Outcome::Hit } else { Outcome::Built }));
    assert_eq!(outcomes, expected, "{options}: an artifact with a manifest is complete, and no other is served");
    assert_eq!(fs::read_dir(disk.cache().join(".staging")).unwrap().count(), 0, "{options}: swept");
    let trash = fs::read_dir(disk.cache().join(".trash")).into_iter().flatten().flatten();
    let damaged = trash.filter(|entry| entry.file_name().to_string_lossy().starts_with("damaged-"));
    assert_eq!(damaged.count(), 0, "{options}: no half-written artifact was published");
    Some(!published.contains(&false))
}

/// Returns `true` if an entry of the repository has a file of that name.
fn find(repo: &std::path::Path, name: &str) -> bool {
    fs::read_dir(repo).into_iter().flatten().flatten().any(|entry| entry.path().join(name).is_file())
}

/// Tries disks from too small for the first write to large enough for the last.
fn at_each_write(options: impl Fn(u32) -> String) {
    for number in 1.. {
        match passes_with(&options(number)) {
            None => return,
            Some(true) => {
                assert!(number > 6, "only {number} writes");
                return;
            }
            Some(false) => {}
        }
    }
}

#[test]
fn test_passes_without_room_for_any_page() {
    at_each_write(|pages| format!("size={},nr_inodes=10000", pages * 4096));
}

#[test]
fn test_passes_without_an_inode_for_any_file() {
    at_each_write(|inodes| format!("size=100m,nr_inodes={inodes}"));
}

/// No file, in the cache or outside of it, may have more than so many blocks of 512 bytes. Any user can set this limit.
/// A directory artifact then fails with an error: no directory has room for it.
#[test]
fn test_passes_under_any_file_size_limit() {
    let text = "novel ".repeat(2_000);
    for blocks in 1..=64 {
        let sandbox = Sandbox::without_git();
        fs::write(sandbox.repo().join("long.txt"), &text).unwrap();
        let script = format!("trap '' XFSZ && ulimit -f {blocks} && exec \"$0\" \"$@\"");
        let limited = |test: &str| sandbox.run(test).wrapped("sh", &["-c", &script]);
        let words = limited("only_words").passes();
        assert!(words.stderr.matches(WARNING).count() <= 1, "{blocks}: {}", words.stderr);
        let both = limited("both").done();
        assert!(both.passed || both.stderr.contains("File too large"), "{blocks}: {}{}", both.stdout, both.stderr);
        let is_kept = limited("both").done().stdout.contains("cache_hit=1");

        let unlimited = sandbox.run("both").passes();
        assert!(!unlimited.stderr.contains("warning"), "{blocks}: {}", unlimited.stderr);
        if is_kept {
            assert_eq!(unlimited.outcome("lengths"), Outcome::Hit, "{blocks}");
            assert!(blocks > 6, "{blocks}: too many blocks");
            return;
        }
    }
    panic!("64 blocks are not enough");
}
