//! Tests of searches and of index directories.

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::SystemTime;

use code_index::{AnalyzerConfig, DependencyGraph, Error, GraphBuilder, Hit, Matched, NodeKind, SparseIndex};
use common::{bookshop, graph_of};
use tempfile::TempDir;

fn index_of(graph: &DependencyGraph) -> SparseIndex {
    SparseIndex::in_memory(graph, &AnalyzerConfig::default()).expect("an index in memory")
}

fn found(index: &SparseIndex, query: &str, kinds: &[NodeKind]) -> Vec<(String, Matched)> {
    let hits = index.search(query, 10, kinds).expect("a search");
    hits.into_iter().map(|hit| (hit.id, hit.matched)).collect()
}

fn ids(index: &SparseIndex, query: &str) -> Vec<String> {
    found(index, query, &[]).into_iter().map(|(id, _)| id).collect()
}

/// Returns the sizes and modification times of a directory and its files, by path.
fn state(dir: &Path) -> BTreeMap<String, (u64, SystemTime)> {
    let entries = fs::read_dir(dir).expect("the directory exists").map(|entry| entry.expect("an entry").path());
    let paths = entries.chain([dir.to_owned()]);
    paths
        .map(|path| {
            let metadata = fs::metadata(&path).expect("the file exists");
            (path.display().to_string(), (metadata.len(), metadata.modified().expect("a time")))
        })
        .collect()
}

#[test]
fn a_hit_has_all_attributes_of_the_node() {
    let hits = index_of(&bookshop()).search("Book", 1, &[]).expect("a search");
    let expected = Hit {
        id: "bookshop/catalogue/models.py:Book".to_owned(),
        kind: NodeKind::Class,
        file: "bookshop/catalogue/models.py".to_owned(),
        start_line: Some(23),
        end_line: Some(62),
        score: 1.0,
        matched: Matched::Exact,
    };
    assert_eq!(hits, [expected]);
}

#[test]
fn every_name_of_a_node_is_an_exact_match() {
    let index = index_of(&bookshop());
    for (query, id) in [
        ("SqliteRepository", "bookshop/storage/sqlite.py:SqliteRepository"),
        ("sqliterepository", "bookshop/storage/sqlite.py:SqliteRepository"),
        ("SqliteRepository.save", "bookshop/storage/sqlite.py:SqliteRepository.save"),
        ("bookshop.storage.sqlite.SqliteRepository", "bookshop/storage/sqlite.py:SqliteRepository"),
        ("bookshop/storage/sqlite.py:SqliteRepository.load", "bookshop/storage/sqlite.py:SqliteRepository.load"),
        ("bookshop/storage/sqlite.py", "bookshop/storage/sqlite.py"),
        ("bookshop.storage.sqlite", "bookshop/storage/sqlite.py"),
        ("sqlite.py", "bookshop/storage/sqlite.py"),
        (" sqlite ", "bookshop/storage/sqlite.py"),
        ("legacy", "bookshop/legacy/__init__.py"),
        ("bookshop/legacy", "bookshop/legacy"),
    ] {
        let first = found(&index, query, &[]).into_iter().next();
        assert_eq!(first, Some((id.to_owned(), Matched::Exact)), "{query}");
    }
}

#[test]
fn exact_names_precede_prefixes_precede_text() {
    let graph = graph_of(&[
        ("a.py", "def parse_date(text):\n    return text\n"),
        ("b.py", "def parse(text):\n    return text\n"),
        ("c.py", "def read(text):\n    # parse parse parse parse parse\n    return parse(text)\n"),
        ("d.py", "def parser():\n    pass\n"),
        ("e.py", "def unrelated():\n    pass\n"),
    ]);
    assert_eq!(
        found(&index_of(&graph), "parse", &[]),
        [
            ("b.py:parse".to_owned(), Matched::Exact),
            ("d.py:parser".to_owned(), Matched::Prefix),
            ("a.py:parse_date".to_owned(), Matched::Prefix),
            ("c.py:read".to_owned(), Matched::Text),
        ]
    );
}

#[test]
fn exact_matches_are_ordered_by_case_code_and_use() {
    let graph = graph_of(&[
        ("a.py", "def order(): pass\n"),
        ("b.py", "class Order: pass\n"),
        ("c.py", "class Order: pass\n"),
        ("d.py", "from c import Order\nclass Express(Order): pass\n"),
        ("tests/test_e.py", "class Order: pass\n"),
    ]);
    // Nodes of the same case first, then code before tests, then used classes before unused ones.
    assert_eq!(
        ids(&index_of(&graph), "Order")[..4],
        ["c.py:Order", "b.py:Order", "tests/test_e.py:Order", "a.py:order"]
    );
}

