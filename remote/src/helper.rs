//! The helper: answers the requests of one test, JSON lines on standard input, until the input ends.

use std::collections::HashMap;
use std::io::{BufRead, Write, stdin, stdout};
use std::pin::pin;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use cached_smoke::tooling::Config;
use cached_smoke::tooling::remote::{Answer, Command, Greeting, Outcome, READ_ONLY, Request};
use cached_smoke::tooling::units::parse_duration;
use clap::Args;
use fs_err as fs;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::lease::{self, Known, Lease, Pace, Wait, Waited, known};
use crate::probe::probe;
use crate::service::{Service, open};
use crate::signing::Trust;
use crate::transfer::{self, MAX_ENTRY};

/// A test sends its next request after the answer to the last one.
const MAX_QUEUED: usize = 1;

#[derive(Args, Debug)]
pub(crate) struct HelperArguments {
    /// Take over a build of another machine that has sent no sign of life for this long.
    #[arg(long, value_name = "DURATION", default_value = "20s", value_parser = duration)]
    lease_lost_after: Duration,
}

fn duration(text: &str) -> Result<Duration, &'static str> {
    parse_duration(text).ok_or("write a number and a unit, such as `20s`")
}

/// Runs the helper.
pub(crate) fn run(arguments: &HelperArguments) -> ExitCode {
    let (mut helper, runtime) = match prepare(arguments) {
        Ok(prepared) => prepared,
        Err(error) => {
            send(&Greeting::failed(&format!("{error:#}")));
            return ExitCode::FAILURE;
        }
    };
    send(&Greeting::ready(helper.may_write));
    let (sender, mut lines) = mpsc::channel(MAX_QUEUED);
    // On its own thread: a read from standard input cannot be cancelled.
    std::thread::spawn(move || {
        for line in stdin().lock().lines() {
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
                    send(&answer);
                    lines.recv().await
                }
                following = lines.recv() => {
                    // The test has ended, and needs no answer.
                    let Some(following) = following else { break };
                    send(&answering.await);
                    Some(following)
                }
            };
        }
        helper.release_all().await;
    });
    ExitCode::SUCCESS
}

fn prepare(arguments: &HelperArguments) -> Result<(Helper, Runtime)> {
    let directory = std::env::current_dir().context("failed to find the current directory")?;
    let config = Config::for_directory(&directory)?;
    let settings = config.required_remote()?;
    let trust = Trust::new(settings)?;
    // One thread suffices: it only waits.
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.context("failed to start the asynchronous runtime")?;
    let service = {
        let _entered = runtime.enter();
        open(&settings.url)?
    };
    let may_write = trust.can_sign() && !settings.read_only;
    let pace = Pace { lost_after: arguments.lease_lost_after };
    Ok((Helper { service, trust, may_write, pace, known: HashMap::new(), held: HashMap::new() }, runtime))
}

/// Returns the answer to a request of a later version, which has an id, or to a malformed line.
fn unknown(line: &str, error: &serde_json::Error) -> Answer {
    let id = serde_json::from_str::<serde_json::Value>(line).ok().and_then(|request| request["id"].as_u64());
    let outcome = if id.is_some() { Outcome::Unsupported } else { Outcome::Failed };
    answer(id.unwrap_or(0), outcome, Some(error.to_string()), 0)
}

fn answer(id: u64, outcome: Outcome, reason: Option<String>, bytes: u64) -> Answer {
    Answer { id, outcome: Some(outcome), reason, bytes }
}

fn send(line: &impl serde::Serialize) {
    let mut text = serde_json::to_vec(line).unwrap_or_default();
    text.push(b'\n');
    // Fails only if the test has ended, and needs no answer.
    let _ = stdout().lock().write_all(&text);
}

/// The state of the helper of one test.
struct Helper {
    service: Service,
    trust: Trust,
    may_write: bool,
    pace: Pace,
    /// By name, the entries that the test received or that were refused. If it then asks for a lease, it cannot use
    /// them.
    known: HashMap<String, Known>,
    /// By name, the leases that this helper holds, each with the task that renews it.
    held: HashMap<String, (Lease, JoinHandle<()>)>,
}

