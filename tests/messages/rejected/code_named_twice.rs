#![allow(unused)]

use cached_smoke::{CodeFingerprint, code_fingerprint};

const CODE: CodeFingerprint = code_fingerprint!("src", "./src");

fn main() {}
