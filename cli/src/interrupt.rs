//! Signals that are to end this process while tests run: the runner ends its tests and itself, and this process then says how it went.

use std::io;
use std::process::{Child, Command};

/// Starts a test runner that is told of the signals. Whatever else is started has the usual behaviour.
#[cfg(unix)]
pub(crate) fn start(command: &mut Command) -> io::Result<Child> {
    use std::thread;

    use rustix::process::{Pid, Signal, kill_process};
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    use signal_hook::iterator::Signals;

    // Before the runner is started, so that none is lost.
    let mut signals = Signals::new([SIGHUP, SIGINT, SIGTERM])?;
    let child = command.spawn()?;
    let runner = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    thread::spawn(move || {
        for signal in signals.forever() {
            // An interrupt on a terminal is everybody's; a second one would have the runner kill its tests at once.
            if signal == SIGINT {
                continue;
            }
            if let (Some(runner), Some(signal)) = (runner, Signal::from_named_raw(signal)) {
                // It may be at its end already.
                let _ = kill_process(runner, signal);
            }
        }
    });
    Ok(child)
}

/// Starts a test runner, which a console tells of an interrupt itself.
#[cfg(not(unix))]
pub(crate) fn start(command: &mut Command) -> io::Result<Child> {
    command.spawn()
}
