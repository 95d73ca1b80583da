//! A writer without a trusted key cannot feed a test.

use std::fs::{self, File};

use cached_smoke::Outcome;
use test_support::{Machine, PUBLIC_KEY, World, make_pipe};

use crate::subject::ADDS;
use crate::{Reports, new_world};

/// A signing key of another user.
const OTHER_SECRET: &str = "0202020202020202020202020202020202020202020202020202020202020202";

fn reader(world: &World) -> Machine {
    world.machine(&world.folder()).with("SMOKE_REMOTE_SIGNING_KEY", "").with("SMOKE_REMOTE_PUBLIC_KEYS", PUBLIC_KEY)
}

#[test]
fn reader_trusts_signed_entries_and_writes_nothing() {
    let world = new_world();
    world.machine(&world.folder()).passes("only_words");
    let before = world.objects();
    let reader = reader(&world);
    assert_eq!(reader.passes("only_words").outcome("words"), Outcome::Fetched);
    // It uploads nothing that it builds.
    let built = reader.passes("both");
    assert_eq!((built.outcome("lengths"), built.warnings()), (Outcome::Built, 0));
    assert_eq!(world.objects(), before);
}

#[test]
fn read_only_access_writes_nothing_despite_a_key() {
    let world = new_world();
    let done = world.machine(&world.folder()).with("SMOKE_REMOTE_ACCESS", "read-only").passes("both");
    assert_eq!((done.outcome("words"), done.warnings()), (Outcome::Built, 0));
    assert_eq!(world.objects(), Vec::<String>::new());
}

#[test]
fn untrusted_and_unsigned_entries_are_refused() {
    for (name, value) in [("SMOKE_REMOTE_SIGNING_KEY", OTHER_SECRET), ("SMOKE_REMOTE_UNSIGNED", "1")] {
        let world = new_world();
        let mut writer = world.machine(&world.folder()).with("SMOKE_REMOTE_SIGNING_KEY", "");
        writer = writer.with(name, value);
        writer.passes("only_words");
        assert_eq!(world.objects().len(), 2, "{:?}", world.objects());
        let done = reader(&world).passes("only_words");
        assert_eq!(done.outcome("words"), Outcome::Built);
        let error = done.report("words").remote_error.clone().unwrap();
        let entry = world.objects().into_iter().find_map(|path| Some(path.strip_prefix("v1/entries/")?.to_owned()));
        assert!(error.contains(&format!("the entry {} is refused: ", entry.unwrap())), "{error}");
        assert!(done.stdout.contains("remote_error=\"the entry "), "{}", done.stdout);
        assert_eq!(done.warnings(), 1, "{}", done.stderr);
    }
}

#[test]
fn any_changed_byte_of_an_entry_or_blob_is_detected() {
    let world = new_world();
    world.machine(&world.folder()).passes("both");
    for part in ["/words", "/lengths", "v1/blobs/"] {
        let paths: Vec<String> = world.objects().into_iter().filter(|path| path.contains(part)).collect();
        for path in paths {
            let path = world.path("bucket").join(path);
            let good = fs::read(&path).unwrap();
            let step = (good.len() / 7).max(1);
            let changes = (0..good.len()).step_by(step).map(|place| {
                let mut changed = good.clone();
                changed[place] ^= 0x10;
                changed
            });
            let cut = good[..good.len() / 2].to_vec();
            let longer = [good.clone(), vec![0; 100]].concat();
            for (number, bad) in changes.chain([cut, Vec::new(), longer]).enumerate() {
                fs::write(&path, &bad).unwrap();
                let done = reader(&world).passes("both");
                let outcomes = [done.outcome("words"), done.outcome("lengths")];
                // Bytes beyond the recorded size are not read.
                let is_longer_blob = part == "v1/blobs/" && bad.len() > good.len();
                assert!(
                    outcomes.contains(&Outcome::Built) || is_longer_blob,
                    "{}: change {number}: {outcomes:?}",
                    path.display()
                );
                assert!(done.warnings() <= 1, "{}", done.stderr);
            }
            fs::write(&path, &good).unwrap();
        }
    }
}

