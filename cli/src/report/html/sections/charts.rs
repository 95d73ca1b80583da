//! The parts of the page that have a chart, and the numbers of the chart as a table.

use std::fmt::Write;

use bytesize::ByteSize;
use cached_smoke::tooling::CacheSize;

use super::super::bar_chart::{BarChart, Bars, Part};
use super::super::escaped::Escaped;
use super::super::figures::{Figures, Repository, Run};
use super::super::line_chart::{LineChart, Point};
use super::super::number::{bytes, counted, duration, float, moment, percent, seconds};
use super::super::scale::Scale;
use super::super::table::{number, table, text};
use super::{empty, in_numbers, section};
use crate::report::rate;
use crate::summary::Sums;

fn legend(kinds: &[(&str, &str)]) -> String {
    let items = kinds.iter().fold(String::new(), |mut items, (kind, meaning)| {
        let _ = write!(items, "<li><i class=\"{kind}\"></i>{}</li>", Escaped(meaning));
        items
    });
    format!("<ul class=\"legend\">{items}</ul>")
}

pub(in crate::report::html) fn hit_rate(runs: &[Run]) -> String {
    let lead = "How many of a run’s artifacts were there before it began.";
    if runs.iter().all(|run| run.hit_rate().is_none()) {
        return section("Hit rate", lead, &empty("No run asked for an artifact."));
    }
    let point = |run: &Run| {
        let Sums { hits, artifacts, .. } = run.summary.sums();
        Point {
            when: moment(run.begun),
            value: run.hit_rate(),
            told: format!("{}, {}: {} ({hits} of {artifacts})", run.id, moment(run.begun), rate(hits, artifacts)),
        }
    };
    let chart = LineChart {
        title: format!("The hit rate of {}, in percent", counted(runs.len(), "run")),
        axis: "artifacts that were there, %",
        colour: "hits",
        scale: Scale::percent(),
        label: percent,
        points: runs.iter().map(point).collect(),
    };
    section("Hit rate", lead, &chart.to_string())
}

pub(in crate::report::html) fn cache_size(runs: &[Run]) -> String {
    let lead = "How much was in the cache after each run that noted it.";
    let sizes: Vec<CacheSize> = runs.iter().filter_map(|run| run.size).collect();
    let Some(largest) = sizes.iter().map(|size| size.bytes).max() else {
        let text = "No run noted the size of the cache. Those of cargo smoke-cache test do.";
        return section("Size of the cache", lead, &empty(text));
    };
    let point = |run: &Run| {
        let told = run.size.map_or_else(
            || "not noted".to_owned(),
            |size| format!("{}, {}", ByteSize(size.bytes), counted(size.artifacts, "artifact")),
        );
        Point {
            when: moment(run.begun),
            value: run.size.map(|size| float(size.bytes)),
            told: format!("{}, {}: {told}", run.id, moment(run.begun)),
        }
    };
    let chart = LineChart {
        title: format!("The size of the cache after {}, at most {}", counted(sizes.len(), "run"), ByteSize(largest)),
        axis: "size on disk",
        colour: "size",
        scale: Scale::bytes(float(largest)),
        label: bytes,
        points: runs.iter().map(point).collect(),
    };
    section("Size of the cache", lead, &chart.to_string())
}

pub(in crate::report::html) fn repositories(repositories: &[Repository]) -> String {
    let heading = "Saved and spent, by repository";
    let lead = "Saved: what building again would have cost, less restoring. Of all tests together.";
    if repositories.iter().all(|repository| repository.saved == 0.0 && repository.built == 0.0) {
        return section(heading, lead, &empty("Nothing was built, and nothing was saved."));
    }
    let bars = repositories.iter().map(|repository| Bars {
        name: repository.name.clone(),
        value: format!("{} / {}", duration(repository.saved), duration(repository.built)),
        lanes: vec![
            vec![Part { kind: "saved", seconds: repository.saved }],
            vec![Part { kind: "build", seconds: repository.built }],
        ],
    });
    let title = format!("Time saved and time spent building, by repository ({})", repositories.len());
    let chart = BarChart { title, axis: "time of all tests and runs", rows: bars.collect() };
    let rows = repositories.iter().map(|one| vec![one.name.clone(), seconds(one.saved), seconds(one.built)]);
    let columns = [text("repo"), number("saved"), number("build")];
    let numbers = table("Saved and spent, by repository", &columns, &rows.collect::<Vec<_>>());
    let legend = legend(&[("saved", "saved"), ("build", "spent building")]);
    section(heading, lead, &format!("{legend}{chart}{}", in_numbers(&numbers)))
}

pub(in crate::report::html) fn times(figures: &Figures) -> String {
    let heading = "Where the time goes, by artifact";
    let lead = "What tests spent on getting an artifact. Of all tests together.";
    let artifacts = &figures.artifacts;
    if artifacts.is_empty() {
        return section(heading, lead, &empty("No test spent any time on an artifact."));
    }
    let bars = artifacts.iter().map(|artifact| Bars {
        name: artifact.subject(),
        value: duration(artifact.whole()),
        lanes: vec![vec![
            Part { kind: "restore", seconds: artifact.restored },
            Part { kind: "wait", seconds: artifact.waited },
            Part { kind: "build", seconds: artifact.built },
        ]],
    });
    let title = format!("Time spent restoring, waiting and building, by artifact ({})", artifacts.len());
    let chart = BarChart { title, axis: "time of all tests and runs", rows: bars.collect() };
    let rows = artifacts.iter().map(|one| {
        vec![one.repo.clone(), one.name.clone(), seconds(one.restored), seconds(one.waited), seconds(one.built)]
    });
    let columns = [text("repo"), text("artifact"), number("restore"), number("wait"), number("build")];
    let numbers = table("Where the time goes, by artifact", &columns, &rows.collect::<Vec<_>>());
    let legend = legend(&[("restore", "restoring"), ("wait", "waiting for another’s build"), ("build", "building")]);
    section(heading, lead, &format!("{legend}{chart}{}", in_numbers(&numbers)))
}
