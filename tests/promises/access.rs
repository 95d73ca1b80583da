//! The cache is private to its user.
#![cfg(unix)]

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use test_support::Sandbox;

/// Collects `path` and everything below it: path, is it a directory, mode bits.
fn modes(path: &Path, found: &mut Vec<(String, bool, u32)>) {
    let metadata = path.symlink_metadata().unwrap();
    found.push((path.display().to_string(), metadata.is_dir(), metadata.mode() & 0o777));
    if metadata.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            modes(&entry.unwrap().path(), found);
        }
    }
}

#[test]
fn cache_is_private_and_entry_files_are_read_only() {
    let sandbox = Sandbox::new();
    // The umask of a careless user.
    sandbox.run("both").under_umask("000").passes();

    let mut found = Vec::new();
    modes(&sandbox.cache(), &mut found);
    let top = sandbox.cache();
    let is_top = |path: &str| Path::new(path).parent() == Some(&top) || Path::new(path) == top;
    let open: Vec<_> =
        found.iter().filter(|(path, is_dir, mode)| *is_dir && is_top(path) && mode & 0o077 != 0).collect();
    assert!(open.is_empty(), "{open:?}");
    let writable: Vec<_> = found
        .iter()
        .filter(|(path, is_dir, mode)| {
            !is_dir && path.starts_with(top.join("bookshop").to_str().unwrap()) && mode & 0o222 != 0
        })
        .collect();
    assert!(writable.is_empty(), "{writable:?}");
}

#[test]
fn directory_of_a_private_build_is_private() {
    let sandbox = Sandbox::new();
    let temporary = sandbox.path("temporary");
    fs::create_dir(&temporary).unwrap();
    let run = sandbox.run("only_words").env("SMOKE_CACHE", "off").env("TMPDIR", &temporary).under_umask("000");
    let (builder, held) = run.start_until_in("words");
    let mut found = Vec::new();
    for made in fs::read_dir(&temporary).unwrap() {
        modes(&made.unwrap().path(), &mut found);
    }
    let (_, _, mode) = &found[0];
    assert_eq!((found.len() > 1, mode & 0o077), (true, 0), "{found:?}");
    drop(held);
    assert!(builder.done().passed);
}

#[test]
fn cache_writable_by_others_is_a_warning_with_help() {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.cache()).unwrap();
    for (mode, is_open) in [(0o777, true), (0o775, true), (0o755, false), (0o700, false)] {
        fs::set_permissions(sandbox.cache(), Permissions::from_mode(mode)).unwrap();
        let done = sandbox.run("only_words").passes();
        let warning = format!("`chmod go-w {}`", sandbox.cache().display());
        assert_eq!(done.stderr.contains(&warning), is_open, "{mode:o}: {}", done.stderr);
    }
}

#[test]
fn read_only_cache_evicts_nothing() {
    let sandbox = Sandbox::new();
    sandbox.run("only_words").passes();
    sandbox.run("only_words").env("SMOKE_CACHE", "read-only").env("SMOKE_MAX_SIZE", "1B").passes();
    assert!(sandbox.entry_file("words.json").is_file());
}
