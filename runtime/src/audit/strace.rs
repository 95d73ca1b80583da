//! Reads the output of `strace -f -y -xx`: one completed system call for each line, or for two lines if calls of other
//! threads came between.

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::PathBuf;

/// A completed system call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Call {
    pub(super) pid: u32,
    /// The number of the line that the call begins on. Calls of several threads may end in another order.
    pub(super) begun: usize,
    pub(super) name: String,
    pub(super) arguments: Vec<String>,
    pub(super) result: Returned,
}

/// The result of a system call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Returned {
    /// The number, and the path of a descriptor.
    Value(i64, Option<PathBuf>),
    /// The name of the error, such as `ENOENT`.
    Error(String),
    /// The process ended during the call.
    Unknown,
}

/// The first part of a call that other calls interrupt in the trace.
struct Begun {
    line: usize,
    name: String,
    text: String,
}

/// Returns the calls of a trace, in the order in which they began. Lines that are not calls are skipped.
pub(super) fn calls(trace: &str) -> Vec<Call> {
    let mut begun: HashMap<u32, Begun> = HashMap::new();
    let mut calls = Vec::new();
    for (line, text) in trace.lines().enumerate() {
        let Some((pid, text)) = text.split_once(' ') else { continue };
        let (Ok(pid), text) = (pid.parse(), text.trim_start()) else { continue };
        if let Some(rest) = text.strip_prefix("<... ") {
            let Some((name, rest)) = rest.split_once(" resumed>") else { continue };
            if let Some(first) = take(&mut begun, pid, name) {
                calls.extend(call(pid, first.line, &first.name, &format!("{}{rest}", first.text)));
            }
        } else if let Some(first) = text.strip_suffix(" <unfinished ...>") {
            if let Some((name, text)) = first.split_once('(') {
                begun.insert(pid, Begun { line, name: name.to_owned(), text: text.to_owned() });
            }
        } else if let Some((name, rest)) = text.split_once('(') {
            calls.extend(call(pid, line, name, rest));
        }
    }
    // The process was killed during these. Their arguments are known all the same.
    for (pid, first) in begun {
        let arguments = arguments(&first.text);
        calls.push(Call { pid, begun: first.line, name: first.name, arguments, result: Returned::Unknown });
    }
    calls.sort_by_key(|call| call.begun);
    calls
}

/// Takes the first part of a call. A thread that executes a program continues with the id of its process.
fn take(begun: &mut HashMap<u32, Begun>, pid: u32, name: &str) -> Option<Begun> {
    if begun.get(&pid).is_some_and(|first| first.name == name) {
        return begun.remove(&pid);
    }
    let other = begun.iter().find(|(_, first)| first.name == name && name.starts_with("execve"));
    let other = other.map(|(pid, _)| *pid)?;
    begun.remove(&other)
}

/// Reads a call from the text after the opening parenthesis.
fn call(pid: u32, begun: usize, name: &str, text: &str) -> Option<Call> {
    let is_name = |name: &str| name.chars().all(|character| character.is_ascii_alphanumeric() || character == '_');
    let (text, result) = text.rsplit_once(" = ")?;
    let text = text.trim_end().strip_suffix(')')?;
    is_name(name).then(|| Call {
        pid,
        begun,
        name: name.to_owned(),
        arguments: arguments(text),
        result: returned(result.trim()),
    })
}

fn returned(text: &str) -> Returned {
    let number = text.split(['<', ' ']).next().unwrap_or(text);
    match (number, text.strip_prefix("-1 ")) {
        (_, Some(error)) => Returned::Error(error.split(' ').next().unwrap_or(error).to_owned()),
        ("?", _) => Returned::Unknown,
        _ => number.parse().map_or(Returned::Unknown, |value| Returned::Value(value, descriptor(text))),
    }
}

/// Splits arguments at the commas that no bracket encloses. Texts are hexadecimal, so they contain none of these.
fn arguments(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut depth = 0_usize;
    for character in text.chars() {
        match character {
            '{' | '[' | '(' => depth += 1,
            '}' | ']' | ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        match parts.last_mut() {
            Some(_) if character == ',' && depth == 0 => parts.push(String::new()),
            Some(part) if !(part.is_empty() && character == ' ') => part.push(character),
            _ => {}
        }
    }
    parts
}

/// Returns the text in quotes.
pub(super) fn string(argument: &str) -> Option<PathBuf> {
    let (_, rest) = argument.split_once('"')?;
    let (text, _) = rest.split_once('"')?;
    hexadecimal(text)
}

/// Returns the path of a descriptor: `3<\x2f…>`. Sockets and pipes have none.
pub(super) fn descriptor(argument: &str) -> Option<PathBuf> {
    let (_, rest) = argument.split_once('<')?;
    let (text, _) = rest.split_once('>')?;
    hexadecimal(text).filter(|path| path.is_absolute())
}

/// Returns the text of a field: `AF_INET` for `sa_family` of `{sa_family=AF_INET, …}`.
pub(super) fn field<'a>(argument: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = argument.split_once(name)?;
    let rest = rest.strip_prefix('=')?;
    rest.split([',', '}']).next()
}

