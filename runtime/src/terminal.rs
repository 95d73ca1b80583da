//! Lines for the user, past the output capture of the test runner.
//!
//! - libtest captures what the print macros write. A direct write to standard error passes it.
//! - nextest gives a test pipes. The controlling terminal passes them, if the runner's own output goes there.
//!
//! Without a terminal, such as in CI, the line goes to standard error.

use std::fs::File;
use std::io::{IsTerminal, Write, stderr};

/// Writes a line to the user. A line that cannot be written is lost. Never blocks, and never stops the process.
pub(crate) fn write_line(line: &str) {
    // nextest draws its progress on the last line, without a line feed.
    let on_terminal = format!("\r\x1b[2K{line}\n");
    let is_written =
        terminal_of_runner().is_some_and(|mut terminal| terminal.write_all(on_terminal.as_bytes()).is_ok());
    if !is_written {
        let _ = stderr().write_all(format!("{line}\n").as_bytes());
    }
}

/// Returns the terminal of a runner that captures standard error.
fn terminal_of_runner() -> Option<File> {
    let is_captured = std::env::var_os("NEXTEST").is_some() && !stderr().is_terminal();
    if is_captured { system::terminal() } else { None }
}

#[cfg(unix)]
mod system {
    use std::fs::File;
    use std::os::unix::fs::OpenOptionsExt;

    use rustix::fs::OFlags;
    use rustix::termios::{LocalModes, tcgetattr};

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

    /// Returns `true` if the runner's standard error is the controlling terminal.
    #[cfg(target_os = "linux")]
    fn runner_writes_to(_: &File) -> bool {
        use std::os::unix::fs::MetadataExt;

        let parent = std::os::unix::process::parent_id();
        let device = std::fs::metadata(format!("/proc/{parent}/fd/2")).map(|metadata| metadata.rdev());
        // `/dev/tty` itself has another device number than the terminal that it stands for.
        let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
        let controlling = controlling_terminal(&stat);
        controlling.is_some() && device.ok() == controlling
    }

    /// Returns the device number of the controlling terminal, from `/proc/<pid>/stat`.
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
}

#[cfg(not(any(unix, windows)))]
mod system {
    /// No other system has a terminal.
    pub(super) fn terminal() -> Option<std::fs::File> {
        None
    }
}
