//! Calls of `code_fingerprint!`, as users write them.

use cached_smoke::{CodeFingerprint, code_fingerprint};

const SOURCES: CodeFingerprint = code_fingerprint!("src/store");
const BOTH: CodeFingerprint = code_fingerprint!("src/store", "src/key");

#[test]
fn fingerprint_is_a_constant_of_the_named_code() {
    assert_eq!(SOURCES, code_fingerprint!("src/store"));
    assert_eq!(BOTH.names(), ["src/store", "src/key"]);
    assert_eq!(BOTH.digest().len(), 64);
    assert_ne!(SOURCES.digest(), BOTH.digest());
    assert_eq!(BOTH.digest(), code_fingerprint!("src/key", "src/store").digest());
}
