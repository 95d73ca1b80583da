//! The documentation shows code that runs: the example of the README is the package `examples/hello`.

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

#[test]
fn the_readme_shows_the_hello_example() {
    let readme = read("README.md");
    let test = read("examples/hello/tests/hello.rs");
    // The first line is the doc comment of the file.
    let test = test.split_once("\n\n").expect("a doc comment, then the code").1;
    for file in [test, &read("examples/hello/smoke.toml")] {
        assert!(blocks(&readme).contains(&file), "the README does not show:\n{file}");
    }
}

#[test]
fn the_first_page_of_the_guide_shows_the_hello_example() {
    let page = read("docs/guide/start.md");
    let test = read("examples/hello/tests/hello.rs");
    let code = test.split_once("\n\n").expect("a doc comment, then the code").1;
    let (suite, tests) = code.split_at(code.find("#[cached_smoke(").expect("a test"));
    for part in [suite.trim_end(), tests.trim_end(), read("examples/hello/smoke.toml").trim_end()] {
        assert!(blocks(&page).iter().any(|block| block.trim_end() == part), "the page does not show:\n{part}");
    }
}
