//! Unpacks arbitrary bytes as an archive.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    cached_smoke::fuzzing::unpack(bytes);
});
