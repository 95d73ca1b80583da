//! The build lock of an artifact: one process of the machine builds it.

use std::process;
use std::sync::Arc;
use std::time::Duration;

use super::stopwatch::Stopwatch;
use super::{ArtifactRequest, Step, Stop};
use crate::error::Error;
use crate::message;
use crate::store::lock::{Acquired, BuildLock, Holder};
use crate::telemetry::Activity;
use crate::units;

impl ArtifactRequest<'_> {
    /// Waits for the build lock. Without file locks the request goes on, and keeps nothing.
    pub(super) fn lock(&mut self) -> Step<()> {
        if let Some(link) = self.process.layout.link_among(&self.store.artifact_path) {
            return Err(self.reject_link(&link));
        }
        let watch = Stopwatch::start();
        // The directory may be gone since the start of the run. Its `.gitignore` must come back with it.
        let created = self.process.layout.create();
        let acquired = created.and_then(|()| self.acquire(self.process.config.lock_timeout, None));
        watch.record(&mut self.report, Activity::Wait);
        let reason = match acquired {
            Ok(Acquired::Locked(lock)) => {
                self.lock = Some(Arc::new(lock));
                return Ok(());
            }
            Ok(Acquired::TimedOut) => {
                let limit = units::elapsed(self.process.config.lock_timeout);
                format!("no lock within {limit}; SMOKE_LOCK_TIMEOUT sets the limit")
            }
            Ok(Acquired::Abandoned(holder)) => format!(
                "process {} was killed during its build, and a process that it started still holds the lock {}; end that \
                 process",
                holder.pid,
                self.process.layout.build_lock(&self.store.artifact_path).display()
            ),
            Ok(Acquired::HeldByAncestor(holder)) => {
                let (pid, subject, artifact) = (holder.pid, self.subject(), self.meta.name);
                return Err(Stop::Failed(Error::Message(format!(
                    "process {pid} builds {subject} and started this process, which would wait for it for ever\n\
                     help: do not request `{artifact}` in a process that its own `build` starts"
                ))));
            }
            Err(error @ Error::Message(_)) => return Err(Stop::Failed(error)),
            Err(error) => {
                self.warn_unwritable(&error);
                return Ok(());
            }
        };
        message::warn_once(&format!("{}: {reason}; building without the cache", self.subject()));
        Err(Stop::Private(reason))
    }

    /// Waits for the build lock, and reports its holder. The process `builder` builds for this test, so its build is
    /// reported as if it were in this process.
    pub(super) fn acquire(&self, limit: Duration, builder: Option<u32>) -> Result<Acquired, Error> {
        let (test, subject) = (&self.session.test, self.subject());
        // The builder records itself as the holder when it takes over the lock.
        let is_own = |holder: &Holder| builder.is_some_and(|pid| [pid, process::id()].contains(&holder.pid));
        BuildLock::acquire(&self.process.layout.build_lock(&self.store.artifact_path), limit, |holder, waited| {
            if let Some(own) = holder.filter(|holder| is_own(holder)) {
                if let Some(step) = &own.step {
                    message::progress(&format!("building {subject}: {step} ({})", units::elapsed(own.elapsed())));
                }
                return;
            }
            let waited = units::elapsed(waited);
            let by = match holder {
                Some(holder) => {
                    let step = holder.step.as_ref().map_or_else(String::new, |step| format!(": {step}"));
                    format!("process {} has been building for {}{step}", holder.pid, units::elapsed(holder.elapsed()))
                }
                None => "another process is building it".to_owned(),
            };
            message::progress(&format!("{test} has waited {waited} for {subject}: {by}"));
        })
    }
}
