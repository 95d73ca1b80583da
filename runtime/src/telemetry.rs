//! What the cache did for a test: told to the test, to people, and to programs.

mod keys;
mod under_way;

use std::fmt::{self, Write as _};
use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

pub(crate) use keys::append as append_key;
pub use keys::{KeyReport, read_keys};
pub(crate) use under_way::UnderWay;

use crate::layout::Layout;
use crate::message::PREFIX;
use crate::plain_file;
use crate::run::Run;

/// In the directory of a run: a record a line.
const FILE: &str = "telemetry.jsonl";

/// How a test came by an artifact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Outcome {
    /// It was in the cache before this run.
    Hit,
    /// Another test of this run had built it.
    Shared,
    /// This test built it around the cache, for itself alone.
    Bypassed,
    /// This test built it.
    Built,
    /// This test built it because `SMOKE_FORCE_REBUILD` said so.
    Forced,
    /// It was not there, and the test was skipped.
    Skipped,
    /// It could not be had.
    Failed,
    /// The test's process ended before it was had: it was killed, perhaps because it took too long.
    Interrupted,
}

impl Outcome {
    /// Whether the artifact was there when the test asked.
    pub fn is_hit(self) -> bool {
        matches!(self, Outcome::Hit | Outcome::Shared)
    }

    /// Whether it was built for this test.
    pub fn is_miss(self) -> bool {
        matches!(self, Outcome::Built | Outcome::Forced | Outcome::Bypassed)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Outcome::Hit => "hit",
            Outcome::Shared => "shared",
            Outcome::Bypassed => "bypassed",
            Outcome::Built => "built",
            Outcome::Forced => "forced",
            Outcome::Skipped => "skipped",
            Outcome::Failed => "failed",
            Outcome::Interrupted => "interrupted",
        })
    }
}

/// What the cache did about one artifact.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ArtifactReport {
    /// Its name.
    pub artifact: String,
    /// How the test came by it.
    pub outcome: Outcome,
    /// Why it was not a hit; empty for a hit.
    pub reason: String,
    /// Repository, revision and digest: `django:40cfbab0b4f1:5d0c6a1be2f94c77`.
    pub key: String,
    /// Size of its plain files.
    pub bytes: u64,
    /// What building, saving and publishing it took this test, without the artifacts that it needs.
    pub rebuild_seconds: f64,
    /// What that took whoever did it; 0 if this process had it already, or nobody has it.
    #[serde(default)]
    pub build_seconds: f64,
    /// What finding, checking and loading it took.
    pub restore_seconds: f64,
    /// How long the test waited for another process or thread that was at it.
    pub wait_seconds: f64,
}

impl ArtifactReport {
    /// What the test was spared: what building it cost, less what restoring it took; 0 if the test built it itself. Less than
    /// nothing if it is faster to build than to restore.
    pub fn saved_seconds(&self) -> f64 {
        if self.outcome.is_hit() && self.build_seconds > 0.0 { self.build_seconds - self.restore_seconds } else { 0.0 }
    }

    /// What a later test of the same process is told: the artifact was simply there.
    pub(crate) fn again(&self) -> ArtifactReport {
        let outcome = match self.outcome {
            Outcome::Built | Outcome::Forced => Outcome::Shared,
            outcome => outcome,
        };
        ArtifactReport {
            outcome,
            rebuild_seconds: 0.0,
            build_seconds: 0.0,
            restore_seconds: 0.0,
            wait_seconds: 0.0,
            ..self.clone()
        }
    }
}

/// What the cache did for one test.
///
/// A test that has a parameter `&CacheReport` sees its own; all of them are lines of the run's `telemetry.jsonl`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CacheReport {
    /// The run.
    pub run: String,
    /// The test's path in its crate.
    pub test: String,
    /// The test's executable.
    pub binary: String,
    /// The test's process.
    pub pid: u32,
    /// Which of the tests of its process it is.
    #[serde(default)]
    pub number: u32,
    /// Milliseconds since 1970.
    pub time: u64,
    /// The repository.
    pub repo: String,
    /// One for each artifact that was restored or built for the test, in this order.
    pub artifacts: Vec<ArtifactReport>,
}

impl CacheReport {
    pub(crate) fn new(run: &Run, number: u32, test: &str, repo: &str, artifacts: Vec<ArtifactReport>) -> CacheReport {
        let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let binary =
            std::env::current_exe().ok().and_then(|path| Some(path.file_stem()?.to_string_lossy().into_owned()));
        CacheReport {
            run: run.id().to_owned(),
            test: test.to_owned(),
            binary: binary.unwrap_or_default(),
            pid: std::process::id(),
            number,
            time: u64::try_from(time.as_millis()).unwrap_or(u64::MAX),
            repo: repo.to_owned(),
            artifacts,
        }
    }

