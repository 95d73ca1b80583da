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
            ("bookshop/legacy/umlauts.py", SkipReason::NotDecodable),
        ]
    );
    let half_written = graph.node("bookshop/legacy/half_written.py").expect("the file exists");
    assert_eq!(half_written.children().count(), 0);
    assert!(graph.source(half_written).is_some_and(|text| text.contains("import_old_orders")));
    // Python 2.
    assert_eq!(graph.node("bookshop/legacy/report.py").expect("the file exists").children().count(), 0);
}

#[test]
fn every_valid_file_is_parsed() {
    let forms = [
        "x = f'{a:=}'",
        "x = f\"{f'{a!r:>{width}}'}\"",
        "x = f'{'nested'}'",
        "def g[T = int, *Ts = *tuple[int]](): pass",
        "type Alias[T = int] = list[T]",
        "*(a), (b) = 1, 2",
        "g = 1, *'ten'",
        "x = (a.\n    b)",
        "x = (a\n    .b)",
        "try: pass\nexcept* E: pass",
        // Python 3.14; in Python 2, it has another meaning.
        "try: pass\nexcept A, B: pass",
        "match x:\n    case {'a': [1, *_], **rest} if rest: pass",
        "print >>file, text",
        "with (open(a) as b, open(c) as d,): pass",
        "async def g():\n    return [x async for x in y]",
        "x = yield_ = lambda *, a, **b: (yield_)",
        "if x:\n\ty = 1\n",
        "x = 1 if 2 else\\\n 3",
        "return_ = [*a, *b][1:2, ::3]",
    ];
    for form in forms {
        let graph = graph_of(&[("m.py", &format!("{form}\ndef f(): pass\n"))]);
        assert_eq!(skipped(&graph), [], "{form}");
        assert!(graph.node("m.py:f").is_some(), "{form}");
    }
}

#[test]
fn files_that_are_not_python_3_have_no_children() {
    for text in [
        "def f():\n    print 'x'\n",
        "def f():\n    exec 'x'\n",
        "def f():\n    print >>file, 'x' % 1,\n    raise A, 'b'\n",
        "def f(): return 0777\n",
        "def f(): return `x`\n",
        "def f(): return 1 <> 2\n",
        "def f():\ndef g(): pass\n",
        "def f():\nreturn 1\n",
        "def f(): (\n",
        "def f(): (]\n",
    ] {
        let graph = graph_of(&[("m.py", text)]);
        assert_eq!(skipped(&graph), [("m.py", SkipReason::DoesNotParse)], "{text}");
        assert_eq!(ids(&graph), ["/", "m.py"], "{text}");
    }
}

#[test]
fn files_are_decoded_by_their_cookie() {
    let dir = TempDir::new().expect("a temporary directory");
    for (path, bytes, name) in [
        ("latin1.py", &b"# -*- coding: latin-1 -*-\ndef gr\xf6\xdfe(): pass\n"[..], Some("größe")),
        (
            "iso.py",
            b"#!/usr/bin/python\n# vim: set fileencoding=iso-8859-1 :\ndef gr\xf6\xdfe(): pass\n",
            Some("größe"),
        ),
        ("cp1252.py", b"# coding=cp1252\ndef gr\xf6\xdfe(): '\x80'\n", Some("größe")),
        ("japanese.py", b"# coding: euc-jp\ndef \xbd\xf1\xc5\xb9(): pass\n", Some("書店")),
        ("bom.py", b"\xef\xbb\xbf# coding: utf-8\ndef gr\xc3\xb6\xc3\x9fe(): pass\n", Some("größe")),
        ("second.py", b"\n# coding: latin-1\ndef gr\xf6\xdfe(): pass\n", Some("größe")),
        ("windows.py", b"#!/usr/bin/python\r\n# coding: latin-1\r\ndef gr\xf6\xdfe(): pass\r\n", Some("größe")),
        ("mac.py", b"#!/usr/bin/python\r# coding: latin-1\rdef gr\xf6\xdfe(): pass\r", Some("größe")),
        ("third.py", b"\n\n# coding: latin-1\ndef gr\xf6\xdfe(): pass\n", None),
        ("code.py", b"x = 1\n# coding: latin-1\ndef gr\xf6\xdfe(): pass\n", None),
        ("unknown.py", b"# coding: klingon\ndef f(): pass\n", None),
        ("ascii.py", b"# coding: ascii\ndef gr\xf6\xdfe(): pass\n", None),
    ] {
        fs::write(dir.path().join(path), bytes).expect("the file can be written");
        let graph = GraphBuilder::new(dir.path()).build().expect("the project exists");
        let expected = name.map(|name| format!("{path}:{name}"));
        let file = graph.node(path).expect("the file exists");
        let found = file.children().map(|child| child.id().to_owned()).next();
        assert_eq!(found, expected, "{path}");
        assert_eq!(graph.source(file).is_some(), name.is_some(), "{path}");
    }
}

#[test]
fn identifiers_are_normalized() {
    let graph = graph_of(&[("m.py", "def \u{fb01}nd(): pass\ndef ｆ():\n    find()\n")]);
    assert_eq!(ids(&graph)[2..], ["m.py:find", "m.py:f"]);
    assert_eq!(common::invokes(&graph, "m.py:f"), ["m.py:find"]);
}

