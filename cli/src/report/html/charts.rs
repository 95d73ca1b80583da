//! The sections with a chart, and with the numbers of the chart as a table.

use cached_smoke::tooling::units::Size;
use cached_smoke::tooling::{CacheSize, NO_REPO};
use maud::{Markup, html};

use super::bars::{Bars, bar_chart};
use super::figures::{Artifact, Repository, Run};
use super::line_chart::{LineChart, Point};
use super::number::{bytes, float, moment, percent, seconds};
use super::scale::Scale;
use super::sections::{empty, in_numbers, section};
use super::table::{Column, table};
use crate::duration::duration;
use crate::report::{Sums, counted};

pub(super) fn hit_rate(runs: &[Run]) -> Markup {
    let (heading, lead) = ("Hit rate", "The share of a run’s artifacts that were in the cache before the run.");
    if runs.iter().all(|run| run.summary.sums().hit_percent().is_none()) {
        return section(heading, lead, &empty("No run used an artifact."));
    }
    let point = |run: &Run| {
        let sums = run.summary.sums();
        let Sums { hits, artifacts, .. } = sums;
        Point {
            when: moment(run.begun),
            value: sums.hit_percent().map(|percent| float(percent as u64)),
            tooltip: format!("{}, {}: {} ({hits} of {artifacts})", run.id, moment(run.begun), sums.hit_rate()),
        }
    };
    let chart = LineChart {
        title: format!("The hit rate of {}, in percent", counted(runs.len(), "run")),
        axis: "hit rate, %",
        colour: "hits",
        scale: Scale::percent(),
        label: percent,
        points: runs.iter().map(point).collect(),
    };
    section(heading, lead, &chart.svg())
}

pub(super) fn cache_size(runs: &[Run]) -> Markup {
    let (heading, lead) = ("Size of the cache", "The size on disk after each run.");
    let sizes: Vec<CacheSize> = runs.iter().filter_map(|run| run.size).collect();
    let Some(largest) = sizes.iter().map(|size| size.bytes).max() else {
        let text = "No run recorded the size of the cache. `cargo smoke-cache test` does.";
        return section(heading, lead, &empty(text));
    };
    let point = |run: &Run| {
        let size = |size: CacheSize| format!("{}, {}", Size(size.bytes), counted(size.artifacts, "artifact"));
        let size_text = run.size.map_or_else(|| "not recorded".to_owned(), size);
        Point {
            when: moment(run.begun),
            value: run.size.map(|size| float(size.bytes)),
            tooltip: format!("{}, {}: {size_text}", run.id, moment(run.begun)),
        }
    };
    let chart = LineChart {
        title: format!("The size of the cache after {}, at most {}", counted(sizes.len(), "run"), Size(largest)),
        axis: "size on disk",
        colour: "size",
        scale: Scale::bytes(float(largest)),
        label: bytes,
        points: runs.iter().map(point).collect(),
    };
    section(heading, lead, &chart.svg())
}

pub(super) fn repositories(repositories: &[Repository]) -> Markup {
    let heading = "Saved and spent, by repository";
    let lead = "Saved: the build time that hits avoided, less restoring. All tests together.";
    if repositories.iter().all(|repository| repository.saved == 0.0 && repository.built == 0.0) {
        return section(heading, lead, &empty("No time was saved or spent."));
    }
    let bars = repositories.iter().map(|repository| Bars {
        name: if repository.name == NO_REPO { "no repository".to_owned() } else { repository.name.clone() },
        value: format!("{} / {}", duration(repository.saved), duration(repository.built)),
        lanes: vec![vec![("saved", repository.saved)], vec![("build", repository.built)]],
    });
    let title = format!("Time saved and time spent building, by repository ({})", repositories.len());
    let chart = bar_chart(&title, &bars.collect::<Vec<_>>());
    let columns: [Column<Repository>; 3] = [
        ("repo", "text", |one| one.name.clone()),
        ("saved", "number", |one| seconds(one.saved)),
        ("build", "number", |one| seconds(one.built)),
    ];
    let numbers = table(heading, repositories.iter(), &columns);
    let legend = legend(&[("saved", "saved"), ("build", "spent building")]);
    section(heading, lead, &html! { (legend) (chart) (in_numbers(&numbers)) })
}

pub(super) fn artifacts(artifacts: &[Artifact]) -> Markup {
    let heading = "Where the time goes, by artifact";
    let lead = "The time that tests spent on each artifact. All tests together.";
    if artifacts.is_empty() {
        return section(heading, lead, &empty("No test spent time on an artifact."));
    }
    let bars = artifacts.iter().map(|artifact| Bars {
        name: artifact.subject(),
        value: duration(artifact.total()),
        lanes: vec![vec![("restore", artifact.restored), ("wait", artifact.waited), ("build", artifact.built)]],
    });
    let title = format!("Time spent restoring, waiting and building, by artifact ({})", artifacts.len());
    let chart = bar_chart(&title, &bars.collect::<Vec<_>>());
    let columns: [Column<Artifact>; 5] = [
        ("repo", "text", |one| one.repo.clone()),
        ("artifact", "text", |one| one.name.clone()),
        ("restore", "number", |one| seconds(one.restored)),
        ("wait", "number", |one| seconds(one.waited)),
        ("build", "number", |one| seconds(one.built)),
    ];
    let numbers = table(heading, artifacts.iter(), &columns);
    let legend = legend(&[("restore", "restoring"), ("wait", "waiting for another build"), ("build", "building")]);
    section(heading, lead, &html! { (legend) (chart) (in_numbers(&numbers)) })
}

fn legend(kinds: &[(&str, &str)]) -> Markup {
    html! {
        ul.legend {
            @for (kind, meaning) in kinds { li { i class=(kind) {} (meaning) } }
        }
    }
}
