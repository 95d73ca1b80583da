//! Errors for people: one sentence, then `help:` with one action.

/// Returns the text of an error, without the word `error`.
pub(crate) fn of(error: &anyhow::Error) -> String {
    match error.downcast_ref::<cached_smoke::Error>() {
        Some(error) => error.report(),
        None => format!("{error:#}"),
    }
}

/// Splits a text into the problem and the first help.
pub(crate) fn split_help(text: &str) -> (String, Option<String>) {
    match text.split_once("\nhelp: ") {
        Some((problem, help)) => (problem.to_owned(), Some(help.to_owned())),
        None => (text.to_owned(), None),
    }
}
