//! Artifacts that log what is done to them.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io::Write;
#[cfg(unix)]
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::time::Duration;

use cached_smoke::{Artifact, BuildContext, CodeFingerprint, KeyBuilder, LoadContext, Result, Session, Storage, Suite};
use serde::{Deserialize, Serialize};

use super::orders::{log, obey_orders, order, wait_at_the_barrier, wait_in};

pub(super) struct Subject;

#[derive(Clone, Default, Serialize)]
pub(super) struct Config {
    /// A key input of `Words`.
    pub(super) words: WordsConfig,
    /// A key input of `Lengths` alone.
    pub(super) lengths: LengthsConfig,
    /// A key input of each artifact whose key names no configuration.
    pub(super) more: MoreConfig,
    /// As `more`.
    pub(super) nested: Nested,
    /// A key input of `Range` and `Span`, one field at a time.
    pub(super) range: RangeConfig,
}

impl Config {
    /// Returns the defaults, except for the parts that the outer test orders.
    pub(super) fn from_orders() -> Config {
        let more = order("SUBJECT_CONFIG").map(|text| serde_json::from_str(&text).unwrap());
        Config { more: more.unwrap_or_default(), nested: Nested::from_orders(), ..Config::default() }
    }
}

/// Two fields of one type.
#[derive(Clone, Default, Serialize)]
pub(super) struct RangeConfig {
    pub(super) low: usize,
    pub(super) high: usize,
}

/// A configuration with a map, a set, a list and floats.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct MoreConfig {
    weights: HashMap<String, f64>,
    tags: HashSet<String>,
    steps: Vec<Step>,
}

/// Values that are equal in JSON.
#[derive(Clone, Default, Serialize)]
#[expect(clippy::option_option, reason = "tests check that its values have different keys")]
pub(super) struct Nested(Option<Option<u32>>, Option<()>);

impl Nested {
    fn from_orders() -> Nested {
        match order("SUBJECT_NESTED").as_deref() {
            Some("some none") => Nested(Some(None), None),
            Some("some unit") => Nested(None, Some(())),
            _ => Nested(None, None),
        }
    }
}

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Step {
    name: String,
    rate: f64,
}

#[derive(Clone, Default, Serialize)]
pub(super) struct WordsConfig {
    pub(super) uppercase: bool,
}

#[derive(Clone, Default, Serialize)]
pub(super) struct LengthsConfig {
    pub(super) at_least: usize,
}

impl Suite for Subject {
    type Config = Config;
    const CODE: CodeFingerprint = cached_smoke::code_fingerprint!("tests/promises");
}

/// The words of all files of the repository. Bound to the path of the repository.
pub(super) struct Words(pub(super) Vec<String>);

/// The lengths of the words, stored as a directory. Relocatable, except for its dependency.
pub(super) struct Lengths(pub(super) Vec<usize>);

/// The number of files in the repository. Relocatable.
pub(super) struct Count(pub(super) usize);

impl Artifact<Subject> for Words {
    const NAME: &'static str = "words";

    fn key(key: &mut KeyBuilder<'_, Subject>) {
        assert_ne!(order("SUBJECT_PANIC").as_deref(), Some("key"), "told to panic");
        wait_in("key");
        wait_at_the_barrier();
        let config = key.suite_config();
        key.config(&config.words);
    }

    fn build(cx: &BuildContext<'_, Subject>) -> Result<Self> {
        log("build words");
        cx.progress().step("counting its words");
        if order("SUBJECT_ASK_ITSELF").is_some() {
            Session::<Subject>::open("bookshop")?.get::<Words>()?;
        }
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
        save_kinds(dir)?;
        let kept = if order("SUBJECT_LOSE_WORDS").is_some() { &self.0[1..] } else { &self.0[..] };
        Ok(fs::write(dir.join("words"), kept.join("\n"))?)
    }

    fn load(cx: &LoadContext<'_, Subject>) -> Result<Self> {
        log("load words");
        if let Some(milliseconds) = order("SUBJECT_LOAD_MILLISECONDS") {
            std::thread::sleep(Duration::from_millis(milliseconds.parse()?));
        }
        println!("are the files of words verified? {}", cx.is_verified());
        if order("SUBJECT_FAIL_LOAD").is_some() {
            return Err("told not to load".into());
        }
        check_kinds(cx.dir())?;
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
        // A private copy, because this consumes it.
        let Words(words) = cx.owned::<Words>()?;
        let lengths: Vec<usize> =
            words.into_iter().map(|word| word.len()).filter(|length| *length >= at_least).collect();
        fs::create_dir(cx.dir().join("below"))?;
        save_kinds(cx.dir())?;
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
        check_kinds(cx.dir())?;
        let text = fs::read_to_string(cx.dir().join("below/lengths"))?;
        Ok(Lengths(text.lines().map(str::parse).collect::<std::result::Result<_, _>>()?))
    }
}

impl Artifact<Subject> for Count {
    const NAME: &'static str = "count";
    const RELOCATABLE: bool = true;

