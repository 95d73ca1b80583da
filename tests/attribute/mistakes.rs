//! Tests with type errors, which only the compiler can see. `rejected_by_types.rs` compiles them.
#![allow(unused)]

use cached_smoke::{Artifact, BuildContext, CodeFingerprint, LoadContext, Result, Session, Suite, cached_smoke};
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

#[cached_smoke(repo = "one")]
fn of_two_suites(graph: &Graph, bytes: &Vec<u8>) {}

#[cached_smoke(repo = "one")]
fn of_any_suite(shared: &Shared) {}

#[cached_smoke(repo = "one", suite = Graph)]
fn no_suite(graph: &Graph) {}

#[cached_smoke(repo = "one")]
fn session_of_another(graph: &Graph, session: &Session<Second>) {}

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
