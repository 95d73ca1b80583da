//! Smoke tests over artifacts that log what is done to them. The tests of the other files run them, and check the log
//! and the records.

mod artifacts;
mod functions;
mod orders;
mod undeclared;
mod watched;

use std::fs;
use std::sync::Barrier;

use cached_smoke::{CacheReport, Outcome, Repo, Result, Session, cached_smoke};

use artifacts::{
    Config, Count, Declared, DeclaredToo, Impostor, Index, Lengths, LengthsConfig, Mapped, NeedsDeclared, Other, Shop,
    Subject, Words,
};
use orders::wait_in;

#[cached_smoke(repo = "bookshop")]
#[ignore = "run by the other tests, in a separate process"]
fn both(words: &Words, lengths: &Lengths) {
    assert!(words.0.iter().any(|word| word == "novel"), "the file's first word was lost: {:?}", words.0);
    assert_eq!(words.0.iter().map(String::len).collect::<Vec<_>>(), lengths.0);
}

#[cached_smoke(repo = "bookshop")]
#[ignore = "run by the other tests, in a separate process"]
fn only_words(words: &Words) {
    assert!(!words.0.is_empty());
}

#[cached_smoke(repo = "bookshop")]
#[ignore = "run by the other tests, in a separate process"]
fn only_lengths(lengths: &Lengths) {
    assert!(!lengths.0.is_empty());
}

#[cached_smoke(repo = "bookshop", suite = Subject)]
#[ignore = "run by the other tests, in a separate process"]
fn only_count(count: &Count) {
    assert!(count.0 > 0);
}

#[cached_smoke(repo = "bookshop", suite = Subject)]
#[ignore = "run by the other tests, in a separate process"]
fn reads_the_metrics(report: &CacheReport, count: &Count) {
    let metrics = &report.artifacts[0].metrics;
    assert_eq!(metrics["files"].to_string(), count.0.to_string());
    println!("metrics={metrics:?}");
}

#[cached_smoke(repo = "bookshop", suite = Other)]
#[ignore = "run by the other tests, in a separate process"]
fn other_count(count: &Count) {
    assert_eq!(count.0, 0);
}

#[cached_smoke(repo = "bookshop")]
#[ignore = "run by the other tests, in a separate process"]
fn impostor(_: &Impostor) {}

#[cached_smoke(repo = "bookshop", suite = Subject)]
#[ignore = "run by the other tests, in a separate process"]
fn count_and_impostor(_: &Count, _: &Impostor) {}

#[cached_smoke(repo = "bookshop", config = Config { lengths: LengthsConfig { at_least: 5 }, ..Config::default() })]
#[ignore = "run by the other tests, in a separate process"]
fn long_lengths(words: &Words, lengths: &Lengths) {
    assert!(lengths.0.len() < words.0.len() && lengths.0.iter().all(|length| *length >= 5));
}

#[cached_smoke(repo = "bookshop", suite = Subject)]
#[ignore = "run by the other tests, in a separate process"]
fn only_repo(repo: &Repo) -> std::result::Result<(), std::io::Error> {
    println!("revision={} path={}", repo.revision(), fs::canonicalize(repo.path())?.display());
    assert_eq!(repo.name(), "bookshop");
    Ok(())
}

#[cached_smoke(repo = "bookshop")]
#[ignore = "run by the other tests, in a separate process"]
fn takes_the_report(report: &CacheReport, _: &Words, Lengths(lengths): &Lengths) {
    assert!(!lengths.is_empty());
    assert_eq!(report.artifacts.len(), 2);
    println!("outcome={}", report.outcome().unwrap());
}

#[cached_smoke(repo = "bookshop", suite = Subject)]
#[ignore = "run by the other tests, in a separate process"]
fn asks_for_more(count: &Count, session: &Session<Subject>) -> std::result::Result<(), Box<dyn std::error::Error>> {
    assert!(count.0 > 0);
    let words: &Words = session.get()?;
    let again: Words = session.owned()?;
    assert_eq!(words.0, again.0);
    Ok(())
}

#[cached_smoke(repo = "bookshop")]
#[ignore = "run by the other tests, in a separate process"]
#[should_panic(expected = "the one that is waited for")]
fn waits_for_a_panic(words: &Words) {
    assert!(words.0.is_empty(), "the one that is waited for");
}

#[cached_smoke(repo = "bookshop")]
#[ignore = "run by the other tests, in a separate process"]
#[should_panic]
#[expect(clippy::should_panic_without_expect, reason = "any panic: that of a failed fixture must not count")]
fn waits_for_any_panic(words: &Words) {
    assert!(words.0.is_empty());
}

