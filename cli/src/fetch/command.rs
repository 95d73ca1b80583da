//! Runs other programs: without input, with captured output, and with a deadline.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};
use wait_timeout::ChildExt;

/// The number of bytes of a program's output that are kept, and the number of lines that an error shows.
const KEPT_BYTES: u64 = 64 * 1024;
const SHOWN_LINES: usize = 12;

/// The purpose and the limits of a program.
pub(super) struct Task<'a> {
    /// Such as "download Django==5.2.8": errors begin with "failed to", followed by this.
    pub(super) action: &'a str,
    /// The program is killed after this time.
    pub(super) deadline: Duration,
    /// The advice if it fails.
    pub(super) help: &'static str,
}

/// The failure of a program, without the action.
#[derive(Debug, thiserror::Error)]
pub(super) enum CommandError {
    #[error("{program} cannot be started; {help}")]
    NotStarted { program: String, help: &'static str, source: io::Error },
    /// The program ran, and its status is not 0.
    #[error("{status}; {help}{output}")]
    Failed { status: ExitStatus, help: &'static str, output: String },
    #[error("no result within {} seconds; {help}{output}", .deadline.as_secs_f32())]
    TimedOut { deadline: Duration, help: &'static str, output: String },
}

/// Runs a program to its end, and returns the last 64 KiB of its standard output.
///
/// # Errors
/// Fails with a [`CommandError`], in the context of the action, if the program does.
pub(super) fn run(command: Command, task: &Task<'_>) -> Result<String> {
    try_run(command, task).with_context(|| format!("failed to {}", task.action))
}

/// The output goes to unnamed files. With pipes, a process that the killed program has started could delay the end.
fn try_run(mut command: Command, &Task { deadline, help, .. }: &Task<'_>) -> Result<String> {
    let capture = || tempfile::tempfile().context("failed to create a temporary file");
    let (stdout, stderr) = (capture()?, capture()?);
    command.stdin(Stdio::null()).stdout(stdout.try_clone()?).stderr(stderr.try_clone()?);
    let mut child = command.spawn().map_err(|source| {
        let program = command.get_program().to_string_lossy().into_owned();
        CommandError::NotStarted { program, help, source }
    })?;
    let status = child.wait_timeout(deadline)?;
    if status.is_none() {
        child.kill()?;
        child.wait()?;
    }
    let stdout = text(stdout)?;
    if status.is_some_and(|status| status.success()) {
        return Ok(stdout);
    }
    let stderr = text(stderr)?;
    let output = tail(if stderr.trim().is_empty() { &stdout } else { &stderr });
    Err(match status {
        Some(status) => CommandError::Failed { status, help, output }.into(),
        None => CommandError::TimedOut { deadline, help, output }.into(),
    })
}

/// Returns the last bytes of a file as text.
fn text(mut file: File) -> io::Result<String> {
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(KEPT_BYTES)))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Returns the last lines, indented, without control sequences from a server, and without credentials of URLs.
pub(super) fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.split(['\n', '\r']).map(str::trim_end).filter(|line| !line.is_empty()).collect();
    let shown = lines[lines.len().saturating_sub(SHOWN_LINES)..].iter();
    let plain = |line: &&str| redact(line).chars().filter(|char| !char.is_control()).collect::<String>();
    shown.flat_map(|line| ["\n    ".to_owned(), plain(line)]).collect()
}

/// Replaces the user names and passwords in the URLs of a text.
pub(super) fn redact(text: &str) -> String {
    let mut parts = text.split("://");
    let mut redacted = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let authority = part.split(|char: char| char == '/' || char.is_whitespace()).next().unwrap_or_default();
        let host = authority.rfind('@').map_or(0, |at| at + 1);
        redacted.push_str("://");
        redacted.push_str(if host > 0 { "***@" } else { "" });
        redacted.push_str(&part[host..]);
    }
    redacted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_do_not_reach_a_message() {
        let text = "unable to access 'https://user:p@ss@example.org/a@b': see https://example.org/c@d";
        let redacted = "unable to access 'https://***@example.org/a@b': see https://example.org/c@d";
        assert_eq!(redact(text), redacted);
    }

    #[test]
    fn tail_has_no_control_characters_and_credentials() {
        let output = "first\n".to_owned() + &"next\r\n".repeat(SHOWN_LINES - 1) + "\x1b[31mhttps://me:secret@x\n\n";
        assert_eq!(tail(&output), "\n    next".repeat(SHOWN_LINES - 1) + "\n    [31mhttps://***@x");
    }

    #[cfg(unix)]
    #[test]
    fn program_is_killed_at_the_deadline() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo begun >&2; sleep 1000 & wait"]);
        let task = Task { action: "wait", deadline: Duration::from_millis(300), help: "wait less" };
        let error = format!("{:#}", run(command, &task).expect_err("a deadline"));
        assert_eq!(error, "failed to wait: no result within 0.3 seconds; wait less\n    begun");
    }

    #[test]
    fn missing_program_is_named_with_help() {
        let task = Task { action: "try", deadline: Duration::from_secs(5), help: "install it" };
        let error = format!("{:#}", run(Command::new("no-such-program-anywhere"), &task).expect_err("missing"));
        assert!(
            error.starts_with("failed to try: no-such-program-anywhere cannot be started; install it: "),
            "{error}"
        );
    }
}
