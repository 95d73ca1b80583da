//! Smoke tests with artifacts that write down what is done to them. They are run by the other files, which look at
//! that log and at what the tests report.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use std::sync::{Barrier, Once};
use std::time::Duration;

use cached_smoke::{
    Artifact, BuildContext, CacheReport, CodeFingerprint, KeyBuilder, LoadContext, Outcome, Repo, Result, Session,
    Storage, Suite, cached_smoke,
};
use serde::{Deserialize, Serialize};

pub(crate) struct Subject;

#[derive(Clone, Default, Serialize)]
pub(crate) struct Config {
    /// Part of the key of `Words`.
    words: WordsConfig,
    /// Part of the key of `Lengths` alone.
    lengths: LengthsConfig,
    /// Part of the key of what names no configuration of its own.
    more: MoreConfig,
}

impl Config {
    /// The defaults, but for what the test that runs this one has in mind.
    fn told() -> Config {
        let more = order("SUBJECT_CONFIG").map(|text| serde_json::from_str(&text).unwrap());
        Config { more: more.unwrap_or_default(), ..Config::default() }
    }
}

/// Of everything that a configuration may consist of.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default)]
struct MoreConfig {
    weights: HashMap<String, f64>,
    tags: HashSet<String>,
    steps: Vec<Step>,
}

#[derive(Clone, Serialize, Deserialize)]
struct Step {
    name: String,
    rate: f64,
}

#[derive(Clone, Default, Serialize)]
struct WordsConfig {
    uppercase: bool,
}

#[derive(Clone, Default, Serialize)]
struct LengthsConfig {
    at_least: usize,
}

impl Suite for Subject {
    type Config = Config;
    const CODE: CodeFingerprint = cached_smoke::code_fingerprint!("tests/promises");
}

/// The words of all files of the repository; bound to its path.
pub(crate) struct Words(Vec<String>);

/// The lengths of the words; kept as a directory, good anywhere if its words were.
pub(crate) struct Lengths(Vec<usize>);

/// The number of the repository's files; good anywhere.
pub(crate) struct Count(usize);

impl Artifact<Subject> for Words {
    const NAME: &'static str = "words";

    fn key(key: &mut KeyBuilder<'_, Subject>) {
        assert_ne!(order("SUBJECT_PANIC").as_deref(), Some("key"), "told to panic");
        wait_at_the_barrier();
        let config = key.suite_config();
        key.config(&config.words);
    }

    fn build(cx: &BuildContext<'_, Subject>) -> Result<Self> {
        log("build words");
        obey_orders("words")?;
        let mut words = Vec::new();
        for file in files(cx.repo().path())? {
            let text = String::from_utf8_lossy(&fs::read(file)?).into_owned();
            let text = if cx.config().words.uppercase { text.to_uppercase() } else { text };
            words.extend(text.split_whitespace().map(str::to_owned));
        }
        Ok(Words(words))
    }

    fn save(&self, dir: &Path) -> Result<()> {
        log("save words");
        if let Some(name) = order("SUBJECT_SAVE_ALSO") {
            fs::write(dir.join(name), "")?;
        }
        #[cfg(unix)]
        if let Some(target) = order("SUBJECT_SAVE_LINK") {
            std::os::unix::fs::symlink(target, dir.join("link"))?;
        }
        let kept = if order("SUBJECT_LOSE_WORDS").is_some() { &self.0[1..] } else { &self.0[..] };
        Ok(fs::write(dir.join("words"), kept.join("\n"))?)
    }

    fn load(cx: &LoadContext<'_, Subject>) -> Result<Self> {
        log("load words");
        if order("SUBJECT_FAIL_LOAD").is_some() {
            return Err("told not to load".into());
        }
        Ok(Words(fs::read_to_string(cx.dir().join("words"))?.lines().map(str::to_owned).collect()))
    }
}

impl Artifact<Subject> for Lengths {
    const NAME: &'static str = "lengths";
    const STORAGE: Storage = Storage::Directory;
    const RELOCATABLE: bool = true;

    fn key(key: &mut KeyBuilder<'_, Subject>) {
        let config = key.suite_config();
        key.config(&config.lengths).needs::<Words>();
    }

    fn build(cx: &BuildContext<'_, Subject>) -> Result<Self> {
        log("build lengths");
        obey_orders("lengths")?;
        let at_least = cx.config().lengths.at_least;
        // A copy of its own, as a type needs that consumes it.
        let Words(words) = cx.owned::<Words>()?;
        let lengths: Vec<usize> =
            words.into_iter().map(|word| word.len()).filter(|length| *length >= at_least).collect();
        fs::create_dir(cx.dir().join("below"))?;
        let text: Vec<String> = lengths.iter().map(usize::to_string).collect();
        fs::write(cx.dir().join("below/lengths"), text.join("\n"))?;
        Ok(Lengths(lengths))
    }

