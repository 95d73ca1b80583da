//! Smoke tests of the code index over real repositories. They search for names and phrases that users of each would
//! try.
//!
//! `cargo smoke` runs all of them. `cargo test` runs those over `bookshop`, which is part of this repository.

mod smoke;

use std::ops::RangeInclusive;

use cached_smoke::{CacheReport, Repo};
use code_index::{AnalyzerConfig, DependencyGraph, EdgeKind, Matched, NodeKind, SparseIndex};

use smoke::{SmokeConfig, cached_smoke};

/// Facts about a repository that do not come from the index.
struct Known {
    /// The approximate numbers of Python files, classes and functions.
    files: RangeInclusive<usize>,
    classes: RangeInclusive<usize>,
    functions: RangeInclusive<usize>,
    /// Names, and the nodes that define them.
    definitions: &'static [(&'static str, &'static str)],
    /// A class, and one that it inherits from.
    inherits: &'static [(&'static str, &'static str)],
    /// Plain words, and a file that must be among the first ten results.
    questions: &'static [(&'static str, &'static str)],
}

impl Known {
    fn check(&self, graph: &DependencyGraph, index: &SparseIndex) {
        let count = |kind| graph.nodes().filter(|node| node.kind() == kind).count();
        for (kind, range) in
            [(NodeKind::File, &self.files), (NodeKind::Class, &self.classes), (NodeKind::Function, &self.functions)]
        {
            let found = count(kind);
            assert!(range.contains(&found), "{found} nodes of kind {kind:?} are not within {range:?}");
        }
        for (name, id) in self.definitions {
            assert!(graph.node(id).is_some(), "{id} is not in the graph");
            let hits = index.search(name, 10, &[]).expect("a plain search");
            let hit = hits.iter().find(|hit| hit.id == *id);
            assert_eq!(hit.map(|hit| hit.matched), Some(Matched::Exact), "{name}: {hits:#?}");
        }
        for (class, base) in self.inherits {
            let class = graph.node(class).unwrap_or_else(|| panic!("{class} is not in the graph"));
            let mut bases = graph.outgoing(class, EdgeKind::Inherits);
            assert!(bases.any(|edge| edge.target().id() == *base), "{} does not inherit from {base}", class.id());
        }
        for (question, file) in self.questions {
            let hits = index.search(question, 10, &[]).expect("a plain search");
            assert!(hits.iter().any(|hit| hit.file == *file), "“{question}” does not find {file}: {hits:#?}");
        }
    }
}

/// Builds the fixtures of each repository. `.config/nextest.toml` runs these tests first.
#[cached_smoke]
#[ignore = "needs fetched repositories: run `cargo smoke`"]
fn warm(_: &DependencyGraph, _: &SparseIndex) {}

#[cached_smoke(repo = "bookshop")]
fn bookshop(graph: &DependencyGraph, index: &SparseIndex) {
    Known {
        files: 48..=48,
        classes: 37..=37,
        functions: 120..=120,
        definitions: &[
            ("SqliteRepository", "bookshop/storage/sqlite.py:SqliteRepository"),
            ("PaymentRefused", "bookshop/errors.py:PaymentRefused"),
            ("cancel_order", "bookshop/orders/service.py:cancel_order"),
        ],
        inherits: &[
            ("bookshop/storage/sqlite.py:SqliteRepository", "bookshop/storage/base.py:Repository"),
            ("bookshop/catalogue/models.py:AudioBook", "bookshop/catalogue/models.py:EBook"),
        ],
        questions: &[
            ("cheapest shipping rate for a parcel", "bookshop/shipping/rates.py"),
            ("refund a payment through its provider", "bookshop/payments/refunds.py"),
            ("send a mail to the customer", "bookshop/utils/mail.py"),
        ],
    }
    .check(graph, index);
}