fn hexadecimal(text: &str) -> Option<PathBuf> {
    let bytes: Option<Vec<u8>> = text.split("\\x").skip(1).map(|digits| u8::from_str_radix(digits, 16).ok()).collect();
    let is_plain = text.is_empty() || text.starts_with("\\x");
    bytes.filter(|_| is_plain).map(|bytes| PathBuf::from(os_string(bytes)))
}

#[cfg(unix)]
fn os_string(bytes: Vec<u8>) -> OsString {
    std::os::unix::ffi::OsStringExt::from_vec(bytes)
}

#[cfg(not(unix))]
fn os_string(bytes: Vec<u8>) -> OsString {
    String::from_utf8_lossy(&bytes).into_owned().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Replaces each text in quotes or angle brackets as `-xx` does, so that tests are readable.
    fn traced(text: &str) -> String {
        super::super::trace::hexed(text)
    }

    fn one(line: &str) -> Call {
        let calls = calls(&traced(line));
        assert_eq!(calls.len(), 1, "{line}: {calls:?}");
        calls.into_iter().next().expect("one call")
    }

    #[test]
    fn a_call_has_name_arguments_and_result() {
        let call = one(r#"7  openat(AT_FDCWD</w>, "/a, b) = 3", O_RDONLY|O_CLOEXEC)    = 3</a, b) = 3>"#);
        assert_eq!((call.pid, &*call.name, call.arguments.len()), (7, "openat", 3));
        assert_eq!(descriptor(&call.arguments[0]), Some(PathBuf::from("/w")));
        assert_eq!(string(&call.arguments[1]), Some(PathBuf::from("/a, b) = 3")));
        assert_eq!(call.result, Returned::Value(3, Some(PathBuf::from("/a, b) = 3"))));
    }

    #[test]
    fn an_error_has_its_name() {
        let call = one(r#"7 access("/a", R_OK) = -1 ENOENT (No such file or directory)"#);
        assert_eq!(call.result, Returned::Error("ENOENT".to_owned()));
    }

    #[test]
    fn an_interrupted_call_begins_on_its_first_line() {
        let trace = traced(concat!(
            "1 openat(AT_FDCWD, \"/a\", O_RDONLY <unfinished ...>\n",
            "2 openat(AT_FDCWD, \"/b\", O_RDONLY) = 4</b>\n",
            "1 <... openat resumed>)  = 5</a>\n",
        ));
        let names: Vec<_> =
            calls(&trace).iter().map(|call| (call.pid, call.begun, string(&call.arguments[1]))).collect();
        assert_eq!(names, [(1, 0, Some("/a".into())), (2, 1, Some("/b".into()))]);
    }

    #[test]
    fn a_thread_that_executes_takes_the_id_of_its_process() {
        let trace = traced(concat!(
            "9 execve(\"/a\", [\"a\"], 0x7ffd /* 3 vars */ <unfinished ...>\n",
            "8 +++ superseded by execve in pid 9 +++\n",
            "8 <... execve resumed>) = 0\n",
        ));
        let calls = calls(&trace);
        assert_eq!((calls.len(), calls[0].pid), (1, 8));
    }

    #[test]
    fn a_call_that_never_ends_has_no_result() {
        let call = one("7 execve(\"/a\", [\"a\"], 0x7ffd /* 3 vars */ <unfinished ...>");
        assert_eq!(call.result, Returned::Unknown);
        assert_eq!(one("7 exit_group(0) = ?").result, Returned::Unknown);
    }

    #[test]
    fn other_lines_are_skipped() {
        let trace = "7 +++ exited with 0 +++\n7 --- SIGCHLD {si_signo=SIGCHLD} ---\nstrace: x\n\n7\n7 <... x\n7 a(b\nx y(z) = 1";
        assert_eq!(calls(trace), []);
    }
}
