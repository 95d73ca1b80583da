//! The setting `SMOKE_VERIFY`: which hits of a run are built again and compared.

use std::time::Duration;

use crate::digest::Parts;
use crate::units;

/// The allowed values, for messages.
pub(super) const ALLOWED: &str =
    "`0`, `1`, or a share such as `1/16`; `,vary` and `,older-than=7d` may follow, as in `1/16,vary`";

/// The hits that are built again, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Verify {
    /// The share of the artifacts: `(1, 16)` is one of sixteen.
    share: (u64, u64),
    /// Only artifacts that were built at least this long ago.
    pub(crate) older_than: Duration,
    /// Build in a changed environment.
    pub(crate) vary: bool,
}

impl Verify {
    /// Parses a value. Returns `None` if it is invalid.
    pub(super) fn parse(text: &str) -> Option<Verify> {
        let mut words = text.split(',').map(str::trim);
        let share = words.next().unwrap_or_default();
        let (part, whole) = share.split_once('/').unwrap_or((share, "1"));
        let (part, whole): (u64, u64) = (part.trim().parse().ok()?, whole.trim().parse().ok()?);
        let mut verify = Verify { share: (part, whole), older_than: Duration::ZERO, vary: false };
        for word in words {
            match word.split_once('=') {
                None if word == "vary" => verify.vary = true,
                Some(("older-than", age)) => verify.older_than = units::parse_duration(age)?,
                _ => return None,
            }
        }
        (part <= whole && whole > 0).then_some(verify)
    }

    /// Returns `true` if no sample has any artifact.
    pub(super) fn is_off(&self) -> bool {
        self.share.0 == 0
    }

    /// Returns `true` if the sample of the run has the artifact. Every process of the run gets the same result, and
    /// every run has another sample.
    pub(crate) fn covers(&self, run: &str, key: &str, artifact: &str) -> bool {
        let (part, whole) = self.share;
        let mut parts = Parts::default();
        parts.add(run).add(key).add(artifact);
        let digest = parts.finish();
        let number = u64::from_str_radix(digest.get(..16).unwrap_or_default(), 16).unwrap_or_default();
        number % whole < part
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_and_words_are_parsed() {
        let verify = |part, whole| Verify { share: (part, whole), older_than: Duration::ZERO, vary: false };
        assert_eq!(Verify::parse("1"), Some(verify(1, 1)));
        assert_eq!(Verify::parse(" 1 / 16 "), Some(verify(1, 16)));
        assert!(["0", "0/4"].iter().all(|off| Verify::parse(off).is_some_and(|verify| verify.is_off())));
        let all = Verify { vary: true, older_than: Duration::from_secs(7 * 86_400), ..verify(1, 2) };
        assert_eq!(Verify::parse("1/2,vary,older-than=7d"), Some(all));
        for wrong in ["", "x", "2", "3/2", "1/0", "0/0", "-1", "1/2/3", "1,very", "1,older-than=x", "1,", "1.5"] {
            assert_eq!(Verify::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn sample_has_its_share_and_changes_with_the_run() {
        let verify = Verify::parse("1/4").expect("valid");
        let sample =
            |run: &str| -> Vec<u32> { (0..4000).filter(|key| verify.covers(run, &key.to_string(), "words")).collect() };
        let (first, second) = (sample("one"), sample("two"));
        assert_eq!(first, sample("one"));
        assert_ne!(first, second);
        assert!((900..1100).contains(&first.len()), "{}", first.len());
        let all = Verify::parse("1").expect("valid");
        assert!((0..100).all(|key| all.covers("one", &key.to_string(), "words")));
    }
}
