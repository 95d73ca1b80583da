//! The suite that machines build: an archive, and a directory that depends on it. A machine starts this executable
//! again for these tests.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::Duration;

use cached_smoke::{Artifact, BuildContext, CodeFingerprint, KeyBuilder, LoadContext, Result, Session, Storage, Suite};

/// The variable with the milliseconds that a build takes.
pub(crate) const TAKES: &str = "SUBJECT_TAKES";
/// The variable with the pipe that a build waits at.
pub(crate) const WAITS: &str = "SUBJECT_WAITS";
/// The variable with text that a build adds to the words of the repository. No key input.
pub(crate) const ADDS: &str = "SUBJECT_ADDS";
/// The variable with a number that is a key input.
pub(crate) const VERSION: &str = "SUBJECT_VERSION";

struct Shop;

#[derive(serde::Serialize)]
struct Config {
    version: String,
}

impl Default for Config {
    fn default() -> Config {
        Config { version: std::env::var(VERSION).unwrap_or_default() }
    }
}

impl Suite for Shop {
    type Config = Config;
    const CODE: CodeFingerprint = cached_smoke::code_fingerprint!("tests/machines");
}

/// The words of the repository. Stored as an archive.
struct Words(String);

/// The lengths of the words. Stored as a directory, in a directory below it.
struct Lengths(String);

impl Artifact<Shop> for Words {
    const NAME: &'static str = "words";
    const RELOCATABLE: bool = true;

    fn build(cx: &BuildContext<'_, Shop>) -> Result<Self> {
        work("words");
        let added = std::env::var(ADDS).unwrap_or_default();
        let words = fs::read_to_string(cx.repo().path().join("a.txt"))? + &added;
        cx.metric("bytes", words.len());
        Ok(Words(words))
    }

    fn save(&self, dir: &Path) -> Result<()> {
        Ok(fs::write(dir.join("words"), &self.0)?)
    }

    fn load(cx: &LoadContext<'_, Shop>) -> Result<Self> {
        Ok(Words(fs::read_to_string(cx.dir().join("words"))?))
    }
}

impl Artifact<Shop> for Lengths {
    const NAME: &'static str = "lengths";
    const STORAGE: Storage = Storage::Directory;

    fn key(key: &mut KeyBuilder<'_, Shop>) {
        key.needs::<Words>();
    }

    fn build(cx: &BuildContext<'_, Shop>) -> Result<Self> {
        let words = &cx.artifact::<Words>()?.0;
        work("lengths");
        let lengths: Vec<String> = words.split_whitespace().map(|word| word.len().to_string()).collect();
        fs::create_dir_all(cx.dir().join("below"))?;
        fs::write(cx.dir().join("below/lengths"), lengths.join(" "))?;
        Ok(Lengths(lengths.join(" ")))
    }

    fn load(cx: &LoadContext<'_, Shop>) -> Result<Self> {
        Ok(Lengths(fs::read_to_string(cx.dir().join("below/lengths"))?))
    }
}

/// Logs a build, and takes as long as the outer test orders.
fn work(artifact: &str) {
    test_support::subject::log(&format!("build {artifact}"));
    if let Some(pipe) = std::env::var_os(WAITS) {
        fs::read(pipe).unwrap();
    }
    let takes = std::env::var(TAKES).ok().and_then(|text| text.parse().ok()).unwrap_or(0);
    thread::sleep(Duration::from_millis(takes));
}

fn check(words: &Words, lengths: &Lengths) {
    let expected: Vec<String> = words.0.split_whitespace().map(|word| word.len().to_string()).collect();
    assert_eq!(lengths.0, expected.join(" "));
    assert!(words.0.starts_with("novel of manners"), "{}", words.0);
}

#[test]
#[ignore = "run by the other tests"]
fn both() {
    let session = Session::<Shop>::open("bookshop").unwrap();
    check(session.get().unwrap(), session.get().unwrap());
}

#[test]
#[ignore = "run by the other tests"]
fn only_words() {
    let session = Session::<Shop>::open("bookshop").unwrap();
    assert!(session.get::<Words>().unwrap().0.starts_with("novel"));
}

#[test]
#[ignore = "run by the other tests"]
fn four_of_other_keys() {
    for version in 1..=4 {
        let config = Config { version: format!("another {version}") };
        let session = Session::<Shop>::with_config("bookshop", config).unwrap();
        assert!(session.get::<Words>().unwrap().0.starts_with("novel"));
    }
}

#[cached_smoke::cached_smoke(repo = "bookshop")]
#[ignore = "run by the other tests"]
fn attribute(words: &Words) {
    assert!(words.0.starts_with("novel"));
}
