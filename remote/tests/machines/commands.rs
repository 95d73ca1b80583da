//! `push`, `remote status` and `remote keygen`.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Output;

use cached_smoke::Outcome;
use test_support::{PUBLIC_KEY, World};

use crate::subject;
use crate::{Reports, new_world};

#[track_caller]
fn out(output: &Output, status: i32) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert_eq!(output.status.code(), Some(status), "{}{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout) + &text(&output.stderr)
}

#[test]
fn push_uploads_the_cache() {
    let world = new_world();
    let machine = world.machine(&world.folder());
    let offline = machine.with("SMOKE_REMOTE", "off");
    offline.passes("both");
    let machine = offline.with("SMOKE_REMOTE", &world.folder());
    let told = out(&machine.smoke_cache(&["push"]), 0);
    assert!(told.contains("2 artifacts uploaded (") && told.contains("0 already present, 0 failed"), "{told}");
    let told = out(&machine.smoke_cache(&["push"]), 0);
    assert!(told.contains("0 artifacts uploaded (0 B), 2 already present, 0 failed"), "{told}");
    let done = world.machine(&world.folder()).passes("both");
    assert_eq!((done.outcome("words"), done.outcome("lengths")), (Outcome::Fetched, Outcome::Fetched));
    let machine = machine.with("SMOKE_REMOTE_ACCESS", "read-only");
    machine.with(subject::VERSION, "2").with("SMOKE_REMOTE", "off").passes("both");
}

#[test]
fn push_uploads_lost_objects_again() {
    let world = new_world();
    let machine = world.machine(&world.folder());
    machine.passes("both");
    fs::remove_dir_all(world.path("bucket/v1/blobs")).unwrap();
    let told = out(&machine.smoke_cache(&["push"]), 0);
    assert!(told.contains("2 artifacts uploaded ("), "{told}");
    assert_eq!(world.machine(&world.folder()).passes("both").outcome("words"), Outcome::Fetched);
}

#[test]
fn push_replaces_entries_if_asked_to() {
    let world = new_world();
    let machine = world.machine(&world.folder());
    machine.passes("both");
    let other = "0202020202020202020202020202020202020202020202020202020202020202";
    let of_other = "8139770ea87d175f56a35466c34c7ecccb8d8a91b4ee37a25df60f5b8fc9b394";
    let both = format!("{PUBLIC_KEY},{of_other}");
    let machine = machine.with("SMOKE_REMOTE_SIGNING_KEY", other).with("SMOKE_REMOTE_PUBLIC_KEYS", &both);
    let told = out(&machine.smoke_cache(&["push"]), 0);
    assert!(told.contains("2 already present"), "{told}");
    let told = out(&machine.smoke_cache(&["push", "--replace"]), 0);
    assert!(told.contains("2 artifacts uploaded ("), "{told}");
    let reader = world.machine(&world.folder()).with("SMOKE_REMOTE_SIGNING_KEY", "");
    let reader = reader.with("SMOKE_REMOTE_PUBLIC_KEYS", of_other);
    assert_eq!(reader.passes("both").outcome("words"), Outcome::Fetched);
}

#[test]
fn push_keeps_another_build_of_the_same_key() {
    let world = new_world();
    let first = world.machine(&world.folder());
    first.passes("both");
    let second = world.machine(&world.folder());
    second.passes("both");
    let before = entries(&world);
    // The first machine builds again, because its artifacts were wrong.
    let first = first.with(subject::ADDS, " and more").with("SMOKE_FORCE_REBUILD", "bookshop");
    assert_eq!(first.run_within("another-run", "both").done().outcome("words"), Outcome::Forced);
    let forced = entries(&world);
    assert_ne!(forced, before);
    let told = out(&second.smoke_cache(&["push"]), 0);
    assert!(told.contains("0 artifacts uploaded (0 B), 2 already present, 0 failed"), "{told}");
    assert_eq!(entries(&world), forced);
    // No machine can fetch the artifacts any more.
    fs::remove_dir_all(world.path("bucket/v1/blobs")).unwrap();
    let told = out(&second.smoke_cache(&["push"]), 0);
    assert!(told.contains("2 artifacts uploaded ("), "{told}");
    assert_eq!(entries(&world), before);
    assert_eq!(world.machine(&world.folder()).passes("both").outcome("words"), Outcome::Fetched);
}

