//! Return types: any that implements `Termination`.

use super::support::cached_smoke;
use project::{Graph, Index};
use std::error::Error;
use std::process::{ExitCode, Termination};

type TestResult = Result<(), Box<dyn Error>>;

struct Verdict(bool);

impl Termination for Verdict {
    fn report(self) -> ExitCode {
        project::log("returns: a verdict is asked for");
        if self.0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

#[cached_smoke(repo = "one")]
#[allow(clippy::unused_unit)]
fn unit(graph: &Graph) -> () {
    project::log("returns::unit");
    assert!(!graph.names.is_empty());
}

#[cached_smoke(repo = "one")]
fn result(graph: &Graph) -> Result<(), std::num::ParseIntError> {
    project::log("returns::result");
    assert_eq!("1".parse::<usize>()?, graph.names.len());
    Ok(())
}

#[cached_smoke(repo = "one")]
fn alias(graph: &Graph) -> TestResult {
    project::log("returns::alias");
    if graph.names.is_empty() {
        return Err("no names".into());
    }
    Ok(())
}

#[cached_smoke(repo = "one")]
fn exit_code(graph: &Graph) -> ExitCode {
    project::log("returns::exit_code");
    ExitCode::from(u8::from(graph.names.is_empty()))
}

#[cached_smoke(repo = "one")]
fn result_of_an_exit_code(_: &Index) -> Result<ExitCode, String> {
    project::log("returns::result_of_an_exit_code");
    Ok(ExitCode::SUCCESS)
}

#[cached_smoke(repo = "one")]
fn own(graph: &Graph) -> Verdict {
    project::log("returns::own");
    Verdict(!graph.names.is_empty())
}

#[cached_smoke(repo = "one")]
fn result_of_its_own(graph: &Graph) -> Result<Verdict, String> {
    project::log("returns::result_of_its_own");
    Ok(Verdict(!graph.names.is_empty()))
}

#[cached_smoke(repo = "one")]
fn some_termination(graph: &Graph) -> impl Termination {
    project::log("returns::some_termination");
    Verdict(!graph.names.is_empty())
}

#[cached_smoke(repo = "one")]
fn borrowed_error(graph: &Graph) -> Result<(), &str> {
    project::log("returns::borrowed_error");
    if graph.names == ["file"] { Ok(()) } else { Err(graph.names[0].as_str()) }
}

#[cached_smoke(repos = ["one"])]
#[tokio::test]
async fn borrowed(graph: &Graph) -> Judged<'_> {
    project::log("returns::borrowed");
    Judged(graph)
}

struct Judged<'a>(&'a Graph);

impl Termination for Judged<'_> {
    fn report(self) -> ExitCode {
        Verdict(!self.0.names.is_empty()).report()
    }
}

#[cached_smoke(repos = ["one"])]
#[allow(unused_qualifications)]
fn relative_path(graph: &Graph) -> self::Verdict {
    project::log("returns::relative_path");
    Verdict(!graph.names.is_empty())
}

mod below {
    use super::cached_smoke;

    #[cached_smoke(repos = ["one"])]
    fn relative_result(_: &super::Graph) -> super::TestResult {
        project::log("returns::below::relative_result");
        Ok(())
    }
}