#[cached_smoke(repo = "requests")]
#[ignore = "needs a fetched repository: run `cargo smoke`"]
fn requests(graph: &DependencyGraph, index: &SparseIndex) {
    Known {
        files: 30..=40,
        classes: 70..=100,
        functions: 550..=750,
        definitions: &[
            ("Session", "src/requests/sessions.py:Session"),
            ("HTTPAdapter", "src/requests/adapters.py:HTTPAdapter"),
            ("PreparedRequest", "src/requests/models.py:PreparedRequest"),
            ("iter_content", "src/requests/models.py:Response.iter_content"),
        ],
        inherits: &[
            ("src/requests/auth.py:HTTPBasicAuth", "src/requests/auth.py:AuthBase"),
            ("src/requests/exceptions.py:ConnectTimeout", "src/requests/exceptions.py:ConnectionError"),
        ],
        questions: &[
            ("encode multipart form data of uploaded files", "src/requests/models.py"),
            ("digest authentication challenge", "src/requests/auth.py"),
            ("follow redirects and rebuild the method", "src/requests/sessions.py"),
        ],
    }
    .check(graph, index);
}

#[cached_smoke(repo = "pytest")]
#[ignore = "needs a fetched repository: run `cargo smoke`"]
fn pytest(graph: &DependencyGraph, index: &SparseIndex) {
    Known {
        files: 240..=290,
        classes: 600..=800,
        functions: 5_000..=6_000,
        definitions: &[
            ("FixtureManager", "src/_pytest/fixtures.py:FixtureManager"),
            ("MonkeyPatch", "src/_pytest/monkeypatch.py:MonkeyPatch"),
            ("LogCaptureFixture", "src/_pytest/logging.py:LogCaptureFixture"),
        ],
        inherits: &[("src/_pytest/python.py:Module", "src/_pytest/nodes.py:File")],
        questions: &[
            ("rewrite assert statements in the syntax tree", "src/_pytest/assertion/rewrite.py"),
            ("capture stdout and stderr file descriptors", "src/_pytest/capture.py"),
            ("rerun only the tests that failed last", "src/_pytest/cacheprovider.py"),
        ],
    }
    .check(graph, index);
}

#[cached_smoke(repo = "django")]
#[ignore = "needs a fetched repository: run `cargo smoke`"]
fn django(graph: &DependencyGraph, index: &SparseIndex) {
    Known {
        files: 2_700..=2_950,
        classes: 9_500..=11_500,
        functions: 27_000..=32_000,
        definitions: &[
            ("QuerySet", "django/db/models/query.py:QuerySet"),
            ("SafeExceptionReporterFilter", "django/views/debug.py:SafeExceptionReporterFilter"),
            ("MigrationAutodetector", "django/db/migrations/autodetector.py:MigrationAutodetector"),
            ("bulk_create", "django/db/models/query.py:QuerySet.bulk_create"),
        ],
        inherits: &[
            ("django/db/models/query.py:QuerySet", "django/db/models/utils.py:AltersData"),
            (
                "django/views/generic/list.py:ListView",
                "django/views/generic/list.py:MultipleObjectTemplateResponseMixin",
            ),
            ("django/forms/models.py:ModelForm", "django/forms/models.py:BaseModelForm"),
        ],
        questions: &[
            ("parse http date", "django/utils/http.py"),
            ("compile a queryset into sql", "django/db/models/sql/compiler.py"),
            ("detect changes between two project states for migrations", "django/db/migrations/autodetector.py"),
            ("password hashing with pbkdf2", "django/contrib/auth/hashers.py"),
        ],
    }
    .check(graph, index);
}

#[cached_smoke(repo = "scikit-learn")]
#[ignore = "needs a fetched repository: run `cargo smoke`"]
fn scikit_learn(graph: &DependencyGraph, index: &SparseIndex) {
    Known {
        files: 800..=950,
        classes: 750..=950,
        functions: 8_500..=10_500,
        definitions: &[
            ("RandomForestClassifier", "sklearn/ensemble/_forest.py:RandomForestClassifier"),
            ("StandardScaler", "sklearn/preprocessing/_data.py:StandardScaler"),
            ("GridSearchCV", "sklearn/model_selection/_search.py:GridSearchCV"),
            ("train_test_split", "sklearn/model_selection/_split.py:train_test_split"),
        ],
        inherits: &[
            ("sklearn/ensemble/_forest.py:RandomForestClassifier", "sklearn/ensemble/_forest.py:ForestClassifier"),
            ("sklearn/pipeline.py:Pipeline", "sklearn/utils/metaestimators.py:_BaseComposition"),
        ],
        questions: &[
            ("split arrays into random train and test subsets", "sklearn/model_selection/_split.py"),
            ("k means plus plus initialisation", "sklearn/cluster/_kmeans.py"),
            ("area under the receiver operating characteristic curve", "sklearn/metrics/_ranking.py"),
        ],
    }
    .check(graph, index);
}

