//! Lines for the user, past the output capture of the test runner.
//!
//! - libtest captures what the print macros write. A direct write to standard error passes it.
//! - nextest gives a test pipes. The controlling terminal passes them, if the runner's own output goes there.
//!
//! Without a terminal, such as in CI, the line goes to standard error.

use std::fs::File;
use std::io::{IsTerminal, Write, stderr};

/// The width of a terminal that does not report it.
const DEFAULT_COLUMNS: usize = 80;
/// The number of running tests that nextest lists below its progress bar, unless a variable sets it.
const LISTED_TESTS: usize = 8;

/// Writes lines to the user. Lines that cannot be written are lost. Never blocks, and never stops the process.
pub(crate) fn write_lines(text: &str) {
    let is_written = terminal_of_runner().is_some_and(|mut terminal| {
        let columns = system::columns(&terminal);
        let text = above_the_progress(text, columns, progress_lines(|name| std::env::var(name).ok()));
        terminal.write_all(text.as_bytes()).is_ok()
    });
    if !is_written {
        let _ = stderr().write_all(format!("{text}\n").as_bytes());
    }
}

/// Returns the terminal of a runner that captures standard error.
fn terminal_of_runner() -> Option<File> {
    let is_captured = std::env::var_os("NEXTEST").is_some() && !stderr().is_terminal();
    if is_captured { system::terminal() } else { None }
}

/// Returns the largest number of lines of nextest's progress: a bar, and the running tests.
fn progress_lines(variable: impl Fn(&str) -> Option<String>) -> usize {
    let number = |name: &str| variable(name).and_then(|text| text.parse::<usize>().ok());
    // Versions of nextest without this variable show a bar alone.
    let running = number("NEXTEST_TEST_THREADS").unwrap_or(0);
    let listed = number("NEXTEST_MAX_PROGRESS_RUNNING").unwrap_or(LISTED_TESTS);
    // One more line has the number of tests that are not listed.
    1 + running.min(listed.saturating_add(1))
}

/// Returns the sequence that inserts lines above the progress, and moves the progress down.
///
/// nextest leaves the cursor on the last line of its progress, and erases that many lines upwards before it draws the
/// next one. Text on or below these lines would be erased, and a part of the old progress would stay.
fn above_the_progress(text: &str, columns: usize, progress_lines: usize) -> String {
    let rows: Vec<String> = text.lines().flat_map(|line| rows(line, columns)).collect();
    let count = rows.len();
    // Scrolls if there is no room, and saves the place of the last line of the progress.
    let make_room = "\n".repeat(count) + "\x1b7";
    let insert = format!("\x1b[{}A\x1b[{count}L\r", count + progress_lines - 1);
    format!("{make_room}{insert}{}\x1b8", rows.join("\r\n"))
}

/// Returns the rows of a line on a terminal of this width.
fn rows(line: &str, columns: usize) -> Vec<String> {
    let characters: Vec<char> = line.chars().filter(|character| !character.is_control()).collect();
    characters.chunks(columns.max(1)).map(|row| row.iter().collect()).collect()
}

#[cfg(unix)]
mod system {
    use std::fs::File;
    use std::os::unix::fs::OpenOptionsExt;

    use rustix::fs::OFlags;
    use rustix::termios::{LocalModes, tcgetattr};

    use super::DEFAULT_COLUMNS;

    /// Opens the controlling terminal, unless a write to it could stop this process.
    pub(super) fn terminal() -> Option<File> {
        // The write of a user who has stopped the output (Ctrl-S) fails, and does not block.
        let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
        let flags = i32::try_from(flags.bits()).ok()?;
        let terminal = File::options().write(true).custom_flags(flags).open("/dev/tty").ok()?;
        // nextest runs each test in a background process group. With `stty tostop`, the system stops one that writes.
        let stops_writers = tcgetattr(&terminal).ok()?.local_modes.contains(LocalModes::TOSTOP);
        (!stops_writers && runner_writes_to(&terminal)).then_some(terminal)
    }

    /// Returns the width of a terminal.
    pub(super) fn columns(terminal: &File) -> usize {
        let size = rustix::termios::tcgetwinsize(terminal);
        size.ok().map(|size| usize::from(size.ws_col)).filter(|columns| *columns > 0).unwrap_or(DEFAULT_COLUMNS)
    }

