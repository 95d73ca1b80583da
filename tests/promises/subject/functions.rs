//! Artifacts of functions, and artifacts that do not read the repository.

use std::fs;
use std::path::Path;

use cached_smoke::codec::{Codec, Stored};
use cached_smoke::{
    Artifact, BuildContext, CodeFingerprint, KeyBuilder, LoadContext, NoSuite, Repo, Result, Suite, artifact,
    cached_smoke,
};
use serde::{Deserialize, Serialize};

use super::artifacts::{Config, LengthsConfig, RangeConfig, Subject, Words};
use super::orders::{log, obey_orders, order};

/// Takes no repository.
#[derive(Serialize, Deserialize)]
struct Vocabulary(Vec<String>);

#[artifact]
fn vocabulary() -> Result<Vocabulary> {
    log("build vocabulary");
    obey_orders("vocabulary")?;
    Ok(Vocabulary(vec!["novel".to_owned()]))
}

/// Takes a repository.
#[derive(Serialize, Deserialize)]
struct Sizes(usize);

#[artifact]
fn sizes(vocabulary: &Vocabulary, repo: &Repo) -> std::io::Result<Sizes> {
    log("build sizes");
    Ok(Sizes(fs::read_dir(repo.path())?.count() + vocabulary.0.len()))
}

/// Takes a repository through the artifact that it needs.
#[derive(Serialize, Deserialize)]
struct Total(usize);

#[artifact]
fn total(sizes: &Sizes) -> Total {
    log("build total");
    Total(sizes.0)
}

/// Takes one field of the configuration.
#[derive(Serialize, Deserialize)]
struct Limit(usize);

#[artifact(suite = Subject)]
fn limit(#[config(lengths.at_least)] at_least: usize, vocabulary: &Vocabulary) -> Limit {
    log("build limit");
    Limit(at_least + vocabulary.0.len())
}

/// Takes two fields of one type.
#[derive(Serialize, Deserialize)]
struct Range(usize, usize);

#[artifact(suite = Subject)]
fn range(#[config(range.low)] low: usize, #[config(range.high)] high: usize) -> Range {
    Range(low, high)
}

/// As `Range`, by the trait: one field directly, and one through an artifact that it needs.
struct Span(usize, usize);
struct High(usize);

impl Artifact<Subject> for Span {
    const NAME: &'static str = "span";
    const USES_REPO: bool = false;

    fn key(key: &mut KeyBuilder<'_, Subject>) {
        key.config(&key.suite_config().range.low).needs::<High>();
    }

    fn build(cx: &BuildContext<'_, Subject>) -> Result<Self> {
        Ok(Span(cx.config().range.low, cx.artifact::<High>()?.0))
    }

    fn save(&self, dir: &Path) -> Result<()> {
        Ok(fs::write(dir.join("span"), serde_json::to_vec(&(self.0, self.1))?)?)
    }

    fn load(cx: &LoadContext<'_, Subject>) -> Result<Self> {
        let (low, high) = serde_json::from_slice(&fs::read(cx.dir().join("span"))?)?;
        Ok(Span(low, high))
    }
}

impl Artifact<Subject> for High {
    const NAME: &'static str = "high";
    const USES_REPO: bool = false;

    fn key(key: &mut KeyBuilder<'_, Subject>) {
        key.config(&key.suite_config().range.high);
    }

    fn build(cx: &BuildContext<'_, Subject>) -> Result<Self> {
        Ok(High(cx.config().range.high))
    }

    fn save(&self, dir: &Path) -> Result<()> {
        Ok(fs::write(dir.join("high"), self.0.to_string())?)
    }

    fn load(cx: &LoadContext<'_, Subject>) -> Result<Self> {
        Ok(High(fs::read_to_string(cx.dir().join("high"))?.parse()?))
    }
}

/// Types with one artifact name and different codecs.
macro_rules! coded {
    ($($test:ident: $function:ident() -> $type:ident by $codec:ident;)*) => { $(
        #[derive(Serialize, Deserialize)]
        struct $type(u8);

        #[artifact(name = "coded", codec = $codec)]
        fn $function() -> $type {
            $type(1)
        }

        #[cached_smoke(repos = [])]
        #[ignore = "run by the other tests, in a separate process"]
        fn $test(value: &$type) {
            assert_eq!(value.0, 1);
        }
    )* };
}

/// JSON under another name.
struct Renamed;

impl<T> Codec<T> for Renamed
where
    cached_smoke::codec::Json: Codec<T>,
{
    const FORMAT: &'static str = "renamed 1";
    type Loaded = <cached_smoke::codec::Json as Codec<T>>::Loaded;

    fn save(value: &T, dir: &Path) -> Result<()> {
        cached_smoke::codec::Json::save(value, dir)
    }

    fn load(stored: &Stored<'_>) -> Result<Self::Loaded> {
        <cached_smoke::codec::Json as Codec<T>>::load(stored)
    }
}

