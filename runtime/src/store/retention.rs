//! What to delete from the cache, given `now`: what is too old, one version too many, or, least recently used first,
//! more than there is room for.
//!
//! The policy is in [`collect`], which touches no file. Never removed: what somebody holds a lease on or is building, what
//! a later version of this crate wrote, and what nobody knows here. Nothing waits: two that collect at once do not get
//! in each other's way.

use std::collections::{BTreeSet, HashMap};
use std::fs::File;
use std::time::{Duration, SystemTime};

use bytesize::ByteSize;

use crate::error::Error;
use crate::file_lock::FileLock;
use crate::key::{KeyInput, configuration};
use crate::layout::{self, Layout};
use crate::message;
use crate::store::{self, Removal, Stored};

/// Limits of the cache; an absent one limits nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// Bytes of all artifacts together.
    pub max_bytes: Option<u64>,
    /// How long ago an artifact was last used.
    pub max_age: Option<Duration>,
    /// Versions of one artifact of one repository, suite and configuration. Entries with different values of a declared
    /// input are versions of one another. Entries whose manifest cannot be read are counted by themselves.
    pub max_versions: Option<usize>,
}

/// What was done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Collected {
    /// The artifacts that were removed, as `repository/entry/artifact`, in the order of their removal.
    pub removed: Vec<String>,
    /// Bytes that were freed.
    pub freed_bytes: u64,
    /// Bytes of the artifacts that are left.
    pub kept_bytes: u64,
    /// How many should have been removed, but are in use.
    pub in_use: usize,
    /// The reason for each that should have been removed, but could not be.
    pub failures: Vec<String>,
}

/// Applies the policy, and removes what killed processes left in the places of artifacts. `None`: another process is at it.
/// What is removed is in the trash, until the next sweep.
///
/// # Errors
/// The cache cannot be written to.
pub(crate) fn enforce(layout: &Layout, policy: &Policy, now: SystemTime) -> Result<Option<Collected>, Error> {
    let (ours, orphans) = (ours(layout), store::orphans(layout));
    if ours.is_empty() && orphans.is_empty() {
        // Also where the file system has no locks: nothing is kept there.
        return Ok(Some(Collected::default()));
    }
    let Some(_lock) = lock(layout)? else { return Ok(None) };
    for orphan in orphans {
        store::remove(layout, &orphan);
    }
    Ok(Some(collect(ours, policy, now, |stored| store::remove(layout, &stored.artifact_path))))
}

/// What [`enforce`] would do, were nothing in use.
pub(crate) fn rehearse(layout: &Layout, policy: &Policy, now: SystemTime) -> Collected {
    collect(ours(layout), policy, now, |_| Removal::Removed)
}

fn ours(layout: &Layout) -> Vec<Stored> {
    store::inventory(layout).into_iter().filter(|stored| !stored.is_foreign()).collect()
}

/// At the start of a run: applies the policy if it has limits, and says so if that removed anything.
pub(crate) fn keep_within(layout: &Layout, policy: &Policy) {
    if *policy == Policy::default() || !layout.root().is_dir() {
        return;
    }
    // Where the cache cannot be written to, nothing is added to it, either.
    let Ok(Some(collected)) = enforce(layout, policy, SystemTime::now()) else { return };
    let (removed, freed, kept) =
        (collected.removed.len(), ByteSize(collected.freed_bytes), ByteSize(collected.kept_bytes));
    if removed > 0 {
        message::progress(&format!("removed {removed} artifacts ({freed}) from the cache; {kept} are left"));
    }
    if policy.max_bytes.is_some_and(|limit| collected.kept_bytes > limit) {
        let why = match collected.failures.first() {
            Some(reason) => format!("artifacts cannot be removed: {reason}"),
            None => "the rest is in use by other processes".to_owned(),
        };
        message::warn_once(&format!("the cache holds {kept}, more than SMOKE_MAX_SIZE allows: {why}"));
    }
}

