//! Tests of the command line.

mod common;

use std::io::{Read, Write};
use std::process::{Command, Output, Stdio};

use code_index::EdgeKind;
use common::{bookshop, bookshop_path, project};
use serde_json::Value;

fn command() -> Command {
    Command::new(env!("CARGO_BIN_EXE_code-index"))
}

fn run(arguments: &[&str]) -> Output {
    let output = command().args(arguments).output().expect("the command runs");
    assert!(!stderr(&output).contains("panicked"), "{}", stderr(&output));
    output
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("the output is UTF-8")
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn bookshop_argument() -> String {
    bookshop_path().to_str().expect("the path is UTF-8").to_owned()
}

#[test]
fn graph_prints_counts() {
    let output = run(&["graph", &bookshop_argument()]);
    assert!(output.status.success());
    let text = stdout(&output);
    assert!(text.starts_with("219 nodes: 14 directory 48 file 37 class 120 function\n"), "{text}");
    assert!(text.contains("\n3 without children: 1 not decodable 2 does not parse\n"), "{text}");
    assert!(text.ends_with("  bookshop/legacy/umlauts.py: not decodable\n"), "{text}");
}

#[test]
fn graph_json_has_all_nodes_and_edges() {
    let output = run(&["graph", &bookshop_argument(), "--json"]);
    assert!(output.status.success());
    let json: Value = serde_json::from_slice(&output.stdout).expect("the output is JSON");
    let graph = bookshop();
    let nodes = json["nodes"].as_array().expect("a list of nodes");
    let edges = json["edges"].as_array().expect("a list of edges");
    assert_eq!(nodes.len(), graph.nodes().len());
    assert_eq!(edges.len(), graph.edges().len());
    let book = serde_json::json!({
        "id": "bookshop/catalogue/models.py:Book", "type": "class", "start_line": 23, "end_line": 62
    });
    assert!(nodes.contains(&book));
    let root = serde_json::json!({ "id": "/", "type": "directory", "start_line": null, "end_line": null });
    assert!(nodes.contains(&root));
    let alias = serde_json::json!({
        "source": "bookshop/cli.py", "target": "bookshop/catalogue/__init__.py", "type": "imports", "alias": "shelf"
    });
    assert!(edges.contains(&alias));
    for kind in EdgeKind::ALL {
        let count = edges.iter().filter(|edge| edge["type"] == kind.as_str()).count();
        assert_eq!(count, graph.statistics().edges(kind), "{kind}");
    }
}

#[test]
fn search_prints_one_line_per_hit() {
    let output = run(&["search", &bookshop_argument(), "Cart", "--limit", "2"]);
    assert!(output.status.success());
    let text = stdout(&output);
    assert_eq!(text.lines().count(), 2, "{text}");
    assert!(text.starts_with("exact "), "{text}");
    assert!(text.contains("bookshop/orders/cart.py:Cart  bookshop/orders/cart.py:6-"), "{text}");
}

#[test]
fn search_filters_by_kind_and_prints_json() {
    let shop = bookshop_argument();
    let output = run(&["search", &shop, "Catalogue", "--kind", "class", "--kind", "directory", "--json"]);
    assert!(output.status.success());
    let hits = stdout(&output)
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("a line is JSON"))
        .collect::<Vec<_>>();
    assert!(hits.iter().all(|hit| hit["kind"] == "class" || hit["kind"] == "directory"));
    assert_eq!(hits[0]["id"], "bookshop/catalogue/catalogue.py:Catalogue");
    assert_eq!(hits[0]["matched"], "exact");
}

#[test]
fn search_reads_queries_from_standard_input() {
    let mut child = command()
        .args(["search", &bookshop_argument(), "-", "--json", "--limit", "1"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the command runs");
    let queries = b"Cart\nxylophone\nCatalogue\n";
    child.stdin.take().expect("a pipe").write_all(queries).expect("the command reads its input");
    let output = child.wait_with_output().expect("the command ends");
    assert!(output.status.success());
    let hits = stdout(&output)
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("a line is JSON"))
        .map(|hits| hits[0]["id"].as_str().map(str::to_owned))
        .collect::<Vec<_>>();
    let found = |id: &str| Some(format!("bookshop/{id}"));
    assert_eq!(hits, [found("orders/cart.py:Cart"), None, found("catalogue/catalogue.py:Catalogue")]);
}

#[test]
fn a_search_without_results_succeeds() {
    let output = run(&["search", &bookshop_argument(), "xylophone"]);
    assert!(output.status.success());
    assert_eq!(stdout(&output), "");
    assert_eq!(stderr(&output), "nothing found for \"xylophone\"\n");
}

#[test]
fn a_missing_repository_is_an_error_with_help() {
    for arguments in [&["graph", "no/such/place"][..], &["search", "no/such/place", "x"]] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(stdout(&output), "");
        let text = stderr(&output);
        assert!(text.starts_with("error: failed to open the repository no/such/place: "), "{text}");
        assert!(text.ends_with("\nhelp: give the path of an existing directory\n"), "{text}");
    }
    let dir = project(&[("m.py", "")]);
    let file = dir.path().join("m.py");
    let output = run(&["graph", file.to_str().expect("the path is UTF-8")]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains(": not a directory\nhelp: "), "{}", stderr(&output));
}

#[test]
fn usage_errors_have_exit_code_2() {
    for arguments in [&[][..], &["graph"], &["search", "."], &["search", ".", "x", "--kind", "module"], &["fly"]] {
        assert_eq!(run(arguments).status.code(), Some(2), "{arguments:?}");
    }
}

#[test]
fn a_closed_output_pipe_is_not_an_error() {
    let mut child = command()
        .args(["graph", &bookshop_argument(), "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command runs");
    // The pipe is closed before the first write, because the command must build a graph first. The output is larger
    // than the buffer of a pipe.
    drop(child.stdout.take());
    let status = child.wait().expect("the command ends");
    let mut text = String::new();
    child.stderr.take().expect("a pipe").read_to_string(&mut text).expect("text");
    assert_eq!((status.code(), text.as_str()), (Some(0), ""));
}
