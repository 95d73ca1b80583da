//! The documentation shows code that runs: its first example is the package `examples/hello`.

use std::fs;
use std::path::Path;

/// Returns a file of the workspace.
fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Returns the code blocks of a page, without their fences.
fn blocks(page: &str) -> Vec<&str> {
    page.split("```").skip(1).step_by(2).filter_map(|block| block.split_once('\n')).map(|(_, code)| code).collect()
}

/// Returns the example without its first line, the doc comment of the file.
fn hello() -> String {
    let test = read("examples/hello/tests/hello.rs");
    test.split_once("\n\n").expect("a doc comment, then the code").1.to_owned()
}

fn assert_shown(page: &str, code: &str) {
    let text = read(page);
    let is_shown = blocks(&text).iter().any(|block| block.trim_end().contains(code.trim_end()));
    assert!(is_shown, "{page} does not show:\n{code}");
}

#[test]
fn the_readme_shows_the_hello_example() {
    let hello = hello();
    assert_shown("README.md", &hello[hello.find("#[artifact]").expect("an artifact")..]);
}

#[test]
fn the_first_page_of_the_guide_shows_the_hello_example() {
    assert_shown("docs/guide/start.md", &hello());
}
