//! The artifacts that a run with `SMOKE_VERIFY` has built again, and the results of the comparisons.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::json_lines;
use crate::run::Run;

/// The name of the file in the directory of a run.
pub(super) const FILE: &str = "verifications.jsonl";

/// The result of building a stored artifact again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Rebuilt {
    /// The new build is the same as the stored artifact.
    Same,
    /// The artifact was not compared, for the reason in the report: the new build could not run to its end.
    Unverified,
    /// The new builds differ from each other.
    NotDeterministic,
    /// A new build in the same environment is the same, and one in another environment is not.
    Varies,
    /// The artifact no longer builds.
    Fails,
    /// The new builds agree, and differ from the stored artifact: the key lacks an input.
    Stale,
}

impl Rebuilt {
    /// Returns `true` if the artifact depends on something that its key does not name.
    pub fn is_finding(self) -> bool {
        !matches!(self, Rebuilt::Same | Rebuilt::Unverified)
    }
}

impl fmt::Display for Rebuilt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Rebuilt::Same => "same",
            Rebuilt::Unverified => "unverified",
            Rebuilt::NotDeterministic => "not deterministic",
            Rebuilt::Varies => "varies",
            Rebuilt::Fails => "fails",
            Rebuilt::Stale => "stale",
        })
    }
}

/// The record of one verified artifact.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Verification {
    /// The name of the repository.
    pub repo: String,
    /// The name of the artifact.
    pub artifact: String,
    /// The key for display: repository, revision, and the first digits of the digest.
    pub key: String,
    /// The result.
    pub result: Rebuilt,
    /// The differences and their likely causes, a line each. Empty for the same artifact.
    pub report: Vec<String>,
    /// The action that resolves a finding; empty without one.
    pub help: String,
    /// The variables and other parts of the environment that change the build, if they are known.
    pub causes: Vec<String>,
    /// The directory that keeps the builds that differ.
    pub kept: Option<String>,
    /// The number of new builds.
    pub builds: u32,
    /// The duration of all of them, in seconds.
    pub seconds: f64,
}

impl Verification {
    pub(crate) fn new(repo: &str, artifact: &str, key: &str) -> Verification {
        Verification {
            repo: repo.to_owned(),
            artifact: artifact.to_owned(),
            key: key.to_owned(),
            result: Rebuilt::Same,
            report: Vec::new(),
            help: String::new(),
            causes: Vec::new(),
            kept: None,
            builds: 0,
            seconds: 0.0,
        }
    }

    /// Appends the record to the file of the run. Without it, the tool misses this artifact; tests do not.
    pub(crate) fn emit(&self, run: &Run) {
        let _ = json_lines::append(&run.directory().join(FILE), self);
    }
}