    /// Whether every artifact was there when the test asked for it.
    pub fn cache_hit(&self) -> bool {
        !self.artifacts.is_empty() && self.artifacts.iter().all(|artifact| artifact.outcome.is_hit())
    }

    /// Whether any artifact was built for this test.
    pub fn cache_miss(&self) -> bool {
        self.artifacts.iter().any(|artifact| artifact.outcome.is_miss())
    }

    /// The most notable outcome among the artifacts; none if the test asked for none.
    pub fn outcome(&self) -> Option<Outcome> {
        self.artifacts.iter().map(|artifact| artifact.outcome).max()
    }

    /// Seconds that this test was spared.
    pub fn saved_seconds(&self) -> f64 {
        self.artifacts.iter().fold(0.0, |sum, artifact| sum + artifact.saved_seconds())
    }

    /// Seconds that this test spent building.
    pub fn rebuild_seconds(&self) -> f64 {
        self.artifacts.iter().fold(0.0, |sum, artifact| sum + artifact.rebuild_seconds)
    }

    /// Seconds that this test spent restoring.
    pub fn restore_seconds(&self) -> f64 {
        self.artifacts.iter().fold(0.0, |sum, artifact| sum + artifact.restore_seconds)
    }

    /// Seconds that this test waited for others.
    pub fn wait_seconds(&self) -> f64 {
        self.artifacts.iter().fold(0.0, |sum, artifact| sum + artifact.wait_seconds)
    }

    /// The line on standard output, and the one in the run's file.
    pub(crate) fn emit(&self, run: &Run) {
        println!("{self}");
        // A run that cannot be written to has no file; the line has been printed all the same.
        let _ = append(&run.directory().join(FILE), self);
    }
}

impl fmt::Display for CacheReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{PREFIX} test={} repo={} artifact={} cache_hit={} cache_miss={} rebuild_seconds={:.3} \
             restore_seconds={:.3} wait_seconds={:.3} reason={} key={}",
            self.test,
            self.repo,
            joined(self.artifacts.iter().map(|artifact| artifact.artifact.as_str())),
            u8::from(self.cache_hit()),
            u8::from(self.cache_miss()),
            self.rebuild_seconds(),
            self.restore_seconds(),
            self.wait_seconds(),
            quoted(&joined(self.artifacts.iter().map(|artifact| artifact.reason.as_str()))),
            joined(self.artifacts.iter().map(|artifact| artifact.key.as_str())),
        )
    }
}

/// What differs, once each, with commas; `-` for nothing.
fn joined<'a>(parts: impl Iterator<Item = &'a str>) -> String {
    let mut distinct: Vec<&str> = Vec::new();
    for part in parts.filter(|part| !part.is_empty()) {
        if !distinct.contains(&part) {
            distinct.push(part);
        }
    }
    if distinct.is_empty() { "-".to_owned() } else { distinct.join(",") }
}

/// The text as one word of the line: in quotes if it has a space, on one line always.
fn quoted(text: &str) -> String {
    if !text.contains(|character: char| character.is_whitespace() || character.is_control() || character == '"') {
        return text.to_owned();
    }
    let mut quoted = String::from('"');
    for character in text.chars() {
        match character {
            '"' => quoted.push('\''),
            character if character.is_control() => quoted.push(' '),
            character => {
                let _ = quoted.write_char(character);
            }
        }
    }
    quoted.push('"');
    quoted
}

/// A report with its sums, so that a program need not know how they are made.
#[derive(Serialize)]
struct Record<'a> {
    #[serde(flatten)]
    report: &'a CacheReport,
    outcome: Option<Outcome>,
    cache_hit: bool,
    cache_miss: bool,
    rebuild_seconds: f64,
    restore_seconds: f64,
    saved_seconds: f64,
    wait_seconds: f64,
}

