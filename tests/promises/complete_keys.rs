//! The table "What finds what" of the book: each cell is compared with what the method finds.
#![cfg(target_os = "linux")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use cached_smoke::tooling::audit::{Question, STRACE, ThisMachine, Trace, VARIABLE, findings, read_audits};
use cached_smoke::tooling::read_verifications;
use tempfile::TempDir;
use test_support::{Done, Run, Sandbox, is_root, write_executable};

use crate::audit::{can_trace, furnished};
use crate::hermetic::can_confine;
use crate::server::Server;

const BOOK: &str = include_str!("../../docs/guide/complete-keys.md");
const HEAD: &str = "| the build depends on | `verify --rebuild` | `--vary` | `audit` | hermetic |";

/// A change of something that no key names. Changes files at most once, and returns the run after the change.
type Change = for<'a> fn(&World, Run<'a>) -> Run<'a>;

/// One row of the table.
struct Row {
    /// The first cell.
    dependence: &'static str,
    /// The test of `undeclared.rs` or `watched.rs` whose build depends on it alone.
    test: &'static str,
    change: Change,
    /// The question to the system that an audit lists.
    question: Option<Question>,
}

const fn row(dependence: &'static str, test: &'static str, change: Change) -> Row {
    Row { dependence, test, change, question: None }
}

const fn asks(question: Question, row: Row) -> Row {
    Row { question: Some(question), ..row }
}

const ROWS: [Row; 17] = [
    row("a variable", "undeclared::variable", |_, run| run.env("READS_VARIABLE", "two")),
    row("a file beside the repository", "undeclared::neighbour", |world, run| {
        fs::write(world.sandbox.path("neighbour.txt"), "two").unwrap();
        run
    }),
    row("the names in a directory", "undeclared::listing", |world, run| {
        fs::write(world.sandbox.path("listing/c"), "").unwrap();
        run
    }),
    row("a file that does not exist", "undeclared::missing_file", |world, run| {
        fs::write(world.sandbox.path("missing"), "").unwrap();
        run
    }),
    row("the clock", "undeclared::clock", |_, run| run),
    asks(Question::Randomness, row("random bytes", "undeclared::randomness", |_, run| run)),
    row("the order of a hash map", "undeclared::hash_order", |_, run| run),
    row("a server on this machine", "watched::network", |world, run| {
        world.server.change("two");
        run
    }),
    row("another program's output", "undeclared::program", |world, run| {
        write_executable(&world.sandbox.path("program"), "#!/bin/sh\necho two\n");
        run
    }),
    row("the order of a directory", "undeclared::directory_order", |world, run| {
        fill(&world.ordered, ["b", "a"]);
        run
    }),
    asks(
        Question::Cores,
        row("the number of cores", "undeclared::cores", |_, run| {
            run.wrapped("taskset", &["--cpu-list", &first_core()])
        }),
    ),
    row("the time zone", "undeclared::time_zone", |_, run| run.env("TZ", "<+1245>-12:45")),
    asks(
        Question::Host,
        row("the host name", "undeclared::host_name", |_, run| {
            let rename = "hostname another && exec \"$0\" \"$@\"";
            run.wrapped("unshare", &[another_host(), &["sh", "-c", rename]].concat())
        }),
    ),
    row("another entry's file", "undeclared::other_entry", |world, run| {
        world.sandbox.run("only_count").env("SMOKE_FORCE_REBUILD", "all").passes();
        run
    }),
    row("the home directory", "undeclared::home", |world, run| run.env("HOME", world.sandbox.path("listing"))),
    row("the working directory", "undeclared::working_directory", |_, run| {
        run.wrapped("sh", &["-c", "cd / && exec \"$0\" \"$@\""])
    }),
    row("the umask", "undeclared::umask", |_, run| run.under_umask("027")),
];

/// Returns the arguments of `unshare` for a process with another host name.
fn another_host() -> &'static [&'static str] {
    if is_root() { &["--uts"] } else { &["--map-root-user", "--uts"] }
}

/// Everything that the builds depend on.
struct World {
    sandbox: Sandbox,
    server: Server,
    /// A directory whose order is that in which its files were made.
    ordered: PathBuf,
    _memory: Option<TempDir>,
}

impl World {
    fn new() -> World {
        let sandbox = furnished();
        sandbox.run("only_count").passes();
        let memory = TempDir::new_in("/dev/shm").ok();
        let ordered = memory.as_ref().map_or_else(|| sandbox.path("ordered"), |memory| memory.path().join("ordered"));
        fs::create_dir(&ordered).unwrap();
        fill(&ordered, ["a", "b"]);
        if memory.is_some() {
            std::os::unix::fs::symlink(&ordered, sandbox.path("ordered")).unwrap();
        }
        World { sandbox, server: Server::start("one"), ordered, _memory: memory }
    }

    /// Prepares a run before the change.
    fn run(&self, row: &Row) -> Run<'_> {
        let run = self.sandbox.run(row.test).env("READS_VARIABLE", "one").without_env("TZ");
        run.env("USES_PORT", self.server.address.port().to_string())
    }

    /// Prepares a run after the change.
    fn changed(&self, row: &Row) -> Run<'_> {
        (row.change)(self, self.run(row))
    }
}

/// Makes the files of a directory again, in this order.
fn fill(directory: &Path, names: [&str; 2]) {
    for name in names {
        let _ = fs::remove_file(directory.join(name));
    }
    for name in names {
        fs::write(directory.join(name), "").unwrap();
    }
}

