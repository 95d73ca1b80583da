//! A damaged artifact is found on its first use in a run, set aside and rebuilt.

use std::fs;
use std::path::PathBuf;

use cached_smoke::Outcome;
use test_support::{Done, Sandbox, tamper};

use crate::Reports;

/// Builds, damages the cache, and runs again.
fn after(damage: impl FnOnce(&Sandbox)) -> (Sandbox, Done) {
    let sandbox = Sandbox::new();
    sandbox.run("both").passes();
    sandbox.take_log();
    damage(&sandbox);
    let done = sandbox.run("both").passes();
    (sandbox, done)
}

fn flip_last(mut bytes: Vec<u8>) -> Vec<u8> {
    *bytes.last_mut().unwrap() ^= 1;
    bytes
}

fn set_aside(sandbox: &Sandbox) -> Vec<PathBuf> {
    let entries =
        fs::read_dir(sandbox.cache().join(".trash")).map(|entries| entries.flatten().map(|entry| entry.path()));
    let paths = entries.into_iter().flatten();
    paths.filter(|path| path.file_name().unwrap().to_string_lossy().starts_with("damaged-bookshop-")).collect()
}

#[test]
fn damaged_file_of_a_directory_is_rebuilt() {
    let (sandbox, done) = after(|sandbox| tamper(&sandbox.entry_file("below/lengths"), flip_last));
    assert_eq!((done.outcome("words"), done.outcome("lengths")), (Outcome::Hit, Outcome::Built));
    let reason = done.reason("lengths");
    assert!(reason.starts_with("its file below/lengths was changed after it was stored; "), "{reason}");
    assert_eq!(set_aside(&sandbox).len(), 1);
    assert_eq!(sandbox.run("both").passes().outcome("lengths"), Outcome::Hit);
}

/// Within a run that has a verification record of the file. The record compares the change time, which cannot be reset.
#[cfg(unix)]
#[test]
fn change_in_place_with_its_time_reset_is_rebuilt() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = Sandbox::new();
    sandbox.run_within("one", "both").passes();
    let file = sandbox.entry_file("below/lengths");
    let modified = fs::metadata(&file).unwrap().modified().unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    fs::write(&file, flip_last(fs::read(&file).unwrap())).unwrap();
    fs::File::options().append(true).open(&file).unwrap().set_modified(modified).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o444)).unwrap();
    let again = sandbox.run_within("one", "both").passes();
    let artifacts = again.reports().into_iter().flat_map(|report| report.artifacts);
    let built = artifacts.filter(|report| report.outcome == Outcome::Built);
    let reasons: Vec<String> = built.map(|report| report.reason).collect();
    let is_named = |reason: &String| reason.starts_with("its file below/lengths was changed after it was stored; ");
    assert!(reasons.iter().any(is_named), "{reasons:?}");
}

#[test]
fn missing_or_truncated_file_is_rebuilt() {
    let (_, done) = after(|sandbox| fs::remove_file(sandbox.entry_file("below/lengths")).unwrap());
    assert_eq!(done.reason("lengths"), "some of its files are missing");
    let (_, done) = after(|sandbox| tamper(&sandbox.entry_file("below/lengths"), |bytes| bytes[1..].to_vec()));
    let reason = done.reason("lengths");
    assert!(reason.starts_with("its file below/lengths was changed after it was stored ("), "{reason}");
}

#[test]
fn damaged_archive_without_unpacked_files_is_rebuilt() {
    let (sandbox, done) = after(|sandbox| {
        fs::remove_dir_all(sandbox.cache().join(".unpacked")).unwrap();
        tamper(&sandbox.entry_file("words.tar.zst"), flip_last);
    });
    assert_eq!((done.outcome("words"), done.outcome("lengths")), (Outcome::Built, Outcome::Hit));
    assert_eq!(set_aside(&sandbox).len(), 1);
}

#[test]
fn damaged_unpacked_files_are_unpacked_again() {
    let (sandbox, done) = after(|sandbox| {
        let key = sandbox.entry_file("words.json");
        let entry = key.parent().unwrap().file_name().unwrap();
        tamper(&sandbox.cache().join(".unpacked/bookshop").join(entry).join("words/words"), flip_last);
    });
    assert_eq!(done.outcome("words"), Outcome::Hit);
    assert!(
        done.stderr.contains("`words` of bookshop is unpacked again: its file words was changed after it was stored"),
        "{}",
        done.stderr
    );
    assert_eq!(sandbox.take_builds(), [""; 0]);
}

#[test]
fn entry_with_a_damaged_manifest_is_rebuilt() {
    for damage in [flip_last as fn(Vec<u8>) -> Vec<u8>, |bytes| bytes[..bytes.len() / 2].to_vec(), |_| Vec::new()] {
        let (sandbox, done) = after(|sandbox| tamper(&sandbox.entry_file("words.json"), damage));
        assert_eq!((done.outcome("words"), done.outcome("lengths")), (Outcome::Built, Outcome::Hit));
        assert!(done.reason("words").contains("manifest"), "{}", done.reason("words"));
        assert_eq!(set_aside(&sandbox).len(), 1);
    }
}

#[test]
fn unlisted_files_are_ignored() {
    let (_, done) = after(|sandbox| {
        let beside = sandbox.entry_file("below/lengths").with_file_name(".lock");
        fs::write(beside, "left by a library").unwrap();
    });
    assert_eq!(done.outcome("lengths"), Outcome::Hit);
}

#[test]
fn removed_entry_is_rebuilt() {
    let (_, done) = after(|sandbox| fs::remove_dir_all(sandbox.cache().join("bookshop")).unwrap());
    assert_eq!((done.outcome("words"), done.outcome("lengths")), (Outcome::Built, Outcome::Built));
}
