//! The errors for wrong uses of the macros: one file for each mistake, and beside it the output of the compiler.
//!
//! `TRYBUILD=overwrite cargo test -p messages` updates the output. Without a case that passes, trybuild only checks the
//! dependencies, which takes half of the time.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::path::{Path, PathBuf};

const SMOKE_TOML: &str = "[repos.django]\npath = \"django\"\n[repos.requests]\npath = \"requests\"\n\
                          [repos.scikit-learn]\npath = \"scikit-learn\"\n[repos.\"scikit.learn\"]\npath = \"scikit.learn\"\n";

#[test]
fn mistakes_have_the_expected_messages() {
    let package = package();
    fs::write(package.join("smoke.toml"), SMOKE_TOML).unwrap();
    for directory in ["src", "empty"] {
        fs::create_dir_all(package.join(directory)).unwrap();
    }
    fs::write(package.join("src/lib.rs"), "").unwrap();

    let cases = trybuild::TestCases::new();
    cases.compile_fail("rejected/*.rs");
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    if package.starts_with(workspace) {
        cases.compile_fail("rejected_with_a_path/*.rs");
    } else {
        eprintln!("skipped: rejected_with_a_path: the target directory is outside the workspace, so paths differ");
    }
}

/// Returns the directory of the package that trybuild compiles.
fn package() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let package = target.join("tests/trybuild").join(env!("CARGO_PKG_NAME"));
    fs::create_dir_all(&package).unwrap();
    package
}
