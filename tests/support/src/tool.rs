//! The command-line tool of this workspace, for tests of other packages. Cargo names to a test only the executables of
//! the same package.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use crate::project::workspace;

/// Returns the executable `cargo-smoke-cache`. The first call in a process makes cargo compile it, if it must, in the
/// profile of this test.
pub fn tool() -> &'static Path {
    static TOOL: OnceLock<PathBuf> = OnceLock::new();
    TOOL.get_or_init(|| {
        let mut command = Command::new(env!("CARGO"));
        // With the features of the whole workspace, as `cargo test --workspace` and `cargo smoke` compile it.
        command.current_dir(workspace()).args(["build", "--quiet", "--offline", "--locked", "--workspace"]);
        command.args(["--bin", "cargo-smoke-cache", "--profile", &profile()]);
        command.args(["--message-format", "json-render-diagnostics"]).stdin(Stdio::null()).stderr(Stdio::inherit());
        let output = command.output().unwrap();
        assert!(output.status.success(), "cargo-smoke-cache does not compile");
        let messages = String::from_utf8(output.stdout).unwrap();
        let executable = messages.lines().find_map(|line| {
            let message: serde_json::Value = serde_json::from_str(line).ok()?;
            message["executable"].as_str().map(PathBuf::from)
        });
        executable.expect("cargo names the executable")
    })
}

/// Returns the profile of this executable, which is `PROFILE/deps/NAME` in the target directory.
fn profile() -> String {
    let executable = std::env::current_exe().unwrap();
    let directory = executable.ancestors().nth(2).and_then(Path::file_name).unwrap().to_str().unwrap();
    if directory == "debug" { "dev".to_owned() } else { directory.to_owned() }
}
