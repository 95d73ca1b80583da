//! The helper: answers a test's requests, a JSON line each, until there are no more.

use std::collections::HashMap;
use std::fs;
use std::io::{self, BufRead, Write};
use std::pin::pin;
use std::process::ExitCode;
use std::time::Duration;

use cached_smoke::tooling::Config;
use cached_smoke::tooling::remote::{Answer, Command, Greeting, Outcome, Request};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::lease::{self, Known, Lease, Pace, Waited, known};
use super::service::{Service, explain, open, was_faster};
use super::signing::Trust;
use super::transfer::{self, MAX_ENTRY};
use super::{READ_ONLY, settings};
use crate::arguments::HelperArguments;

/// Requests come one by one: each is answered before the next.
const WAITING: usize = 1;

/// `cargo smoke-cache remote-helper`: speaks to the service for a test.
pub(crate) fn run(config: &Config, arguments: &HelperArguments) -> ExitCode {
    let prepared = prepare(config, arguments);
    let (mut helper, runtime) = match prepared {
        Ok(prepared) => prepared,
        Err(error) => {
            say(&Greeting::failed(error));
            return ExitCode::FAILURE;
        }
    };
    say(&Greeting::ready(helper.may_write));
    let (sender, mut lines) = mpsc::channel(WAITING);
    // A thread of its own: reading from standard input cannot be given up.
    std::thread::spawn(move || {
        for line in io::stdin().lock().lines() {
            if line.is_err() || sender.blocking_send(line.unwrap_or_default()).is_err() {
                break;
            }
        }
    });
    runtime.block_on(async {
        let mut next = lines.recv().await;
        while let Some(line) = next {
            let mut answering = pin!(helper.answer_line(&line));
            next = tokio::select! {
                biased;
                answer = &mut answering => {
                    say(&answer);
                    lines.recv().await
                }
                following = lines.recv() => {
                    // Whoever has asked is gone: nobody needs the answer.
                    let Some(following) = following else { break };
                    say(&answering.await);
                    Some(following)
                }
            };
        }
        helper.release_all().await;
    });
    ExitCode::SUCCESS
}

fn prepare(config: &Config, arguments: &HelperArguments) -> Result<(Helper, Runtime), String> {
    let settings = settings(config)?;
    let trust = Trust::new(settings)?;
    let runtime = runtime()?;
    let service = {
        let _entered = runtime.enter();
        open(&settings.url)?
    };
    let may_write = trust.can_sign() && !settings.read_only;
    let pace = Pace { lost_after: arguments.lease_lost_after.into() };
    Ok((Helper { service, trust, may_write, pace, known: HashMap::new(), held: HashMap::new() }, runtime))
}

/// What the service is spoken to on: one thread does, as it only waits.
pub(super) fn runtime() -> Result<Runtime, String> {
    Builder::new_current_thread().enable_all().build().map_err(|error| format!("failed to start: {error}"))
}

/// A request of a later version, or none.
fn unknown(line: &str, error: &serde_json::Error) -> Answer {
    #[derive(serde::Deserialize)]
    struct OnlyId {
        id: u64,
    }
    match serde_json::from_str::<OnlyId>(line) {
        Ok(OnlyId { id }) => without(id, Outcome::Unsupported, error.to_string()),
        Err(_) => without(0, Outcome::Failed, error.to_string()),
    }
}

/// The answer where nothing came of it.
fn without(id: u64, outcome: Outcome, reason: String) -> Answer {
    Answer { id, outcome: Some(outcome), reason: Some(reason), bytes: 0 }
}

fn say(line: &impl serde::Serialize) {
    let mut text = serde_json::to_vec(line).unwrap_or_default();
    text.push(b'\n');
    // Whoever does not listen any more needs no answer.
    let _ = io::stdout().lock().write_all(&text);
}

struct Helper {
    service: Service,
    trust: Trust,
    may_write: bool,
    pace: Pace,
    /// By name, the entries that were given or refused: whoever asks for a lease after that could not use them.
    known: HashMap<String, Known>,
    /// By name; each renews itself.
    held: HashMap<String, (Lease, JoinHandle<()>)>,
}