    fn build(cx: &BuildContext<'_, Subject>) -> Result<Self> {
        log("build count");
        // Asks for an artifact that its key does not declare.
        if order("SUBJECT_ASK").is_some() {
            cx.artifact::<Words>()?;
        }
        let count = files(cx.repo().path())?.len();
        for metric in order("SUBJECT_METRICS").unwrap_or_default().lines() {
            let (name, value) = metric.split_once(' ').unwrap();
            cx.metric(name, value.parse::<f64>()?);
        }
        cx.metrics().set("files", count);
        Ok(Count(count))
    }

    fn save(&self, dir: &Path) -> Result<()> {
        Ok(fs::write(dir.join("count"), self.0.to_string())?)
    }

    fn load(cx: &LoadContext<'_, Subject>) -> Result<Self> {
        Ok(Count(fs::read_to_string(cx.dir().join("count"))?.parse()?))
    }
}

/// A file of the repository, mapped from the stored file.
pub(super) struct Mapped(pub(super) memmap2::Mmap);

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
        #[expect(unsafe_code, reason = "tests check that the file does not change")]
        // SAFETY: stored files are never written to, and one that is removed stays on disk until it is unmapped.
        let map = unsafe { memmap2::Mmap::map(&file) }?;
        Ok(Mapped(map))
    }
}

/// An index of a library that opens a lock file beside its data for writing, even to read.
pub(super) struct Index<const VIEW: bool>(pub(super) String);

/// Larger than the files that a view without `PRIVATE_VIEW` copies. It links to larger ones.
const LARGE: usize = 2 << 20;

impl<const VIEW: bool> Artifact<Subject> for Index<VIEW> {
    const NAME: &'static str = if VIEW { "viewed_index" } else { "index" };
    const STORAGE: Storage = Storage::Directory;
    const PRIVATE_VIEW: bool = VIEW;

    fn build(cx: &BuildContext<'_, Subject>) -> Result<Self> {
        log("build index");
        fs::write(cx.dir().join("index.lock"), "")?;
        fs::create_dir(cx.dir().join("segments"))?;
        fs::write(cx.dir().join("segments/1"), "indexed")?;
        fs::write(cx.dir().join("segments/large"), vec![7; LARGE])?;
        Ok(Index(String::new()))
    }

    fn load(cx: &LoadContext<'_, Subject>) -> Result<Self> {
        log("load index");
        let open = |name: &str| fs::File::options().create(true).append(true).open(cx.dir().join(name));
        // As tantivy does, which keeps only the text of the error.
        let mut lock = open("index.lock").map_err(|error| format!("failed to acquire the lock: {error}"))?;
        open("index.log")?.write_all(b"opened")?;
        lock.write_all(b"held")?;
        assert_eq!(fs::read(cx.dir().join("segments/large"))?.len(), LARGE);
        if VIEW {
            open("segments/large")?.write_all(b"more")?;
        }
        Ok(Index(fs::read_to_string(cx.dir().join("segments/1"))?))
    }
}

/// A database that is opened for writing, with files beside its data, as SQLite does.
pub(super) struct Shop {
    /// The number of words of the repository. From a dependency that `load` asks for.
    pub(super) words: usize,
    database: fs::File,
    directory: std::path::PathBuf,
}

/// The number of files with the number of the build.
const BUILD_FILES: u32 = 40;

impl Artifact<Subject> for Shop {
    const NAME: &'static str = "shop";
    const STORAGE: Storage = Storage::Directory;

    fn key(key: &mut KeyBuilder<'_, Subject>) {
        wait_at_the_barrier();
        key.needs::<Words>();
    }

    fn build(cx: &BuildContext<'_, Subject>) -> Result<Self> {
        log("build shop");
        save_kinds(cx.dir())?;
        fs::write(cx.dir().join("shop.db"), "novel 1\n")?;
        fs::write(cx.dir().join("shop.lock"), "")?;
        fs::create_dir_all(cx.dir().join("below/builds"))?;
        for number in 0..BUILD_FILES {
            fs::write(cx.dir().join(format!("below/builds/{number}")), std::process::id().to_string())?;
        }
        Shop::open(cx.dir(), cx.artifact::<Words>()?)
    }

    fn load(cx: &LoadContext<'_, Subject>) -> Result<Self> {
        log(&format!("load shop in {}", cx.dir().display()));
        check_kinds(cx.dir())?;
        Shop::open(cx.dir(), cx.artifact::<Words>()?)
    }
}

impl Shop {
    fn open(directory: &Path, Words(words): &Words) -> Result<Shop> {
        let open = |name: &str| fs::File::options().create(true).append(true).read(true).open(directory.join(name));
        let database = open("shop.db").or_else(|_| fs::File::open(directory.join("shop.db")))?;
        Ok(Shop { words: words.len(), database, directory: directory.to_owned() })
    }

    /// Writes under the lock, with a log beside the data.
    pub(super) fn sell(&mut self) {
        let lock = fs::File::options().append(true).open(self.directory.join("shop.lock")).unwrap();
        lock.try_lock().unwrap_or_else(|error| panic!("another test holds the lock: {error}"));
        fs::write(self.directory.join("shop.db-wal"), "sold").unwrap();
        fs::create_dir_all(self.directory.join("below/new")).unwrap();
        wait_in("sale");
        self.database.write_all(b"sold\n").unwrap();
        fs::remove_file(self.directory.join("shop.db-wal")).unwrap();
    }

