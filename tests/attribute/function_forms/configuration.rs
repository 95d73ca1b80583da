//! Functions of a suite: its configuration, or a field of it.

use cached_smoke::{Artifact, BuildContext, CodeFingerprint, LoadContext, Suite};
use cached_smoke::{artifact, cached_smoke, code_fingerprint};
use serde::{Deserialize, Serialize};

struct Smoke;

#[derive(Clone, Serialize)]
struct Analyzer {
    k1: f64,
    stemming: bool,
}

#[derive(Clone, Serialize)]
struct Config {
    limit: usize,
    r#type: String,
    analyzer: Analyzer,
}

impl Default for Config {
    fn default() -> Config {
        Config { limit: 3, r#type: "plain".to_owned(), analyzer: Analyzer { k1: 1.2, stemming: true } }
    }
}

impl Suite for Smoke {
    type Config = Config;
    const CODE: CodeFingerprint = code_fingerprint!("src", "tests");
}

#[derive(Serialize, Deserialize)]
struct Whole(usize, bool);

#[derive(Serialize, Deserialize)]
struct Fields(usize, f64, String);

#[derive(Serialize, Deserialize)]
struct Both(usize);

struct ByTrait(usize);

#[artifact(suite = Smoke)]
fn whole(config: &Config) -> Whole {
    Whole(config.limit, config.analyzer.stemming)
}

#[artifact(suite = Smoke)]
fn fields(
    #[config] limit: usize,
    #[config(analyzer.k1)] weight: &f64,
    #[config] r#type: &String,
) -> Fields {
    Fields(limit, *weight, r#type.clone())
}

#[artifact(suite = Smoke, code = code_fingerprint!("src"))]
fn both(#[config(analyzer)] analyzer: &Analyzer, whole: &Whole, by_trait: &ByTrait, model: &project::Model) -> Both {
    Both(usize::from(analyzer.stemming) + whole.0 + by_trait.0 + model.0.len())
}

impl Artifact<Smoke> for ByTrait {
    const NAME: &'static str = "by_trait";
    const USES_REPO: bool = false;
    fn build(cx: &BuildContext<'_, Smoke>) -> cached_smoke::Result<Self> {
        std::fs::write(cx.dir().join("limit"), cx.config().limit.to_string())?;
        Ok(ByTrait(cx.config().limit))
    }
    fn load(cx: &LoadContext<'_, Smoke>) -> cached_smoke::Result<Self> {
        Ok(ByTrait(std::fs::read_to_string(cx.dir().join("limit"))?.parse()?))
    }
}

#[cached_smoke]
fn the_default(whole: &Whole, fields: &Fields) {
    project::log("configuration::the_default");
    assert_eq!((whole.0, whole.1), (3, true));
    assert_eq!((fields.0, fields.1, fields.2.as_str()), (3, 1.2, "plain"));
}

#[cached_smoke(repos = [], suite = Smoke, config = Config { limit: 5, ..Config::default() })]
fn another(whole: &Whole, Fields(limit, ..): Fields) {
    project::log("configuration::another");
    assert_eq!((whole.0, limit), (5, 5));
}

#[cached_smoke(repos = [])]
fn functions_and_traits(Both(sum): &Both, by_trait: &ByTrait) {
    project::log("configuration::functions_and_traits");
    assert_eq!((*sum, by_trait.0), (9, 3));
}
