//! The calls of a build, as uses of paths, programs and addresses.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};

use super::cover::{Mark, normal};
use super::strace::{Call, Returned, calls, descriptor, field, string};

/// The uses of one build, in the order in which they began.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    pub(super) uses: Vec<Use>,
    /// Questions to the system whose answers no key covers.
    pub(super) questions: BTreeSet<Question>,
    /// The changes that the system refused: the process lacks a permission.
    refused: BTreeSet<Refused>,
    /// The build has begun and ended.
    pub(super) is_complete: bool,
}

/// A change of the machine that the system refused.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Refused {
    /// Writing to a file, or creating it.
    Write(PathBuf),
    /// Waiting for connections at an address.
    Bind(String),
}

/// A question to the system whose answer no key covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Question {
    /// The number of cores.
    Cores,
    /// The name of the host and the version of the system.
    Host,
    /// Random bytes. Hash maps of Rust ask for them.
    Randomness,
    /// Calls by `io_uring` or by file handles, which a trace does not show. Other root directories and mounts, after
    /// which paths have another meaning.
    Invisible,
}

/// One use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Use {
    pub(super) action: Action,
    /// The path as the process names it: absolute, without `.` and `..`. For a connection, its address.
    pub(super) path: PathBuf,
    /// The path without links, if the trace has it.
    pub(super) real: Option<PathBuf>,
    /// The program that the process executes; `None` for the builder itself.
    pub(super) program: Option<PathBuf>,
    /// The system refused it: the process lacks a permission.
    pub(super) is_denied: bool,
}

/// The kind of a use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// Opens a file for reading.
    Read,
    /// Lists a directory.
    List,
    /// Finds a file, or reads its metadata.
    Find,
    /// Finds a directory, or reads its metadata.
    FindDirectory,
    /// Finds nothing.
    Miss,
    /// Executes a program.
    Execute,
    /// Does not find a program.
    MissProgram,
    /// Creates a file or directory, or replaces its content.
    Create,
    /// Moves a directory or file there. The old path is in `real`.
    Move,
    /// Connects to an address, or sends to it.
    Connect,
    /// Waits for connections at an address.
    Bind,
}

/// A process or thread of the trace.
#[derive(Clone, Debug)]
struct Process {
    /// The index of its working directory, which threads share.
    directory: usize,
    program: Option<PathBuf>,
    /// The process requests a dependency, or was started for one.
    is_in_dependency: bool,
}

impl Trace {
    /// Reads the output of `strace` with the arguments of [`STRACE`](super::STRACE). `directory` is the working
    /// directory of the first process.
    pub fn read(text: &str, directory: &Path) -> Trace {
        let mut reader = Reader::new(directory);
        for call in calls(text) {
            reader.add(&call);
        }
        reader.trace
    }

    /// Returns `true` if the build has begun and ended.
    pub fn is_complete(&self) -> bool {
        self.is_complete
    }

    /// Returns the changes that the system refused to the build.
    pub(crate) fn refused(&self) -> &BTreeSet<Refused> {
        &self.refused
    }

    /// Returns the questions of the build to the system.
    pub fn questions(&self) -> &BTreeSet<Question> {
        &self.questions
    }
}

struct Reader {
    trace: Trace,
    processes: HashMap<u32, Process>,
    directories: Vec<PathBuf>,
    is_building: bool,
    /// Processes that the build has started.
    of_build: HashSet<u32>,
}

impl Reader {
    fn new(directory: &Path) -> Reader {
        Reader {
            trace: Trace::default(),
            processes: HashMap::new(),
            directories: vec![directory.to_owned()],
            is_building: false,
            of_build: HashSet::new(),
        }
    }

    fn add(&mut self, call: &Call) {
        let first = Process { directory: 0, program: None, is_in_dependency: false };
        let process = self.processes.entry(call.pid).or_insert(first).clone();
        if let Some(mark) = mark(call) {
            return self.mark(mark, call.pid);
        }
        match &*call.name {
            "fork" | "vfork" | "clone" | "clone3" => self.start(call, &process),
            "chdir" | "fchdir" => self.change_directory(call, &process),
            "execve" | "execveat" if call.result == Returned::Value(0, None) => {
                let program = self.path(call, &process).map(|(path, _)| path);
                // The builder executes no other program in its own process.
                if let Some(process) = self.processes.get_mut(&call.pid).filter(|_| self.of_build.contains(&call.pid)) {
                    process.program.clone_from(&program);
                }
            }
            _ => {}
        }
        if self.is_building && !process.is_in_dependency {
            self.question(call);
            let found = self.uses(call, &process);
            for used in &found {
                self.question_by_file(used);
            }
            self.trace.uses.extend(found);
            let refused = self.refused(call, &process);
            self.trace.refused.extend(refused);
        }
    }

