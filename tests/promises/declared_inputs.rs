//! Files, directories, variables and tools that a key declares.

use std::fs;
use std::path::{Path, PathBuf};

use cached_smoke::Outcome;
use test_support::{Done, Run, Sandbox};

use crate::Reports;

/// A sandbox whose artifact `declared` depends on these inputs.
struct Fixture {
    sandbox: Sandbox,
    inputs: &'static str,
}

impl Fixture {
    fn new(inputs: &'static str) -> Fixture {
        let fixture = Fixture { sandbox: Sandbox::new(), inputs };
        fixture.write("data/model.bin", "one");
        fixture
    }

    /// In the package's directory.
    fn path(&self, path: &str) -> PathBuf {
        self.sandbox.path("project").join(path)
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn run(&self) -> Run<'_> {
        self.sandbox.run("only_declared").env("SUBJECT_INPUTS", self.inputs)
    }

    /// Changes something: a miss with this reason; a second look is a hit. Undone, it is a hit again.
    #[track_caller]
    fn counts(&self, reason: &str, change: impl FnOnce(), undo: impl FnOnce()) {
        self.run().passes();
        assert_eq!(self.run().passes().outcome("declared"), Outcome::Hit, "nothing has changed before: {reason}");
        change();
        let miss = self.run().passes();
        assert_eq!(miss.outcome("declared"), Outcome::Built, "{reason}");
        assert_eq!(miss.reason("declared"), reason);
        assert_eq!(self.run().passes().outcome("declared"), Outcome::Hit, "nothing more has changed: {reason}");
        undo();
        assert_eq!(self.run().passes().outcome("declared"), Outcome::Hit, "undone: {reason}");
        // For the next reason to be about the difference from this.
        fs::remove_dir_all(self.sandbox.cache().join("bookshop")).unwrap();
    }

    /// The error of a key that cannot be computed.
    #[track_caller]
    fn error(&self) -> String {
        let failed = self.run().fails();
        assert!(failed.stderr.contains("failed to compute the key of `declared` of bookshop"), "{}", failed.stderr);
        assert!(self.sandbox.take_builds().is_empty());
        failed.stderr
    }
}

/// Where nothing has been touched for some seconds: it takes as long until the digests of this many inputs are kept.
fn until_they_are_remembered(fixture: &Fixture, inputs: usize) {
    let kept = || {
        let kept = fs::read_dir(fixture.sandbox.cache().join(".stamps")).into_iter().flatten().flatten();
        kept.filter(|entry| entry.file_name().to_string_lossy().starts_with("input-")).count()
    };
    while kept() < inputs {
        fixture.run().passes();
    }
}

