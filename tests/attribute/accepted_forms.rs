//! Every form that `#[cached_smoke]` accepts, on one page. `main.rs` beside it makes a project of this page and of
//! `project_lib.rs`, and runs it with cargo test and with nextest.
#![forbid(unsafe_code)]
#![deny(warnings, missing_docs, unreachable_pub, unused_qualifications)]

/// What a project writes once. The artifacts' types are of another crate.
mod support {
    use std::fs;
    use std::path::Path;

    pub(crate) use cached_smoke::cached_smoke;
    use cached_smoke::{
        Artifact, BuildContext, CodeFingerprint, KeyBuilder, LoadContext, Result, Storage, Suite, code_fingerprint,
    };
    use project::{Counted, Graph, Index};

    pub(crate) struct Smoke;

    #[derive(Clone, Default, serde::Serialize)]
    pub(crate) struct Config {
        pub(crate) added: usize,
    }

    impl Suite for Smoke {
        type Config = Config;
        const CODE: CodeFingerprint = code_fingerprint!("src", "tests");
    }

    impl Artifact<Smoke> for Graph {
        const NAME: &'static str = "graph";
        fn key(key: &mut KeyBuilder<'_, Smoke>) {
            assert!(!project::is_told_to("PANIC_IN_KEY", "graph"), "told to panic");
            let config = key.suite_config();
            key.config(config);
        }
        fn build(cx: &BuildContext<'_, Smoke>) -> Result<Self> {
            assert!(!project::is_told_to("PANIC", "graph"), "told to panic");
            if project::is_told_to("FAIL", "graph") {
                return Err("told to fail".into());
            }
            // A hook may drive a runtime, also when the test runs inside of one.
            let runtime = tokio::runtime::Builder::new_current_thread().build()?;
            let names = runtime.block_on(async { project::names(cx.repo().path()) })?;
            Ok(Graph { names })
        }
        fn save(&self, dir: &Path) -> Result<()> {
            Ok(fs::write(dir.join("names"), self.names.join("\n"))?)
        }
        fn load(cx: &LoadContext<'_, Smoke>) -> Result<Self> {
            let names = fs::read_to_string(cx.dir().join("names"))?;
            Ok(Graph { names: names.lines().map(str::to_owned).collect() })
        }
    }

    impl Artifact<Smoke> for Index {
        const NAME: &'static str = "index";
        const STORAGE: Storage = Storage::Directory;
        fn key(key: &mut KeyBuilder<'_, Smoke>) {
            key.needs::<Graph>();
        }
        fn build(cx: &BuildContext<'_, Smoke>) -> Result<Self> {
            let count = cx.artifact::<Graph>()?.names.len() + cx.config().added;
            fs::write(cx.dir().join("count"), count.to_string())?;
            Ok(Index(count))
        }
        fn load(cx: &LoadContext<'_, Smoke>) -> Result<Self> {
            Ok(Index(fs::read_to_string(cx.dir().join("count"))?.parse()?))
        }
    }

    impl Artifact<Smoke> for Counted<Vec<u8>> {
        const NAME: &'static str = "counted";
        fn key(key: &mut KeyBuilder<'_, Smoke>) {
            key.needs::<Graph>();
        }
        fn build(cx: &BuildContext<'_, Smoke>) -> Result<Self> {
            fs::write(cx.dir().join("count"), cx.artifact::<Graph>()?.names.len().to_string())?;
            Self::load_count(cx.dir())
        }
        fn load(cx: &LoadContext<'_, Smoke>) -> Result<Self> {
            Self::load_count(cx.dir())
        }
    }

    trait LoadCount: Sized {
        fn load_count(dir: &Path) -> Result<Self>;
    }

    impl LoadCount for Counted<Vec<u8>> {
        fn load_count(dir: &Path) -> Result<Self> {
            Ok(Counted(fs::read_to_string(dir.join("count"))?.parse()?, std::marker::PhantomData))
        }
    }

    /// A second suite in the same binary, with one of the first one's types.
    pub(crate) struct Other;

    impl Suite for Other {
        type Config = ();
        const CODE: CodeFingerprint = code_fingerprint!("src");
    }

