use super::*;
use crate::store::files::{list, protect};
#[cfg(unix)]
use crate::store::manifest::FileKind;

/// Returns a stored directory with files of several kinds, and their list.
fn stored(root: &Path) -> (PathBuf, Vec<ListedFile>) {
    let stored = root.join("stored");
    fs::create_dir_all(stored.join("below/empty")).expect("created");
    fs::write(stored.join("lock"), "").expect("written");
    fs::write(stored.join("below/run"), "#!").expect("written");
    disk::set_mode(&stored.join("below/run"), 0o755).expect("changed");
    let large = vec![7; usize::try_from(MAX_COPIED).expect("small") + 1];
    fs::write(stored.join("below/large"), large).expect("written");
    let files = list(&stored).expect("listed");
    protect(&stored, &files).expect("protected");
    (stored, files)
}

#[test]
fn writes_to_a_copy_do_not_reach_the_stored_files() {
    let root = tempfile::tempdir().expect("a temporary directory");
    let (stored, files) = stored(root.path());
    let large = fs::read(stored.join("below/large")).expect("readable");
    for (name, policy) in [("view", Large::Linked), ("copy", Large::Copied)] {
        let to = root.path().join(name);
        copy(&stored, &files, &to, policy).expect("copied");
        assert!(to.join("below/empty").is_dir());
        assert_eq!(fs::read(to.join("below/large")).expect("readable"), large);
        fs::write(to.join("lock"), "held").expect("an existing file can be written to");
        fs::write(to.join("below/log"), "more").expect("a file can be created");
    }
    fs::write(root.path().join("copy/below/large"), "changed").expect("a large file can be written to");
    assert_eq!(fs::read(stored.join("lock")).expect("readable"), b"");
    assert!(!stored.join("below/log").exists());
    fs::remove_dir_all(root.path().join("view")).expect("removed");
    assert_eq!(fs::read(stored.join("below/large")).expect("still readable"), large);
}

#[cfg(unix)]
#[test]
fn copies_are_writable_and_keep_the_executable_bit() {
    use std::os::unix::fs::MetadataExt;
    let root = tempfile::tempdir().expect("a temporary directory");
    let (stored, files) = stored(root.path());
    let to = root.path().join("copy");
    copy(&stored, &files, &to, Large::Copied).expect("copied");
    let mode = |path: &str| fs::metadata(to.join(path)).expect("copied").mode() & 0o777;
    assert_eq!((mode("below/large"), mode("below/run")), (0o644, 0o755));
    assert_eq!(mode("below/empty") & 0o700, 0o700);
}

#[cfg(unix)]
#[test]
fn the_parts_of_a_large_file_add_up_and_keep_its_holes() {
    use std::os::unix::fs::{FileExt, MetadataExt};
    const PART: u64 = 1 << 16;
    let root = tempfile::tempdir().expect("a temporary directory");
    let mut random = fastrand::Rng::with_seed(5);
    for (number, size) in [0, 1, PART - 1, PART, PART + 1, 7 * PART, 40 * PART + 3].into_iter().enumerate() {
        let (from, to) = (root.path().join(format!("from{number}")), root.path().join(format!("to{number}")));
        let file = fs::File::create(&from).expect("created");
        file.set_len(size).expect("enlarged");
        for _ in 0..size / (4 * PART) {
            let data: Vec<u8> = (0..random.u64(1..2 * PART)).map(|_| random.u8(1..)).collect();
            file.write_all_at(&data, random.u64(0..size - 2 * PART)).expect("written");
        }
        let listed = ListedFile { path: String::new(), kind: FileKind::Plain, size, digest: String::new() };
        for part in begin(&from, &to, &listed, Large::Copied, PART).expect("begun") {
            system::copy_part(&part.from, &part.to, part.bytes).expect("copied");
        }
        assert!(fs::read(&from).expect("readable") == fs::read(&to).expect("readable"), "{size} bytes");
        let blocks = |path: &Path| fs::metadata(path).expect("there").blocks();
        assert!(blocks(&to) <= blocks(&from) + 16, "{size} bytes: {} blocks of {}", blocks(&to), blocks(&from));
    }
}

#[test]
fn a_missing_file_is_an_error_that_names_it() {
    let root = tempfile::tempdir().expect("a temporary directory");
    let (stored, files) = stored(root.path());
    fs::remove_file(stored.join("lock")).expect("removed");
    let error = copy(&stored, &files, &root.path().join("copy"), Large::Copied).expect_err("a file is missing");
    assert!(error.to_string().ends_with(&stored.join("lock").display().to_string()), "{error}");
}
