//! Reads arbitrary bytes as a manifest.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    cached_smoke::fuzzing::manifest(bytes);
});
