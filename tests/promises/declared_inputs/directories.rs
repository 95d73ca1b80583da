//! Declared directories change the key by everything below them.

use std::fs;

use cached_smoke::Outcome;

use super::Fixture;
use crate::Reports;

#[test]
fn any_change_below_a_directory_is_a_miss_that_names_it() {
    let fixture = Fixture::new("directory data");
    fixture.write("data/b/c.txt", "c");
    fs::create_dir(fixture.path("data/empty")).unwrap();
    let at = |path: &str| fixture.path(path);
    let rename = |from: &str, to: &str| fs::rename(at(from), at(to)).unwrap();
    let changed = |what: &str| format!("directory data changed: {what}");
    fixture.counts(
        &changed("b/c.txt changed"),
        || fixture.write("data/b/c.txt", "d"),
        || fixture.write("data/b/c.txt", "c"),
    );
    fixture.counts(
        &changed("b/new is new"),
        || fixture.write("data/b/new", ""),
        || fs::remove_file(at("data/b/new")).unwrap(),
    );
    fixture.counts(
        &changed("b/c.txt is gone"),
        || fs::remove_file(at("data/b/c.txt")).unwrap(),
        || fixture.write("data/b/c.txt", "c"),
    );
    fixture.counts(
        &changed("b/c.txt is gone, and 1 more"),
        || rename("data/b/c.txt", "data/b/d.txt"),
        || rename("data/b/d.txt", "data/b/c.txt"),
    );
    fixture.counts(
        &changed("empty is gone, and 1 more"),
        || rename("data/empty", "data/void"),
        || rename("data/void", "data/empty"),
    );
    fixture.counts(
        &changed("empty changed"),
        || {
            fs::remove_dir(at("data/empty")).unwrap();
            fixture.write("data/empty", "");
        },
        || {
            fs::remove_file(at("data/empty")).unwrap();
            fs::create_dir(at("data/empty")).unwrap();
        },
    );
    fixture.counts(
        &changed(".hidden is new"),
        || fixture.write("data/.hidden", ""),
        || fs::remove_file(at("data/.hidden")).unwrap(),
    );
}

#[test]
fn change_among_many_files_is_a_miss() {
    let fixture = Fixture::new("directory data");
    for number in 0..700 {
        fixture.write(&format!("data/{}/{number}", number % 2), "same");
    }
    fixture.counts(
        "directory data changed: 1 changed",
        || fixture.write("data/1/33", "other"),
        || fixture.write("data/1/33", "same"),
    );
    for number in 0..700 {
        fixture.write(&format!("data/{number:060}"), "same");
    }
    let path = format!("data/{:060}", 33);
    fixture.counts("directory data changed", || fixture.write(&path, "other"), || fixture.write(&path, "same"));
}

#[test]
fn git_folders_and_caches_do_not_change_the_key() {
    let fixture = Fixture::new("directory .\ndirectory ..");
    // The log of the subject would be in the directory, too.
    let run = || fixture.run().without_env("SUBJECT_LOG").passes();
    fixture.write("data/.git/index", "one");
    assert_eq!(run().outcome("declared"), Outcome::Built);
    assert_eq!(run().outcome("declared"), Outcome::Hit, "the cache is in the directory");
    fixture.write("data/.git/index", "two");
    assert_eq!(run().outcome("declared"), Outcome::Hit);
}

#[cfg(unix)]
#[test]
fn modes_and_links_change_the_key() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let fixture = Fixture::new("directory data");
    fixture.write("outside/file", "one");
    fixture.write("outside/inside/deep", "one");
    let at = |path: &str| fixture.path(path);
    let link = |target: &str, path: &str| {
        let _ = fs::remove_file(at(path));
        symlink(target, at(path)).unwrap();
    };
    link("../outside/file", "data/to_file");
    link("../outside", "data/to_directory");
    link("nowhere", "data/to_nothing");
    link("..", "data/circle");
    link("self", "data/self");
    let mode = |mode: u32| fs::set_permissions(at("data/model.bin"), fs::Permissions::from_mode(mode)).unwrap();
    let starts_with = |path: &str| format!("directory data changed: {path}");
    fixture.counts(&starts_with("model.bin changed"), || mode(0o755), || mode(0o644));
    let deep = |text: &str| fixture.write("outside/inside/deep", text);
    // Through the link to the parent directory, which is read first.
    fixture.counts(&starts_with("circle/outside/inside/deep changed"), || deep("two"), || deep("one"));
    fs::remove_file(at("data/circle")).unwrap();
    fixture.counts(&starts_with("to_directory/inside/deep changed"), || deep("two"), || deep("one"));
    fixture.counts(
        &starts_with("to_directory/file changed, and 1 more"),
        || fixture.write("outside/file", "two"),
        || fixture.write("outside/file", "one"),
    );
    fixture.counts(
        &starts_with("nowhere is new, and 1 more"),
        || fixture.write("data/nowhere", ""),
        || fs::remove_file(at("data/nowhere")).unwrap(),
    );
}
