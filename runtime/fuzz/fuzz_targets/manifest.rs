//! What no manifest may do, whatever it says.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    cached_smoke::fuzzing::manifest(bytes);
});
