//! Several functions that return one type: `#[artifact]` on a parameter names the function.

use std::path::Path;

use cached_smoke::{Each, NoSuite, Repo, Result, Scratch, Session, artifact, cached_smoke};
use serde::{Deserialize, Serialize};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Model(u64);

#[artifact]
fn small() -> Model {
    Model(1)
}

#[artifact]
fn large(#[artifact] small: &Model, #[artifact(others::squares)] numbers: Vec<u64>) -> Model {
    Model(small.0 + numbers.len() as u64)
}

mod others {
    use super::{Model, artifact};

    /// The artifacts of one test have different names.
    #[artifact(name = "small-of-others")]
    pub(super) fn small() -> Model {
        Model(100)
    }

    #[artifact]
    pub(super) fn squares() -> Vec<u64> {
        vec![1, 4]
    }
}

type Cubes = Vec<u64>;

#[artifact]
fn cubes() -> Cubes {
    vec![1, 8]
}

/// Two files of one type that loads them.
struct Text(String);

impl Text {
    fn open(dir: &Path) -> std::io::Result<Text> {
        std::fs::read_to_string(dir.join("text")).map(Text)
    }

    fn create(dir: &Path, text: &str) -> std::io::Result<Text> {
        std::fs::write(dir.join("text"), text)?;
        Text::open(dir)
    }
}

#[artifact(load = Text::open)]
fn morning(dir: &Path) -> std::io::Result<Text> {
    Text::create(dir, "morning")
}

#[artifact(load = Text::open)]
fn evening(dir: &Path) -> std::io::Result<Text> {
    Text::create(dir, "evening")
}

#[derive(Serialize, Deserialize)]
struct Name(String);

#[artifact]
fn lower(repo: &Repo) -> Name {
    Name(repo.name().to_owned())
}

#[artifact]
fn upper(repo: &Repo) -> Name {
    Name(repo.name().to_uppercase())
}

#[cached_smoke]
fn of_one_crate(#[artifact] small: &Model, #[artifact(large)] other: &Model, #[artifact(others::small)] third: &Model) {
    project::log("same_type::of_one_crate");
    assert_eq!((small, other, third), (&Model(1), &Model(3), &Model(100)));
}

#[cached_smoke]
fn by_value(#[artifact] mut large: Model, #[artifact(small)] other: Model) {
    project::log("same_type::by_value");
    large.0 += other.0;
    assert_eq!(large, Model(4));
}

#[cached_smoke]
fn generic_types_and_aliases(#[artifact] cubes: &Vec<u64>, #[artifact(others::squares)] squares: &Cubes) {
    project::log("same_type::generic_types_and_aliases");
    assert_eq!((cubes[1], squares[1]), (8, 4));
}

#[cached_smoke]
fn private_copies(#[artifact] morning: &Text, #[artifact(evening)] mut copy: Scratch<Text>) {
    project::log("same_type::private_copies");
    copy.0.push('!');
    assert_eq!((morning.0.as_str(), copy.0.as_str()), ("morning", "evening!"));
}

#[cached_smoke(repos = ["one"])]
fn over_each(#[artifact] lower: &Each<Name>, #[artifact(upper)] loud: &Each<Name>) {
    project::log("same_type::over_each");
    let names = [lower, loud].map(|each| each.get("one").map(|name| name.0.as_str()));
    assert_eq!(names, [Some("one"), Some("ONE")]);
}

#[cached_smoke(repos = [])]
fn beside_a_session(#[artifact(cubes)] numbers: &Vec<u64>, session: &Session<NoSuite>) -> Result<()> {
    project::log("same_type::beside_a_session");
    assert_eq!((session.get::<large>()?.0, numbers[0]), (3, 1));
    Ok(())
}
