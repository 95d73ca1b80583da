//! The retention policy: removes artifacts that are too old or one version too many, and then the least recently used
//! ones until the rest fits into the size limit.
//!
//! [`collect`] applies the policy, given the time; it touches no file. Never removed are artifacts that a process uses
//! or builds, artifacts of a later version of this crate, and unknown files. The size limit of a run also spares the
//! artifacts that its tests used last time: otherwise tests that need more than the limit would build in each run.
//! Nothing waits: if another process is
//! collecting, this one does not.

use std::collections::{BTreeSet, HashMap};
use std::fs::File;
use std::time::{Duration, SystemTime};

use super::inventory::{Stored, inventory, orphans};
use super::removal::{Removal, remove};
use crate::error::Error;
use crate::file_lock::FileLock;
use crate::key::{KeyInput, configuration};
use crate::layout::{self, ArtifactPath, Layout};
use crate::units::Size;

/// The limits of the cache. An absent limit allows everything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// The size limit of all artifacts together, in bytes.
    pub max_bytes: Option<u64>,
    /// The limit of the time since the last use of an artifact.
    pub max_age: Option<Duration>,
    /// The limit of versions of one artifact of one repository, suite and configuration. Entries that differ in the
    /// value of a declared input are versions of one another. Entries whose manifest cannot be read are counted
    /// separately.
    pub max_versions: Option<usize>,
}

/// The result of applying a policy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Collected {
    /// The removed artifacts as `repository/entry/artifact`, in the order of their removal.
    pub removed: Vec<String>,
    /// The size of the removed artifacts, in bytes.
    pub freed_bytes: u64,
    /// The size of the remaining artifacts, in bytes.
    pub kept_bytes: u64,
    /// The number of artifacts over the limits that stay because they are in use.
    pub in_use: usize,
    /// The reason of each removal that failed.
    pub failures: Vec<String>,
}

/// Applies the policy, and removes orphaned files of killed processes. Returns `None` if another process is collecting.
/// Removed artifacts stay in the trash until the next sweep. Artifacts that are not in scope neither count nor go. The
/// size limit does not apply to those that `is_spared`
/// names.
///
/// # Errors
/// Fails if the cache cannot be written to.
pub(crate) fn enforce(
    layout: &Layout,
    policy: &Policy,
    now: SystemTime,
    is_in_scope: &dyn Fn(&Stored) -> bool,
    is_spared: &dyn Fn(&ArtifactPath) -> bool,
) -> Result<Option<Collected>, Error> {
    let (removable, orphans) = (removable(layout, is_in_scope), orphans(layout));
    if removable.is_empty() && orphans.is_empty() {
        // Before the lock: a file system without locks has no artifacts, and the policy succeeds there, too.
        return Ok(Some(Collected::default()));
    }
    let Some(_lock) = lock(layout)? else { return Ok(None) };
    for orphan in orphans {
        remove(layout, &orphan);
    }
    Ok(Some(collect(removable, policy, now, is_spared, &|stored| remove(layout, &stored.artifact_path))))
}

/// Returns the result that [`enforce`] would have if no artifact were in use. Removes nothing.
pub(crate) fn dry_run(
    layout: &Layout,
    policy: &Policy,
    now: SystemTime,
    is_in_scope: &dyn Fn(&Stored) -> bool,
) -> Collected {
    collect(removable(layout, is_in_scope), policy, now, &|_| false, &|_| Removal::Removed)
}

fn removable(layout: &Layout, is_in_scope: &dyn Fn(&Stored) -> bool) -> Vec<Stored> {
    inventory(layout).into_iter().filter(|stored| !stored.is_foreign() && is_in_scope(stored)).collect()
}

/// The messages of [`keep_within`].
#[derive(Debug, Default)]
pub(crate) struct Kept {
    /// The removed artifacts, if any.
    pub(crate) removed: Option<String>,
    /// The reason why the cache stays too large.
    pub(crate) too_large: Option<String>,
}

/// Applies a size limit at the start of a run. `is_spared` names the artifacts that its tests used last time.
pub(crate) fn keep_within(layout: &Layout, max_bytes: u64, is_spared: &dyn Fn(&ArtifactPath) -> bool) -> Kept {
    if !layout.root().is_dir() {
        return Kept::default();
    }
    let policy = Policy { max_bytes: Some(max_bytes), ..Policy::default() };
    // An error is ignored: where the cache cannot be written to, it does not grow.
    let Ok(Some(collected)) = enforce(layout, &policy, SystemTime::now(), &|_| true, is_spared) else {
        return Kept::default();
    };
    let (removed, freed, kept) = (collected.removed.len(), Size(collected.freed_bytes), Size(collected.kept_bytes));
    let too_large = (collected.kept_bytes > max_bytes).then(|| {
        let reason = match collected.failures.first() {
            Some(reason) => format!("artifacts cannot be removed: {reason}"),
            None => "the rest is in use, or these tests used it last time".to_owned(),
        };
        format!("the cache holds {kept}, more than SMOKE_MAX_SIZE allows: {reason}")
    });
    Kept {
        removed: (removed > 0)
            .then(|| format!("removed {removed} artifacts ({freed}) from the cache; {kept} are left")),
        too_large,
    }
}

