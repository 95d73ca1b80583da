//! Lists of names with the first digits of digests: they show what changed between two keys.

use std::collections::BTreeMap;

use crate::digest::Parts;

/// The limit on the size of a listing, which is part of each manifest, in bytes.
pub(super) const MAX_LISTING: usize = 8 << 10;
/// The number of digits of a digest in a listing: enough to show that a file has changed.
const LISTED_DIGITS: usize = 8;

/// Lists every name with its digest, or the names at the top, or nothing, by the limit on the size. A directory at the
/// top has one digest for everything below it.
///
/// The first line is `all`, or `top` if only the names at the top are listed.
pub(super) fn listing<N: AsRef<str>>(entries: &[(N, String)]) -> String {
    let line = |name: &str, digest: &str| format!("\n{name} {}", digest.get(..LISTED_DIGITS).unwrap_or(digest));
    let all: usize = entries.iter().map(|(name, _)| name.as_ref().len() + LISTED_DIGITS + 2).sum();
    if all <= MAX_LISTING {
        return entries.iter().fold("all".to_owned(), |text, (name, digest)| text + &line(name.as_ref(), digest));
    }
    let mut tops: BTreeMap<&str, Parts> = BTreeMap::new();
    for (name, digest) in entries {
        let top = name.as_ref().split('/').next().unwrap_or(name.as_ref());
        tops.entry(top).or_default().add(name.as_ref()).add(digest);
    }
    let text = tops.into_iter().fold("top".to_owned(), |text, (name, digest)| text + &line(name, &digest.finish()));
    if text.len() <= MAX_LISTING { text } else { String::new() }
}