    impl Artifact<Other> for Counted<Vec<u8>> {
        const NAME: &'static str = "counted";
        fn build(cx: &BuildContext<'_, Other>) -> Result<Self> {
            assert!(!project::is_told_to("PANIC", "graph") && !project::is_told_to("PANIC_IN_KEY", "graph"));
            if project::is_told_to("FAIL", "graph") {
                return Err("told to fail".into());
            }
            fs::write(cx.dir().join("count"), "1000")?;
            Self::load_count(cx.dir())
        }
        fn load(cx: &LoadContext<'_, Other>) -> Result<Self> {
            Self::load_count(cx.dir())
        }
    }

    /// For `crate = …`.
    pub(crate) mod reexported {
        pub(crate) use cached_smoke::*;
    }
}

/// Which parameters there can be: by type, any of them, in any order, with any pattern.
mod parameters {
    use super::support::{Smoke, cached_smoke};
    use cached_smoke::{CacheReport, Outcome, Repo, Session};
    use project::{Counted, Graph, Index};

    #[cached_smoke(repo = "one")]
    fn one(graph: &Graph) {
        project::log("parameters::one");
        assert_eq!(graph.names, ["file"]);
    }

    #[cached_smoke(repo = "one")]
    fn all(report: &CacheReport, index: &Index, session: &Session<Smoke>, graph: &Graph, repo: &Repo) {
        project::log("parameters::all");
        assert_eq!(index.0, graph.names.len());
        assert_eq!(repo.name(), "one");
        assert_eq!(session.config().added, 0);
        assert!(report.outcome().is_some_and(|outcome| outcome != Outcome::Failed));
    }

    #[cached_smoke(repo = "one")]
    fn patterns(_: &Counted<Vec<u8>>, Graph { names }: &Graph, Index(count): &Index) {
        project::log("parameters::patterns");
        assert_eq!(names.len(), *count);
    }

    #[cached_smoke(repo = "one")]
    #[allow(unused_parens)]
    fn bindings(mut graph: &Graph, #[allow(unused_variables)] index: &(Index), whole @ Counted(..): &Counted<Vec<u8>>) {
        static NONE: Graph = Graph { names: Vec::new() };
        project::log("parameters::bindings");
        assert_eq!(graph.names.len(), whole.0);
        graph = &NONE;
        assert!(graph.names.is_empty());
    }

    #[cached_smoke(repo = "one")]
    #[allow(unused_qualifications)]
    fn paths(graph: &::project::Graph, index: &self::Index, repo: &cached_smoke::Repo) {
        project::log("parameters::paths");
        assert_eq!((graph.names.len(), index.0, repo.name()), (1, 1, "one"));
    }

    #[cached_smoke(repo = "one", suite = Smoke)]
    fn only_the_repository(repo: &Repo) {
        project::log("parameters::only_the_repository");
        assert!(repo.path().join("file").is_file());
    }

    #[allow(unused_qualifications)]
    #[cached_smoke(repo = "one", suite = super::support::Smoke)]
    fn none() {
        project::log("parameters::none");
    }

    #[cached_smoke(repo = "one")]
    fn only_the_session(session: &Session<Smoke>) -> cached_smoke::Result<()> {
        project::log("parameters::only_the_session");
        let Index(count) = session.owned()?;
        assert_eq!(count, session.get::<Graph>()?.names.len());
        Ok(())
    }

    #[cached_smoke(repo = "one")]
    fn an_open_session(session: &Session<_>, graph: &Graph) -> cached_smoke::Result<()> {
        project::log("parameters::an_open_session");
        if session.config().added == 0 {
            assert_eq!(session.get::<Index>()?.0, graph.names.len());
            return Ok(());
        }
        Err("it is 0".into())
    }

    #[cached_smoke(repos = ["one"], suite = Smoke)]
    #[tokio::test]
    async fn an_open_session_alone(session: &Session<_>) {
        project::log("parameters::an_open_session_alone");
        assert_eq!(session.get::<Index>().map(|index| index.0).unwrap_or_default(), 1);
    }
}

/// What a test can return: whatever is `Termination`.
mod returns {
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
}

/// The attributes of the language beside ours.
mod attributes {
    use super::support::cached_smoke;
    use project::Graph;

