//! The helper: a process that talks to the service on behalf of a test.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command as Program, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use crate::config::{HELPER, Remote};
use crate::json;

use super::protocol::{Answer, Command, Greeting, Outcome, PROTOCOL, Request, VERSION};

/// The maximum length of a line in bytes. Every valid line is shorter: it has at most a reason or a path.
const MAX_LINE: u64 = 64 << 10;
/// The maximum number of unread lines. A helper that writes more blocks, and uses no memory of the test.
const MAX_WAITING: usize = 16;

/// The maximum length of the helper's standard error in the log, in bytes.
const MAX_LOG: u64 = 64 << 10;
/// The time for a helper to release its leases before it is killed.
const LAST_MOMENT: Duration = Duration::from_millis(300);
/// The maximum length of a malformed line in a message, in characters.
const MOST_OF_A_LINE: usize = 80;
/// The maximum length of a helper's reason in a message, in characters.
const MOST_OF_A_REASON: usize = 500;

/// The timeouts of an answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wait {
    /// The deadline of the first line.
    pub(super) first: Instant,
    /// The maximum time between two lines.
    pub(super) silence: Duration,
    /// The deadline of the answer.
    pub(super) deadline: Instant,
}

impl Wait {
    /// Waits until the deadline, with or without progress lines.
    pub(super) fn until(deadline: Instant) -> Wait {
        Wait { first: deadline, silence: Duration::MAX, deadline }
    }

    /// Waits until the deadline, as long as progress lines arrive.
    pub(super) fn while_heard(silence: Duration, deadline: Instant) -> Wait {
        Wait { first: after(silence), silence, deadline }
    }
}

/// A running helper, after its greeting.
#[derive(Debug)]
pub(super) struct Helper {
    child: Option<Child>,
    /// The standard input of the helper. Closing it asks the helper to end.
    input: Option<ChildStdin>,
    lines: Receiver<io::Result<String>>,
    /// The file for the helper's standard error.
    log: Option<PathBuf>,
    last_id: u64,
    /// The helper can write to the service.
    pub(super) writable: bool,
}

/// The reason why a request has no answer.
#[derive(Debug)]
pub(super) enum NoAnswer {
    /// The helper reports a failure. It can handle more requests.
    Failed(String),
    /// The helper is unusable: later lines would not belong to later requests.
    Lost(String),
}

impl Helper {
    /// Starts the helper, and waits for its greeting. Its standard error goes to `log`, up to a limit.
    pub(super) fn start(settings: &Remote, log: Option<&Path>, deadline: Instant) -> Result<Helper, String> {
        let mut child = spawn(settings)?;
        let (input, output, errors) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (sender, lines) = mpsc::sync_channel(MAX_WAITING);
        if let Some(output) = output {
            thread::spawn(move || {
                let mut output = BufReader::new(output);
                while let Some(line) = next_line(&mut output).transpose() {
                    let is_last = line.is_err();
                    if sender.send(line).is_err() || is_last {
                        break;
                    }
                }
            });
        }
        if let Some(errors) = errors {
            let log = log.and_then(|log| File::options().create(true).append(true).open(log).ok());
            thread::spawn(move || keep_some(errors, log));
        }
        let log = log.map(Path::to_owned);
        let mut helper = Helper { child: Some(child), input, lines, log, last_id: 0, writable: false };
        match helper.greeting(&program(settings), deadline) {
            Ok(writable) => {
                helper.writable = writable;
                Ok(helper)
            }
            Err(error) => {
                helper.kill();
                Err(error)
            }
        }
    }

    /// Reads the greeting of `program`, and returns `true` if the helper can write to the service.
    fn greeting(&mut self, program: &str, deadline: Instant) -> Result<bool, String> {
        let line = self.line(Instant::now(), deadline)?;
        let greeting: Greeting = json::parse(&line)
            .map_err(|_| format!("the helper's first line is not a greeting: `{}`", shown(&line, MOST_OF_A_LINE)))?;
        if greeting.protocol != PROTOCOL || greeting.version != VERSION {
            let protocol = shown(&greeting.protocol, MOST_OF_A_LINE);
            return Err(unfit(program, &protocol, greeting.version));
        }
        match greeting.error {
            Some(error) => {
                let error = shown(&error, MOST_OF_A_REASON);
                let help = greeting.help.map(|help| format!("\nhelp: {}", shown(&help, MOST_OF_A_REASON)));
                Err(error + &help.unwrap_or_default())
            }
            None => Ok(greeting.writable),
        }
    }