    fn load(cx: &LoadContext<'_, Subject>) -> Result<Self> {
        log("load lengths");
        wait_in("load");
        if order("SUBJECT_ASK_TO_LOAD").is_some() {
            cx.artifact::<Words>()?;
        }
        let text = fs::read_to_string(cx.dir().join("below/lengths"))?;
        Ok(Lengths(text.lines().map(str::parse).collect::<std::result::Result<_, _>>()?))
    }
}

impl Artifact<Subject> for Count {
    const NAME: &'static str = "count";
    const RELOCATABLE: bool = true;

    fn build(cx: &BuildContext<'_, Subject>) -> Result<Self> {
        log("build count");
        // Asks for what its key does not need.
        if order("SUBJECT_ASK").is_some() {
            cx.artifact::<Words>()?;
        }
        Ok(Count(files(cx.repo().path())?.len()))
    }

    fn save(&self, dir: &Path) -> Result<()> {
        Ok(fs::write(dir.join("count"), self.0.to_string())?)
    }

    fn load(cx: &LoadContext<'_, Subject>) -> Result<Self> {
        Ok(Count(fs::read_to_string(cx.dir().join("count"))?.parse()?))
    }
}

/// The repository's file, mapped where it lies.
struct Mapped(memmap2::Mmap);

impl Artifact<Subject> for Mapped {
    const NAME: &'static str = "mapped";
    const STORAGE: Storage = Storage::Directory;

    fn build(cx: &BuildContext<'_, Subject>) -> Result<Self> {
        fs::copy(cx.repo().path().join("a.txt"), cx.dir().join("text"))?;
        Mapped::map(cx.dir())
    }

    fn load(cx: &LoadContext<'_, Subject>) -> Result<Self> {
        Mapped::map(cx.dir())
    }
}

impl Mapped {
    fn map(directory: &Path) -> Result<Mapped> {
        let file = fs::File::open(directory.join("text"))?;
        #[expect(unsafe_code, reason = "whether the file stays as it is, is what is tested")]
        // SAFETY: stored files are never written to, and one that is removed stays on disk until it is unmapped.
        let map = unsafe { memmap2::Mmap::map(&file) }?;
        Ok(Mapped(map))
    }
}

/// Another suite with an artifact of the same name, code and configuration.
struct Other;

impl Suite for Other {
    type Config = Config;
    const CODE: CodeFingerprint = Subject::CODE;
}

impl Artifact<Other> for Count {
    const NAME: &'static str = "count";
    const RELOCATABLE: bool = true;

    fn build(_: &BuildContext<'_, Other>) -> Result<Self> {
        log("build other count");
        Ok(Count(0))
    }

    fn save(&self, dir: &Path) -> Result<()> {
        Artifact::<Subject>::save(self, dir)
    }

    fn load(cx: &LoadContext<'_, Other>) -> Result<Self> {
        Ok(Count(fs::read_to_string(cx.dir().join("count"))?.parse()?))
    }
}

/// Another artifact of the first suite that calls itself what `Count` does.
struct Impostor;

impl Artifact<Subject> for Impostor {
    const NAME: &'static str = "count";
    const RELOCATABLE: bool = true;

    fn build(_: &BuildContext<'_, Subject>) -> Result<Self> {
        log("build impostor");
        Ok(Impostor)
    }

    fn save(&self, dir: &Path) -> Result<()> {
        Ok(fs::write(dir.join("impostor"), "")?)
    }

    fn load(cx: &LoadContext<'_, Subject>) -> Result<Self> {
        fs::metadata(cx.dir().join("impostor"))?;
        Ok(Impostor)
    }
}

