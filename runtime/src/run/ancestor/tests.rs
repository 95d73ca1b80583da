use std::collections::BTreeMap;

use super::*;

const TEST: &str = "/t/deps/smoke-1a2b";
const CARGO: &str = "/toolchain/bin/cargo";
const PACKAGE: &str = "/src/package";

/// Processes by id. Those in `copies` have the content of any cargo.
#[derive(Clone, Default)]
struct Table {
    own: u32,
    processes: BTreeMap<u32, Process>,
    copies: Vec<u32>,
}

impl Processes for Table {
    fn own(&self) -> Option<Process> {
        self.look_up(self.own)
    }

    fn look_up(&self, pid: u32) -> Option<Process> {
        self.processes.get(&pid).cloned()
    }

    fn is_copy(&self, process: &Process, _: &Path) -> bool {
        self.copies.contains(&process.pid)
    }
}

impl Table {
    /// Adds a child of the last process. The last process is the calling one.
    fn with(mut self, executable: &str, manifest_dir: Option<&str>) -> Table {
        let parent = self.processes.last_key_value().map(|(pid, _)| *pid);
        self.own = parent.unwrap_or(0) + 1;
        let path = PathBuf::from(executable);
        let environment = Environment { manifest_dir: manifest_dir.map(OsString::from), cargo: Some(CARGO.into()) };
        let process = Process {
            pid: self.own,
            parent,
            start: u64::from(self.own) * 10,
            name: path.file_name().expect("a file").to_owned(),
            executable: Some(path),
            environment: Some(environment),
        };
        self.processes.insert(self.own, process);
        self
    }

    /// Changes the last process.
    fn but(mut self, change: impl FnOnce(&mut Process)) -> Table {
        change(self.processes.get_mut(&self.own).expect("it was added"));
        self
    }

    fn copied(mut self) -> Table {
        self.copies.push(self.own);
        self
    }

    /// Adds a test that the last process starts, with the environment of the package.
    fn test(self) -> Table {
        self.with(TEST, Some(PACKAGE))
    }

    /// Returns the id of the cargo that the search finds.
    fn cargo(&self) -> Option<u32> {
        find_cargo(self).map(|process| process.pid)
    }
}

/// Returns an editor and a shell below it.
fn shell() -> Table {
    Table::default().with("/bin/editor", None).with("/bin/bash", None)
}

#[test]
fn the_cargo_that_started_the_test_is_the_run() {
    assert_eq!(shell().with(CARGO, None).test().cargo(), Some(3));
    assert_eq!(shell().with(CARGO, Some("/src/other")).test().cargo(), Some(3), "cargo run by another package's test");
    // The shell has exported the variable, or a test of this package runs cargo.
    assert_eq!(shell().with(CARGO, Some(PACKAGE)).test().cargo(), Some(3));
}

/// On Windows, only the parent may be the cargo.
#[cfg(not(windows))]
#[test]
fn test_runners_and_scripts_are_passed() {
    let inherits = Some(PACKAGE);
    let table = shell().with(CARGO, None).with("/bin/sh", inherits).with("/usr/bin/sudo", inherits).test();
    assert_eq!(table.cargo(), Some(3));
    assert_eq!(shell().with(CARGO, None).with("/toolchain/bin/rustdoc", inherits).test().cargo(), Some(3));
}

#[test]
fn a_renamed_cargo_is_the_run() {
    let named = |path: &str| shell().with(path, None).test();
    assert_eq!(named("/nix/bin/.cargo-wrapped").cargo(), Some(3));
    assert_eq!(named("/opt/my-cargo").cargo(), Some(3));
    assert_eq!(named("/opt/cargo_1.90").cargo(), Some(3));
    assert_eq!(named("/opt/tool").cargo(), None, "not recognized as cargo");
    assert_eq!(shell().with("/opt/tool", None).copied().test().cargo(), Some(3), "the content of cargo");
    let sets_cargo = |process: &mut Process| {
        process.environment.as_mut().expect("readable").cargo = Some("/opt/tool".into());
    };
    assert_eq!(named("/opt/tool").but(sets_cargo).cargo(), Some(3), "the variable names it");
    // A link, such as that of a distribution: the process has the name of the link.
    let linked = |process: &mut Process| process.name = "cargo-1.90".into();
    assert_eq!(shell().with("/usr/lib/rust/bin/cargo", None).but(linked).test().cargo(), Some(3));
    // An emulator is the executable: the process has the name of the program.
    let emulated = |process: &mut Process| process.name = "cargo".into();
    assert_eq!(shell().with("/usr/bin/qemu-aarch64", None).but(emulated).test().cargo(), Some(3));
}

