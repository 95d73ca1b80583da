//! Tests over several folders of input files. `tests/words.rs` is the example.
