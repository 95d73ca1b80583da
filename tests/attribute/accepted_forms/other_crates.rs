//! Test crates that fill in parameters, run cases, or name snapshots. `docs/reference/forms.md` has the table.

use super::support::cached_smoke;
use project::{Graph, Index};

mod of_rstest {
    use super::{Graph, Index, cached_smoke};
    use cached_smoke::{Repo, Scratch};
    use rstest::{fixture, rstest};

    #[fixture]
    fn limit() -> usize {
        10
    }

    #[cached_smoke(repo = "one")]
    #[rstest]
    #[case("file", true)]
    #[case::absent("none", false)]
    fn cases(#[case] name: &str, #[case] is_found: bool, graph: &Graph) {
        project::log(&format!("other_crates::of_rstest::cases of {name}"));
        assert_eq!(graph.names.iter().any(|one| one == name), is_found);
    }

    #[cached_smoke(repo = "one")]
    #[rstest]
    fn values(graph: &Graph, #[values(1, 2)] least: usize, #[values(3)] most: usize) {
        project::log(&format!("other_crates::of_rstest::values of {least}"));
        assert!(graph.names.len() <= least && least < most);
    }

    #[cached_smoke(repo = "one")]
    #[rstest]
    fn fixtures(limit: usize, graph: &Graph, #[from(limit)] renamed: usize) {
        project::log("other_crates::of_rstest::fixtures");
        assert!(graph.names.len() < limit && limit == renamed);
    }

    #[cached_smoke(repo = "one")]
    #[rstest]
    fn copies(#[values(1, 2)] least: usize, mut index: Scratch<Index>) {
        project::log(&format!("other_crates::of_rstest::copies of {least}"));
        index.0 += 1;
        assert_eq!(index.0, 2);
    }

    #[cached_smoke(repos = ["one", "scikit-learn"])]
    #[rstest]
    #[case(1)]
    fn over_repositories(#[case] count: usize, graph: &Graph, repo: &Repo) {
        project::log(&format!("other_crates::of_rstest::over_repositories over {}", repo.name()));
        assert_eq!(graph.names.len(), count);
    }

    #[cached_smoke(repo = "one")]
    #[rstest]
    #[case(1)]
    #[tokio::test]
    async fn asynchronous(#[case] count: usize, graph: &Graph) -> Result<(), String> {
        tokio::task::yield_now().await;
        project::log("other_crates::of_rstest::asynchronous");
        if graph.names.len() == count { Ok(()) } else { Err("another count".to_owned()) }
    }
}

mod of_test_case {
    use super::{Graph, cached_smoke};
    use test_case::{test_case, test_matrix};

    #[cached_smoke(repo = "one")]
    #[test_case("file", true; "present")]
    #[test_case("none", false; "absent")]
    fn cases(name: &str, is_found: bool, graph: &Graph) {
        project::log(&format!("other_crates::of_test_case::cases of {name}"));
        assert_eq!(graph.names.iter().any(|one| one == name), is_found);
    }

    #[cached_smoke(repo = "one")]
    #[test_case(1)]
    #[test_case(2)]
    fn numbers(least: usize, graph: &Graph) {
        project::log(&format!("other_crates::of_test_case::numbers of {least}"));
        assert!(graph.names.len() <= least);
    }

    #[cached_smoke(repo = "one")]
    #[test_matrix([1, 2], ["novel"])]
    fn combinations(least: usize, word: &'static str, graph: &Graph) {
        project::log(&format!("other_crates::of_test_case::combinations of {least}"));
        assert!(graph.names.len() <= least && word == "novel");
    }

    #[cached_smoke(repo = "one")]
    #[test_case(1)]
    #[tokio::test]
    async fn asynchronous(count: usize, graph: &Graph) {
        tokio::task::yield_now().await;
        project::log("other_crates::of_test_case::asynchronous");
        assert_eq!(graph.names.len(), count);
    }
}

mod of_proptest {
    use super::{Graph, cached_smoke};
    use proptest::prelude::{ProptestConfig, TestCaseError, any, prop_assert, proptest};
    use proptest::test_runner::TestRunner;

    #[cached_smoke(repo = "one")]
    fn a_block_in_the_body(graph: &Graph) {
        project::log("other_crates::of_proptest::a_block_in_the_body");
        let config = ProptestConfig { cases: 8, failure_persistence: None, ..ProptestConfig::default() };
        proptest!(config, |(at in 0..1_usize)| {
            prop_assert!(graph.names[at].starts_with("file"));
        });
    }

    #[cached_smoke(repo = "one")]
    fn a_runner(graph: &Graph) -> Result<(), proptest::test_runner::TestError<u8>> {
        project::log("other_crates::of_proptest::a_runner");
        let config = ProptestConfig { cases: 8, failure_persistence: None, ..ProptestConfig::default() };
        let mut runner = TestRunner::new(config);
        runner.run(&any::<u8>(), |number| {
            if usize::from(number) < usize::MAX * graph.names.len() { Ok(()) } else { Err(TestCaseError::fail("too large")) }
        })
    }
}

/// The names of snapshots are those without the attribute.
mod of_insta {
    use super::{Graph, cached_smoke};
    use cached_smoke::{Repo, Session};

    #[cached_smoke(repo = "one")]
    fn inline(graph: &Graph) {
        project::log("other_crates::of_insta::inline");
        insta::assert_snapshot!(graph.names.join(","), @"file");
    }

    #[cached_smoke(repo = "one")]
    fn in_a_file(graph: &Graph) {
        project::log("other_crates::of_insta::in_a_file");
        insta::assert_snapshot!(graph.names.join(","));
        insta::assert_snapshot!(graph.names.len());
    }

    #[cached_smoke(repos = ["one", "scikit-learn"])]
    fn over_repositories(graph: &Graph, repo: &Repo) {
        project::log(&format!("other_crates::of_insta::over_repositories over {}", repo.name()));
        insta::with_settings!({ snapshot_suffix => repo.name() }, {
            insta::assert_snapshot!(graph.names.join(","));
        });
    }

    #[cached_smoke(repo = "one")]
    fn with_an_open_session(_: &Session<_>, graph: &Graph) {
        project::log("other_crates::of_insta::with_an_open_session");
        insta::assert_snapshot!(graph.names.join(","));
    }

    #[cached_smoke(repo = "one")]
    #[tokio::test]
    async fn asynchronous(graph: &Graph) {
        project::log("other_crates::of_insta::asynchronous");
        insta::assert_snapshot!(graph.names.join(","));
    }
}
