//! The commands `list`, `verify` and `clean`: what lies in the cache.

use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use bytesize::ByteSize;
use cached_smoke::tooling::{
    Building, Config, Removed, StoredArtifact, Unreadable, Verdict, building, remove, stored, verify,
};
use comfy_table::Cell;
use serde::Serialize;

use crate::arguments::{CleanArguments, StoredArguments};
use crate::building::Line;
use crate::configuration;
use crate::output;
use crate::progress::Bar;
use crate::selection::is_meant;
use crate::table::{self, Row};

/// A line of `list` or `verify`.
#[derive(Serialize)]
struct StoredRow {
    repo: String,
    artifact: String,
    key: String,
    bytes: u64,
    build_seconds: Option<f64>,
    /// Seconds since 1970.
    last_used: u64,
    /// `ok`, `damaged`, `newer`; for programs also `building`, of what is not there yet, or is replaced.
    state: &'static str,
    reason: String,
    suite: Option<String>,
    config: Vec<serde_json::Value>,
    /// For people.
    #[serde(skip)]
    configuration: String,
}

impl From<&StoredArtifact> for StoredRow {
    fn from(stored: &StoredArtifact) -> StoredRow {
        let (state, reason) = match &stored.manifest {
            Ok(_) => ("ok", String::new()),
            Err(Unreadable::Newer(format)) => ("newer", format!("written by a later version, in format {format}")),
            Err(Unreadable::Damaged(damage)) => ("damaged", damage.clone()),
            Err(_) => ("damaged", String::new()),
        };
        StoredRow {
            repo: stored.repo.clone(),
            artifact: stored.artifact.clone(),
            key: stored.key(),
            bytes: stored.bytes,
            build_seconds: stored.manifest.as_ref().ok().map(|made| made.build_seconds),
            last_used: stored.last_used.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs(),
            state,
            reason,
            suite: { stored.manifest.as_ref().ok() }
                .and_then(|made| configuration::suite(&made.key_inputs).map(str::to_owned)),
            config: { stored.manifest.as_ref() }
                .map_or_else(|_| Vec::new(), |made| configuration::configs(&made.key_inputs)),
            configuration: String::new(),
        }
    }
}

impl From<&Building> for StoredRow {
    fn from(one: &Building) -> StoredRow {
        StoredRow {
            repo: one.repo.clone(),
            artifact: one.artifact.clone(),
            key: one.key.clone(),
            bytes: 0,
            build_seconds: None,
            last_used: SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs(),
            state: "building",
            reason: Line(one).to_string(),
            suite: None,
            config: Vec::new(),
            configuration: String::new(),
        }
    }
}

impl Row for StoredRow {
    const HEADERS: &'static [&'static str] =
        &["repo", "artifact", "configuration", "state", "size", "build_seconds", "last used", "key"];
    const OPTIONAL: Option<&'static str> = Some("configuration");

    fn cells(&self) -> Vec<Cell> {
        let is_good = match self.state {
            "ok" => Some(true),
            "newer" => None,
            _ => Some(false),
        };
        vec![
            Cell::new(&self.repo),
            Cell::new(&self.artifact),
            Cell::new(&self.configuration),
            table::state(self.state, is_good),
            Cell::new(ByteSize(self.bytes)),
            self.build_seconds.map_or_else(|| Cell::new("-"), table::seconds),
            Cell::new(ago(self.last_used)),
            Cell::new(&self.key),
        ]
    }
}

/// How long ago, in the largest unit that there is one of.
fn ago(seconds_since_1970: u64) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let seconds = now.saturating_sub(seconds_since_1970);
    match seconds {
        0..60 => "just now".to_owned(),
        60..3600 => format!("{} m ago", seconds / 60),
        3600..86_400 => format!("{} h ago", seconds / 3600),
        _ => format!("{} d ago", seconds / 86_400),
    }
}

/// All artifacts, or those of some repositories.
pub(crate) fn meant(config: &Config, repos: &[String]) -> Result<Vec<StoredArtifact>, String> {
    let mut stored = stored(config).map_err(|error| error.report())?;
    for name in repos {
        if config.repo(name).is_err() && !stored.iter().any(|stored| stored.repo == *name) {
            config.repo(name).map_err(|error| error.report())?;
        }
    }
    stored.retain(|stored| is_meant(repos, &stored.repo));
    Ok(stored)
}

