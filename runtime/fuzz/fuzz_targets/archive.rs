//! What no archive may do, whatever is in it.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    cached_smoke::fuzzing::unpack(bytes);
});
