//! Tests of nodes: ids, kinds, lines and text. Also of writing, reading and mapping a graph.

mod common;

use std::fs;

use code_index::{DependencyGraph, EdgeKind, Error, GraphBuilder, GraphBuilderConfig, Node, NodeKind, SkipReason};
use common::{bookshop, graph_of, ids, inherits, invokes, project, targets};
use tempfile::TempDir;

fn lines(graph: &DependencyGraph, id: &str) -> (Option<u32>, Option<u32>) {
    let node = graph.node(id).expect("the node exists");
    (node.start_line(), node.end_line())
}

#[test]
fn ids_are_paths_and_qualified_names() {
    let graph = graph_of(&[
        ("top.py", "def f():\n    def g():\n        pass\n"),
        ("pkg/sub/mod.py", "class Outer:\n    class Inner:\n        def method(self):\n            pass\n"),
    ]);
    assert_eq!(
        ids(&graph),
        [
            "/",
            "pkg",
            "pkg/sub",
            "pkg/sub/mod.py",
            "pkg/sub/mod.py:Outer",
            "pkg/sub/mod.py:Outer.Inner",
            "pkg/sub/mod.py:Outer.Inner.method",
            "top.py",
            "top.py:f",
            "top.py:f.g",
        ]
    );
}

#[test]
fn contains_edges_form_a_tree() {
    let graph = bookshop();
    for node in graph.nodes() {
        let parents = graph.incoming(node, EdgeKind::Contains).map(|edge| edge.source().id()).collect::<Vec<_>>();
        let expected = node.parent().map(Node::id).into_iter().collect::<Vec<_>>();
        assert_eq!(parents, expected, "of {}", node.id());
    }
    let contained = targets(&graph, "bookshop/payments/providers.py", EdgeKind::Contains);
    assert_eq!(
        contained,
        [
            "bookshop/payments/providers.py:CardProvider",
            "bookshop/payments/providers.py:InvoiceProvider",
            "bookshop/payments/providers.py:Payment",
            "bookshop/payments/providers.py:_audit",
            "bookshop/payments/providers.py:new_reference",
        ]
    );
}

#[test]
fn statistics_count_the_bookshop() {
    let statistics = bookshop().statistics();
    assert_eq!(NodeKind::ALL.map(|kind| statistics.nodes(kind)), [14, 48, 37, 120]);
    assert_eq!(statistics.edges(EdgeKind::Contains), statistics.total_nodes() - 1);
    assert_eq!(statistics.edges(EdgeKind::Inherits), 18);
}

#[test]
fn a_node_has_its_names_file_parent_and_kind() {
    let graph = bookshop();
    let node = graph.node("bookshop/catalogue/models.py:Book.Meta.ordering").expect("the method exists");
    assert_eq!(node.kind(), NodeKind::Function);
    assert_eq!(node.name(), "ordering");
    assert_eq!(node.qualified_name(), "Book.Meta.ordering");
    assert_eq!(node.file().map(Node::id), Some("bookshop/catalogue/models.py"));
    assert_eq!(node.parent().map(Node::id), Some("bookshop/catalogue/models.py:Book.Meta"));
    let file = graph.node("bookshop/catalogue/models.py").expect("the file exists");
    assert_eq!((file.name(), file.kind(), file.file().map(Node::id)), ("models.py", NodeKind::File, Some(file.id())));
    let root = graph.node("/").expect("the root exists");
    assert_eq!((root.name(), root.kind(), root.parent().is_none()), ("/", NodeKind::Directory, true));
    assert!(graph.node("bookshop/catalogue/models.py:Nobody").is_none());
}

#[test]
fn lines_span_from_def_to_the_last_statement() {
    let graph = graph_of(&[(
        "m.py",
        "import a\n\n@decorated\n@twice\ndef f(\n    x,\n):\n    return x\n    # a comment\n\n# another\nasync def g(): pass\n",
    )]);
    assert_eq!(lines(&graph, "m.py:f"), (Some(5), Some(8)));
    assert_eq!(lines(&graph, "m.py:g"), (Some(12), Some(12)));
    assert_eq!(lines(&graph, "m.py"), (Some(1), Some(12)));
    assert_eq!(lines(&graph, "/"), (None, None));
}