fn lock(layout: &Layout) -> Result<Option<FileLock>, Error> {
    layout.create()?;
    let path = layout.collector_lock();
    let open = || {
        layout::create_private(path.parent().unwrap_or(&path))?;
        // Both, so that opening it ends, whatever it is.
        File::options().read(true).write(true).create(true).truncate(false).open(&path)
    };
    let file = open().map_err(Error::io("open the lock", &path))?;
    Ok(FileLock::attempt(file).map_err(Error::io("lock", &path))?.locked())
}

/// Removes by `remove` what the policy condemns.
fn collect(
    mut stored: Vec<Stored>,
    policy: &Policy,
    now: SystemTime,
    mut remove: impl FnMut(&Stored) -> Removal,
) -> Collected {
    // Least recently used first. Where times are coarse (2 s on FAT), the time of the build decides.
    let completed = |stored: &Stored| stored.manifest.as_ref().map_or(0, |manifest| manifest.completed);
    stored.sort_by_key(|stored| (stored.last_used, completed(stored)));
    let mut collected =
        Collected { kept_bytes: stored.iter().map(|stored| stored.bytes).sum(), ..Collected::default() };
    let condemned = condemned(&stored, policy, now);
    let (condemned, others): (Vec<_>, Vec<_>) = stored.iter().zip(condemned).partition(|(_, condemned)| *condemned);
    for (stored, _) in condemned {
        collected.note(stored, remove(stored));
    }
    for (stored, _) in others {
        if policy.max_bytes.is_none_or(|limit| collected.kept_bytes <= limit) {
            break;
        }
        collected.note(stored, remove(stored));
    }
    collected
}

