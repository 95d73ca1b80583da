//! A hermetic build: in a separate process with a clean environment, which may use what the key covers.
//!
//! The process is a [private build](super::private_build). It loads the dependencies, confines itself, and calls the
//! functions of the artifact. This process takes over the files, and publishes them like those of any other build.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::sync::Arc;

use super::ArtifactRequest;
use super::build::{FailedCall, Saved};
use super::builder::Builder;
use super::calls::failed;
use super::circumstances::{BuildMode, Circumstances, Limits};
use super::detached::repeat;
use super::handover::copy_all;
use super::private_build::PrivateBuild;
use super::stopwatch::Stopwatch;
use crate::api::context::DependencyTime;
use crate::api::session::inner::SessionInner;
use crate::audit::confinement::{self, Unconfined};
use crate::error::{Error, Step as Hook};
use crate::key::Input;
use crate::ordered;
use crate::store::Staging;
use crate::telemetry::Activity;

/// The variables that a hermetic build has besides the declared ones: those by which the system finds programs,
/// libraries and the home directory, and by which cargo names the package. Settings of this crate begin with `SMOKE_`.
/// Each private build has `CARGO_MANIFEST_DIR`.
const KEPT: &[&str] = &["CARGO_PKG_NAME", "HOME", "LD_LIBRARY_PATH", "PATH", "RUST_BACKTRACE"];
/// The variable with the directory for temporary files.
const TEMPORARY: &str = "TMPDIR";