    /// Returns `true` if the runner's standard error is the controlling terminal.
    #[cfg(target_os = "linux")]
    fn runner_writes_to(_: &File) -> bool {
        use std::os::unix::fs::MetadataExt;

        let parent = std::os::unix::process::parent_id();
        let device = std::fs::metadata(format!("/proc/{parent}/fd/2")).map(|metadata| metadata.rdev());
        // `/dev/tty` itself has another device number than the terminal that it stands for.
        // All threads have the same. In `/proc/self/stat`, qemu hides it from the process that it emulates.
        let stat = std::fs::read_to_string("/proc/thread-self/stat").unwrap_or_default();
        let controlling = controlling_terminal(&stat);
        controlling.is_some() && device.ok() == controlling
    }

    /// Returns the device number of the controlling terminal, from the file `stat` of a thread.
    #[cfg(target_os = "linux")]
    fn controlling_terminal(stat: &str) -> Option<u64> {
        // The name of the program is in parentheses, and may contain spaces and parentheses.
        let (_, fields) = stat.rsplit_once(')')?;
        let number: i32 = fields.split_ascii_whitespace().nth(4)?.parse().ok()?;
        u64::try_from(number).ok().filter(|number| *number != 0)
    }

    /// Returns `true` if the runner is in the foreground. Its standard error is not known.
    #[cfg(not(target_os = "linux"))]
    fn runner_writes_to(terminal: &File) -> bool {
        use rustix::process::{getpgid, getppid};
        let foreground = rustix::termios::tcgetpgrp(terminal);
        foreground.is_ok_and(|foreground| getpgid(getppid()).is_ok_and(|group| group == foreground))
    }

    #[cfg(all(test, target_os = "linux"))]
    mod tests {
        use super::*;

        #[test]
        fn terminal_is_found_behind_any_program_name() {
            for (stat, device) in [
                ("4711 (promises-0a9) S 4700 4711 4690 34817 4711 4194304", Some(34817)),
                ("4711 (a) b) (c) S 4700 4711 4690 34817 4711 4194304", Some(34817)),
                ("4711 (no terminal) S 4700 4711 4690 0 -1 4194304", None),
                ("4711 (cut) S 4700", None),
                ("", None),
            ] {
                assert_eq!(controlling_terminal(stat), device, "{stat}");
            }
        }
    }
}

#[cfg(windows)]
mod system {
    use std::fs::File;

    /// Opens the console.
    pub(super) fn terminal() -> Option<File> {
        File::options().write(true).open("CONOUT$").ok()
    }

    /// Returns the width of the console. The standard library cannot ask for it.
    pub(super) fn columns(_: &File) -> usize {
        super::DEFAULT_COLUMNS
    }
}

#[cfg(not(any(unix, windows)))]
mod system {
    use std::fs::File;

    /// No other system has a terminal.
    pub(super) fn terminal() -> Option<File> {
        None
    }

    /// Returns the width that each terminal has.
    pub(super) fn columns(_: &File) -> usize {
        super::DEFAULT_COLUMNS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_has_a_line_for_each_running_test() {
        for (threads, listed, lines) in [
            (None, None, 1),
            (Some("2"), None, 3),
            (Some("64"), None, 10),
            (Some("64"), Some("0"), 2),
            (Some("64"), Some("infinite"), 10),
            (Some("many"), None, 1),
        ] {
            let variable = |name: &str| {
                let value = if name == "NEXTEST_TEST_THREADS" { threads } else { listed };
                value.map(str::to_owned)
            };
            assert_eq!(progress_lines(variable), lines, "{threads:?} {listed:?}");
        }
    }

    #[test]
    fn lines_are_inserted_above_the_progress() {
        assert_eq!(above_the_progress("a", 80, 3), "\n\x1b7\x1b[3A\x1b[1L\ra\x1b8");
        assert_eq!(above_the_progress("ab\ncde", 2, 1), "\n\n\n\x1b7\x1b[3A\x1b[3L\rab\r\ncd\r\ne\x1b8");
        assert_eq!(above_the_progress("a\x1b[2Jb", 80, 1), "\n\x1b7\x1b[1A\x1b[1L\ra[2Jb\x1b8");
    }
}
