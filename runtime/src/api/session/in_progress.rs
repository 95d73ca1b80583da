//! The artifacts that a thread is about to obtain: one that asks for itself would wait for itself for ever.

use std::cell::RefCell;

use once_cell::sync::OnceCell;

use super::Loaded;

thread_local! {
    static IN_PROGRESS: RefCell<Vec<Place>> = const { RefCell::new(Vec::new()) };
}

/// The place in memory of an artifact, which is its own.
type Place = usize;

/// An artifact is asked for while this thread obtains it.
#[derive(Debug)]
pub(super) struct Circle;

/// The artifact is in progress until this is dropped.
#[derive(Debug)]
pub(super) struct Entered(());

impl Drop for Entered {
    fn drop(&mut self) {
        IN_PROGRESS.with_borrow_mut(|places| {
            places.pop();
        });
    }
}

/// Notes that this thread obtains the artifact of `cell`.
pub(super) fn enter(cell: &'static OnceCell<Loaded>) -> Result<Entered, Circle> {
    let place = std::ptr::from_ref(cell).addr();
    IN_PROGRESS.with_borrow_mut(|places| {
        if places.contains(&place) {
            return Err(Circle);
        }
        places.push(place);
        Ok(Entered(()))
    })
}

/// The artifacts in progress of one thread, to be continued on another.
#[derive(Debug)]
pub(super) struct InProgress(Vec<Place>);

pub(super) fn of_thread() -> InProgress {
    InProgress(IN_PROGRESS.with_borrow(Vec::clone))
}

impl InProgress {
    /// Makes this thread, which has none in progress, go on in the place of the other one.
    pub(super) fn continue_here(self) {
        IN_PROGRESS.set(self.0);
    }
}