#[cached_smoke(repo = "bookshop")]
#[ignore = "run by the other tests, in a separate process"]
#[tokio::test]
async fn beneath(words: &Words) {
    tokio::task::yield_now().await;
    assert!(!words.0.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
#[cached_smoke(repo = "bookshop")]
#[ignore = "run by the other tests, in a separate process"]
async fn above(words: &Words) -> std::result::Result<(), String> {
    tokio::task::yield_now().await;
    if words.0.is_empty() { Err("no words".to_owned()) } else { Ok(()) }
}

#[cached_smoke(repos = ["bookshop", "scikit-learn"])]
#[ignore = "run by the other tests, in a separate process"]
fn over_two(words: &Words, repo: &Repo) {
    assert!(!words.0.is_empty(), "{}", repo.name());
}

#[cached_smoke]
#[ignore = "run by the other tests, in a separate process"]
fn everywhere(words: &Words) {
    assert!(!words.0.is_empty());
}

/// Many threads ask at once.
#[test]
#[ignore = "run by the other tests, in a separate process"]
fn by_many_threads() {
    let barrier = Barrier::new(64);
    std::thread::scope(|scope| {
        for _ in 0..64 {
            scope.spawn(|| {
                barrier.wait();
                let session = Session::<Subject>::open("bookshop").unwrap();
                assert!(!session.get::<Lengths>().unwrap().0.is_empty());
                assert!(!session.get::<Words>().unwrap().0.is_empty());
            });
        }
    });
}

/// Asks for one artifact of two repositories.
#[test]
#[ignore = "run by the other tests, in a separate process"]
fn counts_two_repositories() {
    for repo in ["bookshop", "scikit-learn"] {
        let session = Session::<Subject>::open(repo).unwrap();
        session.get::<Count>().unwrap();
        let key = &session.report().artifacts[0].key;
        assert!(key.starts_with(&format!("{repo}:")), "{key}");
    }
}

/// Asks twice for one artifact in one process.
#[test]
#[ignore = "run by the other tests, in a separate process"]
fn by_two_sessions() {
    for expected in [Outcome::Built, Outcome::Shared] {
        let session = Session::<Subject>::open("bookshop").unwrap();
        session.get::<Words>().unwrap();
        session.get::<Words>().unwrap();
        assert_eq!(session.report().artifacts.len(), 1);
        assert_eq!(session.report().outcome(), Some(expected));
    }
}

#[cached_smoke(repo = "bookshop", config = panic!("no configuration"))]
#[ignore = "run by the other tests, in a separate process"]
#[should_panic]
#[expect(clippy::should_panic_without_expect, reason = "any panic: that of the configuration must not count")]
fn waits_without_a_configuration(_: &Words) {}

#[cached_smoke(repo = "bookshop")]
#[ignore = "run by the other tests, in a separate process"]
fn ends_its_process(_: &Words) {
    std::process::exit(1);
}

/// The requests of a session are recorded when the test ends, and this one does not.
#[cached_smoke(repo = "bookshop")]
#[ignore = "run by the other tests, in a separate process"]
fn ends_its_process_with_a_session(_: &Words, _: &Session<Subject>) {
    std::process::exit(1);
}

/// Starts the first executable of a chain. Each starts the next one twice. The last one is a test under cargo.
#[test]
#[ignore = "run by the other tests, in a separate process"]
fn starts_a_chain() {
    let chain = orders::order("SUBJECT_CHAIN").unwrap();
    let (next, rest) = chain.split_once(':').unwrap_or((&chain, ""));
    let is_first = orders::order("SUBJECT_IS_BELOW").is_none();
    for _ in 0..if is_first { 1 } else { 2 } {
        let mut command = std::process::Command::new(next);
        command.env("SUBJECT_CHAIN", rest).env("SUBJECT_IS_BELOW", "1").args(["--exact", "--ignored"]);
        if rest.is_empty() {
            command.env("CARGO_MANIFEST_DIR", orders::order("SUBJECT_MANIFEST_DIR").unwrap());
            command.env("CARGO", orders::order("SUBJECT_CARGO").unwrap()).arg("subject::only_words");
        } else {
            command.arg("subject::starts_a_chain");
        }
        assert!(command.status().unwrap().success());
    }
}

#[cached_smoke(repo = "bookshop")]
#[ignore = "run by the other tests, in a separate process"]
fn owns_what_needs_another(session: &Session<Subject>) -> Result<()> {
    assert!(!session.owned::<Lengths>()?.0.is_empty());
    Ok(())
}

#[cached_smoke(repo = "bookshop", suite = Subject, config = Config::from_orders())]
#[ignore = "run by the other tests, in a separate process"]
fn configured_count(count: &Count) {
    assert!(count.0 > 0);
}

#[cached_smoke(repo = "bookshop", suite = Subject)]
#[ignore = "run by the other tests, in a separate process"]
fn reads_what_it_has_mapped(mapped: &Mapped) {
    wait_in("test");
    assert_eq!(&mapped.0[..], b"novel of manners\n");
}

#[cached_smoke(repo = "bookshop")]
#[ignore = "run by the other tests, in a separate process"]
fn fails(_: &Words) {
    panic!("told to fail");
}

#[cached_smoke(repo = "bookshop")]
#[ignore = "run by the other tests, in a separate process"]
fn only_declared(_: &Declared) {}

#[cached_smoke(repo = "bookshop")]
#[ignore = "run by the other tests, in a separate process"]
fn both_declared(_: &Declared, _: &DeclaredToo) {}

#[cached_smoke(repo = "bookshop")]
#[ignore = "run by the other tests, in a separate process"]
fn only_needs_declared(_: &NeedsDeclared) {}

#[cached_smoke(repo = "bookshop")]
#[ignore = "run by the other tests, in a separate process"]
fn reads_an_index(index: &Index<false>) {
    assert_eq!(index.0, "indexed");
}

#[cached_smoke(repo = "bookshop")]
#[ignore = "run by the other tests, in a separate process"]
fn reads_a_viewed_index(index: &Index<true>) {
    assert_eq!(index.0, "indexed");
}

#[test]
#[ignore = "run by the other tests, in a separate process"]
fn sells() {
    let session = Session::<Subject>::open("bookshop").unwrap();
    session.scratch::<Shop>().unwrap().sell();
}

#[test]
#[ignore = "run by the other tests, in a separate process"]
fn sells_in_two_copies() {
    let session = Session::<Subject>::open("bookshop").unwrap();
    let mut first = session.scratch::<Shop>().unwrap();
    first.sell();
    let mut second = session.scratch::<Shop>().unwrap();
    assert_ne!(first.dir(), second.dir());
    assert_eq!((first.lines(), second.lines()), (2, 1));
    second.sell();
    second.sell();
    assert_eq!((first.lines(), second.lines()), (2, 3));
    assert_eq!(session.get::<Shop>().unwrap().words, first.words);
}

#[test]
#[ignore = "run by the other tests, in a separate process"]
fn sells_and_fails() {
    let session = Session::<Subject>::open("bookshop").unwrap();
    let mut shop = session.scratch::<Shop>().unwrap();
    shop.sell();
    assert_eq!(shop.lines(), 1, "told to fail");
}

#[test]
#[ignore = "run by the other tests, in a separate process"]
fn keeps_its_copy() {
    let session = Session::<Subject>::open("bookshop").unwrap();
    let mut shop = session.scratch::<Shop>().unwrap();
    shop.sell();
    println!("kept={}", shop.keep().display());
}

#[test]
#[ignore = "run by the other tests, in a separate process"]
fn copies_many_times() {
    let session = Session::<Subject>::open("bookshop").unwrap();
    for _ in 0..100 {
        session.scratch::<Shop>().unwrap().assert_is_of_one_build();
    }
}

/// A body that does not need its artifacts.
#[test]
#[ignore = "run by the other tests, in a separate process"]
fn goes_on_without_artifacts() {
    let session = Session::<Subject>::open("bookshop").unwrap();
    let _ = session.get::<Words>();
    let _ = session.owned::<Lengths>();
    let again = Session::<Subject>::open("bookshop").unwrap();
    let _ = again.get::<Count>();
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "run by the other tests, in a separate process"]
async fn asks_in_a_runtime() -> std::result::Result<(), cached_smoke::Error> {
    let session = Session::<Subject>::open("bookshop")?;
    let words = tokio::task::block_in_place(|| session.owned::<Words>())?;
    assert!(!words.0.is_empty());
    Ok(())
}

struct Refusal;

impl std::process::Termination for Refusal {
    fn report(self) -> std::process::ExitCode {
        std::process::ExitCode::FAILURE
    }
}

#[cached_smoke(repo = "bookshop")]
#[ignore = "run by the other tests, in a separate process"]
fn refuses(_: &Words) -> Refusal {
    Refusal
}