/// A row for each, which says how its configuration differs from the others' of its artifact.
fn rows(all: &[StoredArtifact]) -> Vec<StoredRow> {
    let known: Vec<_> = all
        .iter()
        .map(|stored| {
            (&*stored.repo, &*stored.artifact, stored.manifest.as_ref().ok().map(|made| &made.key_inputs[..]))
        })
        .collect();
    let rows = all.iter().map(StoredRow::from).zip(configuration::differences(&known));
    rows.map(|(row, configuration)| StoredRow { configuration, ..row }).collect()
}

fn total(rows: &[StoredRow]) -> String {
    format!("{} artifacts, {}", rows.len(), ByteSize(rows.iter().map(|row| row.bytes).sum()))
}

/// The command `list`.
pub(crate) fn list(config: &Config, arguments: &StoredArguments) -> Result<ExitCode, String> {
    let mut rows = rows(&meant(config, &arguments.repos)?);
    let being_built: Vec<Building> =
        building(config).into_iter().filter(|one| is_meant(&arguments.repos, &one.repo)).collect();
    if arguments.json {
        rows.extend(being_built.iter().map(StoredRow::from));
    }
    table::print(&rows, arguments.json);
    if !arguments.json {
        for one in &being_built {
            output::line(format_args!("building {}", Line(one)));
        }
        output::line(format_args!("{} in {}", total(&rows), config.cache_dir().display()));
    }
    Ok(ExitCode::SUCCESS)
}

/// The command `verify`.
pub(crate) fn run_verify(config: &Config, arguments: &StoredArguments) -> Result<ExitCode, String> {
    let stored = meant(config, &arguments.repos)?;
    let bar = Bar::new("verifying", stored.len());
    let mut rows = rows(&stored);
    for (artifact, row) in stored.iter().zip(&mut rows) {
        bar.at(&format!("{} of {}", artifact.artifact, artifact.repo));
        if let Verdict::Damaged { reason, is_set_aside } = verify(config, artifact).map_err(|error| error.report())? {
            let mend = if is_set_aside {
                "set aside; the next test that asks for it builds it anew"
            } else {
                "it is in use; verify again when it is not"
            };
            (row.state, row.reason) = ("damaged", format!("{reason}; {mend}"));
        }
        bar.done();
    }
    bar.finish();
    let damaged: Vec<&StoredRow> = rows.iter().filter(|row| row.state == "damaged").collect();
    table::print(&rows, arguments.json);
    if !arguments.json {
        for row in &damaged {
            output::line(format_args!("{} of {}: {}", row.artifact, row.repo, output::plain(&row.reason)));
        }
        output::line(format_args!("{}: {} damaged", total(&rows), damaged.len()));
    }
    Ok(if damaged.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The command `clean`.
pub(crate) fn clean(config: &Config, arguments: &CleanArguments) -> Result<ExitCode, String> {
    let stored = meant(config, &arguments.repos)?;
    let (mut bytes, mut removed, mut kept) = (0, 0, 0);
    for artifact in &stored {
        if arguments.dry_run {
            output::line(format_args!(
                "would remove {} of {} ({})",
                artifact.artifact,
                artifact.key(),
                ByteSize(artifact.bytes)
            ));
        } else if let Removed::Kept(reason) = remove(config, artifact).map_err(|error| error.report())? {
            kept += 1;
            output::line(format_args!("kept {} of {}: {reason}", artifact.artifact, artifact.key()));
            continue;
        }
        (bytes, removed) = (bytes + artifact.bytes, removed + 1);
    }
    if !arguments.dry_run {
        // The trash is emptied.
        cached_smoke::tooling::collect(config, &cached_smoke::tooling::Policy::default())
            .map_err(|error| error.report())?;
    }
    let would = if arguments.dry_run { "would remove" } else { "removed" };
    output::line(format_args!("{would} {removed} artifacts ({}); kept {kept}", ByteSize(bytes)));
    Ok(ExitCode::SUCCESS)
}
