//! New builds of a stored artifact, and their comparison with it.

use std::fmt::Write;
use std::path::PathBuf;

use super::Verifier;
use super::compare::{self, Side};
use crate::api::session::dyn_artifact::Value;
use crate::api::session::request::calls::guarded;
use crate::api::session::request::circumstances::Circumstances;
use crate::api::session::request::private_build::PrivateBuild;
use crate::error::Error;
use crate::store::manifest::ListedFile;
use crate::store::{Staging, list};

/// The number of lines of a failed build's output that a report shows.
const MOST_OUTPUT: usize = 5;

/// A new build.
pub(super) enum Build {
    Files(Files),
    Fails(String),
    /// The key is another one in that environment.
    OtherKey,
}

/// The files of a new build.
pub(super) struct Files {
    staging: Staging,
    listed: Vec<ListedFile>,
}

impl Files {
    pub(super) fn listed(staging: Staging) -> Result<Files, Error> {
        let listed = list(&staging.files())?;
        Ok(Files { staging, listed })
    }

    pub(super) fn directory(&self) -> PathBuf {
        self.staging.files()
    }

    pub(super) fn side(&self) -> Side<'_> {
        Side { directory: self.directory(), files: &self.listed, is_stored: false }
    }
}

/// A comparison with the stored artifact.
pub(super) enum Compared {
    Same,
    Different,
    OtherKey,
}

impl<'a> Verifier<'a, '_> {
    /// Builds the artifact under these circumstances, and compares it with the stored one.
    pub(super) fn compared(&mut self, circumstances: &Circumstances) -> Result<Compared, Error> {
        let built = self.build(circumstances)?;
        if matches!(built, Build::OtherKey) {
            return Ok(Compared::OtherKey);
        }
        Ok(if self.differences_from_stored(&built)?.is_some() { Compared::Different } else { Compared::Same })
    }

    pub(super) fn build(&mut self, circumstances: &Circumstances) -> Result<Build, Error> {
        self.record.builds += 1;
        if !self.request.session.can_be_repeated() {
            return Ok(match self.request.files_again() {
                Ok(staging) => Build::Files(Files::listed(staging)?),
                Err(error) => Build::Fails(error.report()),
            });
        }
        let log = self.request.private_log(&format!("verify-{}", self.record.builds));
        let built = if self.request.meta.is_hermetic {
            let temporary = Staging::private()?;
            self.request.build_in_child(&self.request.clean_with(&temporary, circumstances), &log)?
        } else {
            self.request.build_in_child(circumstances, &log)?
        };
        Ok(match built {
            PrivateBuild::Built { staging, .. } => {
                Files::listed(staging).map_or_else(|error| Build::Fails(error.report()), Build::Files)
            }
            PrivateBuild::Failed { message, output } => Build::Fails(with_output(message, &output)),
            PrivateBuild::OtherKey => Build::OtherKey,
        })
    }

    /// Returns the differences of a new build from the stored artifact; `None` without any.
    pub(super) fn differences_from_stored(&self, built: &Build) -> Result<Option<Vec<String>>, Error> {
        let failed = |lines: &str| {
            let head = "the new build fails:".to_owned();
            let lines = lines.lines().map(|line| format!("  {line}"));
            Ok(Some(std::iter::once(head).chain(lines).collect()))
        };
        match built {
            Build::Files(files) => self.differences_between(self.stored_side(), "stored", files.side(), "new"),
            Build::Fails(message) => failed(message),
            Build::OtherKey => failed("its key is another one in the process that builds"),
        }
    }

    pub(super) fn differences(
        &self,
        left: (&Files, &str),
        right: (&Files, &str),
    ) -> Result<Option<Vec<String>>, Error> {
        self.differences_between(left.0.side(), left.1, right.0.side(), right.1)
    }

    /// Compares the bytes and, if they differ, the values by the artifact's `same`.
    pub(super) fn differences_between(
        &self,
        left: Side<'_>,
        left_name: &str,
        right: Side<'_>,
        right_name: &str,
    ) -> Result<Option<Vec<String>>, Error> {
        if left.has_the_bytes_of(&right) {
            return Ok(None);
        }
        let mut differences = compare::differences((&left, left_name), (&right, right_name))?;
        match self.load(&left).and_then(|left| Ok((left, self.load(&right)?))) {
            Ok((one, other)) => match guarded(|| Ok(self.request.artifact.same(&one, &other))) {
                Ok(Ok(())) => return Ok(None),
                Ok(Err(reason)) if !reason.is_empty() => differences.insert(0, reason),
                Ok(Err(_)) => {}
                Err(panic) => differences.insert(0, format!("its `same` failed: {panic}")),
            },
            Err(error) => differences.push(format!("one of them does not load: {}", error.report_line())),
        }
        Ok(Some(differences))
    }

    pub(super) fn load(&self, side: &Side<'_>) -> Result<Value, Error> {
        let loading = self.request.loading();
        let loaded = if side.is_stored {
            loading.load_stored(&side.directory, side.files, false)?
        } else {
            loading.load_private(&side.directory)?
        };
        // The process may have mapped the files: they stay until it ends.
        std::mem::forget(loaded.private);
        Ok(loaded.value)
    }

    pub(super) fn stored_side(&self) -> Side<'a> {
        Side { directory: self.entry.directory.clone(), files: &self.entry.manifest.files, is_stored: true }
    }
}

/// Adds the last lines of a failed build's output to its message.
fn with_output(mut message: String, output: &str) -> String {
    let lines: Vec<&str> = output.lines().filter(|line| !line.trim().is_empty()).collect();
    for line in &lines[lines.len().saturating_sub(MOST_OUTPUT)..] {
        let _ = write!(message, "\n| {line}");
    }
    message
}
