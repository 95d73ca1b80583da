//! The cache is kept within its budget: the least recently used artifacts are evicted, but none that a process uses.

use std::fs;

use cached_smoke::Outcome;
use test_support::{Sandbox, tamper};

use crate::Reports;

/// Returns the size of all entries and of their unpacked files, in bytes.
fn bytes(sandbox: &Sandbox) -> u64 {
    let mut files = sandbox.entry_files();
    files.extend(sandbox.unpacked_files());
    files.iter().filter(|path| path.extension().is_none_or(|extension| extension != "json")).map(size).sum()
}

fn size(path: &std::path::PathBuf) -> u64 {
    fs::metadata(path).unwrap().len()
}

#[test]
fn least_recently_used_is_evicted_at_the_start_of_a_run() {
    let sandbox = Sandbox::new();
    sandbox.run("only_words").passes();
    sandbox.run("only_count").passes();
    // Built earlier, but used later.
    sandbox.run("only_words").passes();

    let limit = bytes(&sandbox) - 1;
    let words = sandbox.run("only_words").env("SMOKE_MAX_SIZE", format!("{limit}B")).passes();
    assert_eq!(words.outcome("words"), Outcome::Hit);
    assert!(words.stderr.contains("removed 1 artifacts ("), "{}", words.stderr);
    let count = sandbox.run("only_count").passes();
    assert_eq!(count.outcome("count"), Outcome::Built);
    assert_eq!(count.reason("count"), "first build");
}

#[test]
fn nothing_is_evicted_within_the_limit() {
    let sandbox = Sandbox::new();
    sandbox.run("only_words").passes();
    let limit = bytes(&sandbox);
    let roomy = sandbox.run("only_words").env("SMOKE_MAX_SIZE", format!("{limit}B")).passes();
    assert_eq!(roomy.outcome("words"), Outcome::Hit);
    assert!(!roomy.stderr.contains("removed"), "{}", roomy.stderr);
}

/// Otherwise tests that need more than the limit would build in each run.
#[test]
fn artifacts_that_these_tests_used_last_time_stay() {
    let sandbox = Sandbox::new();
    sandbox.run("only_words").passes();
    sandbox.run("only_count").passes();
    let words = sandbox.run("only_words").env("SMOKE_MAX_SIZE", "1B").passes();
    assert_eq!(words.outcome("words"), Outcome::Hit);
    assert!(words.stderr.contains("removed 1 artifacts ("), "{}", words.stderr);
    assert!(words.stderr.contains("the rest is in use, or these tests used it last time"), "{}", words.stderr);
    assert_eq!(sandbox.run("only_count").passes().outcome("count"), Outcome::Built);
}

#[test]
fn default_limit_announces_what_it_evicts() {
    const ANNOUNCED: &str = "from the cache; ";
    const HELP: &str = "because the default limit is 10 GB\nhelp: set SMOKE_MAX_SIZE to a larger size";
    let sandbox = Sandbox::new();
    for announce in ["on", "off"] {
        sandbox.run("only_words").passes();
        sandbox.run("only_count").passes();
        // A hole: it takes no space.
        let archive = sandbox.entry_file("words.tar.zst");
        fs::remove_file(&archive).unwrap();
        fs::File::create(&archive).unwrap().set_len(11_000_000_000).unwrap();

        let unlimited = sandbox.run("only_count").env("SMOKE_MAX_SIZE", "none").passes();
        assert!(!unlimited.stderr.contains(ANNOUNCED) && archive.exists(), "{}", unlimited.stderr);
        let limited = sandbox.run("only_count").env("SMOKE_ANNOUNCE", announce).passes();
        assert!(limited.stderr.contains(ANNOUNCED) && limited.stderr.contains(HELP), "{}", limited.stderr);
        assert!(!archive.exists());
        // For the summary of the tool, which turns announcements off.
        let warnings = sandbox.cache().join(".runs").join(&limited.run).join("warnings.jsonl");
        assert_eq!(warnings.exists(), announce == "off");
    }
}

#[cfg(unix)]
#[test]
fn artifacts_that_a_process_uses_or_builds_stay() {
    let sandbox = Sandbox::new();
    // While the process builds `lengths`, it uses `words`.
    let (user, held) = sandbox.run("both").start_until_in("lengths");

    let other = sandbox.run("only_count").env("SMOKE_MAX_SIZE", "1B").passes();
    assert!(other.stderr.contains("more than SMOKE_MAX_SIZE allows: the rest is in use"), "{}", other.stderr);
    assert!(sandbox.entry_file("words.json").is_file() && sandbox.entry_file("words.tar.zst").is_file());

    drop(held);
    let user = user.done();
    assert!(user.passed, "{}", user.stdout);
    assert_eq!(user.outcome("lengths"), Outcome::Built);

    // Now no process uses it.
    sandbox.run("only_count").env("SMOKE_MAX_SIZE", "1B").passes();
    assert!(!sandbox.entry_files().iter().any(|path| path.ends_with("words.json")));
}