/// The files whose names have no leading dot, sorted.
fn files(directory: &Path) -> std::io::Result<Vec<std::path::PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        let is_hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if path.is_file() && !is_hidden {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn order(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// One line, in one write, so that processes side by side do not mix theirs.
fn log(line: &str) {
    if let Some(path) = order("SUBJECT_LOG") {
        let mut file = fs::File::options().create(true).append(true).open(path).unwrap();
        file.write_all(format!("{line}\n").as_bytes()).unwrap();
    }
}

/// Tells the test that runs this one that this process is about to ask for its first artifact, and waits until it may.
fn wait_at_the_barrier() {
    static ONCE: Once = Once::new();
    let (Some(arrivals), Some(barrier)) = (order("SUBJECT_ARRIVALS"), order("SUBJECT_BARRIER")) else { return };
    ONCE.call_once(|| {
        fs::File::options().write(true).open(arrivals).unwrap().write_all(b".").unwrap();
        fs::File::open(barrier).unwrap().lock_shared().unwrap();
    });
}

/// What the test that runs this one wants the build of `artifact` to do.
fn obey_orders(artifact: &str) -> Result<()> {
    let is_meant = |name: &str| order(name).as_deref() == Some(artifact);
    if is_meant("SUBJECT_FAIL") {
        return Err(std::io::Error::other("told to fail").into());
    }
    assert!(!is_meant("SUBJECT_PANIC"), "told to panic");
    if let Some(file) = order("SUBJECT_EDIT") {
        fs::write(file, "edited while being read")?;
    }
    wait_in(artifact);
    if is_meant("SUBJECT_DIE_IN") {
        die_soon();
    }
    Ok(())
}

/// Waits, once, if that is where the test that runs this one wants this process to wait.
fn wait_in(place: &str) {
    static ONCE: Once = Once::new();
    if order("SUBJECT_WAIT_FOR").as_deref() == Some(place) {
        // Opening a pipe waits for its other end; what comes through it may take its time.
        ONCE.call_once(|| {
            let mut pipe = fs::File::open(order("SUBJECT_PIPE").unwrap()).unwrap();
            pipe.read_to_end(&mut Vec::new()).unwrap();
        });
    }
}

/// One of the deaths that are laid out in a directory, each for one process: a file that holds after how many microseconds.
fn die_soon() {
    let deaths = order("SUBJECT_DEATHS").unwrap();
    let mine = deaths.clone() + &format!("-of-{}", std::process::id());
    let taken = fs::read_dir(deaths).unwrap().find(|death| fs::rename(death.as_ref().unwrap().path(), &mine).is_ok());
    if taken.is_some() {
        let moment = Duration::from_micros(fs::read_to_string(mine).unwrap().parse().unwrap());
        std::thread::spawn(move || {
            std::thread::sleep(moment);
            let kill = format!("kill -KILL {}", std::process::id());
            std::process::Command::new("sh").args(["-c", &kill]).status().unwrap();
        });
        if order("SUBJECT_HOLD").is_some() {
            // In its build, then.
            std::thread::park();
        }
    }
}

#[cached_smoke(repo = "bookshop")]
#[ignore = "run by the tests beside it, in a process of its own"]
fn both(words: &Words, lengths: &Lengths) {
    assert!(words.0.iter().any(|word| word == "novel"), "the file's first word was lost: {:?}", words.0);
    assert_eq!(words.0.iter().map(String::len).collect::<Vec<_>>(), lengths.0);
}

#[cached_smoke(repo = "bookshop")]
#[ignore = "run by the tests beside it, in a process of its own"]
fn only_words(words: &Words) {
    assert!(!words.0.is_empty());
}

#[cached_smoke(repo = "bookshop")]
#[ignore = "run by the tests beside it, in a process of its own"]
fn only_lengths(lengths: &Lengths) {
    assert!(!lengths.0.is_empty());
}

#[cached_smoke(repo = "bookshop", suite = Subject)]
#[ignore = "run by the tests beside it, in a process of its own"]
fn only_count(count: &Count) {
    assert!(count.0 > 0);
}

#[cached_smoke(repo = "bookshop", suite = Other)]
#[ignore = "run by the tests beside it, in a process of its own"]
fn other_count(count: &Count) {
    assert_eq!(count.0, 0);
}

#[cached_smoke(repo = "bookshop")]
#[ignore = "run by the tests beside it, in a process of its own"]
fn impostor(_: &Impostor) {}

#[cached_smoke(repo = "bookshop", suite = Subject)]
#[ignore = "run by the tests beside it, in a process of its own"]
fn count_and_impostor(_: &Count, _: &Impostor) {}

#[cached_smoke(repo = "bookshop", config = Config { lengths: LengthsConfig { at_least: 5 }, ..Config::default() })]
#[ignore = "run by the tests beside it, in a process of its own"]
fn long_lengths(words: &Words, lengths: &Lengths) {
    assert!(lengths.0.len() < words.0.len() && lengths.0.iter().all(|length| *length >= 5));
}

#[cached_smoke(repo = "bookshop", suite = Subject)]
#[ignore = "run by the tests beside it, in a process of its own"]
fn only_repo(repo: &Repo) -> std::result::Result<(), std::io::Error> {
    println!("revision={} path={}", repo.revision(), fs::canonicalize(repo.path())?.display());
    assert_eq!(repo.name(), "bookshop");
    Ok(())
}

#[cached_smoke(repo = "bookshop")]
#[ignore = "run by the tests beside it, in a process of its own"]
fn told_of_the_cache(report: &CacheReport, _: &Words, Lengths(lengths): &Lengths) {
    assert!(!lengths.is_empty());
    assert_eq!(report.artifacts.len(), 2);
    println!("outcome={}", report.outcome().unwrap());
}

#[cached_smoke(repo = "bookshop")]
#[ignore = "run by the tests beside it, in a process of its own"]
fn asks_for_more(count: &Count, session: &Session<Subject>) -> std::result::Result<(), Box<dyn std::error::Error>> {
    assert!(count.0 > 0);
    let words: &Words = session.get()?;
    let again: Words = session.owned()?;
    assert_eq!(words.0, again.0);
    Ok(())
}

#[cached_smoke(repo = "bookshop")]
#[ignore = "run by the tests beside it, in a process of its own"]
#[should_panic(expected = "the one that is waited for")]
fn waits_for_a_panic(words: &Words) {
    assert!(words.0.is_empty(), "the one that is waited for");
}

#[cached_smoke(repo = "bookshop")]
#[ignore = "run by the tests beside it, in a process of its own"]
#[should_panic]
#[expect(
    clippy::should_panic_without_expect,
    reason = "any panic, so also that of a failed fixture, were it to be seen"
)]
fn waits_for_any_panic(words: &Words) {
    assert!(words.0.is_empty());
}

