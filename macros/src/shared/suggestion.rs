//! Suggests the known name that is most similar to an unknown one.

/// Returns the candidate that is most similar to `name`, if at most a third of the characters differ. Case does not
/// count.
pub(crate) fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = name.to_lowercase();
    let limit = (name.chars().count() / 3).max(1);
    candidates
        .into_iter()
        // The distance is at least the difference in length.
        .filter(|candidate| candidate.chars().count().abs_diff(name.chars().count()) <= limit)
        .map(|candidate| (distance(&wanted, &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Returns the number of edits between two texts: a character is inserted, removed or replaced, or two neighbours are
/// swapped. No part is edited twice (the optimal string alignment).
fn distance(one: &str, other: &str) -> usize {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    // `table[i][j]`: the distance of the first `i` characters of one and the first `j` of the other.
    let mut table = vec![vec![0; other.len() + 1]; one.len() + 1];
    for i in 0..=one.len() {
        for j in 0..=other.len() {
            table[i][j] = if i == 0 || j == 0 {
                i + j
            } else {
                let replaced = table[i - 1][j - 1] + usize::from(one[i - 1] != other[j - 1]);
                let edited = replaced.min(table[i - 1][j] + 1).min(table[i][j - 1] + 1);
                let is_swapped = i > 1 && j > 1 && one[i - 2..i] == [other[j - 1], other[j - 2]];
                if is_swapped { edited.min(table[i - 2][j - 2] + 1) } else { edited }
            };
        }
    }
    table[one.len()][other.len()]
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
    fn each_edit_counts_once() {
        for (one, other, expected) in [
            ("", "", 0),
            ("abc", "abc", 0),
            ("", "abc", 3),
            ("abc", "bc", 1),
            ("abc", "abxc", 1),
            ("abc", "axc", 1),
            ("abcd", "acbd", 1),
            ("ca", "abc", 3),
            ("naïve", "naive", 1),
            ("kitten", "sitting", 3),
        ] {
            assert_eq!(distance(one, other), expected, "{one} {other}");
            assert_eq!(distance(other, one), expected, "{other} {one}");
        }
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
