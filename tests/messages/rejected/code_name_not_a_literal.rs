#![allow(unused)]

use cached_smoke::{CodeFingerprint, code_fingerprint};

const CODE: CodeFingerprint = code_fingerprint!(SOURCES);
const OTHER: CodeFingerprint = code_fingerprint!("src", concat!("te", "sts"));

fn main() {}
