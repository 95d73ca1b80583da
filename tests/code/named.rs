//! A named directory within a package changes the key by its files and by everything that decides how they compile.
//! Other named files change it by their content.

use std::fs::{self, File, FileTimes};

use crate::workspace::Workspace;

const GRAPH: &str = "pub fn answer() -> String {\n    \
    format!(\"one {:?} {:?}\", option_env!(\"SCHEMA\"), [cfg!(feature = \"fancy\"), cfg!(debug_assertions)])\n}\n";

/// Returns a package of a graph and an index. The suite names the graph.
fn graph_and_index(name: &str, names: &str) -> Workspace {
    let workspace = Workspace::new(name, names, "app::graph::answer()");
    workspace.write("src/lib.rs", "pub mod graph;\npub mod index;\n");
    workspace.write("src/graph/mod.rs", GRAPH);
    workspace.write("src/graph/notes.txt", "notes");
    workspace.write("src/index/mod.rs", "pub fn weight() -> u32 { 1 }\n");
    workspace
}

#[test]
fn named_directory_counts_without_its_siblings() {
    let mut workspace = graph_and_index("graph", "\"src/graph\", \"tests/support\"");
    let manifest = fs::read_to_string(workspace.path("Cargo.toml")).unwrap();
    workspace.is_built_for("first build");
    workspace.does_not_count("src/index/mod.rs", "1", "2");
    workspace.counts("src/graph/mod.rs", "one", "two", "code changed: file src/graph/mod.rs changed");
    workspace.counts("src/graph/notes.txt", "notes", "words", "code changed: file src/graph/notes.txt changed");

    workspace.is_built_with(&["--features", "fancy"], "feature fancy is on");
    workspace.set("SCHEMA", "two");
    workspace.is_built_for("variable SCHEMA unset → 'two'");
    workspace.unset("SCHEMA");
    workspace.is_restored();
    // Only for this package, so that no other is compiled again.
    let profile =
        |settings: &str| workspace.write("Cargo.toml", &format!("{manifest}[profile.dev.package.graph]\n{settings}\n"));
    profile("debug-assertions = false");
    workspace.is_built_for("flag debug-assertions on → off");
    // These do not change what the code does.
    profile("debug = 0\nopt-level = 1\ncodegen-units = 1");
    workspace.is_restored();
}

#[test]
fn directory_of_another_package_counts_alone() {
    let workspace = Workspace::new("other", "\"engine/src/graph\"", "engine::graph::answer()");
    workspace.package("engine", "engine", "pub mod graph;\npub mod index;\n");
    workspace.write("engine/Cargo.toml", "[package]\nname = \"engine\"\nversion = \"0.1.0\"\nedition = \"2024\"\nbuild = \"build.rs\"\n[features]\nfast = []\n[dependencies]\nbelow = { path = \"../below\" }\n");
    workspace.write(
        "engine/build.rs",
        "fn main() { println!(\"cargo::rustc-check-cfg=cfg(made)\\n{}\", \"cargo::rustc-cfg=other\") }\n",
    );
    workspace.write(
        "engine/src/graph.rs",
        "#![allow(unexpected_cfgs)]\npub fn answer() -> String { format!(\"one {} {:?}\", below::answer(), [cfg!(feature = \"fast\"), cfg!(made)]) }\n",
    );
    workspace.replace("tests/support/mod.rs", "engine/src/graph", "engine/src/graph.rs");
    workspace.write("engine/src/index.rs", "pub fn weight() -> u32 { 1 }\n");
    workspace.package("below", "below", "pub fn answer() -> u32 { 1 }\n");
    workspace.declare("dev", "engine = { path = \"engine\" }");
    workspace.is_built_for("first build");
    workspace.does_not_count("engine/src/index.rs", "1", "2");
    workspace.counts("engine/src/graph.rs", "one", "two", "file engine/src/graph.rs changed");
    workspace.counts("below/src/lib.rs", "1", "2", "crate below changed");
    workspace.counts("engine/build.rs", "=other", "=made", "flag cfg made of engine");
    workspace.counts("Cargo.toml", "engine = { ", "engine = { features = [\"fast\"], ", "feature engine/fast is on");
}

/// Replaces a file, but keeps its modification time, so that cargo does not see it.
fn replace_quietly(workspace: &Workspace, name: &str, text: &str) {
    let modified = fs::metadata(workspace.path(name)).and_then(|found| found.modified()).unwrap();
    workspace.write(name, text);
    let file = File::options().write(true).open(workspace.path(name)).unwrap();
    file.set_times(FileTimes::new().set_modified(modified)).unwrap();
}

#[test]
fn source_replaced_behind_cargos_back_is_a_miss() {
    let workspace = graph_and_index("quiet", "\"src/graph\", \"tests/support\"");
    workspace.is_built_for("first build");
    // cargo compiles the test, and not the library.
    replace_quietly(&workspace, "src/graph/mod.rs", &GRAPH.replace("one", "two"));
    workspace.replace("tests/t.rs", "\"stale\"", "\"not current\"");
    workspace.is_built_for("code changed");
    // Now cargo compiles the library.
    workspace.replace("src/lib.rs", "pub mod index;", "pub mod index; ");
    workspace.is_built_for("file src/graph/mod.rs changed");
}

#[test]
fn data_counts_as_it_is_at_run_time() {
    let read = "std::fs::read_to_string(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/data/model.txt\")).unwrap()";
    let workspace = Workspace::new("data", "\"data\"", read);
    workspace.write("data/model.txt", "one");
    workspace.write("data/.gitignore", "*.new\n");
    let init = std::process::Command::new("git").args(["init", "--quiet"]).arg(workspace.path("")).status().unwrap();
    assert!(init.success());
    workspace.is_built_for("first build");
    workspace.counts("data/model.txt", "one", "two", "code changed: file data/model.txt changed");
    replace_quietly(&workspace, "data/model.txt", "six");
    workspace.is_built_for("file data/model.txt changed");
    workspace.write("data/added.txt", "x");
    workspace.is_built_for("file data/added.txt is new");
    workspace.write("data/snapshot.new", "x");
    workspace.is_restored();
}

#[test]
fn named_file_counts_alone() {
    let workspace = Workspace::new("single", "\"src\", \"tests/support/mod.rs\"", "app::answer()");
    workspace.write("tests/support/other.rs", "");
    workspace.is_built_for("first build");
    workspace.does_not_count("tests/support/other.rs", "", "// edited\n");
    workspace.counts(
        "tests/support/mod.rs",
        "app::answer()",
        "app::answer() + \"!\"",
        "file tests/support/mod.rs changed",
    );
}

#[test]
fn embedded_variables_and_files_change_the_key() {
    let now = "format!(\"{:?} {}\", option_env!(\"SCHEMA\"), include_str!(\"../../outside.txt\"))";
    let mut workspace = Workspace::new("embedded", "\"tests/support\"", now);
    workspace.write("outside.txt", "one");
    workspace.is_built_for("first build");
    workspace.counts("outside.txt", "one", "two", "outside.txt changed");
    workspace.set("SCHEMA", "two");
    workspace.is_built_for("variable SCHEMA unset → 'two'");
    workspace.unset("SCHEMA");
    workspace.is_restored();
}