    /// A doc comment.
    #[cached_smoke(repo = "one")]
    #[doc = "More of it."]
    #[expect(unused_variables, reason = "a lint")]
    #[inline(never)]
    fn documented(graph: &Graph) {
        project::log("attributes::documented");
        let unused = 1;
    }

    #[cached_smoke(repo = "one")]
    #[test]
    fn test_said(_: &Graph) {
        project::log("attributes::test_said");
    }

    #[cached_smoke(repo = "one")]
    #[ignore = "a reason"]
    fn ignored(_: &Graph) {
        project::log("attributes::ignored");
    }

    #[ignore]
    #[cached_smoke(repos = ["one"])]
    fn ignored_above(_: &Graph) {
        project::log("attributes::ignored_above");
    }

    #[cached_smoke(repo = "one")]
    #[should_panic(expected = "the one that is waited for")]
    fn panics(graph: &Graph) {
        project::log("attributes::panics");
        assert!(graph.names.is_empty(), "the one that is waited for");
    }

    #[should_panic]
    #[cached_smoke(repos = ["one"])]
    fn panics_somehow(graph: &Graph) {
        project::log("attributes::panics_somehow");
        assert!(graph.names.is_empty());
    }

    #[cached_smoke(repo = "one")]
    #[cfg_attr(all(), should_panic = "waited")]
    fn panics_on_some_systems(graph: &Graph) {
        project::log("attributes::panics_on_some_systems");
        assert!(graph.names.is_empty(), "waited for");
    }

    #[cfg_attr(all(), doc = "Conditional.", allow(unused_variables))]
    #[cached_smoke(repo = "one")]
    #[cfg_attr(any(), should_panic)]
    fn conditional(graph: &Graph) {
        project::log("attributes::conditional");
    }

    #[cached_smoke(repo = "one")]
    #[cfg(all())]
    fn configured_in(_: &Graph) {
        project::log("attributes::configured_in");
    }

    #[cached_smoke(repos = ["one"])]
    #[cfg(any())]
    fn configured_out(_: &NoSuchType) {}

    /// It is public.
    #[cached_smoke(repo = "one")]
    pub(crate) fn visible(_: &Graph) {
        project::log("attributes::visible");
    }

    #[cached_smoke(repo = "one")]
    fn r#match(_: &Graph) {
        project::log("attributes::r#match");
    }
}

/// The attributes of other crates beside ours.
mod runtimes {
    use super::support::{Smoke, cached_smoke};
    use cached_smoke::Session;
    use googletest::prelude::{expect_that, gt, len, verify_that};
    use project::{Graph, Index};
    use serial_test::serial;
    use std::time::Duration;

    #[cached_smoke(repo = "one")]
    #[tokio::test]
    async fn tokio_below(graph: &Graph) {
        tokio::task::yield_now().await;
        project::log("runtimes::tokio_below");
        assert_eq!(graph.names, ["file"]);
    }

    #[tokio::test]
    #[cached_smoke(repo = "one")]
    async fn tokio_above(graph: &Graph) -> Result<(), tokio::task::JoinError> {
        tokio::spawn(async {}).await?;
        project::log("runtimes::tokio_above");
        assert_eq!(graph.names, ["file"]);
        Ok(())
    }

    // Nothing else has this configuration: what is built here is built by a test inside of a runtime.
    #[cached_smoke(repo = "one", config = super::support::Config { added: 8 })]
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn tokio_below_with_arguments(_: &Index) -> Result<(), tokio::task::JoinError> {
        tokio::task::spawn_blocking(|| {}).await?;
        project::log("runtimes::tokio_below_with_arguments");
        Ok(())
    }

    #[tokio::test(start_paused = true)]
    #[cached_smoke(repo = "one", config = super::support::Config { added: 7 })]
    async fn tokio_above_with_arguments(Index(count): &Index) {
        tokio::time::sleep(Duration::from_secs(3600)).await;
        project::log("runtimes::tokio_above_with_arguments");
        assert_eq!(*count, 8);
    }

    #[cached_smoke(repos = ["one"])]
    #[tokio::test]
    #[should_panic(expected = "late")]
    async fn tokio_panics(graph: &Graph) {
        tokio::task::yield_now().await;
        project::log("runtimes::tokio_panics");
        assert!(graph.names.is_empty(), "late");
    }

