//! Whoever can write to the service cannot feed a test.

use std::fs::{self, File};

use cached_smoke::Outcome;

use crate::machine::{Machine, PUBLIC, World};

/// Somebody else's.
const OTHER_SECRET: &str = "0202020202020202020202020202020202020202020202020202020202020202";

fn reader(world: &World) -> Machine {
    world.machine(&world.folder()).with("SMOKE_REMOTE_SIGNING_KEY", "").with("SMOKE_REMOTE_PUBLIC_KEYS", PUBLIC)
}

#[test]
fn a_reader_believes_what_a_trusted_key_signed_and_writes_nothing() {
    let world = World::new();
    world.machine(&world.folder()).passes("only_words");
    let before = world.objects();
    let reader = reader(&world);
    assert_eq!(reader.passes("only_words").outcome("words"), Outcome::Fetched);
    // What it builds it keeps to itself.
    let built = reader.passes("both");
    assert_eq!((built.outcome("lengths"), built.warnings()), (Outcome::Built, 0));
    assert_eq!(world.objects(), before);
}

#[test]
fn read_only_access_writes_nothing_whatever_key_there_is() {
    let world = World::new();
    let done = world.machine(&world.folder()).with("SMOKE_REMOTE_ACCESS", "read-only").passes("both");
    assert_eq!((done.outcome("words"), done.warnings()), (Outcome::Built, 0));
    assert_eq!(world.objects(), Vec::<String>::new());
}

#[test]
fn what_somebody_else_signed_or_nobody_is_refused_and_reported() {
    for (name, value) in [("SMOKE_REMOTE_SIGNING_KEY", OTHER_SECRET), ("SMOKE_REMOTE_UNSIGNED", "1")] {
        let world = World::new();
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
fn any_byte_of_an_entry_or_a_blob_that_is_changed_is_noticed() {
    let world = World::new();
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
                // A byte more than it says is not read.
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
fn an_entry_in_the_place_of_another_is_refused() {
    let world = World::new();
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
fn a_writer_replaces_what_it_found_to_be_bad() {
    let world = World::new();
    world.machine(&world.folder()).passes("only_words");
    let blob = world.object("v1/blobs/");
    let good = fs::read(&blob).unwrap();
    for bad in [vec![7; good.len()], good[..good.len() - 1].to_vec(), Vec::new()] {
        fs::write(&blob, &bad).unwrap();
        let mended = world.machine(&world.folder()).passes("only_words");
        assert_eq!(mended.outcome("words"), Outcome::Built, "{} bytes", bad.len());
        // The wrong bytes are seen here, and another size by the helper: that is no blob at all.
        // Nothing of them is decoded.
        let error = mended.report("words").remote_error.as_deref();
        assert_eq!(error, (bad.len() == good.len()).then_some("its archive is not the one that was written"));
        assert_eq!(world.machine(&world.folder()).passes("only_words").outcome("words"), Outcome::Fetched);
        assert_eq!(fs::read(&blob).unwrap().len(), good.len());
    }
}

#[test]
fn trusting_nobody_is_told_and_costs_one_warning() {
    let world = World::new();
    let done = world.machine(&world.folder()).with("SMOKE_REMOTE_SIGNING_KEY", "").passes("both");
    assert_eq!((done.outcome("words"), done.warnings()), (Outcome::Built, 1));
    assert!(done.stderr.contains("no signer is trusted: set `public-keys`"), "{}", done.stderr);
    assert_eq!(world.objects(), Vec::<String>::new());
}

#[test]
fn secrets_are_in_no_message_and_no_note() {
    let world = World::new();
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
fn what_is_refused_is_told_once_in_a_run() {
    let world = World::new();
    world.machine(&world.folder()).with("SMOKE_REMOTE_SIGNING_KEY", OTHER_SECRET).passes("both");
    let reader = reader(&world);
    let first = reader.start_within("one", "both").done();
    reader.forget_entries();
    let second = reader.start_within("one", "both").done();
    assert_eq!((first.warnings(), second.warnings()), (1, 0), "{}{}", first.stderr, second.stderr);
    assert!(second.report("words").remote_error.is_some());
}

#[test]
fn an_entry_of_any_size_is_no_harm() {
    let world = World::new();
    world.machine(&world.folder()).passes("only_words");
    let entry = world.object("v1/entries/");
    File::options().write(true).open(&entry).unwrap().set_len(1 << 40).unwrap();
    let done = reader(&world).passes("only_words");
    assert_eq!(done.outcome("words"), Outcome::Built);
    let error = done.report("words").remote_error.clone().unwrap();
    assert!(error.contains("it is larger than the maximum size of an entry"), "{error}");
    // Whoever may write puts a good one in its place.
    assert_eq!(world.machine(&world.folder()).passes("only_words").outcome("words"), Outcome::Built);
    assert_eq!(reader(&world).passes("only_words").outcome("words"), Outcome::Fetched);
}

#[test]
fn nobody_waits_for_a_pipe_in_a_shared_folder() {
    for place in ["entries", "leases"] {
        let world = World::new();
        world.machine(&world.folder()).passes("only_words");
        let entry = world.object("v1/entries/");
        let name = entry.strip_prefix(world.path("bucket/v1/entries")).unwrap().to_owned();
        fs::remove_file(&entry).unwrap();
        let pipe = world.path("bucket/v1").join(place).join(name);
        fs::create_dir_all(pipe.parent().unwrap()).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let done = world.machine(&world.folder()).passes("only_words");
        assert_eq!((done.outcome("words"), done.warnings()), (Outcome::Built, 1), "{}", done.stderr);
        let error = done.report("words").remote_error.as_deref().unwrap_or_default();
        assert!(error.contains("is not a regular file; remove it"), "{error}");
    }
}

#[test]
fn a_lease_of_any_size_is_a_lease() {
    let world = World::new();
    world.machine(&world.folder()).passes("only_words");
    let entry = world.object("v1/entries/");
    let name = entry.strip_prefix(world.path("bucket/v1/entries")).unwrap().to_owned();
    fs::remove_file(&entry).unwrap();
    let lease = world.path("bucket/v1/leases").join(name);
    fs::create_dir_all(lease.parent().unwrap()).unwrap();
    File::create(&lease).unwrap().set_len(1 << 40).unwrap();
    let machine = world.machine(&world.folder()).that_finds_others_lost_after("1s");
    let done = machine.passes("only_words");
    assert_eq!((done.outcome("words"), done.warnings()), (Outcome::Built, 0), "{}", done.stderr);
    assert!(!lease.exists());
}

#[test]
fn what_a_link_in_a_shared_folder_leads_to_is_left_alone() {
    for place in ["v1/entries/bookshop", "v1/leases/bookshop", "v1/blobs", ".unfinished"] {
        let world = World::new();
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