#[test]
fn source_is_the_text_of_whole_lines() {
    let graph = graph_of(&[("m.py", "class A:\n    def f(self):\n        return 'ä'\n\nx = 1\n"), ("empty.py", "")]);
    let source = |id: &str| graph.node(id).and_then(|node| graph.source(node));
    assert_eq!(source("m.py:A"), Some("class A:\n    def f(self):\n        return 'ä'"));
    assert_eq!(source("m.py:A.f"), Some("    def f(self):\n        return 'ä'"));
    assert_eq!(source("m.py"), Some("class A:\n    def f(self):\n        return 'ä'\n\nx = 1\n"));
    assert_eq!(source("empty.py"), Some(""));
    assert_eq!(source("/"), None);
}

#[test]
fn source_of_the_last_definition_has_no_final_line_end() {
    let text = "def f(): pass\nclass A:\n    def g(self):\n        pass";
    for end in ["", "\n", "\n\n"] {
        let graph = graph_of(&[("m.py", &format!("{text}{end}"))]);
        let source = |id: &str| graph.node(id).and_then(|node| graph.source(node));
        assert_eq!(source("m.py:A"), Some("class A:\n    def g(self):\n        pass"), "before {end:?}");
        assert_eq!(source("m.py:A.g"), Some("    def g(self):\n        pass"), "before {end:?}");
    }
}

#[test]
fn line_end_styles_do_not_change_the_graph() {
    let text = "class A:\n    def f(self):\n        pass\n\n\ndef g():\n    return A()\n";
    let unix = graph_of(&[("m.py", text)]);
    assert_eq!(unix, graph_of(&[("m.py", &text.replace('\n', "\r\n"))]));
    assert_eq!(unix, graph_of(&[("m.py", &text.replace('\n', "\r"))]));
}

#[test]
fn a_byte_order_mark_is_accepted() {
    let graph = graph_of(&[("m.py", "\u{feff}def f():\n    pass\n")]);
    assert_eq!(lines(&graph, "m.py:f"), (Some(1), Some(2)));
}

#[test]
fn definitions_in_any_block_are_nodes() {
    let graph = graph_of(&[(
        "m.py",
        "if x:\n    def a(): pass\nelse:\n    def b(): pass\ntry:\n    class C: pass\nexcept E:\n    pass\n\
         with x:\n    for y in z:\n        while y:\n            def d(): pass\nmatch x:\n    case 1:\n        def e(): pass\n",
    )]);
    assert_eq!(ids(&graph)[2..], ["m.py:a", "m.py:b", "m.py:C", "m.py:d", "m.py:e"]);
}

#[test]
fn init_methods_and_their_contents_are_not_nodes() {
    let graph = graph_of(&[(
        "m.py",
        "class A:\n    if True:\n        def __init__(self):\n            def inner(): pass\n            class Local: pass\n\
         \x20   def __call__(self): pass\n\ndef __init__(): pass\n",
    )]);
    // Outside a class, `__init__` is an ordinary function.
    assert_eq!(ids(&graph)[2..], ["m.py:A", "m.py:A.__call__", "m.py:__init__"]);
}

#[test]
fn a_redefined_name_is_one_node_with_the_last_lines() {
    let graph = graph_of(&[(
        "m.py",
        "def f(): pass\nclass f:\n    def first(self): pass\nclass f(Base):\n    def second(self): g()\ndef g(): pass\nclass Base: pass\n",
    )]);
    assert_eq!(ids(&graph)[2..], ["m.py:f", "m.py:f.first", "m.py:f.second", "m.py:g", "m.py:Base"]);
    let node = graph.node("m.py:f").expect("the class exists");
    assert_eq!((node.kind(), node.start_line(), node.end_line()), (NodeKind::Class, Some(4), Some(5)));
    assert_eq!(inherits(&graph, "m.py:f"), ["m.py:Base"]);
    assert_eq!(invokes(&graph, "m.py:f.second"), ["m.py:g"]);
}

#[test]
fn only_directories_with_python_files_are_nodes() {
    let graph = graph_of(&[
        ("a/b/c/m.py", ""),
        ("docs/index.md", ""),
        (".git/hook.py", ""),
        ("x/.github/action.py", ""),
        (".gitlab/m.py", ""),
    ]);
    assert_eq!(ids(&graph), ["/", ".gitlab", ".gitlab/m.py", "a", "a/b", "a/b/c", "a/b/c/m.py"]);
}

#[test]
fn skipped_directories_are_configurable() {
    let dir = project(&[("m.py", ""), ("build/m.py", ""), ("src/build/m.py", "")]);
    let config = GraphBuilderConfig { skip_directories: vec!["build".to_owned()], ..Default::default() };
    let graph = GraphBuilder::with_config(dir.path(), config).build().expect("the project exists");
    assert_eq!(ids(&graph), ["/", "m.py"]);
}