#[test]
fn entry_copied_to_another_key_is_refused() {
    let world = new_world();
    let machine = world.machine(&world.folder());
    machine.passes("only_words");
    let one = world.object("v1/entries/");
    machine.with(crate::subject::VERSION, "2").passes("only_words");
    let entries: Vec<_> = world.objects().into_iter().filter(|path| path.contains("v1/entries/")).collect();
    let other = entries.iter().map(|path| world.path("bucket").join(path)).find(|path| *path != one).unwrap();
    fs::copy(&other, &one).unwrap();
    let done = reader(&world).passes("only_words");
    assert_eq!(done.outcome("words"), Outcome::Built);
    let error = done.report("words").remote_error.clone().unwrap();
    assert!(error.contains("its signature does not match"), "{error}");
}

#[test]
fn writer_replaces_a_damaged_blob() {
    let world = new_world();
    world.machine(&world.folder()).passes("only_words");
    let blob = world.object("v1/blobs/");
    let good = fs::read(&blob).unwrap();
    for bad in [vec![7; good.len()], good[..good.len() - 1].to_vec(), Vec::new()] {
        fs::write(&blob, &bad).unwrap();
        let mended = world.machine(&world.folder()).passes("only_words");
        assert_eq!(mended.outcome("words"), Outcome::Built, "{} bytes", bad.len());
        // The runtime detects wrong bytes, before it decodes any. The helper detects a wrong size, and treats the blob
        // as missing.
        let error = mended.report("words").remote_error;
        assert_eq!(error.as_deref(), (bad.len() == good.len()).then_some("the digest of its archive does not match"));
        assert_eq!(world.machine(&world.folder()).passes("only_words").outcome("words"), Outcome::Fetched);
        assert_eq!(fs::read(&blob).unwrap().len(), good.len());
    }
}

#[test]
fn missing_trusted_keys_cost_one_warning() {
    let world = new_world();
    let done = world.machine(&world.folder()).with("SMOKE_REMOTE_SIGNING_KEY", "").passes("both");
    assert_eq!((done.outcome("words"), done.warnings()), (Outcome::Built, 1));
    assert!(done.stderr.contains("no signer is trusted: there are neither `public-keys`"), "{}", done.stderr);
    assert_eq!(world.objects(), Vec::<String>::new());
}

#[test]
fn secrets_are_in_no_message_and_no_record() {
    let world = new_world();
    let secret_url =
        "s3://bucket/prefix?region=x&endpoint=http://127.0.0.1:9&secret_access_key=hush&access_key_id=quiet";
    let machine = world.machine(secret_url);
    let done = machine.passes("both");
    let notes = fs::read_to_string(machine.cache().join(".runs").join(&done.run).join("remote.jsonl")).unwrap();
    let log = fs::read_to_string(machine.cache().join(".runs").join(&done.run).join("remote.log")).unwrap();
    assert_eq!(done.warnings(), 1, "{}", done.stderr);
    for text in [&done.stdout, &done.stderr, &notes, &log] {
        assert!(!text.contains("hush") && !text.contains("quiet") && !text.contains("01010101"), "{text}");
    }
}

#[test]
fn refused_entry_is_one_warning_per_run() {
    let world = new_world();
    world.machine(&world.folder()).with("SMOKE_REMOTE_SIGNING_KEY", OTHER_SECRET).passes("both");
    let reader = reader(&world);
    let first = reader.run_within("one", "both").done();
    reader.forget_entries();
    let second = reader.run_within("one", "both").done();
    assert_eq!((first.warnings(), second.warnings()), (1, 0), "{}{}", first.stderr, second.stderr);
    assert!(second.last_report("words").remote_error.is_some());
}

#[test]
fn oversized_entry_is_no_harm() {
    let world = new_world();
    world.machine(&world.folder()).passes("only_words");
    let entry = world.object("v1/entries/");
    File::options().write(true).open(&entry).unwrap().set_len(1 << 40).unwrap();
    let done = reader(&world).passes("only_words");
    assert_eq!(done.outcome("words"), Outcome::Built);
    let error = done.report("words").remote_error.clone().unwrap();
    assert!(error.contains("it is larger than the maximum size of an entry"), "{error}");
    // A machine that may write replaces it.
    assert_eq!(world.machine(&world.folder()).passes("only_words").outcome("words"), Outcome::Built);
    assert_eq!(reader(&world).passes("only_words").outcome("words"), Outcome::Fetched);
}

