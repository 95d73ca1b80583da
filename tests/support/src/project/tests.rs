// The test binaries `a` and `b`: tests that take the artifact of the suite.

mod suite;

use cached_smoke::cached_smoke;
use suite::Number;

#[cached_smoke(repo = "one")]
fn first(number: &Number) {
    assert_eq!(number.0, project::number());
}

#[cached_smoke]
fn each(number: &Number) {
    assert_eq!(number.0, project::number());
}
