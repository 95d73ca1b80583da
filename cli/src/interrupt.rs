//! An interrupt (Ctrl-C) while tests run.

/// Leaves it to the test runner, which gets it as well, to end its tests and itself; this process then goes on to say how it went. Whatever
/// is started later has the usual behaviour.
pub(crate) fn leave_to_the_runner() {
    // Where that cannot be done, an interrupt ends this process before the runner: nothing but the summary is lost.
    let _ = ctrlc::set_handler(|| ());
}