    /// Sends a request, and waits for the answer within the timeouts of `wait`. `progress` receives the progress lines.
    pub(super) fn ask(
        &mut self,
        command: Command,
        wait: &Wait,
        progress: &mut dyn FnMut(&str),
    ) -> Result<Answer, NoAnswer> {
        self.last_id += 1;
        let request = Request { id: self.last_id, command };
        let mut line = serde_json::to_vec(&request).map_err(|error| {
            NoAnswer::Failed(format!(
                "the path of the cache cannot be sent to the helper ({error}); SMOKE_CACHE_DIR sets another path"
            ))
        })?;
        line.push(b'\n');
        let input = self.input.as_mut().ok_or_else(|| NoAnswer::Lost("the helper has no input".to_owned()))?;
        input.write_all(&line).map_err(|error| NoAnswer::Lost(format!("the helper reads no requests: {error}")))?;
        let asked = Instant::now();
        let mut next = wait.first.min(wait.deadline);
        loop {
            let line = self.line(asked, next).map_err(NoAnswer::Lost)?;
            let answer: Answer = json::parse(&line).map_err(|_| {
                NoAnswer::Lost(format!("the helper's answer is malformed: `{}`", shown(&line, MOST_OF_A_LINE)))
            })?;
            let reason = answer.reason.as_deref().map(|reason| shown(reason, MOST_OF_A_REASON));
            match answer.outcome {
                _ if answer.id != request.id => {
                    return Err(NoAnswer::Lost("the helper answers another request".to_owned()));
                }
                None => progress(&reason.unwrap_or_default()),
                Some(Outcome::Failed) => {
                    return Err(NoAnswer::Failed(reason.unwrap_or_else(|| "the helper failed".to_owned())));
                }
                Some(_) => return Ok(Answer { reason, ..answer }),
            }
            next = after(wait.silence).min(wait.deadline);
        }
    }

    /// Returns the next line of the answer to a request that was sent at `asked`.
    fn line(&mut self, asked: Instant, deadline: Instant) -> Result<String, String> {
        match self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(Ok(line)) => Ok(line),
            Ok(Err(error)) => Err(format!("the helper's output is malformed: {error}")),
            Err(RecvTimeoutError::Timeout) => {
                Err(format!("no answer came in time ({})", crate::units::elapsed(asked.elapsed())))
            }
            Err(RecvTimeoutError::Disconnected) => Err(self.end()),
        }
    }

    /// Describes how the helper ended.
    fn end(&mut self) -> String {
        self.await_end();
        let status = self.child.as_mut().and_then(|child| child.try_wait().ok().flatten());
        let status = status.map(|status| format!(" ({status})")).unwrap_or_default();
        let log = self.log.as_ref().map(|log| format!("; its standard error is in {}", log.display()));
        format!("the helper has ended{status}{}", log.unwrap_or_default())
    }

    /// Waits a short time for the helper to end.
    fn await_end(&mut self) {
        let begun = Instant::now();
        while begun.elapsed() < LAST_MOMENT
            && self.child.as_mut().is_some_and(|child| matches!(child.try_wait(), Ok(None)))
        {
            thread::sleep(LAST_MOMENT / 30);
        }
    }

    /// Kills the helper and its child processes. A helper that reads its input first gets the time to release its
    /// leases.
    pub(super) fn kill(mut self) {
        drop(self.input.take());
        self.await_end();
        let Some(mut child) = self.child.take() else { return };
        #[cfg(unix)]
        if let Some(group) = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw) {
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
        #[cfg(windows)]
        crate::run::kill_descendants(child.id());
        let _ = child.kill();
        let _ = child.wait();
    }
}

impl Drop for Helper {
    /// Asks the helper to end, without waiting. The helper then releases its leases.
    fn drop(&mut self) {
        drop(self.input.take());
        if let Some(mut child) = self.child.take() {
            let _ = thread::Builder::new().spawn(move || child.wait());
        }
    }
}

/// Starts the program of the helper. On Unix it has its own process group, so that its child processes can be killed
/// with it.
fn spawn(settings: &Remote) -> Result<Child, String> {
    let mut command = Program::new(program(settings));
    command.args(settings.helper().iter().skip(1)).envs(settings.variables());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    command.spawn().map_err(|error| not_started(&program(settings), &error))
}

/// Returns the program of the helper. The settings are checked, so there is one.
fn program(settings: &Remote) -> String {
    settings.helper().swap_remove(0)
}

/// Checks that the program of the helper can be started, for commands that need it.
///
/// # Errors
/// Fails if it is not installed.
pub fn check_helper(settings: &Remote) -> Result<(), String> {
    let mut child = spawn(settings)?;
    let _ = child.kill();
    let _ = child.wait();
    Ok(())
}

/// Returns the reason why the program of a helper does not start, with help.
pub fn not_started(program: &str, error: &io::Error) -> String {
    if is_ours(program) && error.kind() == io::ErrorKind::NotFound {
        return format!("the helper `{HELPER}` is not installed\nhelp: cargo install {HELPER}");
    }
    format!(
        "the helper `{program}` cannot be started: {error}\n\
         help: correct SMOKE_REMOTE_HELPER, or `helper` in `[remote]` of smoke.toml"
    )
}

