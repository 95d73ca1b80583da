//! The artifacts that a thread is obtaining. An artifact that requests itself would wait for itself for ever.

use std::cell::RefCell;

use once_cell::sync::OnceCell;

use super::Loaded;

thread_local! {
    static IN_PROGRESS: RefCell<Vec<Address>> = const { RefCell::new(Vec::new()) };
}

/// The address of an artifact's cell, which identifies it.
type Address = usize;

/// The error of a request for an artifact that this thread is obtaining.
#[derive(Debug)]
pub(super) struct Cycle;

/// Marks an artifact as in progress until it is dropped.
#[derive(Debug)]
pub(super) struct Entered(());

impl Drop for Entered {
    fn drop(&mut self) {
        IN_PROGRESS.with_borrow_mut(|addresses| {
            addresses.pop();
        });
    }
}

/// Marks the artifact of `cell` as in progress on this thread.
pub(super) fn enter(cell: &'static OnceCell<Loaded>) -> Result<Entered, Cycle> {
    let address = std::ptr::from_ref(cell).addr();
    IN_PROGRESS.with_borrow_mut(|addresses| {
        if addresses.contains(&address) {
            return Err(Cycle);
        }
        addresses.push(address);
        Ok(Entered(()))
    })
}

/// The artifacts in progress of one thread, for another thread that continues its work.
#[derive(Debug)]
pub(super) struct InProgress(Vec<Address>);

pub(super) fn of_thread() -> InProgress {
    InProgress(IN_PROGRESS.with_borrow(Vec::clone))
}

impl InProgress {
    /// Marks the artifacts as in progress on this thread, which had none.
    pub(super) fn continue_here(self) {
        IN_PROGRESS.set(self.0);
    }
}