#[test]
fn each_file_has_at_most_one_hit() {
    let index = index_of(&bookshop());
    for query in ["order", "total", "book", "the money of a refund", "s"] {
        let hits = index.search(query, 100, &[]).expect("a search");
        let mut files = hits.iter().map(|hit| &hit.file).collect::<Vec<_>>();
        assert!(files.len() > 1, "{query}");
        files.sort();
        files.dedup();
        assert_eq!(files.len(), hits.len(), "{query}");
    }
}

#[test]
fn hits_are_filtered_by_kind() {
    let index = index_of(&bookshop());
    for kind in NodeKind::ALL {
        let hits = index.search("catalogue", 100, &[kind]).expect("a search");
        assert!(!hits.is_empty(), "{kind}");
        assert!(hits.iter().all(|hit| hit.kind == kind), "{kind}: {hits:?}");
    }
    let both = index.search("Catalogue", 100, &[NodeKind::Class, NodeKind::Directory]).expect("a search");
    assert_eq!((&*both[0].id, &*both[1].id), ("bookshop/catalogue/catalogue.py:Catalogue", "bookshop/catalogue"));
}

#[test]
fn the_limit_truncates_the_same_list() {
    let index = index_of(&bookshop());
    let all = index.search("book", 1000, &[]).expect("a search");
    for limit in [0, 1, 2, 7, all.len(), usize::MAX] {
        let hits = index.search("book", limit, &[]).expect("a search");
        assert_eq!(hits, all[..limit.min(all.len())], "{limit}");
    }
}

#[test]
fn plain_questions_find_the_relevant_file() {
    let index = index_of(&bookshop());
    for (question, file) in [
        ("reserve the stock for an order", "bookshop/inventory/stock.py"),
        ("how much does shipping cost", "bookshop/shipping/rates.py"),
        ("refunding cancelled orders", "bookshop/payments/refunds.py"),
        ("verify the check digit of an ISBN", "bookshop/catalogue/models.py"),
        ("retry a call that failed", "bookshop/utils/decorators.py"),
        ("import books from a csv file", "bookshop/catalogue/importers.py"),
        ("send an email message", "bookshop/utils/mail.py"),
        ("store records in a database table", "bookshop/storage/sqlite.py"),
        ("register the view of an address", "bookshop/web/routing.py"),
    ] {
        let hits = index.search(question, 10, &[]).expect("a search");
        assert!(hits.iter().take(3).any(|hit| hit.file == file), "{question}: {hits:#?}");
    }
}

#[test]
fn tests_rank_below_the_code_they_test() {
    let graph = graph_of(&[
        ("garden/code.py", "def water():\n    periwinkle()\n    blossoms(today)\n"),
        ("garden/tests.py", "def check():\n    periwinkle()\n    blossoms()\n"),
    ]);
    let hits = index_of(&graph).search("blossoms of periwinkle", 10, &[]).expect("a search");
    let ids = hits.iter().map(|hit| hit.id.as_str()).collect::<Vec<_>>();
    assert_eq!(ids, ["garden/code.py:water", "garden/tests.py:check"]);
    // The test has the shorter text. Without the factor 0.45 for tests, it would be the first hit.
    assert!(hits[1].score / 0.45 > hits[0].score, "{hits:?}");
}

#[test]
fn the_rest_of_a_file_adds_to_the_score() {
    let same = "def f():\n    '''Water the periwinkle.'''\n";
    for rest in ["def g():\n    return periwinkle\n", "def g():\n    # water\n    pass\n", "water = 1\n"] {
        let other = rest.replace("periwinkle", "blossom").replace("water", "blossom");
        let graph = graph_of(&[("a.py", &format!("{same}{other}")), ("b.py", &format!("{same}{rest}"))]);
        let hits = index_of(&graph).search("water each periwinkle", 10, &[NodeKind::Function]).expect("a search");
        assert_eq!([&*hits[0].id, &*hits[1].id], ["b.py:f", "a.py:f"], "{rest}");
    }
}

#[test]
fn a_phrase_counts_more_than_its_words() {
    let graph = graph_of(&[
        ("a.py", "def f():\n    \"\"\"Count the blossoms before every periwinkle.\"\"\"\n"),
        ("b.py", "def g():\n    \"\"\"Count every periwinkle before the blossoms.\"\"\"\n"),
    ]);
    let index = index_of(&graph);
    assert_eq!(ids(&index, "the periwinkle before blossoms")[0], "b.py:g");
    assert_eq!(ids(&index, "the blossoms before a periwinkle")[0], "a.py:f");
}

