//! Tests that write to a database. `tests/shop.rs` is the example.
