//! The crates that cargo compiles for the library and for the tool.

use std::collections::BTreeSet;
use std::process::Command;

/// The crates that speak to services, and their dependencies.
const OF_THE_HELPER: [&str; 14] = [
    "cargo-smoke-cache-remote",
    "opendal",
    "opendal-core",
    "reqwest",
    "hyper",
    "rustls",
    "ring",
    "tokio",
    "futures",
    "ed25519-dalek",
    "curve25519-dalek",
    "h2",
    "http",
    "url",
];
/// `cargo install` must stay short.
const MOST_CRATES_OF_THE_TOOL: usize = 120;

/// Returns the crates that cargo compiles for a package alone, as `name version`.
fn crates(package: &str) -> BTreeSet<String> {
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(env!("CARGO_MANIFEST_DIR"));
    command.args(["tree", "--offline", "--package", package, "--edges", "normal,build", "--prefix", "none"]);
    let output = command.args(["--format", "{p}"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let words = |line: &str| line.split(' ').take(2).collect::<Vec<_>>().join(" ");
    text.lines().filter(|line| !line.is_empty()).map(words).collect()
}

#[test]
fn library_and_tool_need_no_crate_of_the_helper() {
    for package in ["cached-smoke", "cargo-smoke-cache"] {
        let crates = crates(package);
        let has = |name: &str| crates.iter().any(|one| one.split(' ').next() == Some(name));
        assert!(has("zstd") && has("serde_json"), "{crates:?}");
        for name in OF_THE_HELPER {
            assert!(!has(name), "{package} needs {name}");
        }
    }
}

#[test]
fn tool_needs_few_crates() {
    let crates = crates("cargo-smoke-cache");
    assert!(crates.len() <= MOST_CRATES_OF_THE_TOOL, "{} crates: {crates:?}", crates.len());
}