fn first_core() -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let cores = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:")).unwrap();
    cores.trim().split([',', '-']).next().unwrap().to_owned()
}

/// Returns the reason why this machine cannot change what the build depends on.
fn unchangeable(row: &Row) -> Option<&'static str> {
    let succeeds = |command: &mut Command| command.output().is_ok_and(|output| output.status.success());
    match row.dependence {
        "the number of cores" if std::thread::available_parallelism().unwrap().get() == 1 => Some("has one core"),
        "the number of cores" if !succeeds(Command::new("taskset").arg("--version")) => Some("has no `taskset`"),
        "the host name" => {
            let can_rename = succeeds(Command::new("unshare").args(another_host()).args(["hostname", "another"]));
            (!can_rename).then_some("gives no process another host name")
        }
        "the order of a directory" => {
            let names = |directory: &Path| -> Vec<_> {
                fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name()).collect()
            };
            let world = World::new();
            let before = names(&world.ordered);
            fill(&world.ordered, ["b", "a"]);
            (names(&world.ordered) == before).then_some("has no directory whose order changes")
        }
        _ => None,
    }
}

/// Returns the table of the book: the cells of each row, without the explanations after a comma, semicolon or colon.
fn table() -> BTreeMap<&'static str, [&'static str; 4]> {
    let (_, table) = BOOK.split_once(HEAD).expect("the table");
    let lines = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    lines
        .map(|line| {
            let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
            let [dependence, cells @ ..] = &cells[..] else { panic!("{line}") };
            let short = |cell: &&'static str| cell.split([',', ';', ':']).next().unwrap_or_default();
            (*dependence, cells.iter().map(short).collect::<Vec<_>>().try_into().expect("four methods"))
        })
        .collect()
}

fn every(_: &Row) -> bool {
    true
}

fn none(_: &Row) -> bool {
    false
}

fn cores(row: &Row) -> bool {
    row.question == Some(Question::Cores)
}

/// Compares a column of the book with what `observe` sees. Skips a row that needs a change which this machine cannot
/// make.
fn assert_column(column: usize, needs_change: fn(&Row) -> bool, observe: impl Fn(&Row, &World) -> &'static str) {
    let book = table();
    let mut names: Vec<_> = ROWS.iter().map(|row| row.dependence).collect();
    names.sort_unstable();
    assert_eq!(names, book.keys().copied().collect::<Vec<_>>());
    let mut wrong = Vec::new();
    for row in &ROWS {
        if needs_change(row)
            && let Some(reason) = unchangeable(row)
        {
            eprintln!("skipped: {}: this machine {reason}", row.dependence);
            continue;
        }
        let (seen, written) = (observe(row, &World::new()), book[row.dependence][column]);
        if seen != written {
            wrong.push(format!("{}: the book has `{written}`, and the method finds `{seen}`", row.dependence));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn has_finding(done: &Done) -> bool {
    let results = read_verifications(&done.cache, &done.run).unwrap();
    assert!(!results.is_empty(), "{}\n{}", done.stdout, done.stderr);
    results.iter().any(|one| one.result.is_finding())
}

#[test]
fn book_says_what_a_rebuild_finds() {
    assert_column(0, every, |row, world| {
        world.run(row).passes();
        if has_finding(&world.run(row).env("SMOKE_VERIFY", "1").done()) {
            "yes"
        } else if has_finding(&world.changed(row).env("SMOKE_VERIFY", "1").done()) {
            "after a change"
        } else {
            "no"
        }
    });
}

#[test]
fn book_says_what_another_environment_finds() {
    assert_column(1, cores, |row, world| {
        world.run(row).passes();
        if has_finding(&world.run(row).env("SMOKE_VERIFY", "1,vary").done()) { "yes" } else { "no" }
    });
}

#[test]
fn book_says_what_an_audit_finds() {
    if !can_trace() {
        return eprintln!("skipped: strace is not installed, or may not trace");
    }
    assert_column(2, none, |row, world| {
        let tracer: Vec<&str> = ["strace"].into_iter().chain(STRACE.iter().copied()).collect();
        let done = world.run(row).env(VARIABLE, serde_json::to_string(&tracer).unwrap()).passes();
        let audit = read_audits(&done.cache, &done.run).unwrap().pop().unwrap();
        let cover = audit.cover.unwrap();
        let trace = Trace::read(&fs::read_to_string(&audit.trace).unwrap(), &cover.directory);
        if !findings(&cover, &trace, &ThisMachine).is_empty() {
            "yes"
        } else if row.question.is_some_and(|question| trace.questions().contains(&question)) {
            "question"
        } else {
            "no"
        }
    });
}

#[test]
fn book_says_what_a_hermetic_build_sees() {
    if !can_confine() {
        return eprintln!("skipped: the kernel has no Landlock, or an old one");
    }
    assert_column(3, every, |row, world| {
        let build = |run: Run<'_>| run.env("SMOKE_HERMETIC", "1").env("SMOKE_FORCE_REBUILD", "all").done();
        let text = |done: &Done| done.stdout.lines().find(|line| line.starts_with("text=")).map(str::to_owned);
        let before = build(world.run(row));
        if !before.passed {
            let words = ["it may not ", "ermission denied"];
            assert!(words.iter().any(|words| before.stderr.contains(words)), "{}", before.stderr);
            return "error";
        }
        let after = build(world.changed(row));
        assert!(after.passed && text(&before).is_some(), "{}\n{}", after.stdout, after.stderr);
        if text(&before) == text(&after) { "hidden" } else { "no" }
    });
}