    fn mark(&mut self, mark: Mark, pid: u32) {
        match mark {
            Mark::Begin => self.is_building = true,
            Mark::End => {
                self.trace.is_complete |= self.is_building;
                self.is_building = false;
            }
            Mark::DependencyBegin | Mark::DependencyEnd => {
                if let Some(process) = self.processes.get_mut(&pid) {
                    process.is_in_dependency = mark == Mark::DependencyBegin;
                }
            }
        }
    }

    fn start(&mut self, call: &Call, parent: &Process) {
        let Returned::Value(child, _) = call.result else { return };
        let Ok(child) = u32::try_from(child) else { return };
        let mut process = parent.clone();
        if !call.arguments.iter().any(|argument| argument.contains("CLONE_FS")) {
            process.directory = self.directories.len();
            self.directories.push(self.directories[parent.directory].clone());
        }
        if self.is_building {
            self.of_build.insert(child);
        }
        self.processes.insert(child, process);
    }

    fn change_directory(&mut self, call: &Call, process: &Process) {
        let Returned::Value(0, _) = call.result else { return };
        let Some(argument) = call.arguments.first() else { return };
        let changed =
            if call.name == "fchdir" { descriptor(argument) } else { self.joined(string(argument), None, process) };
        if let Some(changed) = changed {
            self.directories[process.directory] = changed;
        }
    }

    fn question(&mut self, call: &Call) {
        let question = match &*call.name {
            "uname" => Question::Host,
            "sched_getaffinity" => Question::Cores,
            "getrandom" => Question::Randomness,
            "io_uring_setup" | "open_by_handle_at" => Question::Invisible,
            "chroot" | "pivot_root" | "mount" if matches!(call.result, Returned::Value(0, _)) => Question::Invisible,
            _ => return,
        };
        self.trace.questions.insert(question);
    }

    /// Adds the questions that a process asks by reading a file of the kernel.
    fn question_by_file(&mut self, used: &Use) {
        const FILES: [(&str, Question); 8] = [
            ("/proc/sys/kernel", Question::Host),
            ("/proc/version", Question::Host),
            ("/proc/cpuinfo", Question::Cores),
            ("/proc/stat", Question::Cores),
            ("/sys/devices/system/cpu", Question::Cores),
            ("/sys/fs/cgroup", Question::Cores),
            ("/dev/random", Question::Randomness),
            ("/dev/urandom", Question::Randomness),
        ];
        if used.action == Action::Read {
            let asked = FILES.iter().filter(|(file, _)| used.path.starts_with(file));
            self.trace.questions.extend(asked.map(|(_, question)| *question));
        }
    }

    /// Returns a path of an argument: absolute, relative to a descriptor, or to the working directory.
    fn joined(&self, path: Option<PathBuf>, relative_to: Option<PathBuf>, process: &Process) -> Option<PathBuf> {
        let base = relative_to.unwrap_or_else(|| self.directories[process.directory].clone());
        path.map(|path| normal(&base.join(path)))
    }

    /// Returns the path that a call names first, and the index of its argument. `None` for a call about a descriptor.
    fn path(&self, call: &Call, process: &Process) -> Option<(PathBuf, usize)> {
        self.path_at(call, process, 0)
    }

    /// Returns the path of the argument at `index`, or of the one after it if that is a descriptor.
    fn path_at(&self, call: &Call, process: &Process, index: usize) -> Option<(PathBuf, usize)> {
        let first = call.arguments.get(index)?;
        let (base, index) = if first.starts_with('"') { (None, index) } else { (descriptor(first), index + 1) };
        let path = string(call.arguments.get(index)?).filter(|path| !path.as_os_str().is_empty());
        Some((self.joined(path, base, process)?, index))
    }

