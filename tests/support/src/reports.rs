//! Typed access to what processes recorded.

/// Declares the trait `Reports`, by which a [`Done`](crate::Done) returns the records of its run.
///
/// A macro, because this crate must not depend on `cached-smoke`; its `Cargo.toml` says why. The caller does.
#[macro_export]
macro_rules! reports {
    () => {
        /// The records of the processes of a run.
        pub(crate) trait Reports {
            /// Returns the records of the run, the latest last.
            fn reports(&self) -> Vec<::cached_smoke::CacheReport>;

            /// Returns the run's only report of `artifact`.
            fn report(&self, artifact: &str) -> ::cached_smoke::ArtifactReport;

            /// Returns the report of `artifact` in the run's latest record.
            fn last_report(&self, artifact: &str) -> ::cached_smoke::ArtifactReport;

            /// Returns the outcome in the run's only report of `artifact`.
            #[track_caller]
            fn outcome(&self, artifact: &str) -> ::cached_smoke::Outcome {
                self.report(artifact).outcome
            }

            /// Returns the reason in the run's only report of `artifact`.
            #[track_caller]
            fn reason(&self, artifact: &str) -> String {
                self.report(artifact).reason
            }
        }

        impl Reports for $crate::Done {
            fn reports(&self) -> Vec<::cached_smoke::CacheReport> {
                // Some tests take away the cache, or the right to read it.
                ::cached_smoke::tooling::read_reports(&self.cache, &self.run).unwrap_or_default()
            }

            #[track_caller]
            fn report(&self, artifact: &str) -> ::cached_smoke::ArtifactReport {
                let all = self.reports();
                let reports = all.iter().flat_map(|report| &report.artifacts);
                let reports: Vec<_> = reports.filter(|report| report.artifact == artifact).collect();
                let [report] = reports[..] else { panic!("not one report of {artifact}: {all:?}\n{}", self.stderr) };
                report.clone()
            }

            #[track_caller]
            fn last_report(&self, artifact: &str) -> ::cached_smoke::ArtifactReport {
                let last = self.reports().pop().unwrap_or_else(|| panic!("no record: {}", self.stdout));
                let report = last.artifacts.into_iter().find(|report| report.artifact == artifact);
                report.unwrap_or_else(|| panic!("no report of {artifact}: {}", self.stdout))
            }
        }
    };
}
