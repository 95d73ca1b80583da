//! The evidence for a finding: what changed since the stored build, and the builds that differ.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::Verifier;
use super::compare::Side;
use crate::api::session::request::environment;
use crate::error::Error;
use crate::store::copy::{self, Large};
use crate::store::manifest::Changed;
use crate::units;

/// The number of changes of the environment that a report lists.
pub(super) const MOST_CHANGES: usize = 12;
/// The limit on the time of `diffoscope`, which may take hours for large files.
const DIFF_LIMIT: Duration = Duration::from_secs(60);

impl Verifier<'_, '_> {
    /// Adds what differs between the environments of the stored build and of this process.
    pub(super) fn report_changes(&mut self) {
        let Some(changes) = self.changes() else {
            let text = "the environment of the stored build is not known: another machine or version built it";
            self.record.report.push(text.to_owned());
            return;
        };
        let age = SystemTime::now()
            .duration_since(UNIX_EPOCH + Duration::from_secs(self.entry.manifest.completed))
            .unwrap_or_default();
        let since = format!("since the stored build, {} ago", age_of(age));
        if changes.is_empty() {
            self.record.report.push(format!("{since}, no variable and no other known part of the environment changed"));
            return;
        }
        self.record.report.push(format!("{since}, these changed:"));
        for change in changes.iter().take(MOST_CHANGES) {
            self.record.report.push(format!("  {change}"));
        }
        if changes.len() > MOST_CHANGES {
            self.record.report.push(format!("  and {} more", changes.len() - MOST_CHANGES));
        }
        self.record.causes = changes.iter().map(ToString::to_string).collect();
    }

    /// Returns `true` unless the environment is known to be that of the stored build.
    pub(super) fn is_environment_changed(&self) -> bool {
        self.changes().is_none_or(|changes| !changes.is_empty())
    }

    /// Returns how this process differs from the environment of the stored build, if that is known.
    fn changes(&self) -> Option<Vec<Changed>> {
        Some(self.entry.manifest.environment.as_ref()?.changes(&environment::of_this_process()))
    }

    pub(super) fn help_for_key(&self) -> String {
        let artifact = self.request.meta.name;
        let changes = self.changes().unwrap_or_default();
        let variables: Vec<String> = changes
            .into_iter()
            .filter_map(|change| match change {
                Changed::Variable { name, .. } => Some(name),
                Changed::Fact(_) => None,
            })
            .collect();
        match &variables[..] {
            [one] => format!("if the build of `{artifact}` reads it, add `key.env(\"{one}\")` to its `key`"),
            _ => format!(
                "declare what the build of `{artifact}` reads in its `key`: `key.env(\"…\")`, `key.file(\"…\")`, \
                 `key.directory(\"…\")` or `key.tool(\"…\")`"
            ),
        }
    }

    /// Keeps builds that differ in the directory of the run, with the report of `diffoscope` if that is installed.
    pub(super) fn keep(&mut self, sides: &[(&str, Side<'_>)]) {
        let key = self.request.resolved_key.key.digest();
        let name = format!("{}-{}-{}", self.request.repo(), self.request.meta.name, key.get(..16).unwrap_or(key));
        let directory = self.request.process.run.directory().join("rebuilt").join(name);
        let _ = fs::remove_dir_all(&directory);
        for (name, side) in sides {
            let target = directory.join(name);
            let copied = fs::create_dir_all(&target).map_err(Error::io("create", &target));
            if let Err(error) = copied.and_then(|()| copy::copy(&side.directory, side.files, &target, Large::Copied)) {
                self.record.report.push(format!("the builds are not kept: {}", error.report_line()));
                return;
            }
        }
        let shown = directory.display();
        self.record.report.push(format!("both are in {shown}"));
        if let [(one, _), (other, _)] = sides
            && let Some(report) = diffoscope(&directory, one, other)
        {
            self.record.report.push(format!("the report of diffoscope is {}", report.display()));
        }
        self.record.kept = Some(shown.to_string());
    }
}

/// Returns the report of `diffoscope` about two directories, if the program is installed and fast enough.
fn diffoscope(directory: &Path, one: &str, other: &str) -> Option<PathBuf> {
    let report = directory.join("diffoscope.txt");
    let mut child = Command::new("diffoscope")
        .arg("--text")
        .arg(&report)
        .args([one, other])
        .current_dir(directory)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let begun = Instant::now();
    while matches!(child.try_wait(), Ok(None)) {
        if begun.elapsed() > DIFF_LIMIT {
            let _ = child.kill();
            let _ = child.wait();
            return None;
        }
        thread::sleep(Duration::from_millis(50));
    }
    report.is_file().then_some(report)
}

/// Returns the age of a build, for people.
fn age_of(age: Duration) -> String {
    const HOUR: u64 = 60 * 60;
    match age.as_secs() / HOUR {
        0 => units::duration(age.as_secs_f64()),
        hours @ ..48 => format!("{hours} h"),
        hours => format!("{} days", hours / 24),
    }
}
