#![allow(unused)]

use cached_smoke::{CodeFingerprint, code_fingerprint};

const CODE: CodeFingerprint = code_fingerprint!();
const OTHER: CodeFingerprint = code_fingerprint!("");

fn main() {}
