//! The report as a trace of builds, waits and restores over all processes, for <https://ui.perfetto.dev> and Chrome.
//!
//! <https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU>

use std::collections::BTreeSet;

use cached_smoke::tooling::{NO_REPO, PastRun};
use cached_smoke::{Activity, ArtifactReport, CacheReport, Span};
use serde::Serialize;

/// A trace.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Trace {
    display_time_unit: &'static str,
    trace_events: Vec<Event>,
}

/// An event of a thread. Each test is one thread of its process.
#[derive(Serialize)]
#[serde(tag = "ph")]
enum Event {
    /// The name of a process or thread.
    #[serde(rename = "M")]
    Name { name: &'static str, pid: u32, tid: u32, args: Named },
    /// An activity, in microseconds.
    #[serde(rename = "X")]
    Activity { name: String, cat: &'static str, ts: u64, dur: u64, pid: u32, tid: u32, args: Details },
}

#[derive(Serialize)]
struct Named {
    name: String,
}

/// The details that a viewer shows for a selected event.
#[derive(Serialize)]
struct Details {
    test: String,
    outcome: String,
    key: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    reason: String,
}

/// Returns the trace of some runs. Time begins with their first activity.
pub(crate) fn trace(runs: &[PastRun]) -> Trace {
    let reports = || runs.iter().flat_map(|run| &run.reports);
    let spans = reports().flat_map(|report| &report.artifacts).flat_map(|artifact| &artifact.spans);
    let start = spans.map(|span| span.begun_micros).min().unwrap_or_default();
    let mut trace_events = Vec::new();
    let mut processes = BTreeSet::new();
    for report in reports() {
        let (pid, tid) = (report.pid, thread(report));
        if processes.insert(pid) {
            trace_events.push(Event::Name {
                name: "process_name",
                pid,
                tid,
                args: Named { name: report.binary.clone() },
            });
        }
        trace_events.push(Event::Name { name: "thread_name", pid, tid, args: Named { name: report.test.clone() } });
        for artifact in &report.artifacts {
            trace_events.extend(artifact.spans.iter().map(|span| event(report, artifact, *span, start)));
        }
    }
    Trace { display_time_unit: "ms", trace_events }
}

/// Returns the number of the test as that of a thread. Viewers do not show thread 0.
fn thread(report: &CacheReport) -> u32 {
    report.number.saturating_add(1)
}

fn event(report: &CacheReport, artifact: &ArtifactReport, span: Span, start: u64) -> Event {
    let (cat, verb) = match span.activity {
        Activity::Restore => ("restore", "restore"),
        Activity::Wait => ("wait", "wait for"),
        Activity::Build => ("build", "build"),
        _ => ("remote", "ask the remote cache for"),
    };
    let over = if report.repo == NO_REPO { String::new() } else { format!(" of {}", report.repo) };
    Event::Activity {
        name: format!("{verb} {}{over}", artifact.artifact),
        cat,
        ts: span.begun_micros.saturating_sub(start),
        dur: micros(span.seconds),
        pid: report.pid,
        tid: thread(report),
        args: Details {
            test: report.test.clone(),
            outcome: artifact.outcome.to_string(),
            key: artifact.key.clone(),
            reason: artifact.reason.clone(),
        },
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the conversion saturates")]
fn micros(seconds: f64) -> u64 {
    (seconds * 1e6).round() as u64
}