#[test]
fn the_nearest_cargo_is_the_run() {
    let outer = || shell().with(CARGO, None).with("/t/deps/outer-3c", Some("/src/outer"));
    let inner = |path: &str| outer().with(path, None).test();
    assert_eq!(inner(CARGO).cargo(), Some(5));
    assert_eq!(inner("/opt/.cargo-wrapped").cargo(), Some(5));
    assert_eq!(inner("/opt/tool").cargo(), None, "unknown, and it started the test");
    // No process introduced the variable: a test of this package runs a renamed cargo over this package.
    let same_package = |path: &str| {
        shell().with(CARGO, None).with("/t/deps/outer-3c", Some(PACKAGE)).with(path, Some(PACKAGE)).test().cargo()
    };
    assert_eq!(same_package("/opt/.cargo-wrapped"), None);
    assert_eq!(same_package(CARGO), Some(5));
}

#[test]
fn long_lived_ancestors_are_never_the_run() {
    let watch = || shell().with("/home/bin/cargo-watch", None);
    assert_eq!(watch().with(CARGO, None).test().cargo(), Some(4));
    assert_eq!(watch().test().cargo(), None, "it sets the variable itself");
    assert_eq!(watch().with("/bin/sh", None).test().cargo(), None);
    assert_eq!(shell().with("/home/bin/cargo-watch", Some(PACKAGE)).test().cargo(), None, "exported by the shell");
    assert_eq!(shell().with("/usr/bin/lldb-server", None).test().cargo(), None, "a debugger");
    assert_eq!(shell().with("/usr/bin/escargot", None).test().cargo(), None);
    // `cargo run` has become its program, which starts tests.
    assert_eq!(shell().with("/t/debug/watcher", Some("/src/watcher")).with(TEST, Some("/src/watcher")).cargo(), None);
}

#[test]
fn a_process_started_by_hand_is_a_separate_run() {
    assert_eq!(shell().with(TEST, None).cargo(), None);
    assert_eq!(shell().test().cargo(), None, "the shell has exported the variable since it was started");
    // Below a cargo: from a shell that a test or a program of that cargo has opened.
    assert_eq!(shell().with(CARGO, None).with("/bin/bash", None).with(TEST, None).cargo(), None);
    assert_eq!(shell().with(CARGO, None).with("/bin/bash", Some("/other")).test().cargo(), None);
}

/// On Windows, only the parent may be the cargo.
#[cfg(not(windows))]
#[test]
fn a_test_that_starts_itself_stays_in_its_run() {
    let table = || shell().with(CARGO, None).test();
    assert_eq!(table().with(TEST, Some(PACKAGE)).cargo(), Some(3));
    assert_eq!(table().with(TEST, Some("/src/other")).cargo(), Some(3));
    let by_script = shell().with(CARGO, None).with("/bin/sh", Some(PACKAGE)).test().with(TEST, Some("/src/other"));
    assert_eq!(by_script.cargo(), Some(3));
    assert_eq!(shell().test().with(TEST, Some("/src/other")).cargo(), None, "started by hand");
    assert_eq!(shell().with(TEST, None).test().cargo(), None, "started by hand");
}

#[test]
fn an_unreadable_process_ends_the_search() {
    let hidden = |process: &mut Process| (process.executable, process.environment) = (None, None);
    assert_eq!(shell().with(CARGO, None).but(hidden).test().cargo(), Some(3), "its name can always be read");
    assert_eq!(shell().with(CARGO, None).with("/usr/bin/sudo", Some(PACKAGE)).but(hidden).test().cargo(), None);
    let mut table = shell().with(CARGO, None).with("/bin/sh", Some(PACKAGE)).test();
    table.processes.remove(&4);
    assert_eq!(table.cargo(), None, "hidden by /proc");
    assert_eq!(Table::default().cargo(), None, "no /proc");
}

#[test]
fn a_process_younger_than_its_child_is_not_its_parent() {
    let reused = |process: &mut Process| process.start = 1_000_000;
    assert_eq!(shell().with(CARGO, None).but(reused).test().cargo(), None);
}

#[test]
fn run_ids_are_valid_file_names() {
    for id in [run_id(), own_id()] {
        assert_eq!(crate::name::check_name("run", &id), Ok(()));
    }
    assert_ne!(own_id(), own_id());
}

#[test]
fn only_an_exact_copy_has_the_same_content() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = |name: &str, content: &[u8]| {
        let path = directory.path().join(name);
        std::fs::write(&path, content).expect("written");
        path
    };
    let content: Vec<u8> = (0..200_000_u32).flat_map(u32::to_le_bytes).collect();
    let mut other = content.clone();
    *other.last_mut().expect("not empty") ^= 1;
    let cargo = file("cargo", &content);
    assert!(is_same_content(&file("copy", &content), &cargo));
    assert!(!is_same_content(&file("other", &other), &cargo));
    assert!(!is_same_content(&file("shorter", &content[1..]), &cargo));
    assert!(!is_same_content(&cargo, &directory.path().join("missing")));
    assert!(!is_same_content(directory.path(), directory.path()));
}
