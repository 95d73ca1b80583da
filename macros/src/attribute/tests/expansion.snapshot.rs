// One test with the name of the user's function, which is nested inside.
//
//     /// Finds it.
//     #[cached_smoke(repo = "django")]
//     #[should_panic(expected = "lost")]
//     fn finds_queryset(graph: &DependencyGraph, Repo { name }: &Repo) {
//         graph.find(name)
//     }

#[::core::prelude::v1::test]
/// Finds it.
#[should_panic(expected = "lost")]
fn finds_queryset() {
    fn finds_queryset(graph: &DependencyGraph, Repo { name }: &Repo) {
        graph.find(name)
    }
    ::cached_smoke::__private::Test {
        module: ::core::module_path!(),
        function: "finds_queryset",
        repo: "django",
        each: &[],
        should_panic: ::core::option::Option::Some("lost"),
    }
        .of_any_suite()
        .parameter::<DependencyGraph, _>()
        .parameter::<Repo, _>()
        .run(|__fixture| finds_queryset(
            __fixture.argument::<DependencyGraph, _>(),
            __fixture.argument::<Repo, _>(),
        ))
}

// A test for each repository: a helper that runs on any repository, and a module of tests that call it.
//
//     /// Answers everywhere.
//     #[cached_smoke(repos = ["django", "scikit-learn"], config = SmokeConfig { k: 2 })]
//     #[cfg(unix)]
//     #[expect(unused)]
//     #[ignore = "slow"]
//     pub fn answers(index: &SparseIndex) -> self::Result<()> {
//         index.search("x")
//     }

#[cfg(test)]
#[cfg(unix)]
#[expect(unused)]
fn answers(__test: ::cached_smoke::__private::Test) -> self::Result<()> {
    fn answers(index: &SparseIndex) -> self::Result<()> {
        index.search("x")
    }
    __test
        .of_suite()
        .parameter::<SparseIndex, _>()
        .config(|| SmokeConfig { k: 2 })
        .run(|__fixture| answers(__fixture.argument::<SparseIndex, _>()))
}
#[cfg(test)]
/// Answers everywhere.
#[cfg(unix)]
#[allow(non_snake_case, reason = "tests have the names of repositories")]
pub mod answers {
    #[allow(unused_imports, reason = "attributes and the return type may need names")]
    use super::*;
    #[::core::prelude::v1::test]
    /// Answers everywhere.
    #[cfg(unix)]
    #[ignore = "slow"]
    fn django() -> super::Result<()> {
        super::answers(::cached_smoke::__private::Test {
            module: ::core::module_path!(),
            function: "django",
            repo: "django",
            each: &[],
            should_panic: ::core::option::Option::None,
        })
    }
    #[::core::prelude::v1::test]
    /// Answers everywhere.
    #[cfg(unix)]
    #[ignore = "slow"]
    fn scikit_learn() -> super::Result<()> {
        super::answers(::cached_smoke::__private::Test {
            module: ::core::module_path!(),
            function: "scikit_learn",
            repo: "scikit-learn",
            each: &[],
            should_panic: ::core::option::Option::None,
        })
    }
}

// An async test. Its fixture is built outside the runtime.
//
//     #[cached_smoke(repo = "django", suite = Smoke, crate = support::smoke)]
//     #[tokio::test]
//     async fn served() {
//         serve().await;
//     }

#[tokio::test]
async fn served() {
    #[allow(clippy::unused_async)]
    async fn served() {
        serve().await;
    }
    support::smoke::__private::Test {
        module: ::core::module_path!(),
        function: "served",
        repo: "django",
        each: &[],
        should_panic: ::core::option::Option::None,
    }
        .of_suite::<Smoke>()
        .run_async(async |__fixture| served().await)
        .await
}

// A test without a repository, with an artifact by value and a writable copy of another.
//
//     #[cached_smoke(repos = [])]
//     fn sells(model: Model, mut shop: Scratch<Shop>) {
//         shop.sell(model)
//     }

