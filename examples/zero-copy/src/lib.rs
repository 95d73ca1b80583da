//! A large fixture that tests map instead of reading it. `tests/embeddings.rs` is the example.