    /// What the session is asked for in the middle of the test is had outside of the runtime, too.
    #[cached_smoke(repo = "one", suite = Smoke, config = super::support::Config { added: 99 })]
    #[tokio::test]
    async fn asks_inside_of_a_runtime(session: &Session<_>) {
        project::log("runtimes::asks_inside_of_a_runtime");
        let index = session.owned::<Index>();
        assert_eq!(index.map(|index| index.0).unwrap_or_default(), 100);
    }

    mod renamed {
        pub(crate) use tokio::test;
    }

    #[cached_smoke(repos = ["one"])]
    #[self::renamed::test]
    async fn tokio_by_a_relative_path(_: &Graph) {
        project::log("runtimes::tokio_by_a_relative_path");
    }

    #[cached_smoke(repo = "one", suite = Smoke)]
    #[test_log::test]
    fn test_log_below(_: &Index) {
        project::log("runtimes::test_log_below");
    }

    #[test_log::test]
    #[cached_smoke(repo = "one")]
    fn test_log_above(_: &Graph) {
        project::log("runtimes::test_log_above");
    }

    #[cached_smoke(repo = "one")]
    #[test_log::test(tokio::test)]
    async fn test_log_and_tokio(_: &Graph) {
        tokio::task::yield_now().await;
        project::log("runtimes::test_log_and_tokio");
    }

    #[cached_smoke(repo = "one")]
    #[googletest::test]
    fn googletest_below(graph: &Graph) -> googletest::Result<()> {
        project::log("runtimes::googletest_below");
        expect_that!(graph.names, len(gt(0)));
        verify_that!(graph.names.len(), gt(0))
    }

    #[cached_smoke(repos = ["one"])]
    #[googletest::gtest]
    fn googletest_without_result(graph: &Graph) {
        project::log("runtimes::googletest_without_result");
        expect_that!(graph.names, len(gt(0)));
    }

    #[cached_smoke(repo = "one")]
    #[googletest::gtest]
    #[tokio::test]
    async fn googletest_and_tokio(graph: &Graph) {
        tokio::task::yield_now().await;
        project::log("runtimes::googletest_and_tokio");
        expect_that!(graph.names, len(gt(0)));
    }

    #[cached_smoke(repo = "one")]
    #[serial]
    fn serial_unit(_: &Graph) {
        project::log("runtimes::serial_unit");
    }

    #[cached_smoke(repos = ["one"])]
    #[serial(files)]
    fn serial_result(_: &Graph) -> Result<(), String> {
        project::log("runtimes::serial_result");
        Ok(())
    }
}

/// Over which repositories.
mod repositories {
    use super::support::cached_smoke;
    use cached_smoke::Repo;
    use project::Graph;

    #[cached_smoke(repos = ["one", "scikit-learn"])]
    fn several(graph: &Graph, repo: &Repo) {
        project::log(&format!("repositories::several over {}", repo.name()));
        assert_eq!(graph.names, ["file"]);
    }

    #[cached_smoke]
    fn every(_: &Graph, repo: &Repo) {
        project::log(&format!("repositories::every over {}", repo.name()));
    }

    #[cached_smoke()]
    #[tokio::test]
    async fn every_async(_: &Graph, repo: &Repo) -> Result<(), std::io::Error> {
        project::log(&format!("repositories::every_async over {}", repo.name()));
        Ok(())
    }
}

/// With another configuration, another suite, another crate.
mod arguments {
    use super::support::{Config, Other, Smoke, cached_smoke};
    use project::{Counted, Index};

    const TWENTY: Config = Config { added: 20 };

    fn thirty() -> Config {
        Config { added: 30 }
    }

    #[cached_smoke(repo = "one", config = Config { added: 10, ..Config::default() }, suite = Smoke)]
    fn expression(index: &Index) {
        project::log("arguments::expression");
        assert_eq!(index.0, 11);
    }

    #[cached_smoke(repo = "one", suite = Smoke, config = TWENTY)]
    fn constant(index: &Index) {
        project::log("arguments::constant");
        assert_eq!(index.0, 21);
    }

    #[cached_smoke(repos = ["one"], suite = Smoke, config = thirty(),)]
    fn call(index: &Index) {
        project::log("arguments::call");
        assert_eq!(index.0, 31);
    }

    trait HasSuite {
        type Suite;
    }