#[test]
fn adjacent_words_match_the_word_that_they_spell() {
    let graph = graph_of(&[("a.py", "def kmeans_plusplus(): pass\n"), ("b.py", "def g(): pass\n")]);
    let index = index_of(&graph);
    assert_eq!(ids(&index, "k means initialisation"), ["a.py:kmeans_plusplus"]);
    assert_eq!(ids(&index, "means plus plus"), ["a.py:kmeans_plusplus"]);
    assert_eq!(ids(&index, "plus means plus"), [""; 0]);
}

#[test]
fn a_text_counts_more_than_one_identifier() {
    let graph = graph_of(&[
        ("a.py", "class Point:\n    def __init__(self, x): self.x = x\n"),
        ("b.py", "def g(a, b):\n    \"\"\"Return the point at which two curves meet.\"\"\"\n    return solve(a, b)\n"),
    ]);
    assert_eq!(ids(&index_of(&graph), "find the point at which the curves meet")[0], "b.py:g");
}

#[test]
fn identifiers_match_by_words_and_stems() {
    let graph = graph_of(&[
        ("a.py", "class HTTPResponseParser: pass\n"),
        ("b.py", "def f():\n    compute_shipping_rates()\n"),
        ("c.py", "x = 1\n"),
    ]);
    let index = index_of(&graph);
    assert_eq!(ids(&index, "parser of a response"), ["a.py:HTTPResponseParser"]);
    assert_eq!(ids(&index, "response http"), ["a.py:HTTPResponseParser"]);
    assert_eq!(ids(&index, "computed rate"), ["b.py:f"]);
}

#[test]
fn the_analyzer_is_stored_with_the_index() {
    let dir = TempDir::new().expect("a temporary directory");
    let graph = graph_of(&[("a.py", "def f():\n    computing()\n")]);
    let config = AnalyzerConfig { stemming: false, ..Default::default() };
    SparseIndex::from_graph(&graph, dir.path(), &config).expect("an index");
    let index = SparseIndex::from_dir(dir.path()).expect("the index");
    assert_eq!(index.analyzer(), &config);
    assert_eq!(ids(&index, "computed things"), [""; 0]);
    assert_eq!(ids(&index_of(&graph), "computed things"), ["a.py:f"]);
}

#[test]
fn a_query_has_no_syntax() {
    let index = index_of(&bookshop());
    for query in ["", "   ", "the", "\"", "a AND (", "*", "[1 TO", "bookshop:", "\0", "-order +book ^2 ~", "💚"] {
        let hits = index.search(query, 5, &[]).expect("any query is valid");
        assert!(hits.len() <= 5);
    }
    assert_eq!(ids(&index, "  \n"), [""; 0]);
    let long = "order ".repeat(50_000) + &(0..50_000).fold(String::new(), |text, n| text + &format!(" word{n}"));
    assert!(!index.search(&long, 5, &[]).expect("a long query is valid").is_empty());
}

#[test]
fn indexes_on_disk_and_in_memory_give_equal_hits() {
    let dir = TempDir::new().expect("a temporary directory");
    let graph = bookshop();
    let memory = index_of(&graph);
    let built =
        SparseIndex::from_graph(&graph, dir.path().join("new/index"), &AnalyzerConfig::default()).expect("an index");
    let opened = SparseIndex::from_dir(dir.path().join("new/index")).expect("the index");
    for query in ["Book", "ship", "who pays for the parcel", "models"] {
        let expected = memory.search(query, 50, &[]).expect("a search");
        assert!(!expected.is_empty());
        assert_eq!(built.search(query, 50, &[]).expect("a search"), expected);
        assert_eq!(opened.search(query, 50, &[]).expect("a search"), expected);
    }
    assert_eq!(opened.len(), graph.nodes().len());
}

#[test]
fn opening_and_searching_do_not_write() {
    let dir = TempDir::new().expect("a temporary directory");
    drop(SparseIndex::from_graph(&bookshop(), dir.path(), &AnalyzerConfig::default()).expect("an index"));
    let before = state(dir.path());
    assert!(!before.keys().any(|path| path.contains("lock")), "{before:?}");
    for _ in 0..2 {
        let index = SparseIndex::from_dir(dir.path()).expect("the index");
        assert!(!index.search("order", 10, &[]).expect("a search").is_empty());
    }
    assert_eq!(state(dir.path()), before);
}

