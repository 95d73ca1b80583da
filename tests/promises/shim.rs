//! Libraries for `LD_PRELOAD` that play faults of the system.
#![cfg(target_os = "linux")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Compiles a library into `directory`; nothing, and a line that says so, where there is no compiler.
pub(crate) fn compile(source: &str, directory: &Path) -> Option<PathBuf> {
    let (file, library) = (directory.join("shim.rs"), directory.join("shim.so"));
    fs::write(&file, source).unwrap();
    let mut rustc = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    rustc.args(["--edition=2024", "--crate-type=cdylib", "-Copt-level=1", "-o"]).args([&library, &file]);
    match rustc.output() {
        Ok(output) => {
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            Some(library)
        }
        Err(error) => {
            eprintln!("left out: rustc cannot be started: {error}");
            None
        }
    }
}
