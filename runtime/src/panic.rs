//! Panics of code that is not ours, made errors, so that a fixture that panics is not taken for the panic that a
//! `#[should_panic]` test waits for.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// What `call` returns, or a sentence with the message of its panic.
pub(crate) fn catch_panic<T>(call: impl FnOnce() -> T) -> Result<T, String> {
    // Whatever the panic left half-changed is dropped with the fixture that failed.
    catch_unwind(AssertUnwindSafe(call)).map_err(|panic| {
        let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
        format!("it panicked: {}", text.unwrap_or_else(|| "with something other than a message".to_owned()))
    })
}