/// Other processes change the cache while a test has mapped a file of it.
#[cfg(unix)]
#[test]
fn mapped_file_stays_valid_after_its_entry_is_gone() {
    type Fate = fn(&Sandbox);
    for (fate, removed) in [
        ((|sandbox| drop(sandbox.run("only_count").env("SMOKE_MAX_SIZE", "1B").passes())) as Fate, false),
        (
            |sandbox| {
                sandbox.run("reads_what_it_has_mapped").env("SMOKE_FORCE_REBUILD", "all").passes();
                // This run empties the trash.
                sandbox.run("only_count").passes();
            },
            false,
        ),
        (
            |sandbox| {
                tamper(&sandbox.entry_file("mapped/text"), |_| b"damaged".to_vec());
                sandbox.run("reads_what_it_has_mapped").passes();
            },
            false,
        ),
        (|sandbox| fs::remove_dir_all(sandbox.cache()).unwrap(), true),
    ] {
        let sandbox = Sandbox::new();
        let (reader, held) = sandbox.run("reads_what_it_has_mapped").start_until_in("test");
        fate(&sandbox);
        assert_eq!(sandbox.cache().exists(), !removed);
        drop(held);
        let done = reader.done();
        assert!(done.passed, "{}{}", done.stdout, done.stderr);
    }
}

#[test]
fn concurrent_evictions_and_builds_all_succeed() {
    let sandbox = Sandbox::new();
    sandbox.run("both").passes();
    let started: Vec<_> = (0..8)
        .map(|number| sandbox.run_within(&format!("r{number}"), "both").env("SMOKE_MAX_SIZE", "1B").start())
        .collect();
    for started in started {
        let done = started.done();
        assert!(done.passed, "{}\n{}", done.stdout, done.stderr);
    }
}

#[test]
fn files_without_manifest_go_and_foreign_files_stay() {
    let sandbox = Sandbox::new();
    sandbox.run("both").passes();
    let manifest = sandbox.entry_file("words.json");
    let entry = manifest.parent().unwrap().to_owned();
    fs::remove_file(manifest).unwrap();
    fs::write(entry.join("notes.txt"), "mine").unwrap();
    let elsewhere = sandbox.path("elsewhere");
    fs::create_dir_all(elsewhere.join("a-0123456789abcdef/words")).unwrap();
    fs::write(elsewhere.join("a-0123456789abcdef/words/words"), "mine").unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(&elsewhere, sandbox.cache().join("linked")).unwrap();

    sandbox.run("only_count").env("SMOKE_MAX_SIZE", "1GB").passes();
    assert!(!entry.join("words.tar.zst").exists());
    assert!(!sandbox.unpacked_files().iter().any(|path| path.ends_with("words/words")));
    assert!(sandbox.entry_file("lengths.json").is_file(), "its manifest is there");
    assert!(entry.join("notes.txt").is_file());
    assert!(elsewhere.join("a-0123456789abcdef/words/words").is_file());
}

#[test]
fn files_of_a_publication_in_flight_stay() {
    let sandbox = Sandbox::new();
    sandbox.run("only_words").passes();
    let manifest = sandbox.entry_file("words.json");
    fs::remove_file(&manifest).unwrap();
    let entry = manifest.parent().unwrap();
    let archive = entry.join("words.tar.zst");
    let lock = sandbox.cache().join(".locks/bookshop").join(entry.file_name().unwrap()).join("words.lock");

    let held = fs::File::open(lock).unwrap();
    held.lock().unwrap();
    sandbox.run("only_count").env("SMOKE_MAX_SIZE", "1GB").passes();
    assert!(archive.exists());
    drop(held);
    sandbox.run("only_count").env("SMOKE_MAX_SIZE", "1GB").passes();
    assert!(!archive.exists());
}

#[test]
fn entry_of_a_later_format_stays() {
    let sandbox = Sandbox::new();
    sandbox.run("only_words").passes();
    let manifest = sandbox.entry_file("words.json");
    tamper(&manifest, |text| {
        String::from_utf8(text).unwrap().replacen("\"format\": ", "\"format\": 9", 1).into_bytes()
    });
    sandbox.run("only_count").env("SMOKE_MAX_SIZE", "1B").passes();
    assert!(manifest.is_file() && sandbox.entry_file("words.tar.zst").is_file());
}

// On Windows, no directory can be opened to set its time.
#[cfg(unix)]
#[test]
fn old_runs_and_trash_go_at_the_start_of_a_run() {
    let sandbox = Sandbox::new();
    sandbox.run("only_words").passes();
    let old = sandbox.cache().join(".runs/old");
    fs::create_dir(&old).unwrap();
    let long_ago = std::time::SystemTime::now() - std::time::Duration::from_hours(40 * 24);
    fs::File::open(&old).unwrap().set_modified(long_ago).unwrap();
    let malformed = sandbox.cache().join(".trash/odd/0-words.json");
    fs::create_dir_all(&malformed).unwrap();
    let entry = sandbox.entry_file("words.json").parent().unwrap().to_owned();

    sandbox.run("only_count").env("SMOKE_MAX_SIZE", "1B").passes();
    assert!(!old.exists());
    assert!(!entry.exists(), "an empty entry is removed");
    assert_eq!(fs::read_dir(sandbox.cache().join(".trash")).unwrap().count(), 0);
}

#[test]
fn directories_without_an_entry_name_stay() {
    let sandbox = Sandbox::new();
    sandbox.run("only_words").passes();
    let mine = sandbox.cache().join("mine/notes/words/file");
    fs::create_dir_all(mine.parent().unwrap()).unwrap();
    fs::write(&mine, "mine").unwrap();
    sandbox.run("only_count").env("SMOKE_MAX_SIZE", "1B").passes();
    assert!(mine.is_file());
}

#[test]
fn malformed_size_is_an_error() {
    let done = Sandbox::new().run("only_words").env("SMOKE_MAX_SIZE", "lots").fails();
    let expected = "SMOKE_MAX_SIZE is `lots`, but must be a size such as `500MB`, `5GB` or `5GiB`";
    assert!(done.stderr.contains(expected), "{}", done.stderr);
}
