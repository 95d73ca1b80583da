//! The metrics of the artifacts over the runs.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::figures::Run;
use super::line_chart::{LineChart, Point};
use super::number::moment;
use super::scale::Scale;
use super::sections::{empty, section};
use crate::report::counted;
use crate::table::number;

/// The maximum number of charts. `report --json` has the rest.
const MAX_CHARTS: usize = 48;

/// A metric of one artifact: repository, artifact, metric.
type Name<'a> = (&'a str, &'a str, &'a str);

/// Returns a chart for each metric, or nothing if no run recorded one.
pub(super) fn charts(runs: &[Run]) -> Markup {
    let metrics = over_runs(runs);
    html! {
        @if !metrics.is_empty() {
            div.pair { @for (name, values) in metrics.iter().take(MAX_CHARTS) { (chart(*name, values, runs)) } }
        }
        @if metrics.len() > MAX_CHARTS {
            @let more = format!("{} more are in `cargo smoke-cache report --json`.", metrics.len() - MAX_CHARTS);
            (section("More metrics", "", &empty(&more)))
        }
    }
}

/// Returns the value of each metric in each run.
fn over_runs(runs: &[Run]) -> BTreeMap<Name<'_>, Vec<Option<f64>>> {
    let mut metrics: BTreeMap<Name<'_>, Vec<Option<f64>>> = BTreeMap::new();
    for (index, run) in runs.iter().enumerate() {
        for row in run.summary.rows() {
            for (metric, value) in &row.metrics {
                let values =
                    metrics.entry((&row.repo, &row.artifact, metric)).or_insert_with(|| vec![None; runs.len()]);
                // An artifact may have several configurations in one run.
                values[index] = Some(values[index].map_or(*value, |other| other.max(*value)));
            }
        }
    }
    metrics
}

fn chart((repo, artifact, metric): Name<'_>, values: &[Option<f64>], runs: &[Run]) -> Markup {
    let points = runs.iter().zip(values).map(|(run, value)| Point {
        when: moment(run.begun),
        value: *value,
        tooltip: format!(
            "{}, {}: {}",
            run.id,
            moment(run.begun),
            value.map_or_else(|| "not recorded".to_owned(), number)
        ),
    });
    let chart = LineChart {
        title: format!("The metric {metric} of {artifact} of {repo} in {}", counted(runs.len(), "run")),
        axis: metric,
        colour: "size",
        scale: Scale::numbers(values.iter().copied().flatten()),
        label: number,
        points: points.collect(),
    };
    let lead = format!("A metric of {artifact} of {repo}. With several configurations, the largest.");
    section(&format!("{repo} {artifact}: {metric}"), &lead, &chart.svg())
}