/// Returns the error about a helper that speaks another version of the protocol, with help.
fn unfit(program: &str, protocol: &str, version: u32) -> String {
    let help = if is_ours(program) {
        format!("cargo install {HELPER}@{}", env!("CARGO_PKG_VERSION"))
    } else {
        format!("install a version of `{program}` that speaks {PROTOCOL} {VERSION}")
    };
    format!(
        "the helper `{program}` speaks `{protocol}` {version}, and this version of cached-smoke speaks {PROTOCOL} \
         {VERSION}\nhelp: {help}"
    )
}

/// Returns `true` if a program is the default helper, at any path.
fn is_ours(program: &str) -> bool {
    Path::new(program).file_stem().is_some_and(|name| name == HELPER)
}

/// Returns the instant after a duration from now. Durations beyond the range of the clock give a year.
pub(super) fn after(duration: Duration) -> Instant {
    const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);
    let now = Instant::now();
    now.checked_add(duration).unwrap_or(now + YEAR)
}

/// Writes the first bytes of a helper's standard error to the log, and discards the rest.
fn keep_some(mut errors: impl Read, log: Option<File>) {
    if let Some(mut log) = log {
        let _ = io::copy(&mut errors.by_ref().take(MAX_LOG), &mut log);
    }
    let _ = io::copy(&mut errors, &mut io::sink());
}

/// Reads a line without its line end; returns `None` at the end of the output.
fn next_line(output: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut line = Vec::new();
    output.take(MAX_LINE).read_until(b'\n', &mut line)?;
    if line.is_empty() {
        return Ok(None);
    }
    if line.pop() != Some(b'\n') {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a line is too long or incomplete"));
    }
    String::from_utf8(line).map(Some).map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "a line is not UTF-8"))
}

/// Escapes and truncates untrusted text, so that it fits into one line of a message.
fn shown(text: &str, most: usize) -> String {
    let mut shown = String::new();
    for character in text.chars().take(most) {
        match character {
            '\'' | '"' => shown.push(character),
            character => shown.extend(character.escape_debug()),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Starts a shell script as the helper, sends one request, and returns the outcome and the number of progress
    /// lines.
    ///
    /// The script greets, and answers the request by running `lines`.
    #[cfg(unix)]
    fn asked(lines: &str, wait: impl FnOnce() -> Wait) -> (Result<Option<Outcome>, String>, usize) {
        let greeting = r#"echo '{"protocol":"cached-smoke-remote","version":1}'; read line"#;
        let script = format!("{greeting}; {lines}; read line");
        let settings = Remote {
            url: "mine://anywhere".to_owned(),
            public_keys: Vec::new(),
            unsigned: false,
            signing_key: None,
            read_only: false,
            budget: None,
            helper: Some(vec!["/bin/sh".to_owned(), "-c".to_owned(), script]),
            default_helper: HELPER.to_owned(),
        };
        let mut helper = Helper::start(&settings, None, after(Duration::MAX)).expect("the helper greets");
        let mut progress = 0;
        let command = Command::Find { name: "a/b/c".to_owned(), into: "/nonexistent".into() };
        let answer = helper.ask(command, &wait(), &mut |_| progress += 1);
        let answer = answer.map(|answer| answer.outcome).map_err(|error| match error {
            NoAnswer::Failed(reason) | NoAnswer::Lost(reason) => reason,
        });
        (answer, progress)
    }

    #[cfg(unix)]
    const PROGRESS: &str = r#"echo '{"id":1,"reason":"in progress"}'"#;

    #[cfg(unix)]
    #[test]
    fn an_answer_may_follow_progress_lines() {
        let lines = format!(r#"{PROGRESS}; {PROGRESS}; sleep 0.2; echo '{{"id":1,"outcome":"absent"}}'"#);
        let (answer, progress) = asked(&lines, || Wait::until(after(Duration::MAX)));
        assert_eq!((answer, progress), (Ok(Some(Outcome::Absent)), 2));
    }

    #[cfg(unix)]
    #[test]
    fn a_silent_helper_times_out() {
        let wait = || Wait::while_heard(Duration::from_millis(500), after(Duration::MAX));
        let (answer, _) = asked(PROGRESS, wait);
        assert!(answer.expect_err("no more lines").contains("no answer came in time"));
    }

    #[test]
    fn lines_have_a_maximum_length() {
        let mut output = BufReader::new(b"one\n\ntwo".as_slice());
        assert_eq!(next_line(&mut output).expect("a line"), Some("one".to_owned()));
        assert_eq!(next_line(&mut output).expect("an empty line"), Some(String::new()));
        assert!(next_line(&mut output).is_err(), "the line has no end");
        let endless = io::repeat(b'x');
        assert!(next_line(&mut BufReader::new(endless)).is_err());
    }
}