impl Helper {
    async fn answer_line(&mut self, line: &str) -> Answer {
        match serde_json::from_str::<Request>(line) {
            Ok(request) => self.answer(request).await,
            Err(error) => unknown(line, &error),
        }
    }

    async fn answer(&mut self, request: Request) -> Answer {
        let id = request.id;
        match self.done(id, request.command).await {
            Ok(answer) => answer,
            Err(reason) => without(id, Outcome::Failed, reason),
        }
    }

    async fn done(&mut self, id: u64, command: Command) -> Result<Answer, String> {
        let answer = |outcome, bytes| Ok(Answer { id, outcome: Some(outcome), reason: None, bytes });
        let mut progress = |reason: &str| {
            say(&Answer { id, outcome: None, reason: Some(reason.to_owned()), bytes: 0 });
        };
        let writes = matches!(&command, Command::Store { .. } | Command::Publish { .. });
        if writes && !self.may_write {
            return Err(READ_ONLY.to_owned());
        }
        match command {
            Command::Find { name, into } => {
                let path = self.service.entry(&name)?;
                let Some(sealed) = transfer::read_sealed(&self.service, &path).await? else {
                    return answer(Outcome::Absent, 0);
                };
                self.known.insert(name.clone(), known(&sealed));
                if sealed.len() > MAX_ENTRY {
                    return Ok(without(id, Outcome::Refused, "it is larger than any entry".to_owned()));
                }
                let payload = match self.trust.open(&name, &sealed) {
                    Ok(payload) => payload,
                    Err(reason) => return Ok(without(id, Outcome::Refused, reason)),
                };
                fs::write(&into, payload).map_err(|error| format!("{} cannot be written: {error}", into.display()))?;
                answer(Outcome::Done, sealed.len() as u64)
            }
            Command::Fetch { blob, into } => {
                let found = transfer::fetch(&self.service, &blob, &into, &mut progress).await?;
                if found { answer(Outcome::Done, blob.size) } else { answer(Outcome::Absent, 0) }
            }
            Command::Store { blob, from, replace } => {
                answer(Outcome::Done, transfer::store(&self.service, &blob, &from, replace, &mut progress).await?)
            }
            Command::Publish { name, from } => {
                let path = self.service.entry(&name)?;
                let payload = fs::read(&from).map_err(|error| format!("{} cannot be read: {error}", from.display()))?;
                let sealed = self.trust.seal(&name, &payload);
                let bytes = sealed.len() as u64;
                match self.service.write(&path, sealed).await {
                    Ok(_) => answer(Outcome::Done, bytes),
                    // It stays as it is.
                    Err(error) if was_faster(&error) && !self.service.replaces() => answer(Outcome::Done, 0),
                    Err(error) => Err(explain("write to it", &error)),
                }
            }
            Command::Lease { name, limit } => {
                if !lease::is_possible(&self.service) {
                    return answer(Outcome::Unsupported, 0);
                }
                let limit = Duration::from_millis(limit);
                let waited = lease::wait(
                    &self.service,
                    &name,
                    self.known.get(&name),
                    self.may_write,
                    limit,
                    self.pace,
                    &mut progress,
                )
                .await?;
                match waited {
                    Waited::Held(lease) => {
                        let renewal = tokio::spawn(lease.clone().renew(self.service.clone(), self.pace));
                        self.held.insert(name, (lease, renewal));
                        answer(Outcome::Held, 0)
                    }
                    Waited::Found => answer(Outcome::Found, 0),
                    Waited::Free => answer(Outcome::Absent, 0),
                    Waited::TimedOut => answer(Outcome::TimedOut, 0),
                }
            }
            Command::Release { name } => {
                if let Some((lease, renewal)) = self.held.remove(&name) {
                    renewal.abort();
                    if !lease.release(&self.service).await? {
                        return answer(Outcome::Absent, 0);
                    }
                }
                answer(Outcome::Done, 0)
            }
            _ => answer(Outcome::Unsupported, 0),
        }
    }

    /// The test is at its end, one way or another.
    async fn release_all(&mut self) {
        for (_, (lease, renewal)) in self.held.drain() {
            renewal.abort();
            let _ = lease.release(&self.service).await;
        }
    }
}
