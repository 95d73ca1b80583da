//! The tracer.

use std::process::{Command, Stdio};

use anyhow::bail;
use cached_smoke::tooling::audit::STRACE;

/// The oldest version with `--seccomp-bpf`, and with the paths of descriptors that `-y` prints.
const OLDEST: (u32, u32) = (5, 3);

/// Returns the tracer with its arguments.
///
/// # Errors
/// Fails if `strace` is missing or too old, and on systems without it.
pub(super) fn command() -> anyhow::Result<Vec<String>> {
    if !cfg!(target_os = "linux") {
        bail!(
            "audits need `strace`, which exists on Linux only\n\
             help: run `cargo smoke-cache verify --rebuild --vary`, which needs no tracer"
        );
    }
    let output = Command::new("strace").arg("--version").stdin(Stdio::null()).output();
    let Ok(output) = output else {
        bail!("`strace` is not installed\nhelp: run `sudo apt install strace`, or the command of your system");
    };
    let text = String::from_utf8_lossy(&output.stdout);
    let first = text.lines().next().unwrap_or_default();
    if version(first).is_none_or(|version| version < OLDEST) {
        let (major, minor) = OLDEST;
        bail!("`{first}` is not supported\nhelp: install strace {major}.{minor} or later");
    }
    Ok(std::iter::once("strace").chain(STRACE.iter().copied()).map(str::to_owned).collect())
}

/// Returns the version of the first line: `strace -- version 6.1`.
fn version(line: &str) -> Option<(u32, u32)> {
    let (_, version) = line.rsplit_once("version ")?;
    let mut parts = version.split(|character: char| !character.is_ascii_digit());
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert_eq!(version("strace -- version 6.1"), Some((6, 1)));
        assert_eq!(version("strace -- version 5.10-dirty.1"), Some((5, 10)));
        assert!(version("strace -- version 4.26").is_some_and(|version| version < OLDEST));
        assert_eq!(version(""), None);
        assert_eq!(version("version x"), None);
    }
}
