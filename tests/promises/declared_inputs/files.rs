//! Declared files change the key by their content.

use std::fs;

use cached_smoke::Outcome;

use super::Fixture;
#[cfg(unix)]
use super::run_until_remembered;
use crate::Reports;

#[test]
fn changed_file_is_a_miss_that_names_it() {
    let fixture = Fixture::new("file data/model.bin\nfile data/other.bin\nfile ../outside.txt");
    fixture.write("data/other.bin", "other");
    fixture.write("../outside.txt", "outside");
    for path in ["data/model.bin", "data/other.bin", "../outside.txt"] {
        let before = fs::read_to_string(fixture.path(path)).unwrap();
        let undo = || fixture.write(path, &before);
        fixture.counts(&format!("file {path} changed"), || fixture.write(path, "two"), undo);
    }
}

#[test]
fn optional_file_counts_by_its_content_or_its_absence() {
    let fixture = Fixture::new("optional local.toml");
    let (write, remove) =
        (|| fixture.write("local.toml", "one"), || fs::remove_file(fixture.path("local.toml")).unwrap());
    fixture.counts("file local.toml exists now", write, remove);
    write();
    fixture.counts("file local.toml is missing now", remove, write);
    fixture.counts("file local.toml changed", || fixture.write("local.toml", "two"), write);
    remove();
    fs::create_dir(fixture.path("local.toml")).unwrap();
    fixture.sandbox.take_log();
    let error = fixture.error();
    assert!(error.contains("local.toml is a directory"), "{error}");
}

#[test]
fn swapped_files_are_a_miss_that_names_both() {
    let fixture = Fixture::new("file a\nfile b");
    let write = |a, b| {
        fixture.write("a", a);
        fixture.write("b", b);
    };
    write("one", "two");
    fixture.counts("file a changed; file b changed", || write("two", "one"), || write("one", "two"));
}

#[cfg(unix)]
#[test]
fn times_and_modes_do_not_change_the_key() {
    use std::os::unix::fs::PermissionsExt;
    let fixture = Fixture::new("file data/model.bin");
    fixture.run().passes();
    let path = fixture.path("data/model.bin");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    fs::File::open(&path).unwrap().set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
    assert_eq!(fixture.run().passes().outcome("declared"), Outcome::Hit);
}

#[cfg(unix)]
#[test]
fn file_replaced_with_equal_size_and_time_is_a_miss() {
    let fixture = Fixture::new("file data/model.bin\ndirectory data");
    run_until_remembered(&fixture, 2);
    let path = fixture.path("data/model.bin");
    let modified = path.metadata().unwrap().modified().unwrap();
    let replace = |text: &str| {
        // In place, so that only the change time differs.
        fs::write(&path, text).unwrap();
        fs::File::open(&path).unwrap().set_modified(modified).unwrap();
    };
    fixture.counts(
        "directory data changed: model.bin changed; file data/model.bin changed",
        || replace("two"),
        || replace("one"),
    );
}

#[cfg(unix)]
#[test]
fn remembered_file_is_not_read_again() {
    if !test_support::can_trace() {
        return;
    }
    let fixture = Fixture::new("file data/model.bin\ndirectory data");
    run_until_remembered(&fixture, 2);
    let trace = fixture.sandbox.path("trace");
    let strace = ["-f", "-qq", "-e", "trace=openat", "-o", trace.to_str().unwrap()];
    for strict in ["0", "1"] {
        let hit = fixture.run().env("SMOKE_STRICT", strict).wrapped("strace", &strace).passes();
        assert_eq!(hit.outcome("declared"), Outcome::Hit);
        let trace = fs::read_to_string(&trace).unwrap();
        assert!(trace.contains("smoke.toml") && !trace.contains("model.bin"), "{trace}");
    }
}

#[cfg(unix)]
#[test]
fn link_counts_by_the_content_of_its_target() {
    use std::os::unix::fs::symlink;
    let fixture = Fixture::new("file link");
    fixture.write("data/same.bin", "one");
    fixture.write("data/other.bin", "two");
    let link_to = |target: &str| {
        let _ = fs::remove_file(fixture.path("link"));
        symlink(target, fixture.path("link")).unwrap();
    };
    link_to("data/model.bin");
    let edit = |text: &str| fixture.write("data/model.bin", text);
    fixture.counts("file link changed", || edit("edited"), || edit("one"));
    fixture.counts("file link changed", || link_to("data/other.bin"), || link_to("data/model.bin"));
    fixture.run().passes();
    link_to("data/same.bin");
    assert_eq!(fixture.run().passes().outcome("declared"), Outcome::Hit, "the content is the same");
}
