//! Tests with malformed, unreadable, huge and forged input: building never fails, and reading never panics.

mod common;

use std::fs;

use code_index::{
    AnalyzerConfig, DependencyGraph, Error, GraphBuilder, GraphBuilderConfig, Node, SkipReason, SparseIndex,
};
use common::{bookshop, bookshop_path, graph_of, ids, project};
use tempfile::TempDir;

fn skipped(graph: &DependencyGraph) -> Vec<(&str, SkipReason)> {
    graph.skipped().collect()
}

#[test]
fn unparsable_files_keep_their_node_and_text() {
    let graph = bookshop();
    assert_eq!(
        skipped(&graph),
        [
            ("bookshop/legacy/half_written.py", SkipReason::DoesNotParse),
            ("bookshop/legacy/report.py", SkipReason::DoesNotParse),
            ("bookshop/legacy/umlauts.py", SkipReason::NotUtf8),
        ]
    );
    let half_written = graph.node("bookshop/legacy/half_written.py").expect("the file exists");
    assert_eq!(half_written.children().count(), 0);
    assert!(graph.source(half_written).is_some_and(|text| text.contains("import_old_orders")));
    // Python 2: tree-sitter accepts it without an error mark.
    assert_eq!(graph.node("bookshop/legacy/report.py").expect("the file exists").children().count(), 0);
}

/// Checks what the documentation of `parse` says. If a new version of the grammar breaks this test, change that text.
#[test]
fn grammar_differences_to_python_are_as_documented() {
    let graph = graph_of(&[
        ("except.py", "def f():\n    try:\n        pass\n    except A, e:\n        pass\n"),
        ("format.py", "def f(a):\n    return f'{a:=}'\n"),
        ("missing.py", "def f():\ndef g(): pass\n"),
        ("unindented.py", "def f():\nreturn 1\n"),
    ]);
    assert_eq!(skipped(&graph), [("format.py", SkipReason::DoesNotParse)]);
    assert_eq!(
        ids(&graph)[1..],
        [
            "except.py",
            "except.py:f",
            "format.py",
            "missing.py",
            "missing.py:f",
            "missing.py:g",
            "unindented.py",
            "unindented.py:f",
        ]
    );
}

#[test]
fn files_that_are_not_utf8_keep_their_node_without_text() {
    let text = fs::read(bookshop_path().join("bookshop/legacy/umlauts.py")).expect("the file exists");
    assert!(String::from_utf8(text).is_err(), "an editor has converted the fixture to UTF-8");
    let graph = bookshop();
    let node = graph.node("bookshop/legacy/umlauts.py").expect("the node exists");
    assert_eq!((node.start_line(), node.end_line(), graph.source(node)), (Some(1), Some(1), None));
    assert_eq!(graph.statistics().skipped(SkipReason::NotUtf8), 1);
}

#[test]
fn too_large_files_keep_their_node_without_text() {
    let dir = project(&[("fits.py", "def f(): pass\n"), ("large.py", "def f(): pass\n#")]);
    let config = GraphBuilderConfig { max_file_bytes: 14, ..Default::default() };
    let graph = GraphBuilder::with_config(dir.path(), config).build().expect("the project exists");
    assert_eq!(ids(&graph), ["/", "fits.py", "fits.py:f", "large.py"]);
    assert_eq!(skipped(&graph), [("large.py", SkipReason::TooLarge)]);
}

#[test]
fn the_nesting_limit_is_configurable() {
    let dir = project(&[("flat.py", "def f(): pass\n"), ("deep.py", "def f(): return [[[[[[1]]]]]]\n")]);
    let config = GraphBuilderConfig { max_nesting: 8, ..Default::default() };
    let graph = GraphBuilder::with_config(dir.path(), config).build().expect("the project exists");
    assert_eq!(ids(&graph), ["/", "deep.py", "flat.py", "flat.py:f"]);
    assert_eq!(skipped(&graph), [("deep.py", SkipReason::TooDeep)]);
}