    impl HasSuite for Smoke {
        type Suite = Other;
    }

    #[cached_smoke(repo = "one", suite = <Smoke as HasSuite>::Suite)]
    fn a_suite_by_association(Counted(count, _): &Counted<Vec<u8>>) {
        project::log("arguments::a_suite_by_association");
        assert_eq!(*count, 1000);
    }

    #[cached_smoke(repo = "one", suite = Other)]
    fn another_suite(Counted(count, _): &Counted<Vec<u8>>) {
        project::log("arguments::another_suite");
        assert_eq!(*count, 1000);
    }

    #[super::support::reexported::cached_smoke(repo = "one", suite = Smoke, crate = super::support::reexported)]
    fn another_crate(index: &Index) {
        project::log("arguments::another_crate");
        assert_eq!(index.0, 1);
    }
}

/// Written by a macro.
mod by_example {
    macro_rules! smoke_test {
        ($(#[$attribute:meta])* $name:ident over $repo:literal with $config:expr, $pattern:pat => $type:ty, $body:expr) => {
            #[cached_smoke(repo = $repo, config = $config)]
            $(#[$attribute])*
            fn $name($pattern: &$type, graph: &project::Graph) {
                project::log(concat!("by_example::", stringify!($name)));
                assert_eq!(graph.names, ["file"]);
                $body
            }
        };
    }

    macro_rules! over_several {
        ($name:ident, $reference:ty, $($repo:expr),*; $suite:path) => {
            #[cached_smoke(repos = [$($repo),*], suite = $suite)]
            fn $name(index: $reference) -> Result<(), String> {
                project::log(concat!("by_example::", stringify!($name)));
                (index.0 == 1).then_some(()).ok_or_else(|| "not 1".to_owned())
            }
        };
    }

    macro_rules! with_body {
        ($visibility:vis $name:ident, $body:block, $list:expr) => {
            #[cached_smoke(repos = $list)]
            $visibility fn $name(_: &project::Graph) $body
        };
    }

    use super::support::{Config, Smoke, cached_smoke};
    use project::Index;

    with_body!(pub(crate) block, { project::log("by_example::block") }, ["one"]);
    smoke_test!(plain over "one" with Config { added: 1 }, Index(count) => Index, assert_eq!(*count, 2));
    smoke_test!(
        #[should_panic(expected = "on purpose")]
        panicking over "one" with Config::default(),
        _ => Index,
        panic!("on purpose")
    );
    over_several!(several, &Index, "one", "scikit-learn"; Smoke);
}

/// Where the names of the standard library mean something else.
#[allow(dead_code, non_camel_case_types, unused_macros, reason = "they are there to be in the way")]
mod shadowed {
    use super::support::cached_smoke;
    use project::Graph;

    mod std {}
    mod core {}
    mod cached_smoke_macros {}
    mod project_ {}
    struct Result;
    struct Option;
    struct Ok;
    struct Err;
    struct Some;
    struct None;
    struct Session;
    struct Test;
    struct Passed;
    struct Returned;
    struct Arg;
    trait Default {}
    trait Fn {}
    type str = ();
    type u8 = ();
    macro_rules! concat {
        () => {};
    }
    macro_rules! module_path {
        () => {};
    }
    macro_rules! include_bytes {
        () => {};
    }
    fn run() {}
    fn run_async() {}

    #[cached_smoke(repo = "one")]
    fn names(graph: &Graph) {
        project::log("shadowed::names");
        assert_eq!(graph.names.len(), 1);
    }

    #[cached_smoke(repos = ["one"])]
    #[tokio::test]
    async fn in_a_module(graph: &Graph) -> ::std::result::Result<(), ::std::string::String> {
        project::log("shadowed::in_a_module");
        assert_eq!(graph.names.len(), 1);
        ::std::result::Result::Ok(())
    }

    mod without_prelude {
        #![no_implicit_prelude]

        #[::cached_smoke::cached_smoke(repo = "one")]
        fn nothing_in_scope(graph: &::project::Graph) -> ::std::process::ExitCode {
            ::project::log("shadowed::without_prelude::nothing_in_scope");
            if graph.names.is_empty() { ::std::process::ExitCode::FAILURE } else { ::std::process::ExitCode::SUCCESS }
        }
    }
}
