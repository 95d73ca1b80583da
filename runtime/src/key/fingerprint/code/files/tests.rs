use std::fs::FileTimes;
use std::time::{Duration, SystemTime};

use super::*;
use crate::digest::file_digest;

/// A package, and the records that `code_fingerprint!` would make of its directory `data`.
struct Package {
    root: tempfile::TempDir,
    recorded: String,
}

impl Package {
    fn new() -> Package {
        let package = Package { root: tempfile::tempdir().expect("a temporary directory"), recorded: String::new() };
        fs::create_dir(package.path("data")).expect("a directory");
        package.write("data/a.txt", "one");
        package.write("data/b.rs", "fn b() {}");
        package.record("F")
    }

    fn record(mut self, kind: &str) -> Package {
        let line = |name: &str| {
            let found = fs::metadata(self.path(name)).expect("recorded files exist");
            let digest = file_digest(&self.path(name)).expect("readable");
            format!("{kind}\t{}\t{}\t{}\t{digest}\t{name}\n", found.len(), time(&found), changed(&found))
        };
        let directory = time(&fs::metadata(self.path("data")).expect("exists"));
        self.recorded = line("data/a.txt") + &line("data/b.rs") + &format!("D\t{directory}\tdata\n-\tskipped.log\n");
        self
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect("written");
    }

    /// Writes the file and keeps its mtime, so that cargo would see no change.
    fn replace(&self, name: &str, text: &str) {
        let modified = fs::metadata(self.path(name)).and_then(|found| found.modified()).expect("times");
        self.write(name, text);
        let file = fs::File::options().write(true).open(self.path(name)).expect("exists");
        file.set_times(FileTimes::new().set_modified(modified)).expect("times");
    }

    /// Compares the files in a test with the compiler's list `compiled`, or without a list.
    fn changes(&self, compiled: Option<&[&str]>) -> Option<State> {
        let list = compiled.map(|names| {
            let lines: Vec<String> = names.iter().map(|name| format!("{name}:")).collect();
            self.write("list.d", &lines.join("\n"));
            self.path("list.d")
        });
        let directory = self.root.path().to_str().expect("UTF-8").to_owned().leak();
        let code = Code { files: self.recorded.clone().leak(), directory, ..Code::EMPTY };
        Files { code: &code, base: self.root.path().to_owned(), compiled: list }.changes()
    }

    /// Records the files as sources of the crate that called the macro, with these lines.
    fn own(mut self, lines: &str) -> Package {
        let with_code = |line: &str| match line.rsplit_once('\t') {
            Some((fields, name)) if line.starts_with('F') => format!("{fields}:code of {name}\t{name}\n"),
            _ => String::new(),
        };
        self.recorded = self.recorded.lines().map(with_code).collect::<String>() + lines;
        self
    }

    fn changed(&self, compiled: Option<&[&str]>) -> Vec<String> {
        self.changes(compiled).map(|state| state.changed.into_keys().collect()).unwrap_or_default()
    }
}

#[test]
fn unchanged_files_do_not_differ() {
    let package = Package::new();
    assert_eq!(package.changes(Some(&[])), None);
    // The same content with another mtime does not differ.
    let file = fs::File::options().write(true).open(package.path("data/a.txt")).expect("exists");
    file.set_modified(SystemTime::now() + Duration::from_secs(5)).expect("times");
    assert_eq!(package.changes(Some(&[])), None);
}

// On other systems no metadata shows such a change.
#[cfg(unix)]
#[test]
fn an_edit_with_the_same_size_and_mtime_is_seen() {
    let package = Package::new();
    package.replace("data/a.txt", "two");
    assert_eq!(package.changed(Some(&[])), ["data/a.txt"]);
}

#[test]
fn a_compiled_source_counts_as_it_was_compiled() {
    let package = Package::new();
    package.replace("data/b.rs", "fn b() { edited() }");
    assert_eq!(package.changed(Some(&["data/b.rs"])), [""; 0]);
    assert_eq!(package.changed(Some(&[])), ["data/b.rs"], "it is data");
}

#[test]
fn without_the_compilers_list_both_contents_count() {
    let package = Package::new();
    package.replace("data/a.txt", "three");
    let unknown = package.changes(None).expect("changed");
    let known = package.changes(Some(&[])).expect("changed");
    assert!(unknown.changed["data/a.txt"].ends_with(&format!(">{}", known.changed["data/a.txt"])));
    assert_ne!(unknown.digest, known.digest);
}