#[cached_smoke(repo = "bookshop")]
#[ignore = "run by the tests beside it, in a process of its own"]
#[tokio::test]
async fn beneath(words: &Words) {
    tokio::task::yield_now().await;
    assert!(!words.0.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
#[cached_smoke(repo = "bookshop")]
#[ignore = "run by the tests beside it, in a process of its own"]
async fn above(words: &Words) -> std::result::Result<(), String> {
    tokio::task::yield_now().await;
    if words.0.is_empty() { Err("no words".to_owned()) } else { Ok(()) }
}

#[cached_smoke(repos = ["bookshop", "scikit-learn"])]
#[ignore = "run by the tests beside it, in a process of its own"]
fn over_two(words: &Words, repo: &Repo) {
    assert!(!words.0.is_empty(), "{}", repo.name());
}

#[cached_smoke]
#[ignore = "run by the tests beside it, in a process of its own"]
fn everywhere(words: &Words) {
    assert!(!words.0.is_empty());
}

/// Many threads, which all ask at once.
#[test]
#[ignore = "run by the tests beside it, in a process of its own"]
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

/// One artifact of two repositories.
#[test]
#[ignore = "run by the tests beside it, in a process of its own"]
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
#[ignore = "run by the tests beside it, in a process of its own"]
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
#[ignore = "run by the tests beside it, in a process of its own"]
#[should_panic]
#[expect(clippy::should_panic_without_expect, reason = "any panic, so also that of the configuration")]
fn waits_without_a_configuration(_: &Words) {}

#[cached_smoke(repo = "bookshop")]
#[ignore = "run by the tests beside it, in a process of its own"]
fn ends_its_process(_: &Words) {
    std::process::exit(1);
}

/// What it asks its session for is not known before its end, which does not come.
#[cached_smoke(repo = "bookshop")]
#[ignore = "run by the tests beside it, in a process of its own"]
fn ends_its_process_with_a_session(_: &Words, _: &Session<Subject>) {
    std::process::exit(1);
}

#[cached_smoke(repo = "bookshop")]
#[ignore = "run by the tests beside it, in a process of its own"]
fn owns_what_needs_another(session: &Session<Subject>) -> Result<()> {
    assert!(!session.owned::<Lengths>()?.0.is_empty());
    Ok(())
}

#[cached_smoke(repo = "bookshop", suite = Subject, config = Config::told())]
#[ignore = "run by the tests beside it, in a process of its own"]
fn configured_count(count: &Count) {
    assert!(count.0 > 0);
}

#[cached_smoke(repo = "bookshop", suite = Subject)]
#[ignore = "run by the tests beside it, in a process of its own"]
fn reads_what_it_has_mapped(mapped: &Mapped) {
    wait_in("test");
    assert_eq!(&mapped.0[..], b"novel of manners\n");
}

#[cached_smoke(repo = "bookshop")]
#[ignore = "run by the tests beside it, in a process of its own"]
fn fails(_: &Words) {
    panic!("told to fail");
}

struct Refusal;

impl std::process::Termination for Refusal {
    fn report(self) -> std::process::ExitCode {
        std::process::ExitCode::FAILURE
    }
}

#[cached_smoke(repo = "bookshop")]
#[ignore = "run by the tests beside it, in a process of its own"]
fn refuses(_: &Words) -> Refusal {
    Refusal
}
