//! No file of the cache is executed, and nothing outside of the cache is written or removed, whatever the cache
//! contains.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use cached_smoke::Outcome;
use test_support::{Sandbox, give_to_another_user, make_pipe};

use crate::Reports;

/// Moves `name` out of the cache and leaves a link to it. Returns its new path.
fn lead_elsewhere(sandbox: &Sandbox, name: &str) -> PathBuf {
    let (inside, outside) = (sandbox.cache().join(name), sandbox.path("elsewhere"));
    fs::rename(&inside, &outside).unwrap();
    symlink(&outside, &inside).unwrap();
    outside
}

/// Collects everything below `path`, with the content of files.
fn snapshot(path: &Path, found: &mut Vec<(PathBuf, Vec<u8>)>) {
    let mut names: Vec<_> = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    for path in names {
        found.push((path.clone(), fs::read(&path).unwrap_or_default()));
        if path.is_dir() {
            snapshot(&path, found);
        }
    }
}

fn snapshot_of(path: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    snapshot(path, &mut found);
    found
}

#[test]
fn link_targets_are_neither_read_nor_changed() {
    for place in [
        "bookshop",
        "ENTRY OF words",
        "ENTRY OF lengths",
        "ENTRY OF lengths/lengths",
        ".unpacked/bookshop",
        ".unpacked/ENTRY OF words",
        ".unpacked/ENTRY OF words/words",
        ".locks/bookshop",
        ".locks/ENTRY OF words",
        ".locks/ENTRY OF words/words.lock",
    ] {
        let sandbox = Sandbox::new();
        sandbox.run("both").passes();
        let entry = |artifact: &str| {
            let entry = sandbox.entry_file(&format!("{artifact}.json")).parent().unwrap().to_owned();
            entry.strip_prefix(sandbox.cache()).unwrap().to_str().unwrap().to_owned()
        };
        let place = ["words", "lengths"]
            .iter()
            .fold(place.to_owned(), |place, artifact| place.replace(&format!("ENTRY OF {artifact}"), &entry(artifact)));
        let outside = lead_elsewhere(&sandbox, &place);
        let look = || {
            if outside.is_dir() { snapshot_of(&outside) } else { vec![(outside.clone(), fs::read(&outside).unwrap())] }
        };
        let before = look();
        let read_only = [("SMOKE_CACHE", "read-only")];
        for settings in [&[][..], &[("SMOKE_FORCE_REBUILD", "all")], &[("SMOKE_MAX_SIZE", "1B")], &read_only] {
            let mut run = sandbox.run("both");
            for (name, value) in settings {
                run = run.env(name, value);
            }
            let done = run.passes();
            assert_eq!(look(), before, "{place}: {settings:?}");
            let warned = done.stderr.contains("is a link, and the cache does not follow links\nhelp: remove the link");
            // A hit takes no build lock, so it does not read `.locks`.
            let is_read =
                !place.starts_with(".locks") || settings.iter().any(|(name, _)| *name == "SMOKE_FORCE_REBUILD");
            assert_eq!(warned, is_read, "{place}: {settings:?}: {}", done.stderr);
        }
    }
}

#[test]
fn local_directory_that_is_a_link_is_an_error_with_help() {
    for name in [".locks", ".staging", ".trash", ".unpacked", ".runs", ".stamps"] {
        let sandbox = Sandbox::new();
        sandbox.run("both").passes();
        fs::create_dir_all(sandbox.cache().join(name)).unwrap();
        let outside = lead_elsewhere(&sandbox, name);
        fs::create_dir(outside.join("precious")).unwrap();
        fs::write(outside.join("precious/notes.json"), "mine").unwrap();
        let before = snapshot_of(&outside);
        sandbox.run("both").env("SMOKE_CACHE", "read-only").fails();
        let done = sandbox.run("both").env("SMOKE_MAX_SIZE", "1B").fails();
        assert!(
            done.stderr.contains(&format!("{} is a link", sandbox.cache().join(name).display())),
            "{}",
            done.stderr
        );
        assert!(done.stderr.contains("remove the link"), "{}", done.stderr);
        assert_eq!(snapshot_of(&outside), before, "{name}");
    }
}