    pub(super) fn lines(&self) -> usize {
        fs::read_to_string(self.directory.join("shop.db")).unwrap().lines().count()
    }

    pub(super) fn assert_is_of_one_build(&self) {
        let read = |number| fs::read_to_string(self.directory.join(format!("below/builds/{number}"))).unwrap();
        let builds: HashSet<String> = (0..BUILD_FILES).map(read).collect();
        assert_eq!(builds.len(), 1, "a copy has files of several builds: {builds:?}");
    }
}

/// Larger than a block of any file system.
#[cfg(unix)]
const HOLE: u64 = 64 << 20;

/// Writes files of all kinds, if the outer test orders that.
#[cfg(unix)]
fn save_kinds(dir: &Path) -> Result<()> {
    if order("SUBJECT_KINDS").is_some() {
        fs::create_dir_all(dir.join("hollow/inner"))?;
        fs::write(dir.join("program"), "#!/bin/sh\n")?;
        fs::set_permissions(dir.join("program"), fs::Permissions::from_mode(0o755))?;
        fs::File::create(dir.join("sparse"))?.set_len(HOLE)?;
    }
    Ok(())
}

/// Fails unless the files of all kinds are as they were written.
#[cfg(unix)]
fn check_kinds(dir: &Path) -> Result<()> {
    if order("SUBJECT_KINDS").is_some() {
        assert_eq!(fs::read_dir(dir.join("hollow/inner"))?.count(), 0, "the empty directory");
        assert!(std::process::Command::new(dir.join("program")).status()?.success(), "the executable file");
        let sparse = fs::metadata(dir.join("sparse"))?;
        assert_eq!(sparse.len(), HOLE, "the length of the sparse file");
        assert!(sparse.blocks() * 512 < HOLE / 2, "the hole of the sparse file: {} blocks", sparse.blocks());
    }
    Ok(())
}

#[cfg(not(unix))]
fn save_kinds(_: &Path) -> Result<()> {
    Ok(())
}

#[cfg(not(unix))]
fn check_kinds(_: &Path) -> Result<()> {
    Ok(())
}

/// Declares the inputs in `SUBJECT_INPUTS`, one for each line: `file data/model.bin`.
pub(super) struct Declared;

/// Declares the inputs in `SUBJECT_MORE_INPUTS`.
pub(super) struct DeclaredToo;

/// Depends on `Declared`, and so on its inputs.
pub(super) struct NeedsDeclared;

fn declare(key: &mut KeyBuilder<'_, Subject>, variable: &str) {
    for line in order(variable).unwrap_or_default().lines() {
        match line.split_once(' ').unwrap() {
            ("file", path) => key.file(path),
            ("optional", path) => key.optional_file(path),
            ("directory", path) => key.directory(path),
            ("variable", name) => key.env(name),
            ("tool", program) => key.tool(program),
            (other, _) => panic!("no kind of input: {other}"),
        };
    }
}

impl Artifact<Subject> for Declared {
    const NAME: &'static str = "declared";

    fn key(key: &mut KeyBuilder<'_, Subject>) {
        declare(key, "SUBJECT_INPUTS");
    }

    fn build(cx: &BuildContext<'_, Subject>) -> Result<Self> {
        log("build declared");
        obey_orders("declared")?;
        fs::write(cx.dir().join("built"), "")?;
        Ok(Declared)
    }

    fn load(_: &LoadContext<'_, Subject>) -> Result<Self> {
        Ok(Declared)
    }
}

impl Artifact<Subject> for DeclaredToo {
    const NAME: &'static str = "declared_too";

    fn key(key: &mut KeyBuilder<'_, Subject>) {
        declare(key, "SUBJECT_MORE_INPUTS");
    }

    fn build(cx: &BuildContext<'_, Subject>) -> Result<Self> {
        log("build declared_too");
        fs::write(cx.dir().join("built"), "")?;
        Ok(DeclaredToo)
    }

    fn load(_: &LoadContext<'_, Subject>) -> Result<Self> {
        Ok(DeclaredToo)
    }
}

impl Artifact<Subject> for NeedsDeclared {
    const NAME: &'static str = "needs_declared";

    fn key(key: &mut KeyBuilder<'_, Subject>) {
        key.needs::<Declared>();
    }

    fn build(cx: &BuildContext<'_, Subject>) -> Result<Self> {
        log("build needs_declared");
        cx.artifact::<Declared>()?;
        obey_orders("needs_declared")?;
        fs::write(cx.dir().join("built"), "")?;
        Ok(NeedsDeclared)
    }

    fn load(_: &LoadContext<'_, Subject>) -> Result<Self> {
        Ok(NeedsDeclared)
    }
}

/// Another suite with an artifact of the same name, code and configuration.
pub(super) struct Other;

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

/// Another artifact of the first suite, with the name of `Count`.
pub(super) struct Impostor;

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

/// Returns the files in a directory whose names have no leading dot, sorted.
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
