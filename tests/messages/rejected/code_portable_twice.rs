#![allow(unused)]

use cached_smoke::{CodeFingerprint, code_fingerprint};

const CODE: CodeFingerprint = code_fingerprint!(portable, "src", portable);

fn main() {}
