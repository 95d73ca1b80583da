//! A private build in another process: the artifact is built once more, and the cache does not change.
//!
//! The process is a [`builder`](super::builder) without a build lock. It never reads the stored artifact, and it
//! publishes nothing: its cache is read-only. Dependencies come from the cache; one that is missing is built for the
//! process alone. The repository and the declared inputs are those of the run.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use super::ArtifactRequest;
use super::builder::HANDOVER;
use super::circumstances::{Circumstances, Limits};
use super::detached::{MOST_LINES, new_log};
use super::failures::Failure;
use super::handover::{self, End, Ticket};
use crate::error::Error;
use crate::layout::ArtifactPath;
use crate::store::Staging;
use crate::telemetry::ArtifactReport;

/// The settings of a private builder, whatever those of the test are.
const SETTINGS: &[(&str, Option<&str>)] = &[
    ("SMOKE_CACHE", Some("read-only")),
    // A missing dependency is built, for this process alone.
    ("SMOKE_ON_MISS", Some("build")),
    ("SMOKE_REMOTE", Some("off")),
    ("SMOKE_ANNOUNCE", Some("off")),
    // The state of the repository is that of the run.
    ("SMOKE_STRICT", Some("0")),
    ("SMOKE_FORCE_REBUILD", None),
    ("SMOKE_STOP_AFTER", None),
];

/// The result of a private build.
pub(in crate::api::session) enum PrivateBuild {
    /// The files of the artifact, and the report of the build.
    Built { staging: Staging, report: Box<ArtifactReport> },
    /// The build failed: the message, and the end of its output.
    Failed { message: String, output: String },
    /// The key of the artifact is another one under these circumstances.
    OtherKey,
}

impl ArtifactRequest<'_> {
    /// Builds the artifact privately in another process, and waits for it.
    ///
    /// # Errors
    /// Fails if the process cannot be started, or if it was killed. A failed build is no error.
    pub(in crate::api::session) fn build_in_child(
        &self,
        circumstances: &Circumstances,
        log: &Path,
    ) -> Result<PrivateBuild, Error> {
        let handover = Staging::private()?;
        let output = new_log(log).map_err(Error::io("create", log))?;
        let second = output.try_clone().map_err(Error::io("create", log))?;
        let ticket = self.ticket(Some(circumstances.limits));
        handover::write_ticket(&handover, &ticket).map_err(Error::io("write a ticket to", handover.path()))?;
        let executable = std::env::current_exe().map_err(Error::io("find", Path::new("the test's executable")))?;
        let mut command = circumstances.command(executable.as_os_str());
        command
            .args(self.builder_arguments())
            .env(HANDOVER, handover.path())
            .env("SMOKE_RUN_ID", self.process.run.id())
            // The home directory and the working directory may be others, and the cache and the package are not.
            .env("SMOKE_CACHE_DIR", &self.process.config.cache_dir)
            .env("CARGO_MANIFEST_DIR", &self.process.package)
            .stdin(Stdio::null())
            .stdout(Stdio::from(output))
            .stderr(Stdio::from(second));
        for (name, value) in SETTINGS {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        let status = command.status().map_err(Error::io("start", &PathBuf::from(command.get_program())))?;
        match handover::read(&handover).map(|handover| handover.end) {
            Some(End::Private(report)) => Ok(PrivateBuild::Built { staging: handover, report: Box::new(report) }),
            Some(End::Failed(Failure { message, .. })) => Ok(PrivateBuild::Failed { message, output: last_lines(log) }),
            Some(End::Skipped { reason, .. }) => Ok(PrivateBuild::Failed { message: reason, output: last_lines(log) }),
            Some(End::Unsaved) => {
                let message = "no directory could keep its files".to_owned();
                Ok(PrivateBuild::Failed { message, output: String::new() })
            }
            Some(End::Absent) => Ok(PrivateBuild::OtherKey),
            Some(End::Stored(_)) | None => Err(Error::Message(format!(
                "the process that built it again ended without a result: {status}\n\
                 help: read its output in {}",
                log.display()
            ))),
        }
    }

    /// Returns the path for the output of the private build `name`.
    pub(in crate::api::session) fn private_log(&self, name: &str) -> PathBuf {
        self.log().with_extension(format!("{name}.log"))
    }

    /// Returns the arguments that make the test's executable run the test alone.
    pub(super) fn builder_arguments(&self) -> [OsString; 4] {
        [&self.session.test, "--exact", "--include-ignored", "--nocapture"].map(OsString::from)
    }

    /// Returns the order to build this artifact.
    pub(super) fn ticket(&self, private: Option<Limits>) -> Ticket {
        let ArtifactPath { repo, entry, artifact } = self.store.artifact_path.clone();
        Ticket { repo, entry, artifact, private }
    }
}

/// Returns the end of a builder's output.
pub(super) fn last_lines(log: &Path) -> String {
    let text = std::fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(MOST_LINES)..].join("\n")
}
