//! Running another program: nothing to read from, everything said captured, and an end to the patience.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::FetchError;

/// How much of a program's output is looked at, and how much of that an error shows.
const KEPT_BYTES: u64 = 64 * 1024;
const SHOWN_LINES: usize = 12;

/// What a program is run for.
pub(super) struct Task<'a> {
    /// Such as "download Django==5.2.8"; fits after "failed to".
    pub(super) action: &'a str,
    /// After this the program is killed.
    pub(super) deadline: Duration,
    /// What to look at when it fails.
    pub(super) mend: &'static str,
}

/// Runs `command` to its end and returns what it wrote to its standard output (the last 64 KiB of it).
///
/// The output goes to unnamed files instead of pipes: when the program is killed, a grandchild that still holds a pipe
/// would keep us waiting for its end.
pub(super) fn run(mut command: Command, task: &Task<'_>) -> Result<String, FetchError> {
    let (mut stdout, mut stderr) = (capture()?, capture()?);
    command.stdin(Stdio::null()).stdout(handle(&stdout)?).stderr(handle(&stderr)?);
    let program = command.get_program().to_string_lossy().into_owned();
    let action = || task.action.to_owned();
    let start = |source| FetchError::Start { action: action(), program, mend: task.mend, source };
    let mut child = command.spawn().map_err(start)?;
    let status =
        wait(&mut child, task.deadline).map_err(FetchError::io("await the program for", task.action.as_ref()))?;
    let said = text(&mut stdout)?;
    if status.is_some_and(|status| status.success()) {
        return Ok(said);
    }
    let complaint = text(&mut stderr)?;
    let tail = tail(if complaint.trim().is_empty() { &said } else { &complaint });
    Err(match status {
        Some(status) => FetchError::Command { action: action(), status: status.to_string(), tail, mend: task.mend },
        None => FetchError::Deadline { action: action(), limit: task.deadline, tail, mend: task.mend },
    })
}

/// The child's status, or `None` when the deadline passed and it was killed.
///
/// The standard library has no wait with a limit; looking again after 1 to 50 ms costs a short git command next to
/// nothing, and a long download neither.
fn wait(child: &mut Child, deadline: Duration) -> io::Result<Option<ExitStatus>> {
    let begin = Instant::now();
    let mut pause = Duration::from_millis(1);
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if begin.elapsed() >= deadline {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(50));
    }
}

fn capture() -> Result<File, FetchError> {
    tempfile::tempfile().map_err(FetchError::io("create a temporary file in", &std::env::temp_dir()))
}

fn handle(file: &File) -> Result<File, FetchError> {
    file.try_clone().map_err(FetchError::io("share a temporary file in", &std::env::temp_dir()))
}

fn text(file: &mut File) -> Result<String, FetchError> {
    let read = |file: &mut File| {
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(KEPT_BYTES)))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    };
    read(file).map_err(FetchError::io("read a temporary file in", &std::env::temp_dir()))
}

/// The last lines, fit for a terminal: a server must not be able to send control sequences to it, nor may a log show
/// the credentials that were part of a URL.
fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.split(['\n', '\r']).map(str::trim_end).filter(|line| !line.is_empty()).collect();
    let shown = lines[lines.len().saturating_sub(SHOWN_LINES)..].join("\n");
    redact(&shown).chars().filter(|char| *char == '\n' || !char.is_control()).collect()
}

/// `text` without the user names and passwords in its URLs.
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
    fn tail_keeps_the_last_lines_without_control_characters_and_credentials() {
        let said = "first\n".to_owned() + &"next\r\n".repeat(SHOWN_LINES - 1) + "\x1b[31mhttps://me:secret@x\n\n";
        assert_eq!(tail(&said), "next\n".repeat(SHOWN_LINES - 1) + "[31mhttps://***@x");
    }

    #[cfg(unix)]
    #[test]
    fn program_that_does_not_end_is_killed_at_the_deadline() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo begun >&2; sleep 1000 & wait"]);
        let task = Task { action: "wait", deadline: Duration::from_millis(300), mend: "wait less" };
        let error = run(command, &task).expect_err("nothing ends in time");
        assert!(matches!(&error, FetchError::Deadline { tail, .. } if tail == "begun"), "{error}");
    }

    #[test]
    fn missing_program_is_named_with_its_remedy() {
        let task = Task { action: "try", deadline: Duration::from_secs(5), mend: "install it" };
        let error = run(Command::new("no-such-program-anywhere"), &task).expect_err("there is none");
        assert_eq!(error.to_string(), "try: no-such-program-anywhere cannot be started; install it");
    }
}
