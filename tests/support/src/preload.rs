//! Programs and libraries that see, or change, the system calls of a process.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Compiles a library for `LD_PRELOAD` into `directory`.
///
/// Returns `None`, and prints a line, if there is no compiler.
pub fn compile_preload(source: &str, directory: &Path) -> Option<PathBuf> {
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
            eprintln!("skipped: rustc cannot be started: {error}");
            None
        }
    }
}

/// Returns `true` if strace can trace a process; prints a line if not.
pub fn can_trace() -> bool {
    let trial = Command::new("strace").args(["-qq", "-o", "/dev/null", "true"]).status();
    let can = trial.is_ok_and(|status| status.success());
    if !can {
        eprintln!("skipped: strace is not installed, or may not trace");
    }
    can
}
