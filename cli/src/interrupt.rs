//! Signals that are to end this process while tests run: the runner ends its tests and itself, and this process then says how it went.

use std::io;
use std::process::{Child, Command};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// That signals are left to a test runner.
#[derive(Default)]
pub(crate) struct Patience {
    is_interrupted: Arc<AtomicBool>,
    is_over: Arc<AtomicBool>,
}

impl Patience {
    /// From now on signals have their usual effect. Whether one came until now: whoever was interrupted says what there is to say, and begins
    /// nothing more.
    ///
    /// For the main thread, once the runner has ended: what was sent to both has arrived there by then, and does not count as one more.
    pub(crate) fn end(self) -> bool {
        self.is_over.store(true, Ordering::SeqCst);
        self.is_interrupted.load(Ordering::SeqCst)
    }
}

/// Starts a test runner that is told of the signals. Whatever else is started has the usual behaviour.
#[cfg(unix)]
pub(crate) fn start(command: &mut Command) -> io::Result<(Child, Patience)> {
    use std::thread;

    use rustix::process::{Pid, Signal, kill_process};
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    use signal_hook::flag;
    use signal_hook::iterator::Signals;

    const ENDING: [i32; 3] = [SIGHUP, SIGINT, SIGTERM];
    let patience = Patience::default();
    // Before the runner is started, so that none is lost.
    for signal in ENDING {
        flag::register_conditional_default(signal, Arc::clone(&patience.is_over))?;
        flag::register(signal, Arc::clone(&patience.is_interrupted))?;
    }
    let mut signals = Signals::new(ENDING)?;
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
    Ok((child, patience))
}

/// Starts a test runner, which a console tells of an interrupt itself.
#[cfg(not(unix))]
pub(crate) fn start(command: &mut Command) -> io::Result<(Child, Patience)> {
    Ok((command.spawn()?, Patience::default()))
}
