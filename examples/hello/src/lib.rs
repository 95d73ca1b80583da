//! The smallest project with a cached fixture. `tests/hello.rs` is the example.
