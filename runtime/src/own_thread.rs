//! Runs work outside the threads of an async runtime, because the work may block or drive a runtime itself.

use std::panic::resume_unwind;
use std::thread;

use crate::error::Error;

/// Runs `work` on a new thread, and waits for its result.
pub(crate) fn on_own_thread<T: Send, E: Send + From<Error>>(
    work: impl FnOnce() -> Result<T, E> + Send,
) -> Result<T, E> {
    thread::scope(|scope| match thread::Builder::new().spawn_scoped(scope, work) {
        Ok(thread) => thread.join().unwrap_or_else(|panic| resume_unwind(panic)),
        Err(error) => Err(Error::Message(format!("failed to start a thread for the fixture: {error}")).into()),
    })
}