#[cached_smoke(repo = "matplotlib")]
#[ignore = "needs a fetched repository: run `cargo smoke`"]
fn matplotlib(graph: &DependencyGraph, index: &SparseIndex) {
    Known {
        files: 850..=950,
        classes: 1_000..=1_300,
        functions: 8_500..=10_500,
        definitions: &[
            ("Figure", "lib/matplotlib/figure.py:Figure"),
            ("Line2D", "lib/matplotlib/lines.py:Line2D"),
            ("Normalize", "lib/matplotlib/colors.py:Normalize"),
        ],
        inherits: &[
            ("lib/matplotlib/lines.py:Line2D", "lib/matplotlib/artist.py:Artist"),
            ("lib/matplotlib/figure.py:Figure", "lib/matplotlib/figure.py:FigureBase"),
        ],
        questions: &[
            ("adjust subplot parameters so that subplots fit in the figure", "lib/matplotlib/_tight_layout.py"),
            ("parse math text expressions", "lib/matplotlib/_mathtext.py"),
            ("draw a box and whisker plot", "lib/matplotlib/axes/_axes.py"),
        ],
    }
    .check(graph, index);
}

#[cached_smoke(repo = "locagent")]
#[ignore = "needs a fetched repository: run `cargo smoke`"]
fn locagent(graph: &DependencyGraph, index: &SparseIndex) {
    Known {
        files: 50..=200,
        classes: 50..=500,
        functions: 200..=3_000,
        definitions: &[],
        inherits: &[],
        questions: &[("build the dependency graph of a repository", "dependency_graph/build_graph.py")],
    }
    .check(graph, index);
}

/// Checks the graph and the index of each repository for consistency.
#[cached_smoke]
#[ignore = "needs fetched repositories: run `cargo smoke`"]
fn any_repository(graph: &DependencyGraph, index: &SparseIndex, repo: &Repo) {
    holds_together(graph, index, repo);
}

#[cached_smoke(repo = "bookshop")]
fn bookshop_holds_together(graph: &DependencyGraph, index: &SparseIndex, repo: &Repo) {
    holds_together(graph, index, repo);
}

fn holds_together(graph: &DependencyGraph, index: &SparseIndex, repo: &Repo) {
    let statistics = graph.statistics();
    assert_eq!(statistics.total_nodes(), graph.nodes().len());
    assert_eq!(statistics.total_edges(), graph.edges().len());
    assert!(!index.is_empty());
    for node in graph.nodes() {
        assert_eq!(node.parent().is_none(), node.id() == "/", "{} has no parent", node.id());
        if node.kind() == NodeKind::File {
            assert!(repo.path().join(node.id()).is_file(), "{} is a file of {}", node.id(), repo.name());
        }
        if let (Some(first), Some(last)) = (node.start_line(), node.end_line()) {
            assert!(first <= last, "{} ends before it begins", node.id());
        }
    }
    for edge in graph.edges().filter(|edge| edge.kind() == EdgeKind::Inherits) {
        assert_eq!(edge.source().kind(), NodeKind::Class, "{} inherits", edge.source().id());
    }
}

/// The metrics of the graph are those of its build, also in a run that restores it.
#[cached_smoke(repo = "bookshop")]
fn bookshop_has_metrics(graph: &DependencyGraph, report: &CacheReport) {
    let metrics = &report.artifacts[0].metrics;
    assert_eq!(metrics["nodes"].to_string(), graph.nodes().len().to_string());
    assert_eq!(metrics["edges"].to_string(), graph.edges().len().to_string());
}

/// Another analyzer builds another index of the same graph.
#[cached_smoke(
    repo = "bookshop",
    config = SmokeConfig { analyzer: AnalyzerConfig { stemming: false, ..Default::default() }, ..Default::default() }
)]
fn bookshop_without_stemming(index: &SparseIndex) {
    assert!(!index.analyzer().stemming);
}