#[test]
fn files_that_are_not_utf8_keep_their_node_without_text() {
    let text = fs::read(bookshop_path().join("bookshop/legacy/umlauts.py")).expect("the file exists");
    assert!(String::from_utf8(text).is_err(), "an editor has converted the fixture to UTF-8");
    let graph = bookshop();
    let node = graph.node("bookshop/legacy/umlauts.py").expect("the node exists");
    assert_eq!((node.start_line(), node.end_line(), graph.source(node)), (Some(1), Some(1), None));
    assert_eq!(graph.statistics().skipped(SkipReason::NotDecodable), 1);
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

/// Returns texts whose syntax trees would be this deep, by name.
fn deep(depth: usize) -> Vec<(&'static str, String)> {
    let indented = |line: &str| (0..depth).fold(String::new(), |text, depth| text + &" ".repeat(depth) + line);
    let nested =
        |open: &str, inner: &str, close: &str| format!("x = {}{inner}{}\n", open.repeat(depth), close.repeat(depth));
    let mut texts = vec![
        ("parentheses.py", nested("(", "", ")")),
        ("lists.py", nested("[", "", "]")),
        ("dictionaries.py", nested("{1:", "1", "}")),
        ("subscripts.py", nested("a[", "1", "]")),
        ("calls.py", nested("f(", "1", ")")),
        ("named.py", nested("(a:=", "1", ")")),
        ("sum.py", nested("1 + ", "1", "")),
        ("powers.py", nested("1 ** ", "1", "")),
        ("signs.py", nested("-", "1", "")),
        ("not.py", nested("not ", "1", "")),
        ("await.py", nested("await ", "1", "")),
        ("lambda.py", nested("lambda: ", "1", "")),
        ("lambda_parameters.py", nested("lambda a, b: ", "1", "")),
        ("lambda_defaults.py", nested("lambda a=", "1", ": 1")),
        ("else.py", nested("1 if 1 else ", "1", "")),
        ("condition.py", nested("1 if ", "1", " else 1")),
        ("yield.py", format!("def f():\n    x = {}1{}\n", "(yield ".repeat(depth), ")".repeat(depth))),
        ("chain.py", format!("def f():\n    x{}\n", ".f()".repeat(depth))),
        ("attributes.py", format!("x = a{}\n", ".b".repeat(depth))),
        ("calls_of_calls.py", format!("x = a{}\n", "()".repeat(depth))),
        ("decorator.py", format!("@a{}\ndef f(): pass\n", "[0]".repeat(depth))),
        ("annotation.py", format!("x: {}int{}\n", "list[".repeat(depth), "]".repeat(depth))),
        ("quoted.py", format!("x: '{}int{}'\n", "list[".repeat(depth), "]".repeat(depth))),
        ("union.py", format!("def f(x: int{}): pass\n", " | int".repeat(depth))),
        ("comprehension.py", nested("[x for x in ", "y", "]")),
        ("pattern.py", format!("match x:\n    case {}1{}: pass\n", "[".repeat(depth), "]".repeat(depth))),
        ("with.py", format!("with {}a{}: pass\n", "(".repeat(depth), ")".repeat(depth))),
        ("del.py", format!("del {}a{}\n", "(".repeat(depth), ")".repeat(depth))),
        ("target.py", format!("{}a{} = 1\n", "[".repeat(depth), "]".repeat(depth))),
        ("strings.py", format!("x = {}1{}\n", "f'{".repeat(depth), "}'".repeat(depth))),
        ("unclosed.py", "(".repeat(depth)),
        ("unopened.py", ")".repeat(depth)),
    ];
    if depth <= 2_000 {
        texts.push(("indents.py", indented("if x:\n") + &" ".repeat(depth) + "pass\n"));
        texts.push(("classes.py", indented("class A:\n") + &" ".repeat(depth) + "pass\n"));
        texts.push(("recovered.py", format!("(\n{}{}pass\n)\n", indented("if x,:\n"), " ".repeat(depth))));
    }
    texts
}

#[test]
fn deep_nesting_does_not_exhaust_the_stack() {
    let unlimited = GraphBuilderConfig { max_nesting: u32::MAX, threads: Some(2), ..Default::default() };
    for depth in [50, 150, 1_200, 3_000, 100_000] {
        let texts = deep(depth);
        let files = texts.iter().map(|(path, text)| (*path, text.as_str())).collect::<Vec<_>>();
        let dir = project(&files);
        let limited = GraphBuilder::new(dir.path()).build().expect("the project exists");
        let graph = GraphBuilder::with_config(dir.path(), unlimited.clone()).build().expect("the project exists");
        assert!(graph.statistics().total_skipped() <= limited.statistics().total_skipped());
        let too_deep = skipped(&limited).iter().filter(|(_, reason)| *reason == SkipReason::TooDeep).count();
        match depth {
            // Below the limits of Python, which are 100 indentations and 200 brackets.
            50 => assert_eq!(skipped(&graph).len(), 5, "{:?}", skipped(&graph)),
            100_000 => assert!(too_deep > 20, "{:?}", skipped(&limited)),
            _ => {}
        }
    }
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
    assert_eq!(graph.statistics().skipped(SkipReason::NotDecodable), 1);
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