impl ArtifactRequest<'_> {
    /// Builds the artifact in a confined process, and moves its files into `staging`.
    pub(super) fn build_hermetically(&mut self, staging: Staging) -> Result<Saved, FailedCall> {
        let watch = Stopwatch::start();
        let time_in_dependencies: Arc<DependencyTime> = Arc::default();
        self.announce(&self.report.reason.clone(), Arc::clone(&time_in_dependencies));
        let built = self.build_in_clean_process(&staging, &time_in_dependencies);
        watch.record_without(&mut self.report, Activity::Build, time_in_dependencies.total());
        if built.is_err() {
            self.failed_build_seconds = self.report.rebuild_seconds;
        }
        let about = |error: Error| failed(self.repo(), self.meta.name, Hook::Build, Box::new(error));
        built.map(|()| Saved::In(staging)).map_err(|error| FailedCall::new(about(error)))
    }

    fn build_in_clean_process(&mut self, staging: &Staging, time: &DependencyTime) -> Result<(), Error> {
        confinement::check().map_err(unconfined_error)?;
        if !self.session.can_be_repeated() {
            return Err(unconfined_error(Unconfined {
                reason: "a build of a `Session` cannot run in a separate process".to_owned(),
                help: format!("name `{}` as a parameter of a test with `#[cached_smoke]`", self.meta.name),
            }));
        }
        // They are in the cache then, also for other tests.
        time.measure(|| SessionInner::load_needs(self.artifact))?;
        let temporary = Staging::private()?;
        let log = self.private_log("hermetic");
        match self.build_in_child(&self.clean(&temporary), &log)? {
            PrivateBuild::Built { staging: built, report } => {
                self.report.metrics = report.metrics;
                copy_all(&built.files(), &staging.files())
            }
            PrivateBuild::OtherKey => Err(Error::Elsewhere {
                message: "its key is another one in a process with only the declared variables".to_owned(),
                help: "declare the variables that the configuration and `Artifact::key` read, with `key.env(\"…\")`"
                    .to_owned(),
            }),
            PrivateBuild::Failed { message, .. } => {
                repeat(&log);
                Err(self.failed_hermetically(&message))
            }
        }
    }

    /// Returns the circumstances of a confined process, with these changes of what a hermetic build can see.
    pub(super) fn clean_with(&self, temporary: &Staging, changes: &Circumstances) -> Circumstances {
        let mut clean = self.clean(temporary);
        for (name, value) in &changes.variables {
            if name != TEMPORARY && clean.variables.contains_key(name) {
                clean.variables.insert(name.clone(), value.clone());
            }
        }
        clean.directory.clone_from(&changes.directory);
        clean.limits = Limits { mode: BuildMode::Confined, ..changes.limits };
        clean
    }

    /// Returns the circumstances of a confined process.
    fn clean(&self, temporary: &Staging) -> Circumstances {
        Circumstances {
            is_cleared: true,
            variables: self.clean_variables(&temporary.files()),
            limits: Limits { mode: BuildMode::Confined, ..Limits::default() },
            ..Circumstances::default()
        }
    }

    /// Returns the variables of a hermetic build.
    pub(super) fn clean_variables(&self, temporary: &Path) -> BTreeMap<OsString, Option<OsString>> {
        let is_declared = |name: &OsStr| {
            self.resolved_key
                .inputs
                .iter()
                .any(|(input, _)| matches!(input, Input::Variable(declared) if declared == name))
        };
        // The settings of the remote cache may be secret, and a private build does not use them.
        let is_setting = |name: &str| name.starts_with("SMOKE_") && !name.starts_with("SMOKE_REMOTE");
        let is_kept = |name: &OsStr| {
            name.to_str().is_some_and(|name| KEPT.contains(&name) || is_setting(name)) || is_declared(name)
        };
        let mut variables: BTreeMap<OsString, Option<OsString>> = ordered::collect(
            std::env::vars_os().filter(|(name, _)| is_kept(name)).map(|(name, value)| (name, Some(value))),
        );
        if !is_declared(OsStr::new(TEMPORARY)) {
            variables.insert(TEMPORARY.into(), Some(temporary.into()));
        }
        variables
    }

    /// Confines this process, if it is the builder of a hermetic artifact. The dependencies are loaded before.
    pub(super) fn confine(&self) -> Result<(), Error> {
        let Some(builder) =
            Builder::of_process().filter(|_| self.limits.is_some_and(|limits| limits.mode == BuildMode::Confined))
        else {
            return Ok(());
        };
        SessionInner::load_needs(self.artifact)?;
        let cover = self.cover(&[builder.directory().to_owned(), std::env::temp_dir()]);
        confinement::confine(&cover, builder.threads()).map_err(|Unconfined { reason, help }| {
            // A failure in another process has a message alone.
            Error::Message(format!("its build is hermetic, and {reason}\nhelp: {help}"))
        })
    }

    /// Returns the error of a failed build, with everything that the build was denied.
    fn failed_hermetically(&self, message: &str) -> Error {
        let (message, help) = message.split_once("\nhelp: ").unwrap_or((message, ""));
        let denied = self.denied();
        let help = match (&denied, help) {
            (Denied::Uses(_), _) => format!("add each line to `Artifact::key` of `{}`", self.meta.name),
            (Denied::Changes(_), _) => "write below `cx.dir()` or to temporary files, and start no servers".to_owned(),
            (Denied::Unknown, _) if message.contains("ermission denied") => {
                "install `strace`, and run the test again: the message then names the path and the line to add"
                    .to_owned()
            }
            (_, "") => {
                let build = self.meta.name;
                format!("fix the build of `{build}`; it has only the declared variables, and may not use the network")
            }
            (_, help) => help.to_owned(),
        };
        let uses = if let Denied::Uses(text) | Denied::Changes(text) = denied { text } else { String::new() };
        Error::Elsewhere { message: format!("{message}{uses}"), help }
    }

    /// Builds once more under a tracer, and returns the uses that were denied.
    #[cfg(feature = "audit")]
    fn denied(&self) -> Denied {
        use std::fmt::Write;

        use crate::api::this_machine::ThisMachine;
        use crate::audit::{Kind, Refused, STRACE, Trace, findings};

        let Ok(temporary) = Staging::private() else { return Denied::Unknown };
        let trace = temporary.path().join("trace");
        let tracer = std::iter::once("strace").chain(STRACE.iter().copied()).map(OsString::from);
        let wrapper = tracer.chain([trace.clone().into_os_string()]).collect();
        let circumstances = Circumstances { wrapper, ..self.clean(&temporary) };
        let own = [crate::private_directory::path(), temporary.files()];
        let built = self.build_in_child(&circumstances, &self.private_log("traced"));
        let Ok(text) = std::fs::read(&trace).map_err(drop).and_then(|text| built.map(|_| text).map_err(drop)) else {
            return Denied::Unknown;
        };
        let cover = self.cover(&own);
        let trace = Trace::read(&String::from_utf8_lossy(&text), &cover.directory);
        let mut uses = String::new();
        for finding in findings(&cover, &trace, &ThisMachine).iter().filter(|finding| finding.is_denied) {
            let verb = match finding.kind {
                Kind::Executed => "start",
                Kind::Connected => "connect to",
                Kind::Listed => "list",
                _ => "read",
            };
            let line = finding.line.as_ref().map(|line| format!(": `{line}`"));
            let help = finding.help.as_ref().map(|help| format!(": {help}"));
            let advice = line.or(help).unwrap_or_default();
            let _ = write!(uses, "\nit may not {verb} {}{advice}", finding.subject);
        }
        let has_uses = !uses.is_empty();
        for refused in trace.refused() {
            let _ = match refused {
                Refused::Write(path) => write!(uses, "\nit may not write to {}", path.display()),
                Refused::Bind(address) => write!(uses, "\nit may not wait for connections at {address}"),
            };
        }
        match (has_uses, uses.is_empty()) {
            (true, _) => Denied::Uses(uses),
            (false, false) => Denied::Changes(uses),
            (false, true) => Denied::Nothing,
        }
    }

    /// Returns nothing: without the feature, no build is confined.
    #[cfg(not(feature = "audit"))]
    #[expect(clippy::unused_self, reason = "the signature is that of the feature")]
    fn denied(&self) -> Denied {
        Denied::Unknown
    }
}

pub(super) fn unconfined_error(Unconfined { reason, help }: Unconfined) -> Error {
    Error::Elsewhere { message: format!("its build is hermetic, and {reason}"), help }
}

/// The uses that the system denied to a build.
#[cfg_attr(not(feature = "audit"), expect(dead_code, reason = "without the feature, no build is confined"))]
enum Denied {
    /// Undeclared inputs, and perhaps changes; one line for each.
    Uses(String),
    /// Only changes of the machine; one line for each.
    Changes(String),
    Nothing,
    /// No tracer could watch the build.
    Unknown,
}