fn lock(layout: &Layout) -> Result<Option<FileLock>, Error> {
    layout.create()?;
    let path = layout.collector_lock();
    let open = || {
        layout::create_private(path.parent().unwrap_or(&path))?;
        // For reading and writing, so that opening does not block if the file is a pipe.
        File::options().read(true).write(true).create(true).truncate(false).open(&path)
    };
    let file = open().map_err(Error::io("open the lock", &path))?;
    Ok(FileLock::attempt(file).map_err(Error::io("lock", &path))?.locked())
}

/// Calls `remove` for each artifact that the policy does not allow.
fn collect(
    mut stored: Vec<Stored>,
    policy: &Policy,
    now: SystemTime,
    is_spared: &dyn Fn(&ArtifactPath) -> bool,
    remove: &dyn Fn(&Stored) -> Removal,
) -> Collected {
    // Least recently used first. Where file times are coarse (2 s on FAT), the time of the build decides.
    let completed = |stored: &Stored| stored.manifest.as_ref().map_or(0, |manifest| manifest.completed);
    stored.sort_by_key(|stored| (stored.last_used, completed(stored)));
    let mut collected =
        Collected { kept_bytes: stored.iter().map(|stored| stored.bytes).sum(), ..Collected::default() };
    let expired = expired(&stored, policy, now);
    let (expired, others): (Vec<_>, Vec<_>) = stored.iter().zip(expired).partition(|(_, expired)| *expired);
    for (stored, _) in expired {
        collected.note(stored, remove(stored));
    }
    for (stored, _) in others {
        if policy.max_bytes.is_none_or(|limit| collected.kept_bytes <= limit) {
            break;
        }
        if is_spared(&stored.artifact_path) {
            collected.in_use += 1;
        } else {
            collected.note(stored, remove(stored));
        }
    }
    collected
}

/// Returns, for each of these artifacts, whether it is too old or one version too many. They are sorted by their last
/// use.
fn expired(stored: &[Stored], policy: &Policy, now: SystemTime) -> Vec<bool> {
    /// The repository, the artifact and the configuration, which versions have in common.
    type Lineage<'a> = (&'a str, &'a str, Option<BTreeSet<&'a KeyInput>>);
    let mut versions: HashMap<Lineage<'_>, usize> = HashMap::new();
    let mut expired: Vec<bool> = stored
        .iter()
        .rev()
        .map(|stored| {
            // Tests use several configurations side by side, so one is not an older version of another.
            let configuration = stored.manifest.as_ref().ok().map(|manifest| configuration(&manifest.key_inputs));
            let version = versions
                .entry((&stored.artifact_path.repo, &stored.artifact_path.artifact, configuration))
                .or_default();
            *version += 1;
            // A last use in the future comes from a wrong clock, and counts as a use at this moment.
            let age = now.duration_since(stored.last_used).unwrap_or_default();
            policy.max_versions.is_some_and(|limit| *version > limit) || policy.max_age.is_some_and(|limit| age > limit)
        })
        .collect();
    expired.reverse();
    expired
}

