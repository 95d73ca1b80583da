//! A folder without git. Its files and directories change the key, except those of version control systems and of
//! caches.

use super::*;

fn folder() -> Sandbox {
    let sandbox = Sandbox::without_repository();
    fs::create_dir_all(sandbox.repo().join("below")).unwrap();
    fs::write(sandbox.repo().join("a.txt"), "novel").unwrap();
    fs::write(sandbox.repo().join("below/b.txt"), "novel").unwrap();
    sandbox
}

#[test]
fn empty_directory_changes_the_key() {
    let sandbox = folder();
    let empty = sandbox.repo().join("below/empty");
    counts(&sandbox, || fs::create_dir(&empty).unwrap(), || fs::remove_dir(&empty).unwrap());
    fs::create_dir(&empty).unwrap();
    let moved = sandbox.repo().join("below/moved");
    counts(&sandbox, || fs::rename(&empty, &moved).unwrap(), || fs::rename(&moved, &empty).unwrap());
}

#[test]
fn version_control_directories_do_not_change_the_key() {
    for name in [".git", ".hg", ".jj", ".svn"] {
        let sandbox = folder();
        let place = sandbox.repo().join("below").join(name);
        fs::create_dir(&place).unwrap();
        does_not_count(&sandbox, || fs::write(place.join("x"), "x").unwrap());
        fs::remove_dir_all(&place).unwrap();
        does_not_count(&sandbox, || fs::create_dir(&place).unwrap());
        // A file of that name is an ordinary file.
        fs::remove_dir(&place).unwrap();
        counts(&sandbox, || fs::write(&place, "x").unwrap(), || fs::remove_file(&place).unwrap());
    }
}

#[test]
fn tagged_cache_directory_does_not_change_the_key() {
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
