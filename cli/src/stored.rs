//! The artifacts in the cache, as rows of `list` and `verify`.

use cached_smoke::tooling::units::Size;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use cached_smoke::tooling::{Building, Config, ManifestInfo, NO_REPO, StoredArtifact, Unreadable, stored};
use clap::Args;
use serde::Serialize;

use crate::building::Line;
use crate::configuration;
use crate::duration::duration;
use crate::output;
use crate::report::counted;
use crate::selection::is_selected;
use crate::table::{self, Cell, Column, Row, Tone};

#[derive(Args, Debug)]
pub(crate) struct StoredArguments {
    /// Select repositories; all in the cache if none is named.
    pub(crate) repos: Vec<String>,

    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// One artifact.
#[derive(Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Stored"))]
pub(crate) struct StoredRow {
    pub(crate) repo: String,
    pub(crate) artifact: String,
    /// Repository, revision, and the first digits of the digest.
    key: String,
    /// The size on disk.
    bytes: u64,
    /// The duration of its build, if the manifest can be read.
    build_seconds: Option<f64>,
    /// The numbers that the build recorded, by name.
    metrics: BTreeMap<String, f64>,
    /// In seconds since 1970.
    last_used: u64,
    /// `ok`, `damaged` or `newer`; in JSON also `building`, for an artifact that is not stored yet, or is being
    /// replaced.
    pub(crate) state: &'static str,
    /// The reason for the state.
    pub(crate) reason: String,
    /// The directory of the workspace that built or fetched the artifact, if its manifest names it.
    project: Option<String>,
    /// The suite of the artifact, if it has one.
    suite: Option<String>,
    /// The configurations of the artifact and of its dependencies.
    config: Vec<serde_json::Value>,
    /// The difference from other configurations of the artifact, for the table.
    #[serde(skip)]
    configuration: String,
}

impl StoredRow {
    fn new(stored: &StoredArtifact, configuration: String) -> StoredRow {
        let (state, reason) = match &stored.manifest {
            Ok(_) => ("ok", String::new()),
            Err(Unreadable::Newer(format)) => ("newer", format!("written by a later version, in format {format}")),
            Err(Unreadable::Damaged(damage)) => ("damaged", damage.clone()),
            Err(_) => ("damaged", String::new()),
        };
        let made = stored.manifest.as_ref().ok();
        let inputs = inputs(stored).unwrap_or_default();
        StoredRow {
            repo: stored.repo.clone(),
            artifact: stored.artifact.clone(),
            key: stored.key(),
            bytes: stored.bytes,
            build_seconds: made.map(|made| made.build_seconds),
            metrics: made.map(|made| made.metrics.clone()).unwrap_or_default(),
            last_used: seconds_since_1970(stored.last_used),
            state,
            reason,
            project: made.and_then(|made| made.project.clone()),
            suite: configuration::suite(inputs).map(str::to_owned),
            config: configuration::configs(inputs),
            configuration,
        }
    }
}

impl From<&Building> for StoredRow {
    fn from(one: &Building) -> StoredRow {
        StoredRow {
            repo: one.repo.clone(),
            artifact: one.artifact.clone(),
            key: one.key.clone(),
            last_used: seconds_since_1970(SystemTime::now()),
            state: "building",
            reason: Line(one).to_string(),
            ..StoredRow::default()
        }
    }
}

impl Row for StoredRow {
    const COLUMNS: &'static [Column] = &[
        Column::name("repo"),
        Column::name("artifact"),
        Column::name("configuration"),
        Column::text("project", 0),
        Column::text("state", 1),
        Column::number("size", 0),
        Column::number("build", 3),
        Column::text("last used", 2),
        Column::text("metrics", 5),
        Column::text("key", 4),
    ];

    fn cells(&self) -> Vec<Cell> {
        let tone = match self.state {
            "ok" => Tone::Good,
            "newer" => Tone::Fair,
            _ => Tone::Bad,
        };
        vec![
            Cell::new(if self.repo == NO_REPO { "" } else { &self.repo }),
            Cell::new(&self.artifact),
            Cell::new(&self.configuration),
            Cell::new(self.project.as_deref().map(project_name).unwrap_or_default()),
            Cell::toned(self.state, tone),
            Cell::new(Size(self.bytes).to_string()),
            Cell::new(self.build_seconds.map(duration).unwrap_or_default()),
            Cell::new(ago(self.last_used)),
            Cell::new(table::metrics(&self.metrics)),
            Cell::new(&self.key),
        ]
    }
}

fn inputs(stored: &StoredArtifact) -> Option<&[cached_smoke::tooling::KeyInput]> {
    stored.manifest.as_ref().ok().map(|ManifestInfo { key_inputs, .. }| &key_inputs[..])
}

/// Returns the name of a project: the last component of its directory.
fn project_name(project: &str) -> String {
    let directory = Path::new(project);
    directory.file_name().unwrap_or(directory.as_os_str()).to_string_lossy().into_owned()
}

fn seconds_since_1970(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

fn ago(last_used: u64) -> String {
    match seconds_since_1970(SystemTime::now()).saturating_sub(last_used) {
        0 => "now".to_owned(),
        seconds => format!("{} ago", duration(Duration::from_secs(seconds).as_secs_f64())),
    }
}

/// Returns the artifacts of the named repositories; all if no name is given.
///
/// # Errors
/// Fails for a name that neither the cache nor `smoke.toml` knows.
pub(crate) fn select_stored(config: &Config, repos: &[String]) -> anyhow::Result<Vec<StoredArtifact>> {
    let mut stored = stored(config)?;
    for name in repos {
        if name != NO_REPO && !stored.iter().any(|stored| stored.repo == *name) {
            config.repo(name)?;
        }
    }
    stored.retain(|stored| is_selected(repos, &stored.repo));
    Ok(stored)
}

/// Returns a row for each artifact.
pub(crate) fn rows(all: &[StoredArtifact]) -> Vec<StoredRow> {
    let known: Vec<_> = all.iter().map(|stored| (&*stored.repo, &*stored.artifact, inputs(stored))).collect();
    let differences = configuration::differences(&known);
    all.iter().zip(differences).map(|(stored, difference)| StoredRow::new(stored, difference)).collect()
}

/// Returns the number of artifacts and their size.
pub(crate) fn total(rows: &[StoredRow]) -> String {
    format!("{}, {}", counted(rows.len(), "artifact"), Size(rows.iter().map(|row| row.bytes).sum()))
}

/// Prints the reason of each artifact that cannot be used.
pub(crate) fn print_reasons(rows: &[StoredRow]) {
    for row in rows.iter().filter(|row| !row.reason.is_empty()) {
        output::sentence(format_args!("{} of {}: {}", row.artifact, row.repo, output::plain(&row.reason)));
    }
}