impl Collected {
    fn note(&mut self, stored: &Stored, removal: Removal) {
        match removal {
            Removal::Removed => {
                let artifact_path = &stored.artifact_path;
                self.removed.push(format!("{}/{}/{}", artifact_path.repo, artifact_path.entry, artifact_path.artifact));
                self.freed_bytes += stored.bytes;
                self.kept_bytes -= stored.bytes;
            }
            Removal::InUse => self.in_use += 1,
            Removal::Impossible(reason) => self.failures.push(reason),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::key::Key;
    use crate::store::manifest::{Built, Manifest, Storage, Unusable};

    const HOUR: Duration = Duration::from_secs(60 * 60);

    fn now() -> SystemTime {
        SystemTime::UNIX_EPOCH + 1000 * HOUR
    }

    /// Returns the artifact `repo/entry/artifact` of 10 bytes, last used `hours` ago.
    fn stored(path: &str, hours: u32) -> Stored {
        let [repo, entry, artifact] = path.split('/').collect::<Vec<_>>()[..] else { panic!("three names") };
        let artifact_path =
            ArtifactPath { repo: repo.to_owned(), entry: entry.to_owned(), artifact: artifact.to_owned() };
        Stored { artifact_path, bytes: 10, last_used: now() - hours * HOUR, manifest: Err(Unusable::OtherKey) }
    }

    /// Returns the same, with a manifest of these key inputs.
    fn with_manifest(path: &str, hours: u32, key_inputs: &[(&str, &str)]) -> Stored {
        let key_inputs = key_inputs.iter().map(|(name, value)| KeyInput::new(name, (*value).to_owned())).collect();
        let built = Built {
            type_name: "A".to_owned(),
            storage: Storage::Directory,
            files: Vec::new(),
            archive: None,
            build_milliseconds: 1,
            metrics: BTreeMap::new(),
            completed: 1,
            run: "r".to_owned(),
            project: None,
            environment: None,
        };
        let manifest = Manifest::new(&Key::new("r", "e", key_inputs), "a", built);
        Stored { manifest: Ok(manifest), ..stored(path, hours) }
    }

    fn removed(stored: Vec<Stored>, policy: Policy) -> Vec<String> {
        collect(stored, &policy, now(), &|_| false, &|_| Removal::Removed).removed
    }

    #[test]
    fn without_limits_all_artifacts_stay() {
        assert_eq!(removed(vec![stored("r/e/a", 900)], Policy::default()), [""; 0]);
    }

    #[test]
    fn least_recently_used_artifacts_are_removed_first() {
        let all = || vec![stored("r/e/a", 1), stored("r/e/b", 3), stored("r/f/a", 2)];
        let policy = |bytes| Policy { max_bytes: Some(bytes), ..Policy::default() };
        assert_eq!(removed(all(), policy(30)), [""; 0]);
        assert_eq!(removed(all(), policy(29)), ["r/e/b"]);
        assert_eq!(removed(all(), policy(10)), ["r/e/b", "r/f/a"]);
        assert_eq!(removed(all(), policy(0)), ["r/e/b", "r/f/a", "r/e/a"]);
    }

    #[test]
    fn an_artifact_in_use_stays_and_the_next_is_removed() {
        let all = vec![stored("r/e/a", 3), stored("r/e/b", 2), stored("r/e/c", 1)];
        let policy = Policy { max_bytes: Some(20), ..Policy::default() };
        let remove = |stored: &Stored| {
            if stored.artifact_path.artifact == "a" { Removal::InUse } else { Removal::Removed }
        };
        let collected = collect(all, &policy, now(), &|_| false, &remove);
        let removed = vec!["r/e/b".to_owned()];
        let expected = Collected { removed, freed_bytes: 10, kept_bytes: 20, in_use: 1, ..Collected::default() };
        assert_eq!(collected, expected);
    }

    #[test]
    fn the_size_limit_spares_what_these_tests_used_last() {
        let all = vec![stored("r/e/a", 3), stored("r/e/b", 2), stored("r/e/c", 1)];
        let policy = Policy { max_bytes: Some(0), ..Policy::default() };
        let collected = collect(all, &policy, now(), &|path| path.artifact == "a", &|_| Removal::Removed);
        assert_eq!((collected.removed, collected.kept_bytes), (vec!["r/e/b".to_owned(), "r/e/c".to_owned()], 10));
    }

    #[test]
    fn artifacts_over_the_age_limit_are_removed() {
        let policy = Policy { max_age: Some(5 * HOUR), ..Policy::default() };
        assert_eq!(removed(vec![stored("r/e/a", 5), stored("r/e/b", 6)], policy), ["r/e/b"]);
    }

    #[test]
    fn a_use_in_the_future_counts_as_recent() {
        let policy = Policy { max_age: Some(HOUR), max_versions: Some(1), ..Policy::default() };
        let skewed = Stored { last_used: now() + 500 * HOUR, ..stored("r/e/a", 0) };
        assert_eq!(removed(vec![stored("r/f/a", 0), skewed], policy), ["r/f/a"]);
    }

    #[test]
    fn versions_are_counted_per_repository_and_artifact() {
        let policy = Policy { max_versions: Some(1), ..Policy::default() };
        let all = vec![stored("r/e/a", 2), stored("r/f/a", 1), stored("r/e/b", 9), stored("q/e/a", 9)];
        assert_eq!(removed(all, policy), ["r/e/a"]);
    }

    #[test]
    fn versions_are_counted_per_configuration_and_suite() {
        let policy = Policy { max_versions: Some(1), ..Policy::default() };
        let key_inputs = |config, suite, code| [("config", config), ("suite", suite), ("code", code)];
        let all = vec![
            with_manifest("r/e/a", 1, &key_inputs("1", "s", "new")),
            with_manifest("r/f/a", 2, &key_inputs("1", "s", "old")),
            with_manifest("r/g/a", 3, &key_inputs("2", "s", "old")),
            with_manifest("r/h/a", 4, &key_inputs("1", "t", "old")),
            // Declared inputs are not part of the configuration: another value is an older version.
            with_manifest("r/i/a", 5, &[("config", "1"), ("suite", "s"), ("code", "new"), ("variable", "V\t\"1\"")]),
            // A damaged entry is counted separately.
            stored("r/j/a", 0),
        ];
        assert_eq!(removed(all, policy), ["r/i/a", "r/f/a"]);
    }

    #[test]
    fn the_size_limit_applies_after_the_other_limits() {
        let policy = Policy { max_bytes: Some(20), max_versions: Some(1), ..Policy::default() };
        let all = vec![stored("q/e/old", 9), stored("r/e/a", 2), stored("r/f/a", 1)];
        assert_eq!(removed(all, policy), ["r/e/a"], "the rest fits, so the least recently used one stays");
    }
}
