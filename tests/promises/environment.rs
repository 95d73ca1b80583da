//! A test passes also where the environment is unusual.
#![cfg(target_os = "linux")]

use std::fs;
use std::os::unix::fs::PermissionsExt;

use cached_smoke::Outcome;

use crate::sandbox::Sandbox;

/// As `docker run --user 1000` has it, with the home directory of root.
#[test]
fn a_home_directory_that_git_cannot_read_is_no_error() {
    let sandbox = Sandbox::new();
    let config = sandbox.path("home/.config");
    fs::create_dir_all(config.join("git")).unwrap();
    sandbox.run("only_repo").without_privileges().passes();
    fs::set_permissions(&config, fs::Permissions::from_mode(0o000)).unwrap();
    let done = sandbox.run("both").without_privileges().passes();
    fs::set_permissions(&config, fs::Permissions::from_mode(0o700)).unwrap();
    assert_eq!(done.outcome("words"), Outcome::Built);
    assert_eq!(sandbox.run("both").without_privileges().passes().outcome("words"), Outcome::Hit);
}

#[test]
fn an_unreadable_directory_of_the_repository_is_still_an_error() {
    let sandbox = Sandbox::new();
    let hidden = sandbox.repo().join("hidden");
    fs::create_dir(&hidden).unwrap();
    fs::write(hidden.join("b.txt"), "b").unwrap();
    sandbox.run("only_repo").without_privileges().passes();
    fs::set_permissions(&hidden, fs::Permissions::from_mode(0o000)).unwrap();
    let done = sandbox.run("only_repo").without_privileges().fails();
    fs::set_permissions(&hidden, fs::Permissions::from_mode(0o700)).unwrap();
    assert!(done.stderr.contains("hidden"), "{}", done.stderr);
}

#[test]
fn a_place_for_private_builds_that_is_taken_is_no_error() {
    let user = own_user();
    for kind in ["file", "dangling link", "link", "directory of all"] {
        let sandbox = Sandbox::new();
        let (temporary, elsewhere) = (sandbox.path("tmp"), sandbox.path("elsewhere"));
        fs::create_dir(&temporary).unwrap();
        let taken = temporary.join(format!("cached-smoke-{user}"));
        match kind {
            "file" => fs::write(&taken, "").unwrap(),
            "link" => {
                fs::create_dir(&elsewhere).unwrap();
                std::os::unix::fs::symlink(&elsewhere, &taken).unwrap();
            }
            "dangling link" => std::os::unix::fs::symlink(&elsewhere, &taken).unwrap(),
            _ => {
                fs::create_dir(&taken).unwrap();
                fs::set_permissions(&taken, fs::Permissions::from_mode(0o777)).unwrap();
            }
        }
        for cache in ["off", "read-write"] {
            let done =
                sandbox.run("both").env("TMPDIR", &temporary).env("SMOKE_CACHE", cache).env("NEXTEST", "1").passes();
            assert!(!done.stderr.contains("warning"), "{kind}: {}", done.stderr);
        }
        assert_eq!(
            fs::read_dir(&elsewhere).into_iter().flatten().count(),
            0,
            "{kind}: nothing is written behind a link"
        );
    }
}

fn own_user() -> u32 {
    use std::os::unix::fs::MetadataExt;
    fs::metadata("/proc/self").unwrap().uid()
}
