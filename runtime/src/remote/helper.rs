//! The helper: a process that speaks to the service, so that no test has to.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command as Program, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use crate::config::Remote;

use super::protocol::{Answer, Command, Greeting, Outcome, PROTOCOL, Request, VERSION};

/// More than any line that means something: a reason, a path.
const MAX_LINE: u64 = 64 << 10;
/// Lines that nobody has read yet: a helper that babbles has to wait, and takes no memory.
const MAX_WAITING: usize = 16;

/// Bytes of what it says beside its answers.
const MAX_LOG: u64 = 64 << 10;
/// To give back what it holds.
const LAST_MOMENT: Duration = Duration::from_millis(300);
/// Characters of a line that means nothing.
const MOST_OF_A_LINE: usize = 80;
/// Characters of what it says for people.
const MOST_OF_A_REASON: usize = 500;

/// How long an answer may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wait {
    /// Its first word.
    pub(super) first: Instant,
    /// Any other word after the one before.
    pub(super) silence: Duration,
    /// All of it.
    pub(super) deadline: Instant,
}

impl Wait {
    /// However it is told how far it is.
    pub(super) fn until(deadline: Instant) -> Wait {
        Wait { first: deadline, silence: Duration::MAX, deadline }
    }

    /// As long as it goes on.
    pub(super) fn while_heard(silence: Duration, deadline: Instant) -> Wait {
        Wait { first: after(silence), silence, deadline }
    }
}

/// A helper that has greeted.
#[derive(Debug)]
pub(super) struct Helper {
    child: Option<Child>,
    /// Closed to tell it that it is over.
    input: Option<ChildStdin>,
    lines: Receiver<io::Result<String>>,
    /// Where its standard error goes.
    log: Option<PathBuf>,
    last_id: u64,
    pub(super) writable: bool,
}

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum NoAnswer {
    /// It says so itself: it can be asked other things.
    Failed(String),
    /// Whatever it says from now on is about something else, if it says anything.
    Lost(String),
}