    /// Returns the change that the system refused.
    fn refused(&self, call: &Call, process: &Process) -> Option<Refused> {
        if !is_denied(call) {
            return None;
        }
        match &*call.name {
            "bind" => call.arguments.iter().find_map(|argument| address(argument)).map(Refused::Bind),
            "creat" | "mkdir" | "mkdirat" => self.path(call, process).map(|(path, _)| Refused::Write(path)),
            "open" | "openat" | "openat2" => {
                let (path, index) = self.path(call, process)?;
                is_writing(call.arguments.get(index + 1)?).then_some(Refused::Write(path))
            }
            "symlink" | "symlinkat" => self.path_at(call, process, 1).map(|(path, _)| Refused::Write(path)),
            "rename" | "renameat" | "renameat2" | "link" | "linkat" => {
                let (_, index) = self.path(call, process)?;
                self.path_at(call, process, index + 1).map(|(path, _)| Refused::Write(path))
            }
            _ => None,
        }
    }

    fn uses(&self, call: &Call, process: &Process) -> Vec<Use> {
        let is_denied = is_denied(call);
        let using = |action, path, real| Use { action, path, real, program: process.program.clone(), is_denied };
        match &*call.name {
            "connect" | "bind" | "sendto" | "sendmsg" | "sendmmsg" | "getsockname" => {
                let action = if matches!(&*call.name, "bind" | "getsockname") { Action::Bind } else { Action::Connect };
                let is_bound = action == Action::Connect || matches!(call.result, Returned::Value(..));
                let addresses = call.arguments.iter().filter(|_| is_bound).filter_map(|argument| address(argument));
                return addresses.map(|address| using(action, PathBuf::from(address), None)).collect();
            }
            "chroot" | "pivot_root" | "mount" => return Vec::new(),
            "getdents" | "getdents64" => {
                let listed = call.arguments.first().and_then(|argument| descriptor(argument));
                return listed.into_iter().map(|path| using(Action::List, path.clone(), Some(path))).collect();
            }
            "rename" | "renameat" | "renameat2" | "link" | "linkat" | "symlink" | "symlinkat" | "mkdir" | "mkdirat" => {
                return self
                    .changes(call, process)
                    .into_iter()
                    .map(|(action, path, real)| using(action, path, real))
                    .collect();
            }
            _ => {}
        }
        let Some((path, index)) = self.path(call, process) else { return Vec::new() };
        let is_program = call.name.starts_with("execve");
        let action = match &call.result {
            Returned::Error(error) => match (&**error, is_program) {
                ("ENOENT" | "ENOTDIR", true) => Some(Action::MissProgram),
                ("ENOENT" | "ENOTDIR", false) => Some(Action::Miss),
                ("EACCES" | "EPERM", true) => Some(Action::Execute),
                ("EACCES" | "EPERM", false) => denied(call, index),
                // `readlink` of a path that is no link.
                ("EINVAL", false) if call.name.starts_with("readlink") => Some(Action::Find),
                _ => None,
            },
            _ if is_program => Some(Action::Execute),
            Returned::Value(..) => successful(call, index),
            Returned::Unknown => None,
        };
        let real = if let Returned::Value(_, real) = &call.result { real.clone() } else { None };
        action.map(|action| using(action, path, real)).into_iter().collect()
    }

    /// Returns the paths that a successful call creates.
    fn changes(&self, call: &Call, process: &Process) -> Vec<(Action, PathBuf, Option<PathBuf>)> {
        let Returned::Value(0, _) = call.result else { return Vec::new() };
        match &*call.name {
            "mkdir" | "mkdirat" => {
                self.path(call, process).map(|(path, _)| (Action::Create, path, None)).into_iter().collect()
            }
            "symlink" | "symlinkat" => {
                self.path_at(call, process, 1).map(|(path, _)| (Action::Create, path, None)).into_iter().collect()
            }
            _ => {
                let Some((from, index)) = self.path(call, process) else { return Vec::new() };
                let Some((to, _)) = self.path_at(call, process, index + 1) else { return Vec::new() };
                // A file without a name that gets one: `O_TMPFILE`.
                let is_new = from.starts_with("/proc/self/fd");
                vec![if is_new { (Action::Create, to, None) } else { (Action::Move, to, Some(from)) }]
            }
        }
    }
}

