//! A cached fixture in three lines. `tests/hello.rs` is the example.
