//! Reports builds in flight, while the test runner hides the output of tests.

use std::collections::HashMap;
use std::fmt;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use cached_smoke::tooling::{Building, Config, building};

use crate::duration::duration;
use crate::{options, output};

/// Shorter builds are not reported.
const MIN_ELAPSED: Duration = Duration::from_secs(5);
/// The interval between two lines about one build.
const REPORT_EVERY: Duration = Duration::from_secs(10);
const POLL_EVERY: Duration = Duration::from_secs(1);

/// Formats a build as `graph of django: 12 of 100 files (25 s, process 4711)`.
pub(crate) struct Line<'a>(pub(crate) &'a Building);

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Building { repo, artifact, builder, .. } = self.0;
        let step = builder.step.as_ref().map_or_else(String::new, |step| format!(": {}", output::plain(step)));
        let elapsed = duration(builder.elapsed.as_secs_f64());
        write!(f, "{artifact} of {repo}{step} ({elapsed}, process {})", builder.pid)
    }
}

/// Runs `work`, and meanwhile reports builds over these repositories on standard error.
///
/// Each line starts with `clear`, because a runner may draw on the last line of a terminal.
pub(crate) fn while_reporting<T>(config: &Config, repos: &[&str], clear: &str, work: impl FnOnce() -> T) -> T {
    if options::get().is_quiet() {
        return work();
    }
    let (end, is_over) = channel::<()>();
    thread::scope(|scope| {
        scope.spawn(move || report(config, repos, clear, &is_over));
        let done = work();
        drop(end);
        done
    })
}

fn report(config: &Config, repos: &[&str], clear: &str, is_over: &Receiver<()>) {
    let mut reported: HashMap<(String, String), Instant> = HashMap::new();
    while is_over.recv_timeout(POLL_EVERY) == Err(RecvTimeoutError::Timeout) {
        for one in building(config) {
            let is_relevant = repos.contains(&one.repo.as_str()) && one.builder.elapsed > MIN_ELAPSED;
            let artifact = (one.key.clone(), one.artifact.clone());
            if is_relevant && reported.get(&artifact).is_none_or(|last| last.elapsed() >= REPORT_EVERY) {
                eprintln!("{clear}[smoke-cache] building {}", Line(&one));
                reported.insert(artifact, Instant::now());
            }
        }
    }
}
