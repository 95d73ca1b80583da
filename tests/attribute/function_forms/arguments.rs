//! The arguments of `#[artifact(…)]`.

use std::fs;
use std::path::Path;

use cached_smoke::codec::{Codec, Stored};
use cached_smoke::{NoSuite, Repo, Session, artifact, cached_smoke, code_fingerprint};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Named(u8);

#[artifact(name = "another-name")]
fn named() -> Named {
    Named(1)
}

#[derive(Serialize, Deserialize)]
struct AsJson(u8);

#[artifact(codec = json)]
fn as_json() -> AsJson {
    AsJson(2)
}

/// Writes a text, and loads its length.
struct Lengths;

impl Codec<Text> for Lengths {
    const FORMAT: &'static str = "lengths 1";
    type Loaded = Length;
    fn save(value: &Text, dir: &Path) -> cached_smoke::Result<()> {
        Ok(fs::write(dir.join("text"), &value.0)?)
    }
    fn load(stored: &Stored<'_>) -> cached_smoke::Result<Length> {
        Ok(Length(fs::read(stored.dir().join("text"))?.len()))
    }
}

struct Text(String);
struct Length(usize);

#[artifact(codec = Lengths)]
fn by_another_codec() -> Text {
    Text("novel".to_owned())
}

struct Notes(String);

impl Notes {
    fn open(dir: &Path) -> Result<Notes, std::io::Error> {
        fs::read_to_string(dir.join("notes")).map(Notes)
    }
    fn write(&self, dir: &Path) -> std::io::Result<()> {
        fs::write(dir.join("notes"), &self.0)
    }
}

#[artifact(save = Notes::write, load = Notes::open)]
fn notes() -> Notes {
    Notes("a note".to_owned())
}

struct Opened(fs::File);

#[artifact(
    directory,
    writable,
    load = |dir: &Path| fs::File::options().append(true).open(dir.join("log")).map(Opened),
    key = |key| key.env("NO_SUCH_VARIABLE"),
    same = Opened::same,
    format = 1 + 1,
    code = code_fingerprint!("src"),
)]
fn opened(dir: &Path) -> std::io::Result<Opened> {
    fs::File::create(dir.join("log")).map(Opened)
}

fn more_inputs<S: cached_smoke::Suite>(key: &mut cached_smoke::KeyBuilder<'_, S>) {
    key.env("NO_SUCH_VARIABLE");
}

#[derive(Serialize, Deserialize)]
struct Files(usize);

#[artifact(relocatable, key = more_inputs, same = |one: &Files, other: &Files| same_number(one.0, other.0))]
fn files(repo: &Repo) -> std::io::Result<Files> {
    Ok(Files(project::names(repo.path())?.len()))
}

fn same_number(one: usize, other: usize) -> Result<(), std::fmt::Error> {
    if one == other { Ok(()) } else { Err(std::fmt::Error) }
}

impl Opened {
    fn same(&self, _: &Opened) -> Result<(), String> {
        Ok(())
    }
}

mod reexported {
    pub(super) use cached_smoke::*;
}

#[derive(Serialize, Deserialize)]
struct OfAReexport(u8);

#[reexported::artifact(crate = reexported)]
fn of_a_reexport() -> OfAReexport {
    OfAReexport(4)
}

#[cached_smoke]
fn a_name(named: &Named) -> cached_smoke::Result<()> {
    project::log("arguments::a_name");
    let session = Session::<NoSuite>::without_repo(())?;
    session.get::<named>()?;
    assert_eq!((session.report().artifacts[0].artifact.as_str(), named.0), ("another-name", 1));
    Ok(())
}

#[cached_smoke]
fn codecs(json: &AsJson, length: &Length) {
    project::log("arguments::codecs");
    assert_eq!((json.0, length.0), (2, 5));
}

#[cached_smoke]
fn own_files(notes: &Notes, opened: &Opened) -> std::io::Result<()> {
    project::log("arguments::own_files");
    use std::io::Write;
    assert_eq!(notes.0, "a note");
    (&opened.0).write_all(b"a line")
}

#[cached_smoke(repo = "one")]
fn key_inputs(files: &Files) {
    project::log("arguments::key_inputs");
    assert_eq!(files.0, 1);
}

#[cached_smoke]
fn another_crate(value: &OfAReexport) {
    project::log("arguments::another_crate");
    assert_eq!(value.0, 4);
}
