//! The processes in `/proc`.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use super::{Environment, Process, Processes, is_same_content};
use crate::digest::Parts;

/// The number of digits of an identity. Two runs never have the same digits by chance.
const DIGITS: usize = 32;

/// The processes in `/proc`.
pub(super) struct Table {
    /// The kernel's id of this boot. Process ids and starts are unique within a boot.
    boot: String,
    /// The namespace of process ids. Two containers that share a cache directory may have the same ids.
    namespace: PathBuf,
}

impl Table {
    /// Returns `None` if `/proc` does not show all parts of an identity.
    pub(super) fn new() -> Option<Table> {
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?.trim().to_owned();
        let namespace = fs::read_link("/proc/self/ns/pid").ok()?;
        (!boot.is_empty()).then_some(Table { boot, namespace })
    }

    /// Returns a name that the tables of other boots and other containers do not have.
    pub(super) fn name(&self) -> String {
        format!("{} {}", self.boot, self.namespace.display())
    }

    /// Returns a text that identifies the process among all processes of all boots and containers.
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
        // Not by `std::process::id`: `/proc` may belong to another namespace, with other ids.
        read(fs::read_link("/proc/self").ok()?.to_str()?.parse().ok()?)
    }

    fn look_up(&self, pid: u32) -> Option<Process> {
        read(pid)
    }

    fn is_copy(&self, process: &Process, cargo: &Path) -> bool {
        is_same_content(&directory(process.pid).join("exe"), cargo)
    }
}

fn directory(pid: u32) -> PathBuf {
    Path::new("/proc").join(pid.to_string())
}

fn read(pid: u32) -> Option<Process> {
    let directory = directory(pid);
    // The main thread has the start of its process. qemu replaces `/proc/PID/stat` of the process that it emulates,
    // with another start than other processes see. These would count a living process as ended.
    let stat = fs::read(directory.join("task").join(pid.to_string()).join("stat")).ok()?;
    let Stat { pid, name, parent, start } = Stat::parse(&stat)?;
    let executable = fs::read_link(directory.join("exe")).ok().map(without_suffix);
    let environment = fs::read(directory.join("environ")).ok().map(|block| Environment::parse(&block));
    let name = std::ffi::OsString::from_vec(name);
    Some(Process { pid, parent: (parent != 0).then_some(parent), start, name, executable, environment })
}

/// Removes the suffix that the kernel appends if the file was replaced, for example by an update of the toolchain.
fn without_suffix(path: PathBuf) -> PathBuf {
    match path.as_os_str().as_bytes().strip_suffix(b" (deleted)") {
        Some(path) => PathBuf::from(OsStr::from_bytes(path)),
        None => path,
    }
}

/// The relevant fields of the file `stat` of a process, or of its main thread.
#[derive(Debug, PartialEq, Eq)]
struct Stat {
    pid: u32,
    name: Vec<u8>,
    parent: u32,
    /// In clock ticks since the boot.
    start: u64,
}

impl Stat {
    /// Parses a line. The name is in parentheses and may contain any bytes, so it ends at the last closing parenthesis.
    fn parse(line: &[u8]) -> Option<Stat> {
        let open = line.iter().position(|byte| *byte == b'(')?;
        let close = line.iter().rposition(|byte| *byte == b')')?;
        let pid = std::str::from_utf8(&line[..open]).ok()?.trim().parse().ok()?;
        let name = line.get(open + 1..close)?.to_vec();
        // The first field of the rest is field 3.
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
    fn a_name_may_contain_spaces_and_parentheses() {
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
    fn variables_are_found_by_their_full_name() {
        let block = b"XCARGO=1\0CARGO_MANIFEST_DIRX=2\0CARGO_MANIFEST_DIR=/a=b\0CARGO=\0CARGO=3\0";
        let Environment { manifest_dir, cargo } = Environment::parse(block);
        assert_eq!(manifest_dir.as_deref(), Some(OsStr::new("/a=b")));
        assert_eq!(cargo.as_deref(), Some(Path::new("")));
        assert!(Environment::parse(b"").manifest_dir.is_none());
    }

    #[test]
    fn boot_namespace_pid_and_start_change_the_identity() {
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
    fn the_table_describes_this_process() {
        let Some(table) = Table::new() else {
            eprintln!("skipped: /proc does not show all parts of an identity");
            return;
        };
        let own = table.own().expect("its own entry is readable");
        assert_eq!(own.executable, std::env::current_exe().ok());
        assert_eq!(own.environment.expect("readable").manifest_dir, std::env::var_os("CARGO_MANIFEST_DIR"));
        assert_eq!(own.start, table.look_up(own.pid).expect("there").start);
        assert_eq!(own.parent, Some(std::os::unix::process::parent_id()));
        assert!(table.look_up(u32::MAX).is_none());
    }

    #[test]
    fn other_processes_see_the_same_start() {
        let Some(own) = Table::new().and_then(|table| table.own()) else {
            eprintln!("skipped: /proc does not show this process");
            return;
        };
        let seen = std::process::Command::new("cat").arg(directory(own.pid).join("stat")).output().expect("cat runs");
        assert_eq!(own.start, Stat::parse(&seen.stdout).expect("a line").start);
    }
}
