//! Every argument of the attribute, on every kind of function that it accepts. This checks the macro alone, because
//! outside of `cargo test` it removes each test. The forms run in `tests/attribute/accepted_forms`.
#![deny(warnings)]

use cached_smoke::{CodeFingerprint, code_fingerprint};

const ONE: CodeFingerprint = code_fingerprint!("src");
const SEVERAL: CodeFingerprint = code_fingerprint!("src", ".",);
const A_FILE: CodeFingerprint = code_fingerprint!("src/lib.rs");
const PORTABLE: CodeFingerprint = code_fingerprint!(portable, "src");

mod tests {
    #![allow(unused)]

    use cached_smoke::cached_smoke;

    #[cached_smoke(repo = "django")]
    fn one(graph: &Graph) {}

    #[cached_smoke(repos = ["django", "scikit-learn"],)]
    fn several(_: &Graph, Repo { .. }: &Repo) -> self::Result<()> {}

    #[cached_smoke(repos = ["django"])]
    fn open(graph: &Graph, session: &Session<_>) -> impl Termination {}

    #[cached_smoke(repo = "django", config = Config::<A, B> { k: [1, 2] }, suite = my::Suite<A, B>, crate = ::my::cached_smoke)]
    fn all_arguments() {}

    #[cached_smoke(repo = "django")]
    #[tokio::test(flavor = "multi_thread")]
    async fn awaited(graph: &Graph) {}
}

fn main() {
    assert_eq!(ONE.names(), ["src"]);
    assert_eq!(SEVERAL.names(), ["src", "."]);
}
