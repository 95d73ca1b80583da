//! The uses of a build that its key does not cover, and the line that declares each.

mod covered;
mod suggestion;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::cover::Cover;
use super::trace::{Action, Trace, Use};
use covered::Covered;
use suggestion::Suggestion;

/// Something that the build uses and its key does not cover.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The kind of the use.
    pub kind: Kind,
    /// The path, the program or the address.
    pub subject: String,
    /// The program that uses it; `None` for the builder itself.
    pub program: Option<String>,
    /// The line for `Artifact::key`, if a key can cover it.
    pub line: Option<String>,
    /// The action that helps if no line does.
    pub help: Option<String>,
    /// The system refused it: the process lacks a permission.
    pub is_denied: bool,
    /// The number of paths that this finding stands for.
    pub count: usize,
}

/// The kind of an undeclared use. Of two uses of a path, the later kind is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The build looks for a file that does not exist.
    Missing,
    /// The build finds a file or directory, and does not read it.
    Found,
    /// The build reads a file.
    Read,
    /// The build lists a directory.
    Listed,
    /// The build starts a program.
    Executed,
    /// The build connects to an address, or sends to it.
    Connected,
}

/// The questions about the machine that the analysis asks.
pub trait Machine {
    /// Returns those of the paths in the repository that its key skips, because git ignores them.
    fn ignored(&self, repository: &Path, paths: &[PathBuf]) -> Vec<PathBuf>;
    /// Returns `true` if the program prints its version.
    fn has_version(&self, program: &Path) -> bool;
    /// Returns the program that the first line of a script names.
    fn interpreter(&self, script: &Path) -> Option<PathBuf>;
    /// Returns the path without links, if there is a file.
    fn real(&self, path: &Path) -> Option<PathBuf>;
}

/// The uses that the key does not cover, by their paths, or by their addresses with `true`.
type Open<'a> = BTreeMap<(bool, PathBuf), (Kind, &'a Use)>;

/// Returns everything that the build uses and the key does not cover, sorted by kind and subject.
pub fn findings(cover: &Cover, trace: &Trace, machine: &dyn Machine) -> Vec<Finding> {
    let uses = with_programs(&trace.uses, cover, machine);
    let covered = Covered::new(cover, &uses);
    let mut own = Own::default();
    let mut open = Open::new();
    let mut in_repository: BTreeMap<PathBuf, (Kind, &Use)> = BTreeMap::new();
    for used in &uses {
        own.add(used);
        let Some(kind) = kind(used.action) else { continue };
        if kind == Kind::Connected {
            if !covered.is_local(&used.path) {
                open.entry((true, used.path.clone())).or_insert((kind, used));
            }
            continue;
        }
        if own.has(used) || covered.covers(used) {
            if covered.is_in_repository(&used.path) && kind != Kind::Found {
                in_repository.entry(used.path.clone()).or_insert((kind, used));
            }
            continue;
        }
        let entry = open.entry((false, subject(used))).or_insert((kind, used));
        if kind > entry.0 {
            *entry = (kind, used);
        }
    }
    if let Some(repository) = &cover.repository {
        let inside: Vec<PathBuf> = in_repository.keys().cloned().collect();
        for ignored in machine.ignored(repository, &inside) {
            if let Some(found) = in_repository.remove(&ignored) {
                open.insert((false, ignored), found);
            }
        }
    }
    open.retain(|(is_address, path), (_, _)| !is_address || !own.is_bound(path));
    let all_paths: BTreeSet<PathBuf> = uses.iter().flat_map(paths).collect();
    // A path on the way to another one, which `canonicalize` and `exists` look at.
    open.retain(|(_, path), (kind, used)| {
        let is_metadata = *kind == Kind::Found && (used.action != Action::Find || path.is_dir());
        !(is_metadata && (covered.is_above(path) || is_above(&all_paths, path)))
    });
    let suggestion = Suggestion { cover, machine };
    let mut below: BTreeMap<&Path, usize> = BTreeMap::new();
    let mut found: Vec<Finding> = Vec::new();
    // A directory comes before the paths below it, so these are counted last.
    let mut paths: Vec<&Path> = Vec::new();
    for ((_, path), (kind, used)) in &open {
        if let Some(directory) = above(&open, &suggestion, path, *kind) {
            *below.entry(directory).or_default() += 1;
        } else {
            found.push(suggestion.finding(*kind, path, used));
            paths.push(path);
        }
    }
    for (finding, path) in found.iter_mut().zip(paths) {
        finding.count += below.get(path).copied().unwrap_or_default();
    }
    found.sort_by(|left, right| (left.kind, &left.subject).cmp(&(right.kind, &right.subject)));
    found
}

