//! `code_fingerprint!` as users write it.

use cached_smoke::{CodeFingerprint, code_fingerprint};

const SOURCES: CodeFingerprint = code_fingerprint!("src");
const BOTH: CodeFingerprint = code_fingerprint!("src", "tests");

#[test]
fn it_is_a_constant_that_tells_directories_apart() {
    assert_eq!(SOURCES, code_fingerprint!("src"));
    assert_eq!(BOTH.directories(), ["src", "tests"]);
    assert_eq!(BOTH.digest().len(), 64);
    assert_ne!(SOURCES.digest(), BOTH.digest());
    assert_ne!(BOTH.digest(), code_fingerprint!("tests", "src").digest());
}
