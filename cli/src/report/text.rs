//! The summary of a run for a terminal: a table, the reasons, and what the cache was worth.

use cached_smoke::Outcome;
use cached_smoke::tooling::NO_REPO;

use super::reasons;
use super::summary::{Row, Summary, Sums};
use crate::duration::{duration, nonzero};
use crate::output::{hanging, plain};
use crate::table::{self, Cell, Column, Tone};

/// Returns the summary with lines of at most `width` columns.
pub(crate) fn text(summary: &Summary, width: usize) -> String {
    if summary.rows().is_empty() {
        let nothing = "no smoke test recorded anything: none ran (see the output of the runner, and `[test] args` in \
                       smoke.toml), or the cache directory is not writable";
        return hanging(nothing, width);
    }
    let mut lines = vec![table::render(summary.rows(), width)];
    let states: Vec<String> = summary.rows().iter().map(|row| row.outcome.to_string()).collect();
    let rows = summary.rows().iter().zip(&states);
    lines.extend(reasons::lines(rows.map(|(row, state)| (row.subject(), &**state, &*row.reason)), "artifact"));
    for row in summary.rows().iter().filter(|row| !row.metrics.is_empty()) {
        lines.push(format!("{}: {}", row.subject(), plain(&table::metrics(&row.metrics))));
    }
    lines.extend(results(summary));
    let table = lines.remove(0);
    lines.iter().fold(table, |text, line| text + "\n" + &hanging(line, width))
}

/// Returns the lines about the run as a whole.
pub(crate) fn results(summary: &Summary) -> Vec<String> {
    let mut lines = vec![tests(summary.sums())];
    lines.extend(worth(summary));
    lines
}

/// Returns the number of tests, and their outcomes, which add up to it.
fn tests(sums: &Sums) -> String {
    let Sums { tests, outcomes, without_artifacts, waited, wait_seconds, .. } = sums;
    let mut counts: Vec<String> = outcomes.iter().map(|(outcome, count)| format!("{count} {outcome}")).collect();
    if *without_artifacts > 0 {
        counts.push(format!("{without_artifacts} without an artifact"));
    }
    let waits = match waited {
        0 => String::new(),
        _ => format!("; {waited} waited for builds, {} in total", duration(*wait_seconds)),
    };
    format!("{}: {}{waits}", counted(*tests, "test"), counts.join(", "))
}

/// Returns what the cache did for the run, or will do for the next one. Every figure was measured in this run.
fn worth(summary: &Summary) -> Vec<String> {
    let sums = summary.sums();
    let mut lines = Vec::new();
    let built = summary.built();
    let is_first = sums.hits == 0 && built.artifacts > 0 && built.artifacts == sums.artifacts;
    if sums.artifacts > 0 && !is_first {
        lines.push(hit_rate(summary));
    }
    if built.artifacts > 0 {
        let (artifacts, seconds) = (counted(built.artifacts, "artifact"), duration(built.elapsed_seconds));
        let them = if built.artifacts == 1 { "it" } else { "them" };
        let next = match nonzero(built.restore_seconds) {
            restore if restore.is_empty() => String::new(),
            restore => format!("; the next run restores {them} in about {restore}"),
        };
        lines.push(format!("built {artifacts} in {seconds}{next}"));
    }
    lines
}

fn hit_rate(summary: &Summary) -> String {
    let sums = summary.sums();
    let (hits, rate, artifacts) = (sums.hits, sums.hit_rate(), counted(sums.artifacts, "artifact"));
    if hits == 0 {
        return format!("hit rate: {rate}: none of {artifacts} was in the cache before the run");
    }
    let restored = summary.restored();
    let saved = match restored.saved_seconds {
        saved if saved > 0.0 => format!("; {} saved", duration(saved)),
        lost if lost < 0.0 => format!("; {} lost, because building is faster", duration(-lost)),
        _ => String::new(),
    };
    format!("hit rate: {rate}: {hits} of {artifacts} restored in {}{saved}", duration(restored.seconds))
}

/// Returns a count with its noun: `1 run`, `2 runs`.
pub(crate) fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

