//! Artifacts of several suites and of functions in one test.

use cached_smoke::{
    Artifact, BuildContext, CacheReport, CodeFingerprint, LoadContext, Repo, Result, Scratch, Session, Suite, artifact,
    cached_smoke, code_fingerprint,
};
use serde::{Deserialize, Serialize};

macro_rules! suites {
    ($($suite:ident: $artifact:ident($config:ty) uses_repo $uses_repo:literal;)*) => { $(
        struct $suite;

        impl Suite for $suite {
            type Config = $config;
            const CODE: CodeFingerprint = code_fingerprint!("src");
        }

        struct $artifact(String);

        impl Artifact<$suite> for $artifact {
            const NAME: &'static str = stringify!($artifact);
            const USES_REPO: bool = $uses_repo;
            fn build(cx: &BuildContext<'_, $suite>) -> Result<Self> {
                let text = stringify!($suite).to_owned();
                std::fs::write(cx.dir().join("text"), &text)?;
                Ok($artifact(text))
            }
            fn load(cx: &LoadContext<'_, $suite>) -> Result<Self> {
                Ok($artifact(std::fs::read_to_string(cx.dir().join("text"))?))
            }
        }
    )* };
}

suites! {
    First: OfFirst(u8) uses_repo true;
    Second: OfSecond(()) uses_repo true;
    Third: OfThird(String) uses_repo false;
}

#[derive(Serialize, Deserialize)]
struct Free(u8);

#[artifact]
fn free() -> Free {
    Free(1)
}

#[derive(Serialize, Deserialize)]
struct OfRepo(String);

#[artifact]
fn of_repo(repo: &Repo) -> OfRepo {
    OfRepo(repo.name().to_owned())
}

#[derive(Serialize, Deserialize)]
struct OfFunctionOfFirst(String);

#[artifact(suite = First)]
fn of_function_of_first(first: &OfFirst, free: &Free, config: &u8) -> OfFunctionOfFirst {
    OfFunctionOfFirst(format!("{} {} {config}", first.0, free.0))
}

#[cached_smoke(repo = "one")]
fn three_suites(first: &OfFirst, second: &OfSecond, third: &OfThird, free: &Free, repo: &OfRepo, report: &CacheReport) {
    project::log("mixed::three_suites");
    assert_eq!((first.0.as_str(), second.0.as_str(), third.0.as_str()), ("First", "Second", "Third"));
    assert_eq!((free.0, repo.0.as_str(), report.artifacts.len()), (1, "one", 5));
}

#[cached_smoke(repo = "one")]
fn by_value(first: OfFirst, mut second: Scratch<OfSecond>, free: Free, of_first: &OfFunctionOfFirst) {
    project::log("mixed::by_value");
    second.0.push('!');
    assert_eq!((first.0.as_str(), second.0.as_str(), free.0), ("First", "Second!", 1));
    assert_eq!(of_first.0, "First 1 0");
}

#[cached_smoke(repo = "one", config = 9)]
fn one_suite_and_functions(of_first: &OfFunctionOfFirst, free: &Free, of_repo: OfRepo) {
    project::log("mixed::one_suite_and_functions");
    assert_eq!((of_first.0.as_str(), free.0, of_repo.0.as_str()), ("First 1 9", 1, "one"));
}

#[cached_smoke(repo = "one")]
fn an_open_session(session: &Session<_>, first: &OfFirst, free: &Free) -> Result<()> {
    project::log("mixed::an_open_session");
    assert_eq!(session.get::<of_function_of_first>()?.0, format!("{} {} 0", first.0, free.0));
    assert_eq!(session.get::<free>()?.0, 1);
    Ok(())
}

#[cached_smoke(repo = "one")]
fn sessions_of_two_suites(first: &Session<First>, second: &Session<Second>, free: &Free) -> Result<()> {
    project::log("mixed::sessions_of_two_suites");
    assert_eq!((first.get::<OfFirst>()?.0.as_str(), second.get::<OfSecond>()?.0.as_str()), ("First", "Second"));
    assert_eq!(first.get::<free>()?.0, free.0);
    Ok(())
}

#[cached_smoke(repo = "one")]
#[tokio::test]
async fn asynchronous(first: &OfFirst, mut free: Free, second: Scratch<OfSecond>) {
    project::log("mixed::asynchronous");
    free.0 += 1;
    tokio::task::yield_now().await;
    assert_eq!((first.0.as_str(), free.0, second.0.as_str()), ("First", 2, "Second"));
}

#[cached_smoke]
fn a_suite_without_a_repository(third: &OfThird, free: &Free) {
    project::log("mixed::a_suite_without_a_repository");
    assert_eq!((third.0.as_str(), free.0), ("Third", 1));
}
