//! Processes by `/proc`.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use super::{Environment, Process, Processes, is_same_content};
use crate::digest::Parts;

/// More digits than two runs of any cache could share by chance.
const DIGITS: usize = 32;

/// What `/proc` shows.
pub(super) struct Table {
    /// The kernel's name for the time since the machine was started: process ids and starts count from there.
    boot: String,
    /// Process ids are unique in their namespace alone: two containers that share a cache directory have the same ones.
    namespace: PathBuf,
}

impl Table {
    /// Returns `None` where `/proc` does not show all that an identity is made of.
    pub(super) fn new() -> Option<Table> {
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?.trim().to_owned();
        let namespace = fs::read_link("/proc/self/ns/pid").ok()?;
        (!boot.is_empty()).then_some(Table { boot, namespace })
    }

    /// Returns a name that no other table has: that of another boot or of another container.
    pub(super) fn name(&self) -> String {
        format!("{} {}", self.boot, self.namespace.display())
    }

    /// Returns what no other process has, on this or another boot, in this or another container.
    pub(super) fn identity(&self, process: &Process) -> String {
        identity(&self.boot, &self.namespace, process.pid, process.start)
    }
}

fn identity(boot: &str, namespace: &Path, pid: u32, start: u64) -> String {
    let mut parts = Parts::default();
    parts.add(boot).add(namespace.as_os_str().as_bytes()).add(pid.to_string()).add(start.to_string());
    let mut digest = parts.finish();
    digest.truncate(DIGITS);
    digest
}

impl Processes for Table {
    fn own(&self) -> Option<Process> {
        // Not by `std::process::id`: `/proc` may be that of another namespace, with other ids.
        read(Path::new("/proc/self"))
    }

    fn look_up(&self, pid: u32) -> Option<Process> {
        read(&directory(pid))
    }

    fn is_copy(&self, process: &Process, cargo: &Path) -> bool {
        is_same_content(&directory(process.pid).join("exe"), cargo)
    }
}

fn directory(pid: u32) -> PathBuf {
    Path::new("/proc").join(pid.to_string())
}

fn read(directory: &Path) -> Option<Process> {
    let Stat { pid, name, parent, start } = Stat::parse(&fs::read(directory.join("stat")).ok()?)?;
    let executable = fs::read_link(directory.join("exe")).ok().map(without_note);
    let environment = fs::read(directory.join("environ")).ok().map(|block| Environment::parse(&block));
    let name = std::ffi::OsString::from_vec(name);
    Some(Process { pid, parent: (parent != 0).then_some(parent), start, name, executable, environment })
}

/// The kernel notes it after the path if the file was replaced since, as by an update of the toolchain.
fn without_note(path: PathBuf) -> PathBuf {
    match path.as_os_str().as_bytes().strip_suffix(b" (deleted)") {
        Some(path) => PathBuf::from(OsStr::from_bytes(path)),
        None => path,
    }
}

/// The fields of `/proc/PID/stat` that count.
#[derive(Debug, PartialEq, Eq)]
struct Stat {
    pid: u32,
    name: Vec<u8>,
    parent: u32,
    /// In clock ticks since the boot.
    start: u64,
}

impl Stat {
    /// The name stands in parentheses and may hold any bytes, parentheses and spaces included: it ends at the last one.
    fn parse(line: &[u8]) -> Option<Stat> {
        let open = line.iter().position(|byte| *byte == b'(')?;
        let close = line.iter().rposition(|byte| *byte == b')')?;
        let pid = std::str::from_utf8(&line[..open]).ok()?.trim().parse().ok()?;
        let name = line.get(open + 1..close)?.to_vec();
        // The third field is the first one here.
        let fields: Vec<&str> = std::str::from_utf8(&line[close + 1..]).ok()?.split_ascii_whitespace().collect();
        let field = |number: usize| fields.get(number - 3);
        Some(Stat { pid, name, parent: field(4)?.parse().ok()?, start: field(22)?.parse().ok()? })
    }
}

impl Environment {
    fn parse(block: &[u8]) -> Environment {
        let value = |name: &str| {
            let of = |entry: &[u8]| entry.strip_prefix(name.as_bytes())?.strip_prefix(b"=").map(<[u8]>::to_vec);
            block.split(|byte| *byte == 0).find_map(of).map(std::ffi::OsString::from_vec)
        };
        Environment { manifest_dir: value("CARGO_MANIFEST_DIR"), cargo: value("CARGO").map(PathBuf::from) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_hold_spaces_and_parentheses() {
        let tail = "S 41 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 987654 1 2";
        for name in ["cargo", "a b", "a) R 7 (b", ")", "", "((", "\u{fffd} 1 2 3"] {
            let stat = Stat::parse(format!("42 ({name}) {tail}\n").as_bytes()).expect(name);
            assert_eq!(stat, Stat { pid: 42, name: name.into(), parent: 41, start: 987_654 });
        }
        let stat = [b"42 (\xff\xfe) ", tail.as_bytes()].concat();
        assert_eq!(Stat::parse(&stat).expect("any bytes").name, b"\xff\xfe");
        for damaged in ["", "42", "42 (a", "42 a) S 1", "x (a) S 1", "42 (a) S 1", ")("] {
            assert_eq!(Stat::parse(damaged.as_bytes()), None, "{damaged}");
        }
    }

    #[test]
    fn variables_are_found_by_their_whole_name() {
        let block = b"XCARGO=1\0CARGO_MANIFEST_DIRX=2\0CARGO_MANIFEST_DIR=/a=b\0CARGO=\0CARGO=3\0";
        let Environment { manifest_dir, cargo } = Environment::parse(block);
        assert_eq!(manifest_dir.as_deref(), Some(OsStr::new("/a=b")));
        assert_eq!(cargo.as_deref(), Some(Path::new("")));
        assert!(Environment::parse(b"").manifest_dir.is_none());
    }

    #[test]
    fn boot_namespace_pid_and_start_each_make_another_run() {
        let (a, b) = (Path::new("pid:[1]"), Path::new("pid:[2]"));
        let ids = [
            identity("boot", a, 1, 2),
            identity("other", a, 1, 2),
            identity("boot", b, 1, 2),
            identity("boot", a, 2, 2),
            identity("boot", a, 1, 3),
            identity("boot", a, 12, 2),
            identity("boot", a, 1, 22),
        ];
        let different: std::collections::BTreeSet<_> = ids.iter().collect();
        assert_eq!(different.len(), ids.len());
        assert_eq!(ids[0], identity("boot", a, 1, 2));
    }

    #[test]
    fn this_process_is_described_as_it_is() {
        let Some(table) = Table::new() else {
            eprintln!("left out: /proc does not tell what an identity is made of");
            return;
        };
        let own = table.own().expect("its own entry is readable");
        assert_eq!(own.executable, std::env::current_exe().ok());
        assert_eq!(own.environment.expect("readable").manifest_dir, std::env::var_os("CARGO_MANIFEST_DIR"));
        assert_eq!(own.start, table.look_up(own.pid).expect("there").start);
        assert_eq!(own.parent, Some(std::os::unix::process::parent_id()));
        assert!(table.look_up(u32::MAX).is_none());
    }
}
