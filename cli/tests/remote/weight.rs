//! The remote cache adds no dependency to test binaries.

use std::process::Command;

/// The crates that speak to services, and their dependencies.
const OF_THE_HELPER: [&str; 12] = [
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
];

#[test]
fn cached_smoke_depends_on_no_crate_of_the_helper() {
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(env!("CARGO_MANIFEST_DIR"));
    command.args(["tree", "--offline", "--package", "cached-smoke", "--edges", "normal,build", "--prefix", "none"]);
    let output = command.args(["--format", "{p}"]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let below: Vec<&str> = text.lines().filter_map(|line| line.split(' ').next()).collect();
    assert!(below.contains(&"zstd") && below.contains(&"serde_json"), "{text}");
    for name in OF_THE_HELPER {
        assert!(!below.contains(&name), "{name}");
    }
}
