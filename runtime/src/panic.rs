//! Turns panics of users' code into errors, so that the panic of a fixture does not satisfy a `#[should_panic]` test.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Returns the result of `call`, or a text with the message of its panic.
pub(crate) fn catch_panic<T>(call: impl FnOnce() -> T) -> Result<T, String> {
    // State that the panic left inconsistent is dropped with the failed fixture.
    catch_unwind(AssertUnwindSafe(call)).map_err(|panic| {
        let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
        format!("it panicked: {}", text.unwrap_or_else(|| "with a payload that is not a message".to_owned()))
    })
}
