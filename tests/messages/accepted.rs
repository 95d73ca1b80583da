//! Every argument of the attribute, on every kind of function that it accepts. This checks the macro alone, because
//! outside of tests it removes each of them. The forms run in `tests/attribute/accepted_forms`.
#![deny(warnings)]

use cached_smoke::{CodeFingerprint, code_fingerprint};

const ONE: CodeFingerprint = code_fingerprint!("rejected");
const SEVERAL: CodeFingerprint = code_fingerprint!("rejected", ".",);
const A_FILE: CodeFingerprint = code_fingerprint!("messages.rs");
const PORTABLE: CodeFingerprint = code_fingerprint!(portable, "rejected");

mod tests {
    #![allow(unused, reason = "no code calls these functions")]

    use cached_smoke::cached_smoke;

    #[cached_smoke(repo = "django")]
    fn one(graph: &Graph) {}

    #[cached_smoke(repos = ["django", "scikit-learn"],)]
    fn several(_: &Graph, Repo { .. }: &Repo) -> self::Result<()> {}

    #[cached_smoke(repos = ["django"])]
    fn open(graph: &Graph, session: &Session<_>) -> impl Termination {}

    #[cached_smoke(repo = "django", config = Config::<A, B> { k: [1, 2] }, suite = my::Suite<A, B>, crate = ::my::cached_smoke)]
    fn all_arguments() {}
}

fn main() {
    let _ = (ONE, SEVERAL, A_FILE, PORTABLE);
}