mod coded {
    use super::*;

    coded! {
        in_json: first() -> First by json;
        renamed: second() -> Second by Renamed;
    }
}

macro_rules! stores_nothing {
    ($artifact:ident: Artifact<$suite:ty>, $name:literal, $($more:tt)*) => {
        struct $artifact;

        impl Artifact<$suite> for $artifact {
            const NAME: &'static str = $name;
            $($more)*
            fn build(cx: &BuildContext<'_, $suite>) -> Result<Self> {
                log(concat!("build ", $name));
                fs::write(cx.dir().join("empty"), "")?;
                Ok($artifact)
            }
            fn load(_: &LoadContext<'_, $suite>) -> Result<Self> {
                Ok($artifact)
            }
        }
    };
}

stores_nothing! { Free: Artifact<Subject>, "free",
    const USES_REPO: bool = false;
}
// Says that it does not read the repository, but needs an artifact that does.
stores_nothing! { Liar: Artifact<Subject>, "liar",
    const USES_REPO: bool = false;
    fn key(key: &mut KeyBuilder<'_, Subject>) {
        key.needs::<Words>();
    }
}
stores_nothing! { WithoutCode: Artifact<NoSuite>, "without_code",
    const USES_REPO: bool = false;
}
stores_nothing! { WithItsCode: Artifact<NoSuite>, "with_its_code",
    const USES_REPO: bool = false;
    fn key(key: &mut KeyBuilder<'_, NoSuite>) {
        key.code(cached_smoke::code_fingerprint!("tests/promises"));
    }
}

/// Reads the repository, although it says that it does not.
struct Intruder;

impl Artifact<Subject> for Intruder {
    const NAME: &'static str = "intruder";
    const USES_REPO: bool = false;

    fn build(cx: &BuildContext<'_, Subject>) -> Result<Self> {
        fs::write(cx.dir().join("name"), cx.repo().name())?;
        Ok(Intruder)
    }

    fn load(_: &LoadContext<'_, Subject>) -> Result<Self> {
        Ok(Intruder)
    }
}

/// Another suite, with the same functions.
struct Another;

impl Suite for Another {
    type Config = u8;
    const CODE: CodeFingerprint = cached_smoke::code_fingerprint!("tests/promises");
}

macro_rules! smoke_tests {
    ($($(#[$attribute:meta])* $name:ident($($parameter:ident: $type:ty),*) in [$($argument:tt)*];)*) => { $(
        #[cached_smoke($($argument)*)]
        #[ignore = "run by the other tests, in a separate process"]
        $(#[$attribute])*
        fn $name($($parameter: $type),*) {
            $(let _ = &$parameter;)*
        }
    )* };
}

smoke_tests! {
    alone(vocabulary: &Vocabulary) in [repos = []];
    over_one(vocabulary: &Vocabulary) in [repo = "bookshop"];
    over_two(vocabulary: &Vocabulary, total: &Total) in [repos = ["bookshop", "scikit-learn"]];
    of_a_suite(vocabulary: &Vocabulary) in [repo = "bookshop", suite = Subject];
    of_another_suite(vocabulary: &Vocabulary) in [repos = [], suite = Another, config = 7];
    beside_a_suite(words: &Words, vocabulary: &Vocabulary) in [repo = "bookshop"];
    sizes_over_one(sizes: &Sizes) in [repo = "bookshop"];
    total_over_one(total: &Total) in [repo = "bookshop"];
    total_alone(total: &Total) in [repos = []];
    words_alone(words: &Words) in [repos = []];
    repo_alone(repo: &Repo) in [repos = [], suite = Subject];
    free_alone(free: &Free) in [repos = []];
    free_over_one(free: &Free) in [repo = "bookshop"];
    liar(liar: &Liar) in [repo = "bookshop"];
    intruder(intruder: &Intruder) in [repo = "bookshop"];
    without_code(without: &WithoutCode) in [repos = []];
    with_its_code(with: &WithItsCode) in [repos = []];
}

/// Returns the configuration that the outer test orders.
fn ordered() -> Config {
    let number = |name: &str| order(name).map_or(0, |text| text.parse().unwrap());
    let lengths = LengthsConfig { at_least: number("SUBJECT_AT_LEAST") };
    let range = RangeConfig { low: number("SUBJECT_LOW"), high: number("SUBJECT_HIGH") };
    Config { lengths, range, ..Config::from_orders() }
}

#[cached_smoke(repos = [], config = ordered())]
#[ignore = "run by the other tests, in a separate process"]
fn ranged(range: &Range, span: &Span) {
    let RangeConfig { low, high } = ordered().range;
    assert_eq!([(range.0, range.1), (span.0, span.1)], [(low, high); 2]);
}

#[cached_smoke(repos = [], config = ordered())]
#[ignore = "run by the other tests, in a separate process"]
fn limited(limit: &Limit) {
    assert_eq!(limit.0, ordered().lengths.at_least + 1);
}
