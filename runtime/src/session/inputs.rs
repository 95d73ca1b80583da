//! The state of declared inputs: one snapshot in a run, as of the repository.

use std::path::Path;
use std::time::SystemTime;

use super::process::Process;
use crate::config::Mode;
use crate::error::Error;
use crate::fingerprint::input::{self, Unusable};
use crate::fingerprint::{Parts, tool};
use crate::key::{Ingredient, Input};
use crate::message;

/// The kind of note that says what an input is in this run.
const KIND: &str = "inputs";

/// Returns each input once, with what it is in this run.
///
/// # Errors
/// If one cannot be used: the first in the order of their declaration.
pub(super) fn take(process: &Process, declared: Vec<Input>) -> Result<Vec<(Input, Ingredient)>, Error> {
    let mut taken: Vec<(Input, Ingredient)> = Vec::with_capacity(declared.len());
    for input in declared {
        if taken.iter().all(|(other, _)| *other != input) {
            let ingredient = state(process, &input, !process.config.strict)?;
            taken.push((input, ingredient));
        }
    }
    Ok(taken)
}

/// Names the first input that is no longer what it was taken for; one that is gone is not.
pub(super) fn changed(process: &Process, taken: &[(Input, Ingredient)]) -> Option<String> {
    let is_changed =
        |(input, ingredient): &&(Input, Ingredient)| !state(process, input, false).is_ok_and(|now| now.is(ingredient));
    taken.iter().find(is_changed).map(|(input, _)| input.subject(&process.package))
}

/// What the input is: in this run, if it `may_be_noted`, or else now.
fn state(process: &Process, input: &Input, may_be_noted: bool) -> Result<Ingredient, Error> {
    let package = &process.package;
    let unusable =
        |Unusable { reason, help }: Unusable| Error::Input { input: input.subject(package), reason, mend: help };
    match input {
        // Each process has an environment of its own.
        Input::Variable(name) => {
            let value = std::env::var_os(name).map(|value| crate::text::value(value.as_encoded_bytes()));
            Ok(input.ingredient(package, value.as_deref()))
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
            Ok(input.ingredient(package, Some(&content.digest)).with_note(content.listing))
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
            Ok(input.ingredient(package, Some(&version)))
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