#[cfg(unix)]
#[test]
fn symbolic_links_are_skipped() {
    use std::os::unix::fs::symlink;

    let dir = project(&[("real/m.py", "def f(): pass\n")]);
    symlink(dir.path().join("real"), dir.path().join("linked")).expect("a link");
    symlink(dir.path().join("real/m.py"), dir.path().join("real/n.py")).expect("a link");
    symlink(dir.path(), dir.path().join("real/loop")).expect("a link");
    symlink("nowhere", dir.path().join("dangling.py")).expect("a link");
    let graph = GraphBuilder::new(dir.path()).build().expect("the project exists");
    assert_eq!(ids(&graph), ["/", "real", "real/m.py", "real/m.py:f"]);
    assert_eq!(graph.statistics().total_skipped(), 0);
}

#[cfg(unix)]
#[test]
fn the_root_may_be_a_symbolic_link() {
    let dir = project(&[("real/m.py", "")]);
    std::os::unix::fs::symlink(dir.path().join("real"), dir.path().join("linked")).expect("a link");
    let graph = GraphBuilder::new(dir.path().join("linked")).build().expect("the link leads to the project");
    assert_eq!(ids(&graph), ["/", "m.py"]);
}

#[test]
fn errors_of_the_root_name_its_path() {
    let dir = TempDir::new().expect("a temporary directory");
    let missing = dir.path().join("missing");
    let error = GraphBuilder::new(&missing).build().expect_err("the root is missing");
    assert!(matches!(&error, Error::Root { path, .. } if *path == missing));
    assert!(error.to_string().contains("missing"), "{error}");
    fs::write(&missing, "").expect("a file can be written");
    let error = GraphBuilder::new(&missing).build().expect_err("the root is a file");
    assert!(matches!(&error, Error::NotADirectory { path } if *path == missing));
}

#[test]
fn a_mapped_graph_equals_the_written_one() {
    let dir = TempDir::new().expect("a temporary directory");
    let path = dir.path().join("graph");
    let graph = bookshop();
    graph.write_to(&path).expect("the graph can be written");
    #[expect(unsafe_code, reason = "the test is about mapping")]
    // SAFETY: `write_to` wrote the file, and no other process uses the temporary directory.
    let mapped = unsafe { DependencyGraph::map(&path) }.expect("the graph can be mapped");
    // A mapping stays valid after the file is removed.
    dir.close().expect("the directory can be removed");
    assert_eq!(mapped, graph);
    let called = |graph: &DependencyGraph| invokes(graph, "bookshop/orders/service.py:charge");
    assert_eq!(called(&mapped), called(&graph));
    let book = mapped.node("bookshop/catalogue/models.py:Book").expect("the class exists");
    assert!(mapped.source(book).is_some_and(|text| text.starts_with("class Book(Record):\n")));
    assert!(mapped.node("bookshop/catalogue/models.py:Boo").is_none());
}

#[test]
fn a_read_graph_equals_the_written_one() {
    let dir = TempDir::new().expect("a temporary directory");
    let path = dir.path().join("graph");
    let graph = bookshop();
    graph.write_to(&path).expect("the graph can be written");
    let read = DependencyGraph::read_from(&path).expect("the graph can be read");
    assert_eq!(read, graph);
    assert_eq!(read.statistics(), graph.statistics());
    assert_eq!(
        invokes(&read, "bookshop/orders/service.py:charge"),
        invokes(&graph, "bookshop/orders/service.py:charge")
    );
    let book = read.node("bookshop/catalogue/models.py:Book").expect("the class exists");
    assert!(read.source(book).is_some_and(|text| text.starts_with("class Book(Record):\n")));
    assert_eq!(read.skipped().collect::<Vec<_>>(), graph.skipped().collect::<Vec<_>>());
}

#[test]
fn statistics_print_one_line_per_topic() {
    let graph = graph_of(&[("a.py", "def f(): f()\n"), ("b.py", "def (\n")]);
    assert_eq!(graph.statistics().skipped(SkipReason::DoesNotParse), 1);
    assert_eq!(
        graph.statistics().to_string(),
        "4 nodes: 1 directory 2 file 0 class 1 function\n\
         4 edges: 3 contains 0 imports 1 invokes 0 inherits\n\
         1 without children: 1 does not parse"
    );
}
