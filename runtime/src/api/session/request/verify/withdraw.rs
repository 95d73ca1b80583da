//! The removal of a stale artifact: from the cache, and from the remote cache.

use super::Verifier;
use crate::config::Mode;
use crate::remote::{Remote, Withdrawn};
use crate::store::lock::BuildLock;

impl Verifier<'_, '_> {
    /// Sets the stored artifact aside, and withdraws the remote copy.
    pub(super) fn withdraw(&mut self) {
        let request = &mut *self.request;
        if request.process.config.mode != Mode::ReadWrite {
            self.record.report.push("the stored artifact stays, because the cache is read-only".to_owned());
            return;
        }
        let lock = BuildLock::try_acquire(&request.process.layout.build_lock(&request.store.artifact_path));
        let set_aside = match lock {
            Ok(Some(_lock)) => request.store.set_aside().map_err(|error| error.report_line()),
            Ok(None) => Err("another process builds it".to_owned()),
            Err(error) => Err(error.report_line()),
        };
        self.record.report.push(match set_aside {
            Ok(()) => "the stored artifact is set aside: the next test that needs it builds it".to_owned(),
            Err(reason) => format!("the stored artifact cannot be set aside: {reason}"),
        });
        let digest = request.resolved_key.key.digest();
        let remote = Remote::of(request.process.config, request.process.run, &request.store.artifact_path, digest);
        let Some(mut remote) = remote.filter(|remote| !remote.is_given_up()) else { return };
        self.record.report.push(match remote.withdraw() {
            Ok(Withdrawn::Done) => "the copy in the remote cache is withdrawn".to_owned(),
            Ok(Withdrawn::Absent) => "the remote cache has no copy".to_owned(),
            Ok(Withdrawn::ReadOnly) => {
                "the copy in the remote cache stays: it is read-only for this process".to_owned()
            }
            Err(reason) => format!("the copy in the remote cache cannot be withdrawn: {reason}"),
        });
    }
}
