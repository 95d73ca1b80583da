//! Where there is no room, at whatever write that turns out, the test passes on a build of its own, says so once, and
//! leaves an artifact or none.
#![cfg(target_os = "linux")]

use std::fs;

use cached_smoke::Outcome;
use cached_smoke::tooling::read_reports;
use test_support::{Sandbox, SmallDisk};

use crate::Reports;

const WARNING: &str = "cannot be written to, so nothing is kept";

/// One test on a disk with little room, then another with plenty. What was there at the end of the first: everything?
fn with(options: &str) -> Option<bool> {
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
    assert_eq!(outcomes, expected, "{options}: what has a manifest is whole, and nothing else is served");
    assert_eq!(fs::read_dir(disk.cache().join(".staging")).unwrap().count(), 0, "{options}: swept");
    let trash = fs::read_dir(disk.cache().join(".trash")).into_iter().flatten().flatten();
    let damaged = trash.filter(|entry| entry.file_name().to_string_lossy().starts_with("damaged-"));
    assert_eq!(damaged.count(), 0, "{options}: nothing that was half-written was taken for an artifact");
    Some(!published.contains(&false))
}

/// Whether an entry of the repository has a file of that name.
fn find(repo: &std::path::Path, name: &str) -> bool {
    fs::read_dir(repo).into_iter().flatten().flatten().any(|entry| entry.path().join(name).is_file())
}

/// From too little for the first write to enough for the last.
fn at_each_write(options: impl Fn(u32) -> String) {
    for number in 1.. {
        match with(&options(number)) {
            None => return,
            Some(true) => {
                assert!(number > 6, "there is more to be written: {number}");
                return;
            }
            Some(false) => {}
        }
    }
}

#[test]
fn at_each_page_that_is_written() {
    at_each_write(|pages| format!("size={},nr_inodes=10000", pages * 4096));
}

#[test]
fn at_each_file_and_directory_that_is_made() {
    at_each_write(|inodes| format!("size=100m,nr_inodes={inodes}"));
}

/// Any user may try this: no file, in the cache or out of it, may have more than so many blocks of 512 bytes. What is built
/// straight into its directory then fails, for want of another place, and says so.
#[test]
fn at_each_size_that_a_file_may_have() {
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
            assert!(blocks > 6, "{blocks}: there was to be no room");
            return;
        }
    }
    panic!("64 blocks were to be enough");
}
