//! Signals that are to end this process while tests run: the runner ends its tests and itself, and this process then says how it went.

use std::io;
use std::process::{Child, Command};

/// What a test runner came to.
pub(crate) struct Ended<T> {
    pub(crate) result: T,
    /// This process was told to end meanwhile: it has to say what there is to say, and begin nothing.
    pub(crate) is_interrupted: bool,
}

/// Starts a test runner that is told of the signals, and waits for it. Before and after that they have their usual effect.
#[cfg(unix)]
pub(crate) fn run<T>(command: &mut Command, wait: impl FnOnce(Child) -> io::Result<T>) -> io::Result<Ended<T>> {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::thread;

    use rustix::process::{Pid, Signal, kill_process};
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    use signal_hook::iterator::Signals;
    use signal_hook::{flag, low_level};

    const ENDING: [i32; 3] = [SIGHUP, SIGINT, SIGTERM];
    let (is_interrupted, is_over) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    // Before the runner is started, so that none is lost.
    for signal in ENDING {
        flag::register(signal, Arc::clone(&is_interrupted))?;
    }
    let mut signals = Signals::new(ENDING)?;
    let child = command.spawn()?;
    let runner = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    let seen_over = Arc::clone(&is_over);
    thread::spawn(move || {
        for signal in signals.forever() {
            if seen_over.load(Ordering::SeqCst) {
                let _ = low_level::emulate_default_handler(signal);
            }
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
    let result = wait(child);
    is_over.store(true, Ordering::SeqCst);
    Ok(Ended { result: result?, is_interrupted: is_interrupted.load(Ordering::SeqCst) })
}

/// Starts a test runner, which a console tells of an interrupt itself, and waits for it.
#[cfg(not(unix))]
pub(crate) fn run<T>(command: &mut Command, wait: impl FnOnce(Child) -> io::Result<T>) -> io::Result<Ended<T>> {
    Ok(Ended { result: wait(command.spawn()?)?, is_interrupted: false })
}