#[test]
fn deep_nesting_does_not_exhaust_the_stack() {
    let brackets = format!("x = {}{}\n", "(".repeat(100_000), ")".repeat(100_000));
    let calls = format!("def f():\n    {}1{}\n", "f(".repeat(100_000), ")".repeat(100_000));
    let chain = format!("def f():\n    x{}\n", ".f()".repeat(100_000));
    let sum = format!("x = {}1\n", "1 + ".repeat(100_000));
    let indents = (0..1200).fold(String::new(), |text, depth| text + &" ".repeat(depth) + "if x:\n");
    let classes = (0..1200).fold(String::new(), |text, depth| text + &" ".repeat(depth) + "class A:\n");
    let unlimited = GraphBuilderConfig { max_nesting: u32::MAX, ..Default::default() };
    let dir = project(&[
        ("brackets.py", &brackets),
        ("calls.py", &calls),
        ("chain.py", &chain),
        ("sum.py", &sum),
        ("indents.py", &(indents + &" ".repeat(1200) + "pass\n")),
        ("classes.py", &(classes + &" ".repeat(1200) + "pass\n")),
    ]);
    let limited = GraphBuilder::new(dir.path()).build().expect("the project exists");
    assert_eq!(limited.statistics().skipped(SkipReason::TooDeep), 6, "{:?}", skipped(&limited));
    let graph = GraphBuilder::with_config(dir.path(), unlimited).build().expect("the project exists");
    assert_eq!(graph.statistics().skipped(SkipReason::TooDeep), 0);
    assert!(graph.node("calls.py:f").is_some());
}

#[test]
fn many_definitions_and_imports_build_in_linear_time() {
    let namesakes = "def f(): f()\n".repeat(20_000);
    let methods = format!("class A:\n{}", "  def f(self): x.f()\n".repeat(20_000));
    let classes = (0..5_000).fold(String::new(), |text, n| text + &format!("class A{n}:\n  def f(self): x.f()\n"));
    let wildcards = "from namesakes import *\n".repeat(20_000) + &"def f(): g()\n".repeat(20_000);
    let graph = graph_of(&[
        ("namesakes.py", &namesakes),
        ("methods.py", &methods),
        ("classes.py", &classes),
        ("wildcards.py", &wildcards),
    ]);
    assert_eq!(graph.statistics().total_nodes(), 1 + 4 + 1 + 2 + 10_000 + 1);
    assert_eq!(graph.statistics().total_skipped(), 0);
}

#[test]
fn long_re_export_chains_do_not_exhaust_the_stack() {
    let files = (0..3_000)
        .map(|n| (format!("m{n}.py"), format!("from m{} import f\nclass A{n}(f): pass\ndef g(): f()\n", n + 1)))
        .collect::<Vec<_>>();
    let files = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect::<Vec<_>>();
    assert_eq!(graph_of(&files).statistics().total_skipped(), 0);
}

#[test]
fn malformed_files_give_a_graph_and_an_index() {
    let files = [
        ("nul.py", "x = 1\n\0\0\0\n"),
        ("quotes.py", "'''\n\"\"\"\n'"),
        ("decorator.py", "@\n@a\n@b(\n"),
        ("dots.py", "from ................................ import x\nimport .\n"),
        ("keywords.py", "def class import from as lambda :::\n"),
        ("tabs.py", "if x:\n\tif y:\n        z\n"),
        ("colon:name.py", "class A: pass\n"),
        ("empty.py", ""),
        ("bom.py", "\u{feff}"),
        ("control.py", "\x0c\x0b\x1b[0m"),
    ];
    let graph = graph_of(&files);
    for (path, _) in files {
        assert!(graph.node(path).is_some(), "{path}");
    }
    assert_eq!(graph.node("colon:name.py:A").map(Node::qualified_name), Some("A"));
    let index = SparseIndex::in_memory(&graph, &AnalyzerConfig::default()).expect("an index");
    assert_eq!(index.len(), graph.nodes().len());
}

#[cfg(unix)]
#[test]
fn named_pipes_are_not_opened() {
    let dir = project(&[("m.py", "")]);
    let mkfifo = std::process::Command::new("mkfifo").arg(dir.path().join("pipe.py")).status();
    assert!(mkfifo.is_ok_and(|status| status.success()), "mkfifo is part of every Unix");
    let graph = GraphBuilder::new(dir.path()).build().expect("the project exists");
    assert_eq!(ids(&graph), ["/", "m.py"]);
}

#[cfg(target_os = "linux")]
#[test]
fn names_that_are_not_utf8_are_counted() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    let dir = project(&[("m.py", "")]);
    fs::write(dir.path().join(OsStr::from_bytes(b"b\xfccher.py")), "").expect("Linux accepts any name");
    let graph = GraphBuilder::new(dir.path()).build().expect("the project exists");
    assert_eq!(ids(&graph), ["/", "m.py"]);
    assert_eq!(graph.statistics().skipped(SkipReason::NotUtf8), 1);
}