impl Helper {
    /// Starts it, and waits until it is ready. What it writes to its standard error goes to `log`, up to a limit.
    pub(super) fn start(settings: &Remote, log: Option<&Path>, deadline: Instant) -> Result<Helper, String> {
        let helper = settings.helper();
        let Some((name, arguments)) = helper.split_first() else {
            return Err("no helper is named".to_owned());
        };
        let mut command = Program::new(name);
        command.args(arguments).envs(settings.variables());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // Of a group of its own, so that all that it starts can be ended with it.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command.spawn().map_err(|error| {
            format!("the helper `{name}` cannot be started: {error}; `cargo install cargo-smoke-cache` has it")
        })?;
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
        match helper.greeting(deadline) {
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

    /// Whether anything may be written, once it is ready.
    fn greeting(&mut self, deadline: Instant) -> Result<bool, String> {
        let line = self.line(Instant::now(), deadline)?;
        let greeting: Greeting = serde_json::from_str(&line)
            .map_err(|_| format!("the helper's first line is no greeting: `{}`", shown(&line, MOST_OF_A_LINE)))?;
        if greeting.protocol != PROTOCOL || greeting.version != VERSION {
            return Err(format!(
                "the helper speaks `{}` {}, not {PROTOCOL} {VERSION}; install a cargo-smoke-cache of this crate's version",
                shown(&greeting.protocol, MOST_OF_A_LINE),
                greeting.version
            ));
        }
        match greeting.error {
            Some(error) => Err(shown(&error, MOST_OF_A_REASON)),
            None => Ok(greeting.writable),
        }
    }

    /// Asks, and waits for the answer; for its first word until `first`, for the next each time as long as `silence`, and no longer than
    /// `deadline`. `progress` is told how far it is.
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
                "the helper cannot be told where the cache lies ({error}); SMOKE_CACHE_DIR moves it"
            ))
        })?;
        line.push(b'\n');
        let input = self.input.as_mut().ok_or_else(|| NoAnswer::Lost("the helper is gone".to_owned()))?;
        input.write_all(&line).map_err(|error| NoAnswer::Lost(format!("the helper does not listen: {error}")))?;
        let asked = Instant::now();
        let mut next = wait.first.min(wait.deadline);
        loop {
            let line = self.line(asked, next).map_err(NoAnswer::Lost)?;
            let answer: Answer = serde_json::from_str(&line)
                .map_err(|_| NoAnswer::Lost(format!("the helper answers `{}`", shown(&line, MOST_OF_A_LINE))))?;
            let reason = answer.reason.as_deref().map(|reason| shown(reason, MOST_OF_A_REASON));
            match answer.outcome {
                _ if answer.id != request.id => {
                    return Err(NoAnswer::Lost("the helper answers what it was not asked".to_owned()));
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

    /// The next line of what was asked for then.
    fn line(&mut self, asked: Instant, deadline: Instant) -> Result<String, String> {
        match self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(Ok(line)) => Ok(line),
            Ok(Err(error)) => Err(format!("the helper cannot be understood: {error}")),
            Err(RecvTimeoutError::Timeout) => {
                Err(format!("no answer came in time ({})", crate::message::seconds(asked.elapsed())))
            }
            Err(RecvTimeoutError::Disconnected) => Err(self.end()),
        }
    }

    /// How it came to its end, for people.
    fn end(&mut self) -> String {
        self.await_end();
        let status = self.child.as_mut().and_then(|child| child.try_wait().ok().flatten());
        let status = status.map(|status| format!(" ({status})")).unwrap_or_default();
        let log = self.log.as_ref().map(|log| format!("; what it wrote to its standard error is in {}", log.display()));
        format!("the helper has ended{status}{}", log.unwrap_or_default())
    }

    /// Waits for its end, but not for long.
    fn await_end(&mut self) {
        let begun = Instant::now();
        while begun.elapsed() < LAST_MOMENT
            && self.child.as_mut().is_some_and(|child| matches!(child.try_wait(), Ok(None)))
        {
            thread::sleep(LAST_MOMENT / 30);
        }
    }

    /// Ends it and all that it has started, whatever they are at; a helper that listens gives back first what it holds.
    pub(super) fn kill(mut self) {
        drop(self.input.take());
        self.await_end();
        let Some(mut child) = self.child.take() else { return };
        #[cfg(unix)]
        if let Some(group) = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw) {
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
        let _ = child.kill();
        let _ = child.wait();
    }
}

impl Drop for Helper {
    /// Lets it come to its end, at which it gives back what it holds. Nobody waits for that.
    fn drop(&mut self) {
        drop(self.input.take());
        if let Some(mut child) = self.child.take() {
            let _ = thread::Builder::new().spawn(move || child.wait());
        }
    }
}

/// So long from now; for what is longer than any clock, a year.
pub(super) fn after(duration: Duration) -> Instant {
    const YEAR: Duration = Duration::from_hours(365 * 24);
    let now = Instant::now();
    now.checked_add(duration).unwrap_or(now + YEAR)
}

/// Keeps the first of what a helper says beside its answers, and lets it say the rest.
fn keep_some(mut errors: impl Read, log: Option<File>) {
    if let Some(mut log) = log {
        let _ = io::copy(&mut errors.by_ref().take(MAX_LOG), &mut log);
    }
    let _ = io::copy(&mut errors, &mut io::sink());
}

/// A line without its end; nothing after the last.
fn next_line(output: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut line = Vec::new();
    output.take(MAX_LINE).read_until(b'\n', &mut line)?;
    if line.is_empty() {
        return Ok(None);
    }
    if line.pop() != Some(b'\n') {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a line of it is too long, or has no end"));
    }
    String::from_utf8(line).map(Some).map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8"))
}

/// As much of what somebody else wrote as a line of ours can hold.
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

    /// One that greets, and answers its first request by running these lines of a shell.
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
            default_helper: Vec::new(),
        };
        let mut helper = Helper::start(&settings, None, after(Duration::MAX)).expect("it greets");
        let mut told = 0;
        let command = Command::Find { name: "a/b/c".to_owned(), into: "/nonexistent".into() };
        let answer = helper.ask(command, &wait(), &mut |_| told += 1);
        let answer = answer.map(|answer| answer.outcome).map_err(|error| match error {
            NoAnswer::Failed(reason) | NoAnswer::Lost(reason) => reason,
        });
        (answer, told)
    }

    #[cfg(unix)]
    const UNDER_WAY: &str = r#"echo '{"id":1,"reason":"under way"}'"#;

    #[cfg(unix)]
    #[test]
    fn an_answer_may_come_after_other_words_until_the_deadline() {
        let lines = format!(r#"{UNDER_WAY}; {UNDER_WAY}; sleep 0.2; echo '{{"id":1,"outcome":"absent"}}'"#);
        let (answer, told) = asked(&lines, || Wait::until(after(Duration::MAX)));
        assert_eq!((answer, told), (Ok(Some(Outcome::Absent)), 2));
    }

    #[cfg(unix)]
    #[test]
    fn one_that_is_to_be_heard_and_falls_silent_is_given_up() {
        let wait = || Wait::while_heard(Duration::from_millis(500), after(Duration::MAX));
        let (answer, _) = asked(UNDER_WAY, wait);
        assert!(answer.expect_err("it says no more").contains("no answer came in time"));
    }

    #[test]
    fn lines_are_read_up_to_a_limit() {
        let mut output = BufReader::new(b"one\n\ntwo".as_slice());
        assert_eq!(next_line(&mut output).expect("a line"), Some("one".to_owned()));
        assert_eq!(next_line(&mut output).expect("an empty line"), Some(String::new()));
        assert!(next_line(&mut output).is_err(), "it has no end");
        let endless = io::repeat(b'x');
        assert!(next_line(&mut BufReader::new(endless)).is_err());
    }
}