#[test]
fn run_records_that_are_links_are_an_error_with_help() {
    let outside = |sandbox: &Sandbox| {
        fs::create_dir_all(sandbox.path("elsewhere")).unwrap();
        sandbox.path("elsewhere")
    };
    for name in ["", "/repos", "/proofs", "/telemetry.jsonl"] {
        let sandbox = Sandbox::new();
        sandbox.run_within("one", "both").passes();
        let inside = PathBuf::from(format!("{}/.runs/one{name}", sandbox.cache().display()));
        fs::rename(&inside, sandbox.path("moved")).unwrap();
        symlink(outside(&sandbox), &inside).unwrap();
        let done = sandbox.run_within("one", "both").fails();
        assert!(done.stderr.contains("is neither a file nor a directory\nhelp: remove it"), "{name}: {}", done.stderr);
        assert_eq!(fs::read_dir(outside(&sandbox)).unwrap().count(), 0, "{name}");
    }
}

#[test]
fn recorded_commit_cannot_name_a_path() {
    let sandbox = Sandbox::new();
    sandbox.run_within("r", "only_count").passes();
    let notes = fs::read_dir(sandbox.cache().join(".runs/r/repos")).unwrap().map(|entry| entry.unwrap().path());
    let note = { notes }.find(|path| path.extension().is_none()).unwrap();
    fs::write(&note, r#"{"commit":"../../led","difference":null}"#).unwrap();
    assert_eq!(sandbox.run_within("r", "only_count").passes().reports().len(), 2);
    let led = snapshot_names(&sandbox.path("")).into_iter().find(|path| path.to_string_lossy().contains("led-"));
    assert_eq!(led, None);
    assert_eq!(sandbox.take_builds(), ["build count"]);
}

#[test]
fn pipes_among_run_records_and_leftovers_do_not_block() {
    let sandbox = Sandbox::new();
    sandbox.run_within("one", "both").passes();
    for note in fs::read_dir(sandbox.cache().join(".runs/one/proofs")).unwrap().flatten() {
        fs::remove_file(note.path()).unwrap();
        make_pipe(&note.path());
    }
    make_pipe(&sandbox.cache().join(".staging/cached-smoke-x.lock"));
    sandbox.run_within("one", "both").passes();
    sandbox.run("both").passes();
    fs::remove_file(sandbox.cache().join(".runs/one/telemetry.jsonl")).unwrap();
    make_pipe(&sandbox.cache().join(".runs/one/telemetry.jsonl"));
    sandbox.run_within("one", "both").fails();
}

#[test]
fn hard_linked_lock_file_is_not_written_to() {
    let sandbox = Sandbox::new();
    sandbox.run("only_words").passes();
    let entry = sandbox.entry_file("words.json").parent().unwrap().to_owned();
    let lock = sandbox.cache().join(".locks/bookshop").join(entry.file_name().unwrap()).join("words.lock");
    fs::write(sandbox.path("precious"), "mine").unwrap();
    fs::remove_file(&lock).unwrap();
    fs::hard_link(sandbox.path("precious"), &lock).unwrap();
    sandbox.run("only_words").env("SMOKE_FORCE_REBUILD", "all").passes();
    assert_eq!(fs::read(sandbox.path("precious")).unwrap(), b"mine");
}

/// Any user may put anything into the directory for temporary files.
#[test]
fn foreign_temporary_files_stay_and_do_not_block() {
    let sandbox = Sandbox::new();
    let temporary = sandbox.path("temporary");
    fs::create_dir_all(temporary.join("cached-smoke-work/files")).unwrap();
    fs::write(temporary.join("cached-smoke-work/files/thesis"), "precious").unwrap();
    fs::write(temporary.join("cached-smoke-work.lock"), "").unwrap();
    make_pipe(&temporary.join("cached-smoke-x.lock"));
    let before = snapshot_names(&temporary);
    sandbox.run("both").env("TMPDIR", &temporary).passes();
    assert_eq!(snapshot_names(&temporary), before);

    // Even if another user has created what a private build would create.
    sandbox.run("both").env("TMPDIR", &temporary).env("SMOKE_CACHE", "off").passes();
    let made: Vec<PathBuf> = snapshot_names(&temporary).into_iter().filter(|name| !before.contains(name)).collect();
    assert!(made.len() > 1, "{made:?}");
    if give_to_another_user(&made[0]) {
        let theirs = snapshot_names(&made[0]);
        sandbox.run("both").env("TMPDIR", &temporary).env("SMOKE_CACHE", "off").passes();
        assert_eq!(snapshot_names(&made[0]), theirs);
    }
    fs::remove_dir_all(&made[0]).unwrap();
    symlink(sandbox.repo(), &made[0]).unwrap();
    let repo = snapshot_of(&sandbox.repo());
    sandbox.run("both").env("TMPDIR", &temporary).env("SMOKE_CACHE", "off").passes();
    assert_eq!(snapshot_of(&sandbox.repo()), repo);
}

/// Returns everything below `path`, sorted. Opens no file.
fn snapshot_names(path: &Path) -> Vec<PathBuf> {
    let mut names: Vec<PathBuf> = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect();
    let below: Vec<PathBuf> =
        names.iter().filter(|name| name.is_dir() && !name.is_symlink()).flat_map(|name| snapshot_names(name)).collect();
    names.extend(below);
    names.sort();
    names
}

#[test]
fn leftovers_of_private_builds_are_swept_with_the_cache_off() {
    let sandbox = Sandbox::new();
    let temporary = sandbox.path("temporary");
    fs::create_dir(&temporary).unwrap();
    let off = |sandbox: &Sandbox| sandbox.run("both").env("TMPDIR", &temporary).env("SMOKE_CACHE", "off").passes();
    off(&sandbox);
    let after_one = snapshot_names(&temporary).len();
    off(&sandbox);
    off(&sandbox);
    assert_eq!(snapshot_names(&temporary).len(), after_one, "what the last process used is left, and no more");
}

#[test]
fn cache_directory_may_be_a_link() {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.path("elsewhere")).unwrap();
    symlink(sandbox.path("elsewhere"), sandbox.cache()).unwrap();
    sandbox.run("both").passes();
    assert_eq!(sandbox.run("both").passes().outcome("words"), Outcome::Hit);
}

