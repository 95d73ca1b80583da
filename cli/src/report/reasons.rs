//! The reasons of a run's outcomes, each once.

use crate::output::plain;

/// The largest number of subjects that a line names.
const MAX_SUBJECTS: usize = 4;

/// The subjects with one state and one reason.
struct Group<'a> {
    state: &'a str,
    reason: &'a str,
    subjects: Vec<String>,
}

/// Returns one line for each reason: `django graph, django index: built: first build`. Subjects without a reason have
/// none. `noun` counts the subjects of a long line.
pub(crate) fn lines<'a>(subjects: impl Iterator<Item = (String, &'a str, &'a str)>, noun: &str) -> Vec<String> {
    let mut groups: Vec<Group<'a>> = Vec::new();
    for (subject, state, reason) in subjects.filter(|(_, _, reason)| !reason.is_empty()) {
        match groups.iter_mut().find(|group| (group.state, group.reason) == (state, reason)) {
            Some(group) => group.subjects.push(subject),
            None => groups.push(Group { state, reason, subjects: vec![subject] }),
        }
    }
    let line = |Group { state, reason, subjects }: &Group<'_>| {
        let subjects = match subjects.len() {
            count if count > MAX_SUBJECTS => format!("{count} {noun}s"),
            _ => subjects.join(", "),
        };
        plain(&format!("{subjects}: {state}: {reason}"))
    };
    groups.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_has_one_line() {
        let rows = [
            ("a graph", "built", "first build"),
            ("a index", "built", "code changed: src"),
            ("b graph", "built", "first build"),
            ("c graph", "hit", ""),
        ];
        let rows = || rows.iter().map(|(subject, state, reason)| ((*subject).to_owned(), *state, *reason));
        assert_eq!(
            lines(rows(), "artifact"),
            ["a graph, b graph: built: first build", "a index: built: code changed: src"]
        );
        let many = rows().cycle().take(20);
        assert_eq!(lines(many, "artifact")[0], "10 artifacts: built: first build");
    }

    #[test]
    fn reason_cannot_control_the_terminal() {
        let lines = lines([("a".to_owned(), "failed", "\u{1b}[2Jgone\nand more")].into_iter(), "artifact");
        assert_eq!(lines, ["a: failed:  [2Jgone and more"]);
    }
}