#[::core::prelude::v1::test]
fn sells() {
    fn sells(model: Model, mut shop: Scratch<Shop>) {
        shop.sell(model)
    }
    ::cached_smoke::__private::Test {
        module: ::core::module_path!(),
        function: "sells",
        repo: "-",
        each: &[],
        should_panic: ::core::option::Option::None,
    }
        .of_any_suite()
        .parameter_by_value::<Model, _>()
        .parameter_by_value::<Scratch<Shop>, _>()
        .run(|__fixture| sells(
            __fixture.value::<Model, _>(),
            __fixture.value::<Scratch<Shop>, _>(),
        ))
}

// One test over several repositories.
//
//     #[cached_smoke(repos = ["django", "requests"])]
//     fn compares(all: &Each<DependencyGraph>) {
//         compare(all)
//     }

#[::core::prelude::v1::test]
fn compares() {
    fn compares(all: &Each<DependencyGraph>) {
        compare(all)
    }
    ::cached_smoke::__private::Test {
        module: ::core::module_path!(),
        function: "compares",
        repo: "-",
        each: &["django", "requests"],
        should_panic: ::core::option::Option::None,
    }
        .of_any_suite()
        .parameter::<Each<DependencyGraph>, _>()
        .run(|__fixture| compares(__fixture.argument::<Each<DependencyGraph>, _>()))
}

// Parameters of another attribute.
//
//     #[cached_smoke(repos = ["django", "requests"])]
//     #[rstest]
//     #[case(3)]
//     fn has(graph: &DependencyGraph, #[case] nodes: usize) {
//         assert!(graph.len() > nodes)
//     }

#[cfg(test)]
fn has(__test: ::cached_smoke::__private::Test, nodes: usize) {
    fn has(graph: &DependencyGraph, nodes: usize) {
        assert!(graph.len() > nodes)
    }
    __test
        .of_any_suite()
        .parameter::<DependencyGraph, _>()
        .run_with(|__fixture| has(__fixture.argument::<DependencyGraph, _>(), nodes))
}
#[cfg(test)]
#[allow(non_snake_case, reason = "tests have the names of repositories")]
mod has {
    #[allow(unused_imports, reason = "attributes and the return type may need names")]
    use super::*;
    #[rstest]
    #[case(3)]
    fn django(#[case] nodes: usize) {
        super::has(
            ::cached_smoke::__private::Test {
                module: ::core::module_path!(),
                function: "django",
                repo: "django",
                each: &[],
                should_panic: ::core::option::Option::None,
            },
            nodes,
        )
    }
    #[rstest]
    #[case(3)]
    fn requests(#[case] nodes: usize) {
        super::has(
            ::cached_smoke::__private::Test {
                module: ::core::module_path!(),
                function: "requests",
                repo: "requests",
                each: &[],
                should_panic: ::core::option::Option::None,
            },
            nodes,
        )
    }
}

// A return value that only the function can create.
//
//     #[cached_smoke(repo = "django")]
//     fn judged(graph: &DependencyGraph) -> Verdict {
//         graph.judge()
//     }

#[::core::prelude::v1::test]
fn judged() -> ::cached_smoke::__private::ExitCode {
    fn judged(graph: &DependencyGraph) -> Verdict {
        graph.judge()
    }
    ::cached_smoke::__private::Test {
        module: ::core::module_path!(),
        function: "judged",
        repo: "django",
        each: &[],
        should_panic: ::core::option::Option::None,
    }
        .of_any_suite()
        .parameter::<DependencyGraph, _>()
        .run(|__fixture| {
            let __value = judged(__fixture.argument::<DependencyGraph, _>());
            ::cached_smoke::__private::report(__value)
        })
}

// An open type, which no signature may contain.
//
//     #[cached_smoke(repo = "django")]
//     fn asks_for_more(session: &Session<_>, graph: &DependencyGraph) {
//         session.get::<SparseIndex>()
//     }

#[::core::prelude::v1::test]
fn asks_for_more() {
    ::cached_smoke::__private::Test {
        module: ::core::module_path!(),
        function: "asks_for_more",
        repo: "django",
        each: &[],
        should_panic: ::core::option::Option::None,
    }
        .of_suite()
        .parameter::<Session<_>, _>()
        .parameter::<DependencyGraph, _>()
        .run(|__fixture| (|| -> () {
            let session: &Session<_> = __fixture.argument::<Session<_>, _>();
            let graph: &DependencyGraph = __fixture.argument::<DependencyGraph, _>();
            { session.get::<SparseIndex>() }
        })())
}
