//! Work that must not be done on a thread that drives an async runtime: it may block, or drive one itself.

use std::panic::resume_unwind;
use std::thread;

use crate::error::Error;

/// Does `work` on a thread of its own, and waits for it.
pub(crate) fn on_own_thread<T: Send, E: Send + From<Error>>(
    work: impl FnOnce() -> Result<T, E> + Send,
) -> Result<T, E> {
    thread::scope(|scope| match thread::Builder::new().spawn_scoped(scope, work) {
        Ok(thread) => thread.join().unwrap_or_else(|panic| resume_unwind(panic)),
        Err(error) => Err(Error::Message(format!("failed to start a thread for the fixture: {error}")).into()),
    })
}
