//! The state of declared inputs: one snapshot in a run, as of the repository.

use std::path::Path;
use std::time::SystemTime;

use super::process::Process;
use crate::config::Mode;
use crate::digest::Parts;
use crate::error::Error;
use crate::key::fingerprint::input::{self, Unusable};
use crate::key::fingerprint::tool;
use crate::key::{Input, KeyInput};
use crate::message;

/// The kind of note that says what an input is in this run.
const KIND: &str = "inputs";

/// Returns each input once, with what it is in this run.
///
/// # Errors
/// If one cannot be used: the first in the order of their declaration.
pub(super) fn take(process: &Process, declared: Vec<Input>) -> Result<Vec<(Input, KeyInput)>, Error> {
    let mut taken: Vec<(Input, KeyInput)> = Vec::with_capacity(declared.len());
    for input in declared {
        if taken.iter().all(|(other, _)| *other != input) {
            let key_input = state(process, &input, !process.config.strict)?;
            taken.push((input, key_input));
        }
    }
    Ok(taken)
}

/// Names the first input that is no longer what it was taken for; one that is gone is not.
pub(super) fn changed(process: &Process, taken: &[(Input, KeyInput)]) -> Option<String> {
    let is_changed =
        |(input, key_input): &&(Input, KeyInput)| !state(process, input, false).is_ok_and(|now| now.is(key_input));
    taken.iter().find(is_changed).map(|(input, _)| input.subject(&process.package))
}

/// What the input is: in this run, if it `may_be_noted`, or else now.
fn state(process: &Process, input: &Input, may_be_noted: bool) -> Result<KeyInput, Error> {
    let package = &process.package;
    let unusable =
        |Unusable { reason, help }: Unusable| Error::Input { input: input.subject(package), reason, help: help };
    match input {
        // Each process has an environment of its own.
        Input::Variable(name) => {
            let value = std::env::var_os(name).map(|value| crate::text::value(value.as_encoded_bytes()));
            Ok(input.key_input(package, value.as_deref()))
        }
        Input::File(path) | Input::Directory(path) => {
            let look = if matches!(input, Input::File(_)) { input::file } else { input::directory };
            let path = package.join(path);
            let name = note(input, &path);
            let kept = (process.config.mode != Mode::Off).then(|| process.layout.stamps(&name));
            let look = || {
                let look = || look(&path, kept.as_deref(), SystemTime::now());
                message::while_slow(&format!("reading the declared {}", input.subject(package)), look).map_err(unusable)
            };
            let content = if may_be_noted { process.run.once(KIND, &name, look)? } else { look()? };
            Ok(input.key_input(package, Some(&content.digest)).with_note(content.listing))
        }
        Input::Tool(program) => {
            let found = tool::resolve(program, package).unwrap_or_else(|| program.into());
            let look = || {
                let what = format!("asking the declared {} for its version", input.subject(package));
                message::while_slow(&what, || tool::version(&found, program)).map_err(unusable)
            };
            let version = if may_be_noted {
                process.run.once(KIND, &format!("tool-{}", tool::circumstances(&found)), look)?
            } else {
                look()?
            };
            Ok(input.key_input(package, Some(&version)))
        }
    }
}

/// A name for what is known of a path. No repository's stamps have such a name: theirs end in a dash and sixteen digits.
fn note(input: &Input, path: &Path) -> String {
    let mut parts = Parts::default();
    parts.add(if matches!(input, Input::File(_)) { "file" } else { "directory" });
    parts.add(path.as_os_str().as_encoded_bytes());
    format!("input-{}", parts.finish())
}