impl<'a> Record<'a> {
    fn new(report: &'a CacheReport) -> Record<'a> {
        Record {
            report,
            outcome: report.outcome(),
            cache_hit: report.cache_hit(),
            cache_miss: report.cache_miss(),
            rebuild_seconds: report.rebuild_seconds(),
            restore_seconds: report.restore_seconds(),
            saved_seconds: report.saved_seconds(),
            wait_seconds: report.wait_seconds(),
        }
    }
}

/// One write to a file opened for appending: lines of processes side by side do not mix.
fn append(path: &Path, report: &CacheReport) -> io::Result<()> {
    let mut line = serde_json::to_vec(&Record::new(report))?;
    line.push(b'\n');
    File::options().create(true).append(true).open(path)?.write_all(&line)
}

/// The number of a test in this process.
pub(crate) fn next_number() -> u32 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// The reports of a run, in the order of their writing; a line that was cut off is left out. A test whose process ended before
/// it could report has a record with the outcome `interrupted`.
///
/// # Errors
/// The run's file cannot be read; a run without reports has none, which is no error.
pub fn read_reports(cache_dir: &Path, run: &str) -> io::Result<Vec<CacheReport>> {
    let directory = Layout::new(cache_dir).runs().join(run);
    let path = directory.join(FILE);
    // Where that cannot be done, those of the others are better than none.
    let _ = under_way::settle(&directory, &path);
    records(&path)
}

fn records(path: &Path) -> io::Result<Vec<CacheReport>> {
    lines(path)
}

/// What is written in a file, a value a line; nothing if there is no file.
fn lines<T: DeserializeOwned>(path: &Path) -> io::Result<Vec<T>> {
    match plain_file::open(path).and_then(|file| plain_file::read(&file, u64::MAX)) {
        Ok(text) => {
            Ok(text.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect())
        }
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn artifact(name: &str, outcome: Outcome, reason: &str) -> ArtifactReport {
        ArtifactReport {
            artifact: name.to_owned(),
            outcome,
            reason: reason.to_owned(),
            key: "django:40cfbab0b4f1:5d0c6a1be2f94c77".to_owned(),
            bytes: 1,
            rebuild_seconds: 1.5,
            build_seconds: 1.5,
            restore_seconds: 0.004,
            wait_seconds: 0.0,
        }
    }

    fn report(artifacts: Vec<ArtifactReport>) -> CacheReport {
        CacheReport {
            run: "r".to_owned(),
            test: "finds_queryset".to_owned(),
            binary: "b".to_owned(),
            pid: 1,
            number: 0,
            time: 2,
            repo: "django".to_owned(),
            artifacts,
        }
    }

    #[test]
    fn the_line_of_a_hit() {
        let hit =
            |name| ArtifactReport { rebuild_seconds: 0.0, restore_seconds: 0.002, ..artifact(name, Outcome::Hit, "") };
        assert_eq!(
            report(vec![hit("graph"), hit("sparse_index")]).to_string(),
            "[smoke-cache] test=finds_queryset repo=django artifact=graph,sparse_index cache_hit=1 cache_miss=0 \
             rebuild_seconds=0.000 restore_seconds=0.004 wait_seconds=0.000 reason=- \
             key=django:40cfbab0b4f1:5d0c6a1be2f94c77"
        );
    }

    #[test]
    fn one_miss_makes_the_test_a_miss_and_its_reason_is_one_word() {
        let line = report(vec![artifact("graph", Outcome::Hit, ""), artifact("b", Outcome::Built, "a \"b\"\nc")]);
        assert_eq!((line.cache_hit(), line.cache_miss(), line.outcome()), (false, true, Some(Outcome::Built)));
        assert!(line.to_string().contains(" reason=\"a 'b' c\" "), "{line}");
    }

    #[test]
    fn what_is_saved_is_the_build_less_the_restoring_and_nothing_for_who_builds() {
        let line = report(vec![artifact("a", Outcome::Hit, ""), artifact("b", Outcome::Shared, "")]);
        assert!((line.saved_seconds() - 2.0 * (1.5 - 0.004)).abs() < 1e-9);
        for outcome in [Outcome::Built, Outcome::Forced, Outcome::Bypassed, Outcome::Skipped, Outcome::Failed] {
            assert!(report(vec![artifact("a", outcome, "")]).saved_seconds().abs() < 1e-9, "{outcome}");
        }
        assert!(report(vec![artifact("a", Outcome::Hit, "").again()]).saved_seconds().abs() < 1e-9);
    }

    #[test]
    fn skipped_and_empty_are_neither_hit_nor_miss() {
        for empty in [report(vec![]), report(vec![artifact("a", Outcome::Skipped, "x")])] {
            assert_eq!((empty.cache_hit(), empty.cache_miss()), (false, false));
        }
    }

    #[test]
    fn reports_read_back_and_a_torn_line_is_left_out() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let path = directory.path().join(".runs/r/telemetry.jsonl");
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("created");
        let written = report(vec![artifact("graph", Outcome::Built, "first build")]);
        append(&path, &written).expect("appended");
        let text = std::fs::read_to_string(&path).expect("readable");
        assert!(text.contains("\"outcome\":\"built\",\"cache_hit\":false,\"cache_miss\":true,"), "{text}");
        File::options().append(true).open(&path).expect("there").write_all(b"{\"run\":").expect("torn");
        assert_eq!(read_reports(directory.path(), "r").expect("readable"), [written]);
        assert_eq!(read_reports(directory.path(), "none").expect("no run is no error"), []);
    }
}
