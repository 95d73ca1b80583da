//! The report in the format of JUnit, which CI systems show beside the results of tests: a suite `fixtures`, with the
//! time of each artifact.

use std::time::SystemTime;

use cached_smoke::Outcome;
use cached_smoke::tooling::{NO_REPO, PastRun, StoredArtifact};
use humantime::format_rfc3339_seconds;
use maud::{Markup, PreEscaped, html};

use super::summary::{Row, Summary};

/// Returns a suite for each run, the latest last.
pub(crate) fn junit(runs: &[PastRun], stored: &[StoredArtifact]) -> String {
    let suite = |run: &PastRun| {
        let summary = Summary::new(&run.reports).with_configurations(stored);
        suite(&run.id, run.begun, summary.rows())
    };
    document(runs.iter().map(suite))
}

fn document(suites: impl Iterator<Item = Markup>) -> String {
    let document = html! {
        (PreEscaped("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"))
        testsuites name="smoke-cache" {
            @for suite in suites { "\n" (suite) }
            "\n"
        }
    };
    document.into_string().chars().map(|character| if is_allowed(character) { character } else { '\u{fffd}' }).collect()
}

fn suite(run: &str, begun: SystemTime, rows: &[Row]) -> Markup {
    let count = |is_counted: fn(&Row) -> bool| rows.iter().filter(|row| is_counted(row)).count();
    html! {
        testsuite
            name="fixtures"
            tests=(rows.len())
            failures="0"
            errors=(count(is_error))
            skipped=(count(is_skipped))
            time=(seconds(rows.iter().map(time).sum()))
            timestamp=(timestamp(begun))
        {
            "\n" properties { property name="run" value=(run) {} }
            @for row in rows { "\n" (case(row)) }
            "\n"
        }
    }
}

fn case(row: &Row) -> Markup {
    let name = match row.configuration.as_str() {
        "" => row.artifact.clone(),
        configuration => format!("{} ({configuration})", row.artifact),
    };
    // A test may end before it requests an artifact.
    let name = if name.is_empty() { row.outcome.to_string() } else { name };
    let class = if row.repo == NO_REPO { "artifact" } else { &row.repo };
    html! {
        testcase classname=(class) name=(name) time=(seconds(time(row))) {
            @if is_error(row) {
                error message=(row.reason) type=(row.outcome) {}
            } @else if is_skipped(row) {
                skipped message=(row.reason) {}
            }
            system-out {
                "outcome: " (row.outcome) "\nkey: " (row.key)
                @if !row.reason.is_empty() { "\nreason: " (row.reason) }
            }
        }
    }
}

/// Returns the time of the build, or else of the slowest test that restored the artifact.
fn time(row: &Row) -> f64 {
    if row.rebuild_seconds > 0.0 { row.rebuild_seconds } else { row.restore_seconds }
}

fn is_error(row: &Row) -> bool {
    matches!(row.outcome, Outcome::Failed | Outcome::Interrupted)
}

fn is_skipped(row: &Row) -> bool {
    row.outcome == Outcome::Skipped
}

fn seconds(seconds: f64) -> String {
    format!("{:.3}", if seconds.is_finite() { seconds } else { 0.0 })
}

/// Returns a time in UTC, as the schema wants it: without a zone.
fn timestamp(time: SystemTime) -> String {
    use std::fmt::Write;
    let mut text = String::new();
    match write!(text, "{}", format_rfc3339_seconds(time)) {
        Ok(()) => text.trim_end_matches('Z').to_owned(),
        // A time that the calendar does not have.
        Err(_) => "1970-01-01T00:00:00".to_owned(),
    }
}

/// Returns `true` for the characters of XML 1.0.
fn is_allowed(character: char) -> bool {
    matches!(character, '\t' | '\n' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::summary::tests::reports;

    /// The schema that Jenkins validates reports with.
    const SCHEMA: &str = include_str!("../../tests/fixtures/junit-10.xsd");

    /// Fails if a document does not follow the schema.
    #[track_caller]
    fn check(document: &str) {
        let schema = uppsala::parse(SCHEMA).expect("a schema");
        let validator = uppsala::XsdValidator::from_schema(&schema).expect("a valid schema");
        let document_of = |text: &str| uppsala::parse(text).map(|parsed| validator.validate(&parsed));
        let errors = document_of(document).unwrap_or_else(|error| panic!("{error}: {document}"));
        assert!(errors.is_empty(), "{errors:?}: {document}");
        let broken = document.replace("<testcase", "<case").replace("</testcase", "</case");
        assert!(document_of(&broken).is_ok_and(|errors| !errors.is_empty()), "the schema is applied");
    }

    #[test]
    fn document_follows_the_schema_for_any_record() {
        let mut reports = reports(&[
            ("django", "graph", Outcome::Built),
            ("django", "index", Outcome::Hit),
            ("-", "model", Outcome::Failed),
            ("-", "", Outcome::Interrupted),
            ("flask", "graph", Outcome::Skipped),
        ]);
        reports[2].artifacts[0].reason = "<b> & \"c\" ]]> \u{1b}[31m\u{ffff}\nnext".to_owned();
        reports[1].artifacts[0].restore_seconds = f64::NAN;
        let summary = Summary::new(&reports);
        let document = document([suite("a & b", SystemTime::now(), summary.rows())].into_iter());
        check(&document);
        assert!(
            document.contains("tests=\"5\" failures=\"0\" errors=\"2\" skipped=\"1\" time=\"3.500\""),
            "{document}"
        );
        assert!(document.contains("classname=\"django\" name=\"graph\" time=\"2.000\""), "{document}");
    }
}
