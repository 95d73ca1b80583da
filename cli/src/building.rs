//! What is being built, while something else shows nothing of it.

use std::collections::HashMap;
use std::fmt;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use cached_smoke::tooling::{Building, Config, building};

use crate::output;

/// A shorter build needs no words.
const WORTH_A_LINE: Duration = Duration::from_secs(5);
/// How often it says what a build is at.
const SAY_EVERY: Duration = Duration::from_secs(10);
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// `graph of django: 12 of 100 files (25 s, process 4711)`.
pub(crate) struct Line<'a>(pub(crate) &'a Building);

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Building { repo, artifact, builder, .. } = self.0;
        let step = builder.step.as_ref().map_or_else(String::new, |step| format!(": {}", output::plain(step)));
        write!(f, "{artifact} of {repo}{step} ({} s, process {})", builder.elapsed.as_secs(), builder.pid)
    }
}

/// Does `work`, and tells on standard error meanwhile what is being built over these repositories: nextest keeps back what
/// tests print. `clear` goes before each line, because a runner may draw on the last one of a terminal.
pub(crate) fn while_telling<T>(config: &Config, repos: &[&str], clear: &str, work: impl FnOnce() -> T) -> T {
    let (end, is_over) = channel::<()>();
    thread::scope(|scope| {
        scope.spawn(move || tell(config, repos, clear, &is_over));
        let done = work();
        drop(end);
        done
    })
}

fn tell(config: &Config, repos: &[&str], clear: &str, is_over: &Receiver<()>) {
    let mut said: HashMap<(String, String), Instant> = HashMap::new();
    while is_over.recv_timeout(LOOK_EVERY) == Err(RecvTimeoutError::Timeout) {
        for one in building(config) {
            let is_meant = repos.contains(&one.repo.as_str()) && one.builder.elapsed > WORTH_A_LINE;
            let place = (one.key.clone(), one.artifact.clone());
            if is_meant && said.get(&place).is_none_or(|last| last.elapsed() >= SAY_EVERY) {
                eprintln!("{clear}[smoke-cache] building {}", Line(&one));
                said.insert(place, Instant::now());
            }
        }
    }
}