#[test]
fn linked_cachedir_tag_is_not_followed() {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.cache()).unwrap();
    symlink(sandbox.path("made"), sandbox.cache().join("CACHEDIR.TAG")).unwrap();
    sandbox.run("both").passes();
    assert!(!sandbox.path("made").exists());
}

/// Returns the paths in the arguments of a call, and those of its descriptors.
#[cfg(target_os = "linux")]
fn paths_of(call: &str) -> Vec<PathBuf> {
    let named = call.split('"').skip(1).step_by(2).filter(|text| text.starts_with('/'));
    let call = call.replace("AT_FDCWD<", "");
    let described = call.split('<').skip(1).filter_map(|text| text.split_once('>')).map(|(path, _)| path);
    named.chain(described.filter(|path| path.starts_with('/'))).map(PathBuf::from).collect()
}

#[cfg(target_os = "linux")]
#[test]
fn no_system_call_runs_cached_files_or_writes_elsewhere() {
    type Damage = fn(&Sandbox);
    const CHANGES: &str = "trace=openat,openat2,open,creat,mkdir,mkdirat,rename,renameat,renameat2,unlink,unlinkat,rmdir,chmod,\
        fchmodat,chown,lchown,fchownat,link,linkat,symlink,symlinkat,truncate,mknod,mknodat,utimensat,\
        setxattr,lsetxattr,execve,execveat,mount";
    if !test_support::can_trace() {
        return;
    }
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.path("temporary")).unwrap();
    let mut changes = 0;
    let mut runs = 0;
    for (setting, damage) in [
        (("SMOKE_STRICT", "0"), (|_| ()) as Damage),
        (("SMOKE_STRICT", "0"), |_| ()),
        (("SMOKE_FORCE_REBUILD", "all"), |_| ()),
        (("SMOKE_STRICT", "0"), |sandbox| test_support::tamper(&sandbox.entry_file("words.json"), |_| Vec::new())),
        (("SMOKE_STRICT", "0"), |sandbox| fs::remove_dir_all(sandbox.cache().join(".unpacked")).unwrap()),
        (("SMOKE_MAX_SIZE", "1B"), |_| ()),
        (("SMOKE_CACHE", "read-only"), |_| ()),
    ] {
        damage(&sandbox);
        let trace = sandbox.path("trace");
        // -y: paths of descriptors; -s: strings of any length.
        let strace = ["-f", "-qq", "-y", "-s", "4096", "-o", trace.to_str().unwrap(), "-e", CHANGES];
        let run = sandbox.run("both").env(setting.0, setting.1).env("TMPDIR", sandbox.path("temporary"));
        run.without_env("SUBJECT_LOG").wrapped("strace", &strace).passes();
        // strace splits a call that another thread interrupts into two lines. The first has the paths.
        let is_call = |line: &&str| !["--- ", "+++ ", " resumed>"].iter().any(|mark| line.contains(mark));
        for call in fs::read_to_string(trace).unwrap().lines().filter(is_call) {
            if call.contains("execve(") {
                runs += 1;
                let program = paths_of(call).into_iter().next().unwrap();
                assert!(!program.starts_with(sandbox.cache()), "{call}");
                continue;
            }
            let is_read =
                call.contains("open") && !["O_WRONLY", "O_RDWR", "O_CREAT"].iter().any(|flag| call.contains(flag));
            if is_read || call.contains(" = -1 ") {
                continue;
            }
            changes += 1;
            let ours = |path: &PathBuf| {
                path.starts_with(sandbox.cache())
                    || path.starts_with(sandbox.path("temporary"))
                    || path == Path::new("/dev/null")
            };
            let paths = paths_of(call);
            assert!(!paths.is_empty() && paths.iter().all(ours), "{setting:?}: {call}");
        }
    }
    assert!(changes > 50 && runs > 7, "{changes} changes and {runs} programs were seen");
}