/// Returns the entries in the service.
fn entries(world: &World) -> Vec<Vec<u8>> {
    let objects = world.objects();
    let entries = objects.iter().filter(|path| path.contains("v1/entries/"));
    entries.map(|path| fs::read(world.path("bucket").join(path)).unwrap()).collect()
}

#[test]
fn push_uploads_no_damaged_artifact() {
    let world = new_world();
    let machine = world.machine(&world.folder()).with("SMOKE_REMOTE", "off");
    machine.passes("both");
    let archive = {
        let entries = fs::read_dir(machine.cache().join("bookshop")).unwrap();
        { entries }.map(|entry| entry.unwrap().path().join("words.tar.zst")).find(|path| path.exists()).unwrap()
    };
    let size = fs::metadata(&archive).unwrap().len();
    fs::set_permissions(&archive, PermissionsExt::from_mode(0o644)).unwrap();
    fs::write(&archive, vec![7; usize::try_from(size).unwrap()]).unwrap();
    let machine = machine.with("SMOKE_REMOTE", &world.folder());
    let told = out(&machine.smoke_cache(&["push"]), 1);
    assert!(told.contains("1 artifacts uploaded (") && told.contains("1 failed"), "{told}");
    assert!(
        told.contains("it is damaged: ") && told.contains("run `cargo smoke-cache verify` to set it aside"),
        "{told}"
    );
    assert!(world.objects().iter().all(|path| !path.ends_with("/words")), "{:?}", world.objects());
}

#[test]
fn push_without_write_access_is_an_error_with_help() {
    let world = new_world();
    let machine = world.machine(&world.folder()).with("SMOKE_REMOTE_ACCESS", "read-only");
    machine.passes("both");
    let told = out(&machine.smoke_cache(&["push"]), 2);
    assert!(told.contains("the remote cache is read-only"), "{told}");
    let told = out(&machine.with("SMOKE_REMOTE", "off").smoke_cache(&["push"]), 2);
    assert!(told.contains("no remote cache is configured\nhelp: set SMOKE_REMOTE"), "{told}");
}

#[test]
fn status_reports_problems() {
    let world = new_world();
    let machine =
        world.machine("s3://bucket?region=x&endpoint=http://127.0.0.1:9&secret_access_key=hush&access_key_id=k");
    let told = out(&machine.smoke_cache(&["remote", "status"]), 1);
    assert!(told.contains("failed:    failed to read from the service"), "{told}");
    assert!(!told.contains("hush"), "{told}");
    let told = out(&machine.with("SMOKE_REMOTE_SIGNING_KEY", "").smoke_cache(&["remote", "status"]), 1);
    assert!(told.contains("no signer is trusted"), "{told}");
}

#[test]
fn keygen_prints_a_matching_pair() {
    let world = new_world();
    let told = out(&world.machine(&world.folder()).smoke_cache(&["remote", "keygen"]), 0);
    let secret = told.lines().find_map(|line| line.strip_prefix("SMOKE_REMOTE_SIGNING_KEY=")).unwrap();
    let public = told.lines().find_map(|line| line.strip_prefix("public-keys = [\"")?.strip_suffix("\"]")).unwrap();
    let writer = world.machine(&world.folder()).with("SMOKE_REMOTE_SIGNING_KEY", secret);
    writer.passes("only_words");
    let reader = world.machine(&world.folder()).with("SMOKE_REMOTE_SIGNING_KEY", "");
    let done = reader.with("SMOKE_REMOTE_PUBLIC_KEYS", public).passes("only_words");
    assert_eq!(done.outcome("words"), Outcome::Fetched);
    let other = out(&world.machine(&world.folder()).smoke_cache(&["remote", "keygen"]), 0);
    assert!(!other.contains(secret));
}
