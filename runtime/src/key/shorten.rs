//! Limits that keep messages about keys on one line.

/// The number of changed settings, or of changed inputs of one kind, that a message lists; the others are counted.
pub(super) const MAX_LISTED: usize = 3;
/// The number of characters of a value that a message shows. A longer value is unreadable in a line of a log.
const MAX_VALUE: usize = 48;

/// Cuts a long text, and marks the cut.
pub(super) fn shorten(text: &str) -> String {
    if text.chars().count() <= MAX_VALUE {
        return text.to_owned();
    }
    text.chars().take(MAX_VALUE).chain(std::iter::once('…')).collect()
}

/// Joins the first changes, and counts the others: `a 1 → 2, b 1 → 2, c is new, and 4 more`.
pub(super) fn join(mut changes: Vec<String>) -> String {
    let more = changes.len().saturating_sub(MAX_LISTED);
    changes.truncate(MAX_LISTED);
    if more > 0 {
        changes.push(format!("and {more} more"));
    }
    changes.join(", ")
}