/// Returns the kind of a successful call. `index` is that of its path.
fn successful(call: &Call, index: usize) -> Option<Action> {
    match &*call.name {
        "creat" => Some(Action::Create),
        "open" | "openat" | "openat2" => {
            let flags = call.arguments.get(index + 1)?;
            let has = |flag: &str| has_flag(flags, flag);
            Some(if has("O_TMPFILE") {
                // The path is that of a directory, and the new file has no name.
                return None;
            } else if has("O_CREAT") && has("O_EXCL") || has("O_TRUNC") {
                Action::Create
            } else if has("O_PATH") || has("O_DIRECTORY") {
                if has("O_DIRECTORY") { Action::FindDirectory } else { Action::Find }
            } else if has("O_WRONLY") {
                // The content before does not matter to the process that writes. It may matter to one that reads.
                return None;
            } else {
                Action::Read
            })
        }
        name if name.contains("stat") || name.contains("access") || name.contains("readlink") => {
            let is_directory = call.arguments.iter().any(|argument| argument.contains("S_IFDIR"));
            Some(if is_directory { Action::FindDirectory } else { Action::Find })
        }
        _ => None,
    }
}

fn is_denied(call: &Call) -> bool {
    matches!(&call.result, Returned::Error(error) if error == "EACCES" || error == "EPERM")
}

fn has_flag(flags: &str, flag: &str) -> bool {
    flags.split(|other: char| !other.is_ascii_alphanumeric() && other != '_').any(|one| one == flag)
}

/// Returns `true` for the flags of a file that is opened to write.
fn is_writing(flags: &str) -> bool {
    ["O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC", "O_TMPFILE"].iter().any(|flag| has_flag(flags, flag))
}

/// Returns the kind of a call that the system refused. Files that cannot be written to are no input.
fn denied(call: &Call, index: usize) -> Option<Action> {
    match call.arguments.get(index + 1) {
        _ if call.name == "creat" => None,
        Some(flags) if call.name.starts_with("open") && is_writing(flags) => None,
        Some(flags) if has_flag(flags, "O_DIRECTORY") => Some(Action::List),
        _ => successful(call, index),
    }
}

fn mark(call: &Call) -> Option<Mark> {
    let is_missing = matches!(call.result, Returned::Error(_));
    call.arguments
        .iter()
        .filter(|_| is_missing)
        .filter_map(|argument| string(argument))
        .find_map(|path| Mark::of(&path))
}

/// Returns the address of a socket: `127.0.0.1:80`, `[::1]:80`, or the path of a local socket.
fn address(argument: &str) -> Option<String> {
    let quoted = |name: &str| {
        let (_, rest) = argument.split_once(name)?;
        string(rest).map(|text| text.to_string_lossy().into_owned())
    };
    let port = |name: &str| {
        let port = field(argument, name)?.strip_prefix("htons(")?;
        port.strip_suffix(')').map(str::to_owned)
    };
    match field(argument, "sa_family")? {
        "AF_INET" => Some(format!("{}:{}", quoted("inet_addr(")?, port("sin_port")?)),
        "AF_INET6" => {
            // `inet_pton(AF_INET6, "::1", &sin6_addr)`, or the address alone.
            let text = quoted("inet_pton(").or_else(|| quoted("sin6_addr="))?;
            Some(format!("[{text}]:{}", port("sin6_port")?))
        }
        "AF_UNIX" | "AF_LOCAL" => {
            let path = quoted("sun_path=")?;
            Some(if argument.contains("sun_path=@") { format!("@{path}") } else { path })
        }
        _ => None,
    }
}

/// Replaces each text in quotes or angle brackets by its hexadecimal form, as `-xx` does.
#[cfg(test)]
pub(super) fn hexed(trace: &str) -> String {
    use std::fmt::Write;
    let mut text = String::new();
    let mut end = None;
    for (index, character) in trace.char_indices() {
        // `<... name resumed>` and `<unfinished ...>` are no texts.
        let is_note = ["<... ", "<unfinished"].iter().any(|note| trace[index..].starts_with(note));
        match (character, end) {
            ('"', None) => end = Some('"'),
            ('<', None) if !is_note => end = Some('>'),
            (_, Some(last)) if character == last => end = None,
            (_, Some(_)) => {
                let mut buffer = [0; 4];
                for byte in character.encode_utf8(&mut buffer).bytes() {
                    let _ = write!(text, "\\x{byte:02x}");
                }
                continue;
            }
            _ => {}
        }
        text.push(character);
    }
    text
}

#[cfg(test)]
mod tests;