#[test]
fn pipe_in_a_remote_folder_does_not_block() {
    for place in ["entries", "leases"] {
        let world = new_world();
        world.machine(&world.folder()).passes("only_words");
        let entry = world.object("v1/entries/");
        let name = entry.strip_prefix(world.path("bucket/v1/entries")).unwrap().to_owned();
        fs::remove_file(&entry).unwrap();
        let pipe = world.path("bucket/v1").join(place).join(name);
        fs::create_dir_all(pipe.parent().unwrap()).unwrap();
        make_pipe(&pipe);
        let done = world.machine(&world.folder()).passes("only_words");
        assert_eq!((done.outcome("words"), done.warnings()), (Outcome::Built, 1), "{}", done.stderr);
        let error = done.report("words").remote_error.unwrap_or_default();
        assert!(error.contains("is not a regular file; remove it"), "{error}");
    }
}

#[test]
fn oversized_lease_is_a_lease() {
    let world = new_world();
    world.machine(&world.folder()).passes("only_words");
    let entry = world.object("v1/entries/");
    let name = entry.strip_prefix(world.path("bucket/v1/entries")).unwrap().to_owned();
    fs::remove_file(&entry).unwrap();
    let lease = world.path("bucket/v1/leases").join(name);
    fs::create_dir_all(lease.parent().unwrap()).unwrap();
    File::create(&lease).unwrap().set_len(1 << 40).unwrap();
    let machine = world.machine(&world.folder()).with_lease_lost_after("1s");
    let done = machine.passes("only_words");
    assert_eq!((done.outcome("words"), done.warnings()), (Outcome::Built, 0), "{}", done.stderr);
    assert!(!lease.exists());
}

#[test]
fn link_targets_in_a_remote_folder_are_not_changed() {
    for place in ["v1/entries/bookshop", "v1/leases/bookshop", "v1/blobs", ".unfinished"] {
        let world = new_world();
        world.machine(&world.folder()).passes("only_words");
        let victim = world.path("victim");
        fs::create_dir_all(&victim).unwrap();
        fs::write(victim.join("precious"), "mine").unwrap();
        let place = world.path("bucket").join(place);
        let _ = fs::remove_dir_all(&place);
        std::os::unix::fs::symlink(&victim, &place).unwrap();
        let done = world.machine(&world.folder()).with("SMOKE_FORCE_REBUILD", "all").passes("only_words");
        assert_eq!(done.outcome("words"), Outcome::Forced);
        world.machine(&world.folder()).with(crate::subject::VERSION, "2").passes("only_words");
        let left: Vec<_> = fs::read_dir(&victim).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["precious"], "{}", place.display());
    }
}

#[test]
fn stale_entry_is_withdrawn_by_a_machine_that_may_write() {
    let world = new_world();
    world.machine(&world.folder()).passes("attribute");
    let entry = fs::read_to_string(world.object("v1/entries/")).unwrap();
    assert!(!entry.contains("environment") && !entry.contains("HOME"), "it stays on its machine: {entry}");
    let verify = |machine: &Machine| machine.run("attribute").env(ADDS, "new").env("SMOKE_VERIFY", "1").fails();

    let done = verify(&reader(&world));
    assert!(done.stderr.contains("`words` of bookshop is stale"), "{}", done.stderr);
    assert!(done.stderr.contains("another machine or version built it"), "{}", done.stderr);
    assert!(done.stderr.contains("stays: it is read-only for this process"), "{}", done.stderr);
    world.object("v1/entries/");

    let done = verify(&world.machine(&world.folder()));
    assert!(done.stderr.contains("the copy in the remote cache is withdrawn"), "{}", done.stderr);
    assert!(!world.objects().iter().any(|path| path.starts_with("v1/entries/")), "{:?}", world.objects());
    let next = world.machine(&world.folder()).passes("attribute");
    assert_eq!(next.outcome("words"), Outcome::Built);
}
