//! Runs work outside the threads of an async runtime, because the work may block or drive a runtime itself.

use std::panic::resume_unwind;
use std::thread;

use crate::error::Error;

/// Runs `work` on a new thread, and waits for its result.
pub(crate) fn on_own_thread<T: Send, E: Send + From<Error>>(
    work: impl FnOnce() -> Result<T, E> + Send,
) -> Result<T, E> {
    let mut result = Err(Error::Message("the thread for the fixture has not run".to_owned()).into());
    run(Box::new(|| result = work()))?;
    result
}

/// A generic function would compile the code of threads once for each caller.
fn run(work: Box<dyn FnOnce() + Send + '_>) -> Result<(), Error> {
    thread::scope(|scope| match thread::Builder::new().spawn_scoped(scope, work) {
        Ok(thread) => thread.join().map_err(|panic| resume_unwind(panic)),
        Err(error) => Err(Error::Message(format!("failed to start a thread for the fixture: {error}"))),
    })
}
