#![allow(unused)]

use cached_smoke::{CodeFingerprint, code_fingerprint};

const CODE: CodeFingerprint = code_fingerprint!("scr");
const OTHER: CodeFingerprint = code_fingerprint!("nowhere/at/all");
const SEVERAL: CodeFingerprint = code_fingerprint!("scr", "empty");

fn main() {}