#[cfg(unix)]
#[test]
fn unreadable_files_and_directories_are_counted() {
    use std::os::unix::fs::PermissionsExt;

    let dir = project(&[("m.py", ""), ("locked/n.py", ""), ("secret.py", "")]);
    let forbid = |path: &str| fs::set_permissions(dir.path().join(path), fs::Permissions::from_mode(0o000));
    forbid("locked").expect("permissions can be changed");
    forbid("secret.py").expect("permissions can be changed");
    if fs::read_dir(dir.path().join("locked")).is_ok() {
        // The superuser can read everything, so this test is not possible.
        return;
    }
    let graph = GraphBuilder::new(dir.path()).build().expect("the project exists");
    assert_eq!(skipped(&graph), [("locked", SkipReason::Unreadable), ("secret.py", SkipReason::Unreadable)]);
    // So that the temporary directory can be removed.
    fs::set_permissions(dir.path().join("locked"), fs::Permissions::from_mode(0o700))
        .expect("permissions can be changed");
}

#[test]
fn damaged_graphs_are_errors() {
    let dir = TempDir::new().expect("a temporary directory");
    let path = dir.path().join("graph");
    graph_of(&[("m.py", "class A:\n    def f(self): pass\n"), ("n.py", "from m import A as B\n")])
        .write_to(&path)
        .expect("the graph can be written");
    let good = fs::read(&path).expect("the graph exists");
    let read = |bytes: &[u8]| {
        fs::write(&path, bytes).expect("the graph can be written");
        DependencyGraph::read_from(&path)
    };
    for length in 0..good.len() {
        assert!(read(&good[..length]).is_err(), "cut to {length} bytes");
    }
    for position in 0..good.len() {
        let mut bad = good.clone();
        bad[position] ^= 0x55;
        assert!(read(&bad).is_err(), "byte {position} changed");
    }
    assert!(read(&[&good[..], b"x"].concat()).is_err());
    assert!(matches!(read(b"PK\x03\x04 something else"), Err(Error::Foreign { .. })));
    let mut newer = good.clone();
    newer[8] = 200;
    assert!(matches!(read(&newer), Err(Error::Format { found: 200, .. })));
    assert!(read(&good).is_ok());
}

/// Returns a file with a valid header and checksum, so that only the checks of the records can reject it.
fn with_checksum(payload: &[u8], good: &[u8]) -> Vec<u8> {
    let checksum = payload
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    [&good[..16], &(payload.len() as u64).to_le_bytes(), &checksum.to_le_bytes(), payload].concat()
}

#[test]
fn forged_graphs_neither_panic_nor_exhaust_memory() {
    let dir = TempDir::new().expect("a temporary directory");
    let path = dir.path().join("graph");
    graph_of(&[("m.py", "class A:\n    def f(self): g()\ndef g(): pass\n")]).write_to(&path).expect("a graph");
    let good = fs::read(&path).expect("the graph exists");
    let payload = &good[32..];
    assert_eq!(with_checksum(payload, &good), good);
    let (mut accepted, mut rejected) = (0, 0);
    for position in 0..payload.len() {
        for value in [0, 1, 0x7f, 0x80, 0xff] {
            let mut bad = payload.to_vec();
            bad[position] = value;
            fs::write(&path, with_checksum(&bad, &good)).expect("the graph can be written");
            match DependencyGraph::read_from(&path) {
                Ok(graph) => {
                    accepted += 1;
                    query_everything(&graph);
                }
                Err(_) => rejected += 1,
            }
        }
    }
    assert!(accepted > 0 && rejected > 0, "{accepted} accepted, {rejected} rejected");
    // Claim two billion nodes. The root record, at the end, has eight tables, each with an offset and a length; the
    // first table holds the nodes.
    let mut lengths = payload.to_vec();
    let root = payload.len() - 64;
    lengths[root + 4..root + 8].copy_from_slice(&[0xff, 0xff, 0xff, 0x7f]);
    fs::write(&path, with_checksum(&lengths, &good)).expect("the graph can be written");
    assert!(matches!(DependencyGraph::read_from(&path), Err(Error::Damaged { .. })));
}

/// Calls all queries of a graph.
fn query_everything(graph: &DependencyGraph) {
    for node in graph.nodes() {
        let _ = (node.id(), node.name(), node.qualified_name(), node.file(), node.start_line(), graph.source(node));
        let _ = (graph.incoming(node, None).count(), node.children().count(), graph.node(node.id()));
        std::iter::successors(Some(node), |node| node.parent()).for_each(drop);
    }
    for edge in graph.edges() {
        let _ = (edge.source().id(), edge.target().id(), edge.kind(), edge.alias());
    }
}
