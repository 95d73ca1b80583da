//! "Did you mean": the known name that is nearest to one that is not known.

/// The candidate that `name` is most likely a misspelling of, if any is near enough: a third of its length away.
pub(crate) fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = name.to_lowercase();
    let limit = (name.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| (strsim::osa_distance(&wanted, &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 3] = ["django", "requests", "scikit-learn"];

    #[test]
    fn one_slip_is_recognised() {
        assert_eq!(nearest("djagno", NAMES), Some("django"));
        assert_eq!(nearest("Django", NAMES), Some("django"));
        assert_eq!(nearest("request", NAMES), Some("requests"));
        assert_eq!(nearest("scikit_learn", NAMES), Some("scikit-learn"));
    }

    #[test]
    fn another_word_is_no_slip() {
        assert_eq!(nearest("flask", NAMES), None);
        assert_eq!(nearest("", NAMES), None);
    }
}
