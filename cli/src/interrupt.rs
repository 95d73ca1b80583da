//! Forwards signals to the test runner: the runner stops its tests, and this process still prints the summary.

use std::io;
use std::process::{Child, Command};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A handle to the signal handlers that leave signals to a test runner.
#[derive(Default)]
pub(crate) struct SignalForwarding {
    is_interrupted: Arc<AtomicBool>,
    is_over: Arc<AtomicBool>,
}

impl SignalForwarding {
    /// Restores the usual effect of signals. Returns `true` if one arrived before: then the command prints its results
    /// and starts nothing more.
    ///
    /// Call this on the main thread after the runner has ended. A signal that was sent to both processes has arrived by
    /// then, and does not count as a second one.
    pub(crate) fn end(self) -> bool {
        self.is_over.store(true, Ordering::SeqCst);
        self.is_interrupted.load(Ordering::SeqCst)
    }
}

/// Starts a test runner to which signals are forwarded. Other child processes keep the usual behaviour.
#[cfg(unix)]
pub(crate) fn start(command: &mut Command) -> io::Result<(Child, SignalForwarding)> {
    use std::thread;

    use rustix::process::{Pid, Signal, kill_process};
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    use signal_hook::flag;
    use signal_hook::iterator::Signals;

    const ENDING: [i32; 3] = [SIGHUP, SIGINT, SIGTERM];
    let forwarding = SignalForwarding::default();
    // Registered before the runner starts, so that no signal is lost.
    for signal in ENDING {
        flag::register_conditional_default(signal, Arc::clone(&forwarding.is_over))?;
        flag::register(signal, Arc::clone(&forwarding.is_interrupted))?;
    }
    let mut signals = Signals::new(ENDING)?;
    let child = command.spawn()?;
    let runner = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    thread::spawn(move || {
        for signal in signals.forever() {
            // A terminal sends an interrupt to both processes. A second one makes the runner kill its tests at once.
            if signal == SIGINT {
                continue;
            }
            if let (Some(runner), Some(signal)) = (runner, Signal::from_named_raw(signal)) {
                // The runner may have ended already.
                let _ = kill_process(runner, signal);
            }
        }
    });
    Ok((child, forwarding))
}

/// Starts a test runner. A console sends it interrupts itself.
#[cfg(not(unix))]
pub(crate) fn start(command: &mut Command) -> io::Result<(Child, SignalForwarding)> {
    Ok((command.spawn()?, SignalForwarding::default()))
}