#[cfg(unix)]
#[test]
fn a_read_only_index_opens() {
    use std::os::unix::fs::PermissionsExt;

    let dir = TempDir::new().expect("a temporary directory");
    drop(SparseIndex::from_graph(&bookshop(), dir.path(), &AnalyzerConfig::default()).expect("an index"));
    for entry in fs::read_dir(dir.path()).expect("the directory exists") {
        let path = entry.expect("an entry").path();
        fs::set_permissions(path, fs::Permissions::from_mode(0o444)).expect("permissions can be changed");
    }
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o555)).expect("permissions can be changed");
    let index = SparseIndex::from_dir(dir.path()).expect("the index");
    assert_eq!(ids(&index, "Cart")[0], "bookshop/orders/cart.py:Cart");
    // So that the temporary directory can be removed.
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).expect("permissions can be changed");
}

#[cfg(unix)]
#[test]
fn all_index_files_have_default_permissions() {
    use std::os::unix::fs::PermissionsExt;

    let mode = |path: &Path| fs::metadata(path).expect("the file exists").permissions().mode();
    let dir = TempDir::new().expect("a temporary directory");
    let ordinary = dir.path().join("ordinary");
    fs::write(&ordinary, "").expect("a file can be written");
    let index = dir.path().join("index");
    drop(SparseIndex::from_graph(&bookshop(), &index, &AnalyzerConfig::default()).expect("an index"));
    let paths = fs::read_dir(&index).expect("the directory exists").map(|entry| entry.expect("an entry").path());
    let modes = paths.map(|path| (path.display().to_string(), mode(&path))).collect::<BTreeMap<_, _>>();
    assert!(modes.keys().any(|path| path.ends_with("code-index.bin")), "{modes:?}");
    assert!(modes.values().all(|&of| of == mode(&ordinary)), "{modes:?} instead of {:o}", mode(&ordinary));
}

#[test]
fn an_index_is_built_without_the_repository() {
    let dir = TempDir::new().expect("a temporary directory");
    let project = common::project(&[("a.py", "def f():\n    print('periwinkle')\n")]);
    GraphBuilder::new(project.path()).build().expect("a graph").write_to(&dir.path().join("graph")).expect("a file");
    drop(project);
    let graph = DependencyGraph::read_from(&dir.path().join("graph")).expect("the graph");
    assert_eq!(ids(&index_of(&graph), "periwinkle blossoms"), ["a.py:f"]);
}

#[test]
fn an_existing_index_is_not_overwritten() {
    let dir = TempDir::new().expect("a temporary directory");
    let build = |graph: &DependencyGraph| SparseIndex::from_graph(graph, dir.path(), &AnalyzerConfig::default());
    build(&bookshop()).expect("an index");
    let before = state(dir.path());
    assert!(matches!(build(&graph_of(&[("m.py", "")])), Err(Error::IndexExists { path }) if path == dir.path()));
    assert_eq!(state(dir.path()), before);
}

#[test]
fn an_incomplete_index_does_not_open() {
    let dir = TempDir::new().expect("a temporary directory");
    assert!(matches!(SparseIndex::from_dir(dir.path()), Err(Error::Read { .. })));
    assert!(matches!(SparseIndex::from_dir(dir.path().join("missing")), Err(Error::Read { .. })));
    drop(SparseIndex::from_graph(&bookshop(), dir.path(), &AnalyzerConfig::default()).expect("an index"));
    for (path, (size, _)) in state(dir.path()) {
        let path = Path::new(&path);
        if path == dir.path() {
            continue;
        }
        let bytes = fs::read(path).expect("the file exists");
        fs::write(path, &bytes[..bytes.len() / 2]).expect("a file can be written");
        let opened = SparseIndex::from_dir(dir.path());
        assert!(size > 1 && matches!(opened, Err(Error::Damaged { .. })), "{} cut: {opened:?}", path.display());
        fs::remove_file(path).expect("a file can be removed");
        assert!(SparseIndex::from_dir(dir.path()).is_err(), "{} removed", path.display());
        fs::write(path, bytes).expect("a file can be written");
        assert!(SparseIndex::from_dir(dir.path()).is_ok(), "{} restored", path.display());
    }
}

#[test]
fn an_index_can_be_shared_among_threads() {
    fn shareable<T: Send + Sync + 'static>() {}
    shareable::<SparseIndex>();
    shareable::<DependencyGraph>();

    let index = index_of(&bookshop());
    let expected = ids(&index, "order");
    std::thread::scope(|scope| {
        let searches = (0..8).map(|_| scope.spawn(|| ids(&index, "order"))).collect::<Vec<_>>();
        for search in searches {
            assert_eq!(search.join().expect("a search"), expected);
        }
    });
}
