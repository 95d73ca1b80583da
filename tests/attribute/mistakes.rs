//! Tests with type errors, which only the compiler can see. `rejected_by_types.rs` compiles them.
#![allow(unused)]

use cached_smoke::{
    Artifact, BuildContext, CodeFingerprint, Each, LoadContext, Result, Scratch, Session, Suite, artifact, cached_smoke,
};
use project::{Graph, Shared, Stranger};

struct First;
struct Second;

macro_rules! suite {
    ($suite:ty: $($artifact:ty),*) => {
        impl Suite for $suite {
            type Config = ();
            const CODE: CodeFingerprint = cached_smoke::code_fingerprint!("src");
        }
        $(impl Artifact<$suite> for $artifact {
            const NAME: &'static str = stringify!($artifact);
            fn build(_: &BuildContext<'_, $suite>) -> Result<Self> { Err("".into()) }
            fn load(_: &LoadContext<'_, $suite>) -> Result<Self> { Err("".into()) }
        })*
    };
}
suite!(First: Graph, Shared);
suite!(Second: Shared, Vec<u8>);

#[cached_smoke(repo = "one")]
fn no_artifact(graph: &Graph, stranger: &Stranger) {}

#[cached_smoke(repo = "one", suite = First)]
fn no_artifact_of_the_suite(stranger: &Stranger) {}

#[cached_smoke(repo = "one", config = ())]
fn of_two_suites(graph: &Graph, bytes: &Vec<u8>) {}

#[cached_smoke(repo = "one")]
fn of_any_suite(shared: &Shared) {}

#[cached_smoke(repo = "one", suite = Graph)]
fn no_suite(graph: &Graph) {}

#[cached_smoke(repo = "one", suite = First)]
fn session_of_another(graph: &Graph, session: &Session<Second>) {}

#[cached_smoke(repo = "one")]
fn no_artifact_by_value(graph: &Graph, stranger: Stranger) {}

#[cached_smoke(repo = "one")]
fn no_artifact_in_a_copy(stranger: Scratch<Stranger>) {}

#[cached_smoke(repo = "one")]
fn no_artifact_in_each(all: &Each<Stranger>) {}

#[cached_smoke(repo = "one", suite = First)]
fn function_of_another_suite(limited: &Limited) {}

#[cached_smoke(repos = [])]
fn of_two_functions(twice: &Twice) {}

struct MyResult;
impl std::process::Termination for MyResult {
    fn report(self) -> std::process::ExitCode { std::process::ExitCode::SUCCESS }
}

#[cached_smoke(repo = "one")]
fn misnamed(graph: &Graph) -> MyResult { MyResult }

#[cached_smoke(repo = "one")]
fn no_termination(graph: &Graph) -> u8 { 1 }

#[cached_smoke(repo = "one")]
fn no_debug(graph: &Graph) -> std::result::Result<(), Stranger> { Ok(()) }

#[cached_smoke(repo = "one", config = 3)]
fn config_of_another_type(graph: &Graph) {}

#[cached_smoke(repo = "one")]
#[tokio::test]
async fn no_artifact_async(stranger: &Stranger, graph: &Graph) {}

#[derive(serde::Serialize, serde::Deserialize)]
pub struct Twice(u8);

#[artifact]
fn first_of_two() -> Twice { Twice(1) }

#[artifact]
fn second_of_two() -> Twice { Twice(2) }

#[cached_smoke(repos = [])]
fn names_another_function(#[artifact(limited)] twice: &Twice) {}

#[cached_smoke(repos = [])]
fn names_no_function(#[artifact(third_of_two)] twice: Twice) {}

#[cached_smoke(repo = "one")]
fn names_a_function_for_the_repository(#[artifact(first_of_two)] repo: &cached_smoke::Repo) {}

struct Configured;

#[derive(Default, serde::Serialize)]
pub struct Config { limit: usize }

impl Suite for Configured {
    type Config = Config;
    const CODE: CodeFingerprint = cached_smoke::code_fingerprint!("src");
}

#[derive(serde::Serialize, serde::Deserialize)]
pub struct Limited(usize);

#[artifact(suite = Configured)]
fn limited(#[config] limit: &usize) -> Limited { Limited(*limit) }

// Mistakes of artifacts.

#[artifact]
fn not_serializable() -> Opaque { Opaque }

#[artifact]
fn no_input(stranger: &Stranger) -> u16 { 1 }

#[artifact]
fn no_input_by_value(stranger: Stranger) -> u32 { 1 }

#[artifact]
fn input_of_a_suite(limited: &Limited) -> u64 { 1 }

#[artifact(suite = Configured)]
fn missing_field(#[config] limits: &usize) -> i8 { 1 }

#[artifact(suite = Configured)]
fn field_of_another_type(#[config] limit: &String) -> i16 { 1 }

#[artifact]
fn configuration_of_no_suite(config: &Config) -> i32 { 1 }

#[artifact(suite = Configured)]
fn configuration_of_another_suite(config: &OtherConfig) -> i64 { 1 }

#[artifact(suite = Limited)]
fn no_suite_of_a_function() -> f32 { 1.0 }

#[artifact(codec = Stranger)]
fn no_codec() -> f64 { 1.0 }

#[artifact(load = |dir: &std::path::Path| 3, save = |_, _| ())]
fn loads_another_type() -> Vec<u16> { vec![] }

#[artifact]
fn no_error() -> std::result::Result<Vec<u32>, Stranger> { Err(Stranger) }

pub struct OtherConfig;
pub struct Opaque;