impl table::Row for Row {
    const COLUMNS: &'static [Column] = &[
        Column::name("repo"),
        Column::name("artifact"),
        Column::name("configuration"),
        Column::text("outcome", 0),
        Column::number("build", 0),
        Column::number("restore", 1),
        Column::number("wait", 2),
        Column::number("saved", 1),
        Column::text("key", 3),
    ];

    fn cells(&self) -> Vec<Cell> {
        let tone = match self.outcome {
            Outcome::Hit | Outcome::Fetched | Outcome::Shared => Tone::Good,
            Outcome::Failed | Outcome::Interrupted => Tone::Bad,
            _ => Tone::Fair,
        };
        vec![
            Cell::new(if self.repo == NO_REPO { "" } else { &self.repo }),
            Cell::new(&self.artifact),
            Cell::new(&self.configuration),
            Cell::toned(self.outcome.to_string(), tone),
            Cell::new(nonzero(self.rebuild_seconds)),
            Cell::new(nonzero(self.restore_seconds)),
            Cell::new(if self.is_waited_for() { duration(self.wait_seconds) } else { String::new() }),
            // On a miss, the tests that waited for the build saved nothing.
            Cell::new(if self.is_hit() { nonzero(self.saved_seconds) } else { String::new() }),
            Cell::new(&self.key),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::summary::tests::reports;

    fn text_of(outcomes: &[(&str, &str, Outcome)], width: usize) -> String {
        console::set_colors_enabled(false);
        let mut reports = reports(outcomes);
        for artifact in reports.iter_mut().flat_map(|report| &mut report.artifacts) {
            if artifact.outcome.is_miss() {
                artifact.reason = "first build".to_owned();
            } else if artifact.outcome == Outcome::Hit {
                artifact.build_seconds = 2.0;
            } else {
                artifact.wait_seconds = 1.5;
            }
        }
        text(&Summary::new(&reports), width)
    }

    #[test]
    fn first_run_says_what_the_next_one_saves() {
        let first = [("django", "graph", Outcome::Built), ("django", "graph", Outcome::Shared)];
        assert_eq!(
            text_of(&first, 80),
            "\
repo    artifact  outcome  build  restore   wait  key
django  graph     built    2.0 s    0.5 s  1.5 s  k
django graph: built: first build
2 tests: 1 shared, 1 built; 1 waited for builds, 1.5 s in total
built 1 artifact in 2.0 s; the next run restores it in about 0.5 s"
        );
    }

    #[test]
    fn later_run_says_what_it_saved() {
        let warm = text_of(&[("django", "graph", Outcome::Hit), ("-", "model", Outcome::Hit)], 80);
        assert_eq!(
            warm,
            "\
repo    artifact  outcome  restore  saved  key
-       model     hit        0.5 s  1.5 s  k
django  graph     hit        0.5 s  1.5 s  k
2 tests: 2 hit
hit rate: 100 %: 2 of 2 artifacts restored in 1.0 s; 3.0 s saved"
        );
        let mixed = text_of(&[("django", "graph", Outcome::Hit), ("django", "index", Outcome::Built)], 80);
        assert!(mixed.contains("\nhit rate: 50 %: 1 of 2 artifacts restored in 0.5 s; 1.5 s saved\n"), "{mixed}");
        assert!(mixed.ends_with("\nbuilt 1 artifact in 2.0 s; the next run restores it in about 0.5 s"), "{mixed}");
        let private = text_of(&[("django", "graph", Outcome::Bypassed)], 80);
        assert!(private.ends_with("\nhit rate: 0 %: none of 1 artifact was in the cache before the run"), "{private}");
    }

    #[test]
    fn counts_include_tests_without_an_artifact() {
        let mut reports = reports(&[("django", "graph", Outcome::Hit), ("django", "graph", Outcome::Hit)]);
        reports[1].artifacts.clear();
        let text = text(&Summary::new(&reports), 80);
        assert!(text.contains("\n2 tests: 1 hit, 1 without an artifact\n"), "{text}");
    }

    #[test]
    fn narrow_terminal_breaks_no_word() {
        let all = [("django", "graph", Outcome::Built), ("django", "sparse_index", Outcome::Interrupted)];
        let narrow = text_of(&all, 40);
        assert!(narrow.lines().all(|line| line.chars().count() <= 40), "{narrow}");
        assert!(narrow.contains("interrupted") && narrow.contains("sparse_index"), "{narrow}");
    }
}
