//! The state of declared inputs: one snapshot per run.

use std::io;
use std::path::Path;
use std::time::SystemTime;

use super::process::Process;
use crate::config::Mode;
use crate::digest::Parts;
use crate::error::Error;
use crate::key::fingerprint::input::{self, Unusable};
use crate::key::fingerprint::tool;
use crate::key::{Input, KeyInput, SEPARATOR};
use crate::message;

/// The kind of note that holds the state of an input.
const KIND: &str = "inputs";

/// Returns each input once, with its state in this run.
///
/// # Errors
/// Fails for the first declared input that cannot be read.
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

/// Returns the name of the first input that has changed. A missing input has changed.
pub(super) fn changed(process: &Process, taken: &[(Input, KeyInput)]) -> Option<String> {
    let is_changed =
        |(input, key_input): &&(Input, KeyInput)| !state(process, input, false).is_ok_and(|now| now.is(key_input));
    taken.iter().find(is_changed).map(|(input, _)| input.subject(&process.package))
}

/// Returns the state of an input: that of this run if it `may_be_noted`, else the current one.
fn state(process: &Process, input: &Input, may_be_noted: bool) -> Result<KeyInput, Error> {
    let package = &process.package;
    let unusable = |Unusable { reason, help }: Unusable| Error::Input { input: input.subject(package), reason, help };
    match input {
        // The processes of a run may have different environments.
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
        Input::OptionalFile(path) => {
            let path = package.join(path);
            let name = note(input, &path);
            let look = || {
                let missing = [io::ErrorKind::NotFound, io::ErrorKind::NotADirectory];
                // A broken link leads to nothing, as a missing file does.
                if path.metadata().is_err_and(|error| missing.contains(&error.kind())) {
                    return Ok(None);
                }
                state(process, &Input::File(path.clone()), false).map(Some)
            };
            let file = if may_be_noted { process.run.once(KIND, &name, look)? } else { look()? };
            let state = file.as_ref().and_then(|file| file.value.rsplit_once(SEPARATOR)).map(|(_, state)| state);
            Ok(input.key_input(package, state))
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

/// Returns a name for the state of a path. The names of repositories' states end in a dash and sixteen digits, so the
/// two never collide.
fn note(input: &Input, path: &Path) -> String {
    let mut parts = Parts::default();
    parts.add(match input {
        Input::File(_) => "file",
        Input::OptionalFile(_) => "optional file",
        _ => "directory",
    });
    parts.add(path.as_os_str().as_encoded_bytes());
    format!("input-{}", parts.finish())
}
