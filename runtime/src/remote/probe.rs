//! Probes the remote cache through its helper, as a test uses it.

use std::time::{Duration, Instant};

use super::FIRST_ANSWER;
use super::helper::{Helper, NoAnswer, Wait, after};
use super::protocol::{Command, Outcome};
use crate::config;

/// The timeout of a probe. Our helper itself gives up after 10 seconds, with a better reason.
const DEADLINE: Duration = Duration::from_secs(15);

/// Starts the helper, makes it probe the service, and passes the name and the text of each finding to `found`.
///
/// A helper that cannot probe is asked for an entry that does not exist.
///
/// # Errors
/// Fails if the program does not exist, is not a helper, or cannot use the service.
pub fn probe(settings: &config::Remote, found: &mut dyn FnMut(&str, &str)) -> Result<(), String> {
    let begun = Instant::now();
    let mut helper = Helper::start(settings, None, after(FIRST_ANSWER))?;
    let probed = ask(&mut helper, Command::Probe, DEADLINE, &mut |line| {
        let (name, text) = line.split_once(": ").unwrap_or(("found", line));
        found(name, text);
    });
    match probed {
        Ok(Outcome::Done) => return Ok(()),
        Ok(_) => {}
        Err(reason) => return Err(lost(helper, reason)),
    }
    let directory = tempfile::tempdir().map_err(|error| error.to_string())?;
    let find = Command::Find { name: "probe/0/none".to_owned(), into: directory.path().join("entry") };
    if let Err(reason) = ask(&mut helper, find, FIRST_ANSWER, &mut |_| ()) {
        return Err(lost(helper, reason));
    }
    found("readable", &format!("yes, start and answer take {} ms", begun.elapsed().as_millis()));
    found("writable", if helper.writable { "yes, according to the helper" } else { "no" });
    Ok(())
}

/// Sends a command, and returns the outcome.
fn ask(
    helper: &mut Helper,
    command: Command,
    limit: Duration,
    progress: &mut dyn FnMut(&str),
) -> Result<Outcome, NoAnswer> {
    let answer = helper.ask(command, &Wait::until(after(limit)), progress)?;
    Ok(answer.outcome.unwrap_or(Outcome::Failed))
}

/// Kills a helper that is unusable, and returns the reason.
fn lost(helper: Helper, reason: NoAnswer) -> String {
    match reason {
        NoAnswer::Failed(reason) => reason,
        NoAnswer::Lost(reason) => {
            helper.kill();
            reason
        }
    }
}
