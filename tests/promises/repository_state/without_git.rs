//! A folder without git: its files and directories count, but for those of other version control systems and caches.

use super::*;

fn folder() -> Sandbox {
    let sandbox = Sandbox::without_repository();
    fs::create_dir_all(sandbox.repo().join("below")).unwrap();
    fs::write(sandbox.repo().join("a.txt"), "novel").unwrap();
    fs::write(sandbox.repo().join("below/b.txt"), "novel").unwrap();
    sandbox
}

#[test]
fn an_empty_directory_counts() {
    let sandbox = folder();
    let empty = sandbox.repo().join("below/empty");
    counts(&sandbox, || fs::create_dir(&empty).unwrap(), || fs::remove_dir(&empty).unwrap());
    fs::create_dir(&empty).unwrap();
    let moved = sandbox.repo().join("below/moved");
    counts(&sandbox, || fs::rename(&empty, &moved).unwrap(), || fs::rename(&moved, &empty).unwrap());
}

#[test]
fn directories_of_version_control_do_not_count() {
    for name in [".git", ".hg", ".jj", ".svn"] {
        let sandbox = folder();
        let place = sandbox.repo().join("below").join(name);
        fs::create_dir(&place).unwrap();
        does_not_count(&sandbox, || fs::write(place.join("x"), "x").unwrap());
        fs::remove_dir_all(&place).unwrap();
        does_not_count(&sandbox, || fs::create_dir(&place).unwrap());
        // A file of that name is one like any other.
        fs::remove_dir(&place).unwrap();
        counts(&sandbox, || fs::write(&place, "x").unwrap(), || fs::remove_file(&place).unwrap());
    }
}

#[test]
fn a_directory_that_is_tagged_as_a_cache_does_not_count() {
    const SIGNATURE: &str = "Signature: 8a477f597d28d172789f06886806bc55";
    let sandbox = folder();
    let cache = sandbox.repo().join("cache");
    let tagged = |text: &str| {
        fs::create_dir_all(&cache).unwrap();
        fs::write(cache.join("CACHEDIR.TAG"), text).unwrap();
    };
    does_not_count(&sandbox, || tagged(SIGNATURE));
    does_not_count(&sandbox, || tagged(&format!("{SIGNATURE}\n# This file was made by another tool.\n")));
    does_not_count(&sandbox, || fs::write(cache.join("c.txt"), "x").unwrap());
    counts(&sandbox, || tagged(&SIGNATURE.replace('8', "9")), || tagged(SIGNATURE));
    counts(&sandbox, || tagged(&SIGNATURE[1..]), || tagged(SIGNATURE));
    counts(&sandbox, || fs::remove_file(cache.join("CACHEDIR.TAG")).unwrap(), || tagged(SIGNATURE));
}