#[test]
fn a_changed_file_is_a_miss_that_names_it() {
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
fn times_and_modes_of_a_file_do_not_count() {
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
fn a_file_replaced_with_size_and_time_kept_is_a_miss() {
    let fixture = Fixture::new("file data/model.bin\ndirectory data");
    until_they_are_remembered(&fixture, 2);
    let path = fixture.path("data/model.bin");
    let modified = path.metadata().unwrap().modified().unwrap();
    let replace = |text: &str| {
        // In place, so that only the time of the change tells.
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
fn a_remembered_file_is_not_read_again() {
    if !test_support::can_trace() {
        return;
    }
    let fixture = Fixture::new("file data/model.bin\ndirectory data");
    until_they_are_remembered(&fixture, 2);
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
fn a_link_stands_for_the_file_it_leads_to() {
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
fn a_change_in_a_directory_of_many_files_is_a_miss() {
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
fn a_git_folder_and_a_cache_in_a_directory_do_not_count() {
    let fixture = Fixture::new("directory .\ndirectory ..");
    // The log of the subject lies in the directory, too.
    let run = || fixture.run().without_env("SUBJECT_LOG").passes();
    fixture.write("data/.git/index", "one");
    assert_eq!(run().outcome("declared"), Outcome::Built);
    assert_eq!(run().outcome("declared"), Outcome::Hit, "the cache is in the directory");
    fixture.write("data/.git/index", "two");
    assert_eq!(run().outcome("declared"), Outcome::Hit);
}

#[cfg(unix)]
#[test]
fn modes_and_links_below_a_directory_count() {
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
    // Below the link that is a way up, where it is come to first.
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

#[test]
fn a_variable_set_changed_emptied_or_unset_is_a_miss() {
    let fixture = Fixture::new("variable SCHEMA\nvariable SUBJECT_OTHER");
    let run = |value: Option<&str>| match value {
        Some(value) => fixture.run().env("SCHEMA", value).passes(),
        None => fixture.run().without_env("SCHEMA").passes(),
    };
    let values =
        [None, Some("one"), Some("two"), Some(""), Some("a\"b\n→"), Some("\\xff"), Some("b\"\\xff\""), Some(" one")];
    for (index, value) in values.iter().enumerate() {
        assert_eq!(run(*value).outcome("declared"), Outcome::Built, "{value:?}");
        for earlier in &values[..=index] {
            assert_eq!(run(*earlier).outcome("declared"), Outcome::Hit, "{earlier:?}");
        }
    }
    for (old, new, reason) in [
        (Some("one"), Some("two"), "variable SCHEMA changed: \"one\" → \"two\""),
        (Some("one"), None, "variable SCHEMA is no longer set"),
        (None, Some("one"), "variable SCHEMA is now set: \"one\""),
        (Some("one"), Some(""), "variable SCHEMA changed: \"one\" → \"\""),
    ] {
        fs::remove_dir_all(fixture.sandbox.cache()).unwrap();
        run(old);
        assert_eq!(run(new).reason("declared"), reason);
    }
}

#[cfg(unix)]
#[test]
fn variables_that_are_no_text_are_told_apart() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let fixture = Fixture::new("variable SCHEMA");
    let run = |value: &[u8]| fixture.run().env("SCHEMA", OsStr::from_bytes(value)).passes();
    run(b"\xff");
    let other = run(b"\xfe");
    assert_eq!(other.reason("declared"), "variable SCHEMA changed: b\"\\xff\" → b\"\\xfe\"");
    assert_eq!(run(b"\xef\xbf\xbd").outcome("declared"), Outcome::Built, "what a lossy text would be");
    assert_eq!(run(b"\xff").outcome("declared"), Outcome::Hit);
}

/// A program in a directory of its own, and a `PATH` that begins with it.
#[cfg(unix)]
fn install(directory: &Path, name: &str, script: &str) -> std::ffi::OsString {
    fs::create_dir_all(directory).unwrap();
    let (program, new) = (directory.join(name), directory.join("new"));
    test_support::write_executable(&new, &format!("#!/bin/sh\n{script}\n"));
    fs::rename(new, program).unwrap();
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::join_paths([directory.to_owned()].into_iter().chain(std::env::split_paths(&path))).unwrap()
}

#[cfg(unix)]
#[test]
fn another_version_of_a_tool_is_a_miss_wherever_it_is() {
    let fixture = Fixture::new("tool protoc\ntool scripts/gen");
    install(&fixture.path("scripts"), "gen", "echo gen 1");
    let run = |place: &str, script: &str| {
        let path = install(&fixture.path(place), "protoc", script);
        fixture.run().env("PATH", path).passes()
    };
    run("a", "echo libprotoc 3.21");
    let miss = run("a", "echo libprotoc 4.0");
    assert_eq!(miss.reason("declared"), "tool protoc changed: libprotoc 3.21 → libprotoc 4.0");
    assert_eq!(run("b", "echo libprotoc 4.0").outcome("declared"), Outcome::Hit, "only the version counts");
    assert_eq!(run("b", "echo libprotoc 4.0 >&2").outcome("declared"), Outcome::Hit, "on standard error");
    assert_eq!(run("b", "echo libprotoc 4.0; echo warning >&2").outcome("declared"), Outcome::Hit);
    assert_eq!(run("b", "test $1 = --version && echo libprotoc 3.21").outcome("declared"), Outcome::Hit);
    fs::remove_dir_all(fixture.sandbox.cache()).unwrap();
    run("b", "echo libprotoc 3.21");
    let second_line = run("b", "echo libprotoc 3.21; echo with zlib");
    assert_eq!(second_line.reason("declared"), "tool protoc changed: `with zlib` is new");
    install(&fixture.path("scripts"), "gen", "echo gen 2");
    let miss = run("b", "echo libprotoc 3.21; echo with zlib");
    assert_eq!(miss.reason("declared"), "tool scripts/gen changed: gen 1 → gen 2");
}

#[test]
fn an_input_that_is_not_there_is_an_error_that_names_it() {
    for (inputs, path) in [
        ("file data/modle.bin", "data/modle.bin"),
        ("directory dota", "dota"),
        ("file data/model.bin/below", "data/model.bin/below"),
    ] {
        let fixture = Fixture::new(inputs);
        let error = fixture.error();
        let path = fixture.path(path);
        let expected = format!("cannot use the declared {inputs}: {} does not exist", path.display());
        assert!(error.contains(&expected), "{error}");
        assert!(error.contains("create it, or fix the path in `Artifact::key`"), "{error}");
    }
}

#[test]
fn an_input_of_another_kind_is_an_error_that_names_it() {
    let error = Fixture::new("file data").error();
    assert!(error.contains("cannot use the declared file data: ") && error.contains(" is a directory"), "{error}");
    assert!(error.contains("declare it with `KeyBuilder::directory`"), "{error}");
    let error = Fixture::new("directory data/model.bin").error();
    assert!(error.contains("cannot use the declared directory data/model.bin: "), "{error}");
    assert!(error.contains("declare it with `KeyBuilder::file`"), "{error}");
}

#[cfg(unix)]
#[test]
fn a_pipe_or_a_broken_link_is_an_error_at_once() {
    let fixture = Fixture::new("file pipe");
    test_support::make_pipe(&fixture.path("pipe"));
    let error = fixture.error();
    assert!(error.contains("is neither a file nor a directory"), "{error}");
    let fixture = Fixture::new("file link");
    std::os::unix::fs::symlink("nowhere", fixture.path("link")).unwrap();
    let error = fixture.error();
    assert!(error.contains("is a broken link"), "{error}");
    let fixture = Fixture::new("directory data");
    test_support::make_pipe(&fixture.path("data/pipe"));
    fixture.run().passes();
}

#[cfg(unix)]
#[test]
fn a_tool_that_does_not_tell_its_version_is_an_error() {
    let fixture = Fixture::new("tool protoc");
    let fails = |script: &str| {
        let path = install(&fixture.path("bin"), "protoc", script);
        let failed = fixture.run().env("PATH", path).fails();
        let start =
            format!("cannot use the declared tool protoc: `{} --version` ", fixture.path("bin/protoc").display());
        let (_, rest) = failed.stderr.split_once(&start).expect(&failed.stderr);
        assert!(rest.contains("install a program that supports `--version`"), "{rest}");
        rest.lines().next().unwrap().to_owned()
    };
    assert!(fails("echo bad option >&2; exit 3").starts_with("failed with exit status: 3: bad option"));
    assert!(fails("exit 0").starts_with("prints nothing"));
    let missing = fixture.run().env("PATH", fixture.path("none")).env("SMOKE_REPO_PATHS", files(&fixture)).fails();
    let expected = "cannot use the declared tool protoc: `protoc --version` cannot be started: ";
    assert!(missing.stderr.contains(expected), "{}", missing.stderr);
}

/// The repository as plain files, which need no git.
fn files(fixture: &Fixture) -> PathBuf {
    let path = fixture.sandbox.path("plain/bookshop");
    fs::create_dir_all(&path).unwrap();
    fs::write(path.join("a.txt"), "novel").unwrap();
    path
}

#[test]
fn an_input_edited_while_it_is_read_is_not_kept() {
    for (inputs, subject) in [
        ("file data/model.bin", "file data/model.bin"),
        ("directory data", "directory data"),
        ("variable HOME\nfile data/../data/model.bin", "file data/../data/model.bin"),
    ] {
        let fixture = Fixture::new(inputs);
        let edited = fixture.run().env("SUBJECT_EDIT", fixture.path("data/model.bin")).passes();
        assert_eq!(edited.outcome("declared"), Outcome::Bypassed);
        let reason = format!("{subject} changed while it was being read");
        assert_eq!(edited.reason("declared"), reason);
        let warning = format!("`declared` of bookshop: {reason}; the result is used once and not kept");
        assert!(edited.stderr.contains(&warning), "{}", edited.stderr);
        assert!(fixture.sandbox.entry_files().is_empty());
        assert_eq!(fixture.run().passes().outcome("declared"), Outcome::Built);
    }
}

#[test]
fn an_input_of_a_dependency_edited_meanwhile_is_not_kept() {
    let fixture = Fixture::new("file data/model.bin");
    fixture.run().passes();
    let run = fixture.sandbox.run("only_needs_declared").env("SUBJECT_INPUTS", fixture.inputs);
    let edited = run.env("SUBJECT_EDIT", fixture.path("data/model.bin")).passes();
    assert_eq!(edited.reason("needs_declared"), "file data/model.bin changed while it was being read");
}

#[test]
fn a_run_is_one_snapshot_of_files_and_strict_mode_looks_again() {
    for inputs in ["file data/model.bin", "directory data"] {
        let fixture = Fixture::new(inputs);
        let in_run = |strict| -> Done {
            let run = fixture.sandbox.run_within("one", "only_declared").env("SUBJECT_INPUTS", inputs);
            run.env("SMOKE_STRICT", strict).passes()
        };
        in_run("0");
        fixture.write("data/model.bin", "two");
        fixture.sandbox.take_log();
        in_run("0");
        assert_eq!(fixture.sandbox.take_builds(), [""; 0], "the run has its snapshot");
        in_run("1");
        assert_eq!(fixture.sandbox.take_builds(), ["build declared"], "strict mode sees the edit");
    }
}

#[cfg(unix)]
#[test]
fn a_tool_is_asked_once_in_a_run_and_for_each_path() {
    let fixture = Fixture::new("tool protoc");
    let counted = |version: u32| format!("echo x >> '{}'; echo {version}", fixture.path("asked").display());
    let in_run = |path: &std::ffi::OsStr, strict| {
        let run = fixture.sandbox.run_within("one", "only_declared").env("SUBJECT_INPUTS", fixture.inputs);
        run.env("PATH", path).env("SMOKE_STRICT", strict).passes();
        (fs::read_to_string(fixture.path("asked")).unwrap().lines().count(), fixture.sandbox.take_builds().len())
    };
    let first = install(&fixture.path("a"), "protoc", &counted(1));
    // Once more after the build.
    assert_eq!(in_run(&first, "0"), (2, 1));
    install(&fixture.path("a"), "protoc", &counted(2));
    assert_eq!(in_run(&first, "0"), (2, 0), "the run has its snapshot");
    assert_eq!(in_run(&first, "1"), (4, 1), "strict mode asks again");
    let second = install(&fixture.path("b"), "protoc", &counted(3));
    assert_eq!(in_run(&second, "0"), (6, 1), "another program");
}

#[test]
fn processes_of_one_run_have_their_own_variables() {
    let fixture = Fixture::new("variable SCHEMA");
    for (value, builds) in [("one", 1), ("two", 1), ("one", 0)] {
        let run = fixture.sandbox.run_within("one", "only_declared").env("SUBJECT_INPUTS", fixture.inputs);
        run.env("SCHEMA", value).passes();
        assert_eq!(fixture.sandbox.take_builds().len(), builds, "{value}");
    }
}

#[test]
fn two_artifacts_have_their_own_inputs() {
    let fixture = Fixture::new("file data/model.bin\nvariable SCHEMA");
    fixture.write("other.txt", "one");
    let run = || {
        let run = fixture.sandbox.run("both_declared").env("SUBJECT_INPUTS", fixture.inputs);
        let done = run.env("SUBJECT_MORE_INPUTS", "file other.txt\nvariable SCHEMA").passes();
        (done.outcome("declared"), done.outcome("declared_too"))
    };
    assert_eq!(run(), (Outcome::Built, Outcome::Built));
    fixture.write("other.txt", "two");
    assert_eq!(run(), (Outcome::Hit, Outcome::Built));
    fixture.write("data/model.bin", "two");
    assert_eq!(run(), (Outcome::Built, Outcome::Hit));
}

#[test]
fn an_artifact_has_the_inputs_of_what_it_needs() {
    let fixture = Fixture::new("file data/model.bin");
    let run = || fixture.sandbox.run("only_needs_declared").env("SUBJECT_INPUTS", fixture.inputs).passes();
    run();
    assert_eq!(run().outcome("needs_declared"), Outcome::Hit);
    fixture.write("data/model.bin", "two");
    let miss = run();
    assert_eq!(miss.reason("needs_declared"), "file data/model.bin changed");
    fixture.write("data/model.bin", "one");
    assert_eq!(run().outcome("needs_declared"), Outcome::Hit);
}

#[test]
fn one_input_declared_twice_counts_once() {
    let fixture = Fixture::new("file data/model.bin\nvariable SCHEMA");
    fixture.run().passes();
    let absolute = fixture.path("data/model.bin");
    let again = format!("{}\nfile ./data/model.bin\nfile {}\nvariable SCHEMA", fixture.inputs, absolute.display());
    let run = fixture.sandbox.run("only_declared").env("SUBJECT_INPUTS", again);
    assert_eq!(run.passes().outcome("declared"), Outcome::Hit);
    let other = fixture.sandbox.run("only_declared").env("SUBJECT_INPUTS", "file data/model.bin").passes();
    assert_eq!(other.reason("declared"), "variable SCHEMA is no longer declared");
}

#[test]
fn a_package_elsewhere_has_the_same_key() {
    let fixture = Fixture::new("file data/model.bin\ndirectory data");
    fixture.run().passes();
    let moved = fixture.sandbox.path("moved");
    fs::rename(fixture.sandbox.path("project"), &moved).unwrap();
    assert_eq!(fixture.run().env("CARGO_MANIFEST_DIR", &moved).passes().outcome("declared"), Outcome::Hit);
}

#[test]
fn with_the_cache_off_no_digest_is_kept() {
    let fixture = Fixture::new("file data/model.bin\ndirectory data\nvariable SCHEMA");
    // So that it could be.
    until_they_are_remembered(&fixture, 2);
    fs::remove_dir_all(fixture.sandbox.cache()).unwrap();
    fixture.run().env("SMOKE_CACHE", "off").passes();
    assert!(!fixture.sandbox.cache().join(".stamps").exists());
    assert!(fixture.sandbox.entry_files().is_empty());
}

#[test]
fn the_key_that_is_told_before_a_build_has_all_inputs() {
    let fixture = Fixture::new("file data/model.bin\ndirectory data\nvariable SCHEMA");
    let told = fixture.sandbox.run_within("told", "only_declared").env("SUBJECT_INPUTS", fixture.inputs);
    told.env("SMOKE_STOP_AFTER", "key").env("SCHEMA", "one").passes();
    let keys = cached_smoke::tooling::read_keys(&fixture.sandbox.cache(), "told").unwrap();
    let summaries: Vec<String> =
        keys[0].key_inputs.iter().map(|key_input| format!("{} {}", key_input.name, key_input.summary())).collect();
    let digest = &blake3::hash(b"one").to_hex()[..12];
    for expected in [&format!("file data/model.bin {digest}"), "variable SCHEMA=\"one\""] {
        assert!(summaries.iter().any(|summary| summary == expected), "{expected}: {summaries:?}");
    }
    assert!(summaries.iter().any(|summary| summary.starts_with("directory data ")), "{summaries:?}");
}