impl Helper {
    async fn answer_line(&mut self, line: &str) -> Answer {
        let Request { id, command, .. } = match serde_json::from_str(line) {
            Ok(request) => request,
            Err(error) => return unknown(line, &error),
        };
        match self.execute(id, command).await {
            Ok((outcome, bytes)) => answer(id, outcome, None, bytes),
            Err(error) => match error.downcast::<Refused>() {
                Ok(Refused(reason)) => answer(id, Outcome::Refused, Some(reason), 0),
                Err(error) => answer(id, Outcome::Failed, Some(format!("{error:#}")), 0),
            },
        }
    }

    /// Executes a request. Returns the outcome, and the number of bytes transferred.
    async fn execute(&mut self, id: u64, command: Command) -> Result<(Outcome, u64)> {
        let mut progress = |reason: &str| {
            send(&Answer { id, outcome: None, reason: Some(reason.to_owned()), bytes: 0 });
        };
        if !self.may_write
            && matches!(&command, Command::Store { .. } | Command::Publish { .. } | Command::Withdraw { .. })
        {
            bail!(READ_ONLY);
        }
        match command {
            Command::Find { name, into } => {
                let path = self.service.entry(&name)?;
                let Some(sealed) = transfer::read_sealed(&self.service, &path).await? else {
                    return Ok((Outcome::Absent, 0));
                };
                self.known.insert(name.clone(), known(&sealed));
                if sealed.len() > MAX_ENTRY {
                    bail!(Refused("it is larger than the maximum size of an entry".to_owned()));
                }
                let payload = self.trust.open(&name, &sealed).map_err(|error| Refused(error.to_string()))?;
                fs::write(&into, payload)?;
                Ok((Outcome::Done, sealed.len() as u64))
            }
            Command::Fetch { blob, into } => {
                let is_found = transfer::fetch(&self.service, &blob, &into, &mut progress).await?;
                Ok(if is_found { (Outcome::Done, blob.size) } else { (Outcome::Absent, 0) })
            }
            Command::Store { blob, from, replace } => {
                let bytes = transfer::store(&self.service, &blob, &from, replace, &mut progress).await?;
                Ok((Outcome::Done, bytes))
            }
            Command::Publish { name, from } => {
                let path = self.service.entry(&name)?;
                let payload = fs::read(&from)?;
                let sealed = self.trust.seal(&name, &payload);
                Ok((Outcome::Done, transfer::publish(&self.service, &path, sealed).await?))
            }
            Command::Withdraw { name } => {
                let path = self.service.entry(&name)?;
                Ok((if transfer::withdraw(&self.service, &path).await? { Outcome::Done } else { Outcome::Absent }, 0))
            }
            Command::Lease { name, limit } => Ok((self.lease(name, limit, &mut progress).await?, 0)),
            Command::Release { name } => {
                if let Some((lease, renewal)) = self.held.remove(&name) {
                    renewal.abort();
                    if !lease.release(&self.service).await? {
                        return Ok((Outcome::Absent, 0));
                    }
                }
                Ok((Outcome::Done, 0))
            }
            Command::Probe => {
                probe(&self.service, &self.trust, self.may_write, &mut progress).await?;
                Ok((Outcome::Done, 0))
            }
            _ => Ok((Outcome::Unsupported, 0)),
        }
    }

    /// Waits for a lease, at most `limit` milliseconds, and starts its renewal.
    async fn lease(&mut self, name: String, limit: u64, progress: &mut dyn FnMut(&str)) -> Result<Outcome> {
        if !lease::is_supported(&self.service) {
            return Ok(Outcome::Unsupported);
        }
        let wait = Wait {
            service: &self.service,
            name: &name,
            known: self.known.get(&name),
            may_write: self.may_write,
            limit: Duration::from_millis(limit),
            pace: self.pace,
        };
        Ok(match wait.run(progress).await? {
            Waited::Held(lease) => {
                let renewal = tokio::spawn(lease.clone().renew(self.service.clone(), self.pace));
                self.held.insert(name, (lease, renewal));
                Outcome::Held
            }
            Waited::Found => Outcome::Found,
            Waited::Free => Outcome::Absent,
            Waited::TimedOut => Outcome::TimedOut,
        })
    }

    /// Releases all leases when the test has ended.
    async fn release_all(&mut self) {
        for (_, (lease, renewal)) in self.held.drain() {
            renewal.abort();
            let _ = lease.release(&self.service).await;
        }
    }
}

/// The error of an entry that is not accepted, with the reason.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Refused(String);
