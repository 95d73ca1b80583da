//! The JSON that `--json` prints: one object, with the version of its format and the name of the command.
//!
//! `docs/reference/output.schema.json` is the JSON Schema of all documents. A test generates it from these types.

use serde::Serialize;

use crate::output;

/// The version of the format. A change that breaks a reader raises it; a new field does not.
pub(crate) const VERSION: u32 = 1;

/// The output of one command.
pub(crate) trait Document: Serialize {
    /// The command, as on the command line.
    const COMMAND: &'static str;
}

#[derive(Serialize)]
struct Envelope<'a, D> {
    version: u32,
    command: &'static str,
    #[serde(flatten)]
    document: &'a D,
}

/// Prints a document.
pub(crate) fn print<D: Document>(document: &D) {
    output::line(text(document));
}

/// Returns a document as a text.
pub(crate) fn text<D: Document>(document: &D) -> String {
    let envelope = Envelope { version: VERSION, command: D::COMMAND, document };
    serde_json::to_string_pretty(&envelope).unwrap_or_default()
}
