//! Suggests the known name that is most similar to an unknown one.

/// Returns the candidate that is most similar to `name`, if at most a third of the characters differ. Case does not
/// count.
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
    fn similar_names_are_suggested() {
        assert_eq!(nearest("djagno", NAMES), Some("django"));
        assert_eq!(nearest("request", NAMES), Some("requests"));
        assert_eq!(nearest("scikit_learn", NAMES), Some("scikit-learn"));
    }

    #[test]
    fn case_does_not_count() {
        assert_eq!(nearest("DJANGO", NAMES), Some("django"));
        assert_eq!(nearest("scikit-learn", ["Scikit-Learn"]), Some("Scikit-Learn"));
    }

    #[test]
    fn other_names_are_not_suggested() {
        assert_eq!(nearest("flask", NAMES), None);
        assert_eq!(nearest("", NAMES), None);
    }
}
