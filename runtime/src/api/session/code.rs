//! The files of code fingerprints: one snapshot per run.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use once_cell::sync::Lazy;

use crate::key::fingerprint::{Code, CodeFingerprint, Files, State};
use crate::key::{Checked, KeyInput};
use crate::message;

use super::process::Process;

/// The kind of note that holds the differences from the recorded files.
const KIND: &str = "files";

/// Compares the files of each fingerprint with the state that the compilation recorded.
pub(super) fn check(process: &Process, fingerprints: &[CodeFingerprint]) -> Checked {
    let mut checked = Checked::default();
    for fingerprint in fingerprints {
        let code = fingerprint.code();
        if let Some(reason) = code.fallback {
            message::warn_once_about(
                "code",
                &format!(
                    "the fingerprint of {} covers sources only, and no features, flags and generated files: {reason}\n\
                     help: compile the tests with cargo",
                    code.file
                ),
            );
        }
        if let Some(doubt) = code.doubt {
            checked.doubt = Some(doubt.to_owned());
        }
        if code.files_digest.is_empty() || checked.files.iter().any(|(known, _)| known == fingerprint) {
            continue;
        }
        let (key_input, suspect) = of_process(process, code);
        if let Some(source) = suspect {
            checked.doubt = Some(doubt(&source));
        }
        checked.files.push((*fingerprint, key_input));
    }
    checked
}

/// Compares the files of one fingerprint, once per process: several artifacts have the same code. Strict mode compares
/// each time.
fn of_process(process: &Process, code: &Code) -> (KeyInput, Option<String>) {
    type Known = HashMap<(&'static str, &'static str), (KeyInput, Option<String>)>;
    static KNOWN: Lazy<Mutex<Known>> = Lazy::new(Mutex::default);
    let look = || {
        let state = state(process, code);
        (key_input(code, state.as_ref()), state.and_then(|state| state.suspect))
    };
    if process.config.strict {
        return look();
    }
    // The recorded list names every file with its digest. The digest alone would confuse two packages.
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    known.entry((code.manifest_dir, code.files)).or_insert_with(look).clone()
}

/// Returns the name of the first file that changed since the key was computed.
pub(super) fn changed(files: &[(CodeFingerprint, KeyInput)]) -> Option<String> {
    files.iter().find_map(|(fingerprint, then)| {
        let code = fingerprint.code();
        let state = Files::of(code).changes();
        let now = key_input(code, state.as_ref());
        (!now.is(then)).then(|| {
            let name = state.as_ref().and_then(|state| state.changed.keys().next());
            name.map_or_else(|| format!("the code of {}", code.file), |name| format!("the file {name}"))
        })
    })
}

/// Returns the differences, as the first process of the run found them.
fn state(process: &Process, code: &Code) -> Option<State> {
    let files = Files::of(code);
    if !files.differ() {
        return None;
    }
    let look = || Ok::<_, std::convert::Infallible>(files.changes());
    let note = format!("{}-{}", code.files_digest, files.place());
    if process.config.strict {
        return files.changes();
    }
    match process.run.once(KIND, &note, look) {
        Ok(state) => state,
        Err(never) => match never {},
    }
}

fn key_input(code: &Code, state: Option<&State>) -> KeyInput {
    let names = code.names.join(", ");
    let Some(State { digest, changed, .. }) = state else {
        return KeyInput::new("files", code.files_digest.to_owned())
            .with_note(format!("{names}\n{}", code.files_parts));
    };
    let is_changed = |line: &&str| line.split('\t').nth(1).is_some_and(|name| changed.contains_key(name));
    let mut lines: Vec<String> = code.files_parts.lines().filter(|line| !is_changed(line)).map(str::to_owned).collect();
    let present = changed.iter().filter(|(_, digest)| !digest.is_empty());
    lines
        .extend(present.map(|(name, digest)| format!("file\t{name}\t{}", digest.rsplit('>').next().unwrap_or(digest))));
    KeyInput::new("files", digest.clone()).with_note(format!("{names}\n{}", lines.join("\n")))
}

fn doubt(source: &str) -> String {
    format!("{source} changed while the test was compiled, so the fingerprint may not match the compiled code")
}
