//! The audit of an artifact: one more build, privately and under a tracer.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::ArtifactRequest;
use super::circumstances::{BuildMode, Circumstances, Limits};
use super::private_build::{PrivateBuild, last_lines};
use crate::audit::cover::{Cover, normal};
use crate::config::AUDIT;
use crate::error::Error;
use crate::key::Input;
use crate::key::fingerprint::{Files, tool};
use crate::key::repo::Repo;
use crate::layout::{self, ArtifactPath};
use crate::ordered;
use crate::store::Staging;
use crate::telemetry::{AUDITS, Audit, TRACES};

/// The name of the list in the handover directory.
const COVER: &str = "cover.json";

impl ArtifactRequest<'_> {
    /// Builds the artifact under the tracer, and records the result. One process of the run does it.
    pub(in crate::api::session) fn audit(&self, tracer: &[String]) -> Result<(), Error> {
        self.process.run.once(AUDITS, &self.note(), || self.trace(tracer)).map(drop)
    }

    fn trace(&self, tracer: &[String]) -> Result<Audit, Error> {
        let trace = self.process.run.directory().join(TRACES).join(self.note());
        if let Some(directory) = trace.parent() {
            layout::create_private(directory).map_err(Error::io("create", directory))?;
        }
        // All that is in this directory belongs to the build.
        let temporary = Staging::private()?;
        let wrapper = tracer.iter().map(OsString::from).chain([trace.clone().into_os_string()]).collect();
        // Not confined: the trace then shows all that a hermetic build would use.
        let is_cleared = self.meta.is_hermetic;
        let mut variables = if is_cleared {
            self.clean_variables(&temporary.files())
        } else {
            ordered::collect([("TMPDIR".into(), Some(temporary.files().into_os_string()))])
        };
        variables.insert(AUDIT.into(), None);
        // Shells look at the directory that it names.
        variables.insert("OLDPWD".into(), None);
        let limits = Limits { mode: BuildMode::Audited, ..Limits::default() };
        let circumstances = Circumstances { is_cleared, variables, wrapper, limits, ..Circumstances::default() };
        let log = self.private_log("audit");
        let begun = Instant::now();
        let built = self.build_in_child(&circumstances, &log);
        let (failure, cover) = match built {
            Ok(PrivateBuild::Built { staging, .. }) => match read_cover(staging.path()) {
                Ok(cover) => (None, Some(cover)),
                Err(reason) => (Some(reason), None),
            },
            Ok(PrivateBuild::Failed { message, .. }) => (Some(message), None),
            Ok(PrivateBuild::OtherKey) => (Some("its key differs in another process".to_owned()), None),
            Err(error) => (Some(format!("{}\n{}", error.report(), last_lines(&log))), None),
        };
        let ArtifactPath { repo, artifact, .. } = self.store.artifact_path.clone();
        let key = self.resolved_key.key.display();
        let seconds = begun.elapsed().as_secs_f64();
        Ok(Audit { test: self.session.test.clone(), repo, artifact, key, trace, cover, failure, seconds })
    }

    /// Writes the list of everything that the key covers, in the builder process.
    pub(super) fn write_cover(&self, handover: &Path) {
        let cover = self.cover(&[handover.to_owned(), std::env::temp_dir()]);
        let text = serde_json::to_vec(&cover).unwrap_or_else(|error| {
            let reason = format!("the list of the files that its key covers cannot be written: {error}");
            serde_json::to_vec(&reason).unwrap_or_default()
        });
        // Without it, the test reports that the audit failed.
        let _ = fs::write(handover.join(COVER), text);
    }

    /// Returns everything that the key covers. `own` are the directories of this build alone.
    pub(super) fn cover(&self, own: &[PathBuf]) -> Cover {
        let package = &self.process.package;
        let mut cover = Cover {
            repo: self.repo().to_owned(),
            artifact: self.meta.name.to_owned(),
            key: self.resolved_key.key.display(),
            package: package.clone(),
            project: PathBuf::from(self.process.config.project()),
            directory: std::env::current_dir().unwrap_or_default(),
            repository: self.session.repo_of(&self.meta).map(Repo::path).map(Path::to_owned),
            own: own.iter().flat_map(|path| with_real(path)).collect(),
            cache: self.process.layout.root().to_owned(),
            executable: std::env::current_exe().unwrap_or_default(),
            search_path: directories("PATH"),
            libraries: directories("LD_LIBRARY_PATH"),
            home: dirs::home_dir(),
            ..Cover::default()
        };
        for (input, _) in &self.resolved_key.inputs {
            match input {
                Input::File(path) | Input::OptionalFile(path) => cover.files.extend(with_real(&package.join(path))),
                Input::Directory(path) => cover.directories.extend(with_real(&package.join(path))),
                Input::Variable(name) => cover.variables.push(name.to_string_lossy().into_owned()),
                Input::Tool(program) => {
                    cover.tools.extend(tool::resolve(program, package).iter().flat_map(|path| with_real(path)));
                }
            }
        }
        for (fingerprint, _) in &self.resolved_key.files {
            cover.code.extend(Files::of(fingerprint.code()).paths());
        }
        let layout = &self.process.layout;
        for report in self.session.recorded().iter().filter(|report| report.artifact != self.meta.name) {
            if let Some(path) = ArtifactPath::of(&report.key, &report.artifact) {
                cover.dependencies.extend([layout.directory(&path), layout.unpacked(&path)]);
            }
        }
        cover
    }
}

/// Returns the list that the builder wrote, or the reason why it is missing.
fn read_cover(handover: &Path) -> Result<Cover, String> {
    let text = fs::read(handover.join(COVER)).unwrap_or_default();
    serde_json::from_slice(&text).map_err(|_| {
        serde_json::from_slice(&text).unwrap_or_else(|_| "its builder wrote no list of covered files".to_owned())
    })
}

/// Returns a path, and the same without links.
fn with_real(path: &Path) -> Vec<PathBuf> {
    let (path, real) = (normal(path), path.canonicalize().ok());
    let real = real.filter(|real| *real != path);
    std::iter::once(path).chain(real).collect()
}

/// Returns the directories of a variable.
fn directories(variable: &str) -> Vec<PathBuf> {
    std::env::var_os(variable).map_or_else(Vec::new, |value| std::env::split_paths(&value).collect())
}