#[test]
fn new_and_removed_files_are_seen_and_skipped_ones_are_not() {
    let package = Package::new();
    package.write("data/skipped.log", "x");
    package.write("data/.a.txt.swp", "x");
    assert_eq!(package.changed(Some(&[])), [""; 0]);
    fs::create_dir(package.path("data/deep")).expect("a directory");
    package.write("data/deep/new.txt", "x");
    fs::remove_file(package.path("data/a.txt")).expect("removed");
    assert_eq!(package.changed(Some(&[])), ["data/a.txt", "data/deep/new.txt"]);
}

#[test]
fn a_test_without_its_sources_keeps_the_records() {
    let package = Package::new();
    fs::remove_dir_all(package.path("data")).expect("removed");
    assert_eq!(package.changes(None), None);
}

#[test]
fn only_compiled_sources_are_suspects() {
    let package = Package::new().record("S");
    assert_eq!(package.changes(Some(&[])), None);
    let suspect = package.changes(Some(&["data/b.rs"])).and_then(|state| state.suspect);
    assert_eq!(suspect.as_deref(), Some("data/b.rs"));
    assert!(package.changes(None).and_then(|state| state.suspect).is_some());
}

#[test]
fn own_sources_count_by_their_code() {
    let package = Package::new().own("");
    assert_eq!(package.changes(Some(&["data/a.txt", "data/b.rs"])), None);
    package.replace("data/b.rs", "fn b() { edited() }");
    assert_eq!(package.changed(Some(&["data/a.txt", "data/b.rs"])), [""; 0], "the compiled code counts");
    // Not the present content alone: it would be the key of a test that was compiled from it.
    let state = package.changes(Some(&["data/a.txt"])).expect("changed");
    let (recorded, present) = state.changed["data/b.rs"].split_once('>').expect("both");
    assert_ne!(recorded, present);
    fs::remove_file(package.path("data/b.rs")).expect("removed");
    assert_eq!(package.changed(Some(&["data/a.txt"])), ["data/b.rs"]);
    package.write("data/a.txt", "edited");
    let state = package.changes(Some(&["data/a.txt"])).expect("changed");
    let code = [("data/a.txt", "code of data/a.txt"), ("data/b.rs", &*state.changed["data/b.rs"])];
    assert_eq!(state.digest, of_recorded_files(code));
}

#[test]
fn sources_that_the_macro_did_not_find_count() {
    let made = if cfg!(windows) { "C:/made" } else { "/made" };
    let package = Package::new().own(&format!("L\tlist.d\t{made}\nN\tdata/expected.txt\n"));
    fs::create_dir(package.path("deep")).expect("a directory");
    let known = ["data/a.txt", "data/b.rs", "data/expected.txt", &format!("{made}/x.rs"), "smoke.toml"];
    let known = [&known[..], &["target/.cached-smoke-settings/1/2"]].concat();
    assert_eq!(package.changes(Some(&known)), None);
    assert_eq!(package.changes(Some(&["data/../data/a.txt", "data/b.rs"])), None, "another spelling");
    package.write("deep/found.rs", "one");
    let listed = [&known[..], &["deep/found.rs"]].concat();
    let one = package.changes(Some(&listed)).expect("changed");
    assert_eq!(one.changed.keys().collect::<Vec<_>>(), ["deep/found.rs"]);
    package.write("deep/found.rs", "two");
    assert_ne!(package.changes(Some(&listed)).expect("changed").digest, one.digest);
}

#[test]
fn program_that_was_missing_counts_as_the_test_finds_it() {
    let mut package = Package::new();
    package.recorded = "F\t0\t0\t0\t\tdata/program\n".to_owned();
    let found = |package: &Package| package.changes(Some(&[])).map(|state| state.changed);
    let missing = found(&package);
    package.write("data/program", "one");
    let one = found(&package);
    package.replace("data/program", "two");
    let two = found(&package);
    assert!(one.as_ref().is_some_and(|changed| changed.contains_key("data/program")), "{one:?}");
    assert!(one != two && two != missing && missing != one, "{missing:?} {one:?} {two:?}");
}

#[test]
fn an_open_crate_without_its_list_counts_as_its_executable() {
    let package = Package::new().own("L\tlist.d\t\nO\t\n");
    assert_eq!(package.changes(Some(&[])), None);
    assert_eq!(package.changed(None).len(), 1);
    fs::remove_dir_all(package.path("data")).expect("removed");
    assert_eq!(package.changed(None).len(), 1, "also without the sources");
    assert_eq!(Package::new().own("L\tlist.d\t\n").changes(None), None);
}

#[test]
fn names_keep_their_characters() {
    for name in ["plain", "tab\tand\nline", "quote'\"", "é \u{1f600}", "back\\slash"] {
        assert_eq!(unescape(&name.escape_default().to_string()), name);
    }
}