/// Returns the directory of a finding that covers the path, too.
fn above<'a>(open: &Open<'_>, suggestion: &Suggestion<'_>, path: &'a Path, kind: Kind) -> Option<&'a Path> {
    path.ancestors().skip(1).filter(|above| above.is_absolute()).find(|above| {
        open.get(&(false, (*above).to_owned())).is_some_and(|(directory, _)| match directory {
            // `key.directory` covers everything below it.
            Kind::Listed => !matches!(kind, Kind::Connected | Kind::Executed) && !suggestion.is_broad(above),
            // Nothing is below a path that does not exist.
            Kind::Missing => kind == Kind::Missing,
            _ => false,
        })
    })
}

fn kind(action: Action) -> Option<Kind> {
    match action {
        Action::Read => Some(Kind::Read),
        Action::List => Some(Kind::Listed),
        Action::Find | Action::FindDirectory => Some(Kind::Found),
        Action::Miss | Action::MissProgram => Some(Kind::Missing),
        Action::Execute => Some(Kind::Executed),
        Action::Connect => Some(Kind::Connected),
        Action::Create | Action::Move | Action::Bind => None,
    }
}

/// Returns the path that a use is reported by. A program that is not found has one name for all directories.
fn subject(used: &Use) -> PathBuf {
    match (used.action, used.path.file_name()) {
        (Action::MissProgram, Some(name)) => PathBuf::from(name),
        _ => used.path.clone(),
    }
}

/// Returns the path of a use as it was named, and without links. For a move, the new path and the old one.
fn paths(used: &Use) -> Vec<PathBuf> {
    std::iter::once(&used.path).chain(&used.real).cloned().collect()
}

fn is_above(all: &BTreeSet<PathBuf>, path: &Path) -> bool {
    let after = (std::ops::Bound::Excluded(path.to_owned()), std::ops::Bound::Unbounded);
    // The set is sorted by components, so everything below a path follows it at once.
    all.range(after).next().is_some_and(|next| next.starts_with(path))
}

/// Adds the interpreters of scripts, which the system starts without a call, and the paths of programs without links:
/// `/bin/sh` and `/usr/bin/sh` may be one program. A file that is missing in a directory of `PATH` is a missing
/// program.
fn with_programs(uses: &[Use], cover: &Cover, machine: &dyn Machine) -> Vec<Use> {
    let mut all = Vec::with_capacity(uses.len());
    for used in uses {
        match used.action {
            Action::Execute => {
                for path in std::iter::once(used.path.clone()).chain(machine.interpreter(&used.path)) {
                    all.push(Use { real: machine.real(&path), path, ..used.clone() });
                }
            }
            Action::Miss if is_on_search_path(cover, &used.path) => {
                all.push(Use { action: Action::MissProgram, ..used.clone() });
            }
            _ => all.push(used.clone()),
        }
    }
    all
}

/// Returns `true` for a file in a directory of `PATH`.
fn is_on_search_path(cover: &Cover, path: &Path) -> bool {
    path.parent().is_some_and(|parent| cover.search_path.iter().any(|directory| directory == parent))
}

/// The files and addresses that the build itself creates.
#[derive(Default)]
struct Own {
    created: BTreeSet<PathBuf>,
    bound: BTreeSet<PathBuf>,
}

impl Own {
    fn add(&mut self, used: &Use) {
        match used.action {
            Action::Create => self.created.extend(paths(used)),
            Action::Move if used.real.as_deref().is_some_and(|from| self.has_path(from)) => {
                self.created.insert(used.path.clone());
            }
            Action::Bind => {
                self.bound.insert(used.path.clone());
            }
            _ => {}
        }
    }

    fn has(&self, used: &Use) -> bool {
        paths(used).iter().any(|path| self.has_path(path))
    }

    fn has_path(&self, path: &Path) -> bool {
        path.ancestors().any(|path| self.created.contains(path))
    }

    /// Returns `true` if the build waits for connections at the address.
    fn is_bound(&self, address: &Path) -> bool {
        let port =
            |address: &Path| address.to_str().and_then(|text| text.rsplit_once(':')).map(|(_, port)| port.to_owned());
        let is_every =
            |bound: &&PathBuf| ["0.0.0.0:", "[::]:"].iter().any(|every| bound.to_string_lossy().starts_with(every));
        let is_loopback = ["127.", "[::1]"].iter().any(|start| address.to_string_lossy().starts_with(start));
        self.bound.contains(address)
            || is_loopback && self.bound.iter().filter(is_every).any(|bound| port(bound) == port(address))
    }
}

#[cfg(test)]
mod tests;