#[test]
fn entries_swapped_between_repositories_are_misses() {
    let sandbox = Sandbox::new();
    let other = sandbox.path("other");
    fs::create_dir(&other).unwrap();
    fs::write(other.join("b.txt"), "pastoral novel\n").unwrap();
    let head = format!("[repos.scikit-learn]\npath = '{}'\n", other.display());
    sandbox.write_smoke_toml(&head);
    sandbox.run("over_two::bookshop").passes();
    sandbox.run("over_two::scikit_learn").passes();
    sandbox.take_log();

    let entry = |repo: &str| {
        let mut entries = fs::read_dir(sandbox.cache().join(repo)).unwrap();
        entries.next().unwrap().unwrap().path()
    };
    let (first, second) = (entry("bookshop"), entry("scikit-learn"));
    for top in [sandbox.cache(), sandbox.cache().join(".unpacked")] {
        let at = |entry: &Path| top.join(entry.strip_prefix(sandbox.cache()).unwrap());
        fs::rename(at(&first), top.join("kept")).unwrap();
        fs::rename(at(&second), at(&first)).unwrap();
        fs::rename(top.join("kept"), at(&second)).unwrap();
    }
    for test in ["over_two::bookshop", "over_two::scikit_learn"] {
        let done = sandbox.run(test).passes();
        assert_eq!(done.reason("words"), "key prefix collision: the entry belongs to another key", "{test}");
    }
    assert_eq!(sandbox.take_builds(), ["build words", "build words"]);
}