/// Which of these, sorted by their last use, are too old, or one version too many.
fn condemned(stored: &[Stored], policy: &Policy, now: SystemTime) -> Vec<bool> {
    type Line<'a> = (&'a str, &'a str, Option<BTreeSet<&'a KeyInput>>);
    let mut versions: HashMap<Line<'_>, usize> = HashMap::new();
    let mut condemned: Vec<bool> = stored
        .iter()
        .rev()
        .map(|stored| {
            // Tests use several configurations side by side: none of them is an older version.
            let configuration = stored.manifest.as_ref().ok().map(|manifest| configuration(&manifest.key_inputs));
            let version = versions
                .entry((&stored.artifact_path.repo, &stored.artifact_path.artifact, configuration))
                .or_default();
            *version += 1;
            // What was used in the future, by a clock that went wrong, is new.
            let age = now.duration_since(stored.last_used).unwrap_or_default();
            policy.max_versions.is_some_and(|limit| *version > limit) || policy.max_age.is_some_and(|limit| age > limit)
        })
        .collect();
    condemned.reverse();
    condemned
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
    use super::*;
    use crate::key::Key;
    use crate::layout::ArtifactPath;
    use crate::store::manifest::{Built, Manifest, Storage, Unusable};

    const HOUR: Duration = Duration::from_hours(1);

    fn now() -> SystemTime {
        SystemTime::UNIX_EPOCH + 1000 * HOUR
    }

    /// `repo/entry/artifact` of 10 bytes, last used some hours ago.
    fn stored(path: &str, hours: u32) -> Stored {
        let [repo, entry, artifact] = path.split('/').collect::<Vec<_>>()[..] else { panic!("three names") };
        let artifact_path =
            ArtifactPath { repo: repo.to_owned(), entry: entry.to_owned(), artifact: artifact.to_owned() };
        Stored { artifact_path, bytes: 10, last_used: now() - hours * HOUR, manifest: Err(Unusable::OtherKey) }
    }

    /// The same, with a manifest of these key inputs.
    fn made(path: &str, hours: u32, key_inputs: &[(&str, &str)]) -> Stored {
        let key_inputs = key_inputs.iter().map(|(name, value)| KeyInput::new(name, (*value).to_owned())).collect();
        let built = Built {
            type_name: "A".to_owned(),
            storage: Storage::Directory,
            files: Vec::new(),
            archive: None,
            build_milliseconds: 1,
            completed: 1,
            run: "r".to_owned(),
        };
        let manifest = Manifest::new(&Key::new("r", "e", key_inputs), "a", built);
        Stored { manifest: Ok(manifest), ..stored(path, hours) }
    }

    fn removed(stored: Vec<Stored>, policy: Policy) -> Vec<String> {
        collect(stored, &policy, now(), |_| Removal::Removed).removed
    }

    #[test]
    fn without_limits_everything_stays() {
        assert_eq!(removed(vec![stored("r/e/a", 900)], Policy::default()), [""; 0]);
    }

    #[test]
    fn the_least_recently_used_goes_first_until_the_rest_fits() {
        let all = || vec![stored("r/e/a", 1), stored("r/e/b", 3), stored("r/f/a", 2)];
        let policy = |bytes| Policy { max_bytes: Some(bytes), ..Policy::default() };
        assert_eq!(removed(all(), policy(30)), [""; 0]);
        assert_eq!(removed(all(), policy(29)), ["r/e/b"]);
        assert_eq!(removed(all(), policy(10)), ["r/e/b", "r/f/a"]);
        assert_eq!(removed(all(), policy(0)), ["r/e/b", "r/f/a", "r/e/a"]);
    }

    #[test]
    fn what_is_in_use_stays_and_the_next_one_goes() {
        let all = vec![stored("r/e/a", 3), stored("r/e/b", 2), stored("r/e/c", 1)];
        let policy = Policy { max_bytes: Some(20), ..Policy::default() };
        let collected = collect(all, &policy, now(), |stored| {
            if stored.artifact_path.artifact == "a" { Removal::InUse } else { Removal::Removed }
        });
        let removed = vec!["r/e/b".to_owned()];
        let expected = Collected { removed, freed_bytes: 10, kept_bytes: 20, in_use: 1, ..Collected::default() };
        assert_eq!(collected, expected);
    }

    #[test]
    fn what_was_not_used_for_long_goes() {
        let policy = Policy { max_age: Some(5 * HOUR), ..Policy::default() };
        assert_eq!(removed(vec![stored("r/e/a", 5), stored("r/e/b", 6)], policy), ["r/e/b"]);
    }

    #[test]
    fn a_use_in_the_future_is_a_new_one() {
        let policy = Policy { max_age: Some(HOUR), max_versions: Some(1), ..Policy::default() };
        let skewed = Stored { last_used: now() + 500 * HOUR, ..stored("r/e/a", 0) };
        assert_eq!(removed(vec![stored("r/f/a", 0), skewed], policy), ["r/f/a"]);
    }

    #[test]
    fn versions_are_counted_for_each_artifact_of_each_repository() {
        let policy = Policy { max_versions: Some(1), ..Policy::default() };
        let all = vec![stored("r/e/a", 2), stored("r/f/a", 1), stored("r/e/b", 9), stored("q/e/a", 9)];
        assert_eq!(removed(all, policy), ["r/e/a"]);
    }

    #[test]
    fn configurations_and_suites_have_versions_of_their_own() {
        let policy = Policy { max_versions: Some(1), ..Policy::default() };
        let key_inputs = |config, suite, code| [("config", config), ("suite", suite), ("code", code)];
        let all = vec![
            made("r/e/a", 1, &key_inputs("1", "s", "new")),
            made("r/f/a", 2, &key_inputs("1", "s", "old")),
            made("r/g/a", 3, &key_inputs("2", "s", "old")),
            made("r/h/a", 4, &key_inputs("1", "t", "old")),
            // Declared inputs are no configuration: the other value is an older version.
            made("r/i/a", 5, &[("config", "1"), ("suite", "s"), ("code", "new"), ("variable", "V\t\"1\"")]),
            // A damaged one takes no place of a good one.
            stored("r/j/a", 0),
        ];
        assert_eq!(removed(all, policy), ["r/i/a", "r/f/a"]);
    }

    #[test]
    fn no_more_goes_for_its_size_than_is_left_over_by_the_other_limits() {
        let policy = Policy { max_bytes: Some(20), max_versions: Some(1), ..Policy::default() };
        let all = vec![stored("q/e/old", 9), stored("r/e/a", 2), stored("r/f/a", 1)];
        assert_eq!(removed(all, policy), ["r/e/a"], "and not the least recently used as well");
    }
}
