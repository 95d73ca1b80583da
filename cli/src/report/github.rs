//! The report for a job of GitHub Actions: annotations, which the job prints, and its summary.
//!
//! <https://docs.github.com/actions/reference/workflow-commands-for-github-actions>

use cached_smoke::Outcome;

use super::reasons;
use super::summary::Summary;
use super::text;

/// Returns one annotation for each reason of a failure and of a build without the cache, and one with the result.
pub(crate) fn annotations(summary: &Summary) -> String {
    let mut lines = Vec::new();
    for (level, outcomes) in
        [("error", &[Outcome::Failed, Outcome::Interrupted][..]), ("warning", &[Outcome::Bypassed, Outcome::Skipped])]
    {
        let rows = summary.rows().iter().filter(|row| outcomes.contains(&row.outcome));
        let rows: Vec<_> = rows.map(|row| (row.subject(), row.outcome.to_string(), &*row.reason)).collect();
        let subjects = rows.iter().map(|(subject, state, reason)| (subject.clone(), &**state, *reason));
        lines.extend(reasons::lines(subjects, "artifact").iter().map(|line| command(level, line)));
    }
    lines.extend(text::results(summary).iter().map(|line| command("notice", line)));
    lines.join("\n")
}

/// Returns a workflow command. Its message stays on one line, and cannot be another command.
fn command(level: &str, message: &str) -> String {
    let message = message.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    format!("::{level} title=Smoke cache::{message}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::summary::tests::reports;

    #[test]
    fn failures_and_results_are_annotations() {
        let mut reports = reports(&[
            ("django", "graph", Outcome::Failed),
            ("django", "index", Outcome::Bypassed),
            ("flask", "graph", Outcome::Hit),
        ]);
        reports[0].artifacts[0].reason = "100 % wrong\n::error::injected".to_owned();
        reports[1].artifacts[0].reason = "SMOKE_CACHE=off".to_owned();
        let lines = annotations(&Summary::new(&reports));
        assert_eq!(
            lines.lines().collect::<Vec<_>>(),
            [
                "::error title=Smoke cache::django graph: failed: 100 %25 wrong ::error::injected",
                "::warning title=Smoke cache::django index: bypassed: SMOKE_CACHE=off",
                "::notice title=Smoke cache::3 tests: 1 hit, 1 bypassed, 1 failed",
                "::notice title=Smoke cache::hit rate: 33 %25: 1 of 3 artifacts restored in 0.5 s",
            ]
        );
    }
}
