// Each of two test binaries is made of this: tests that take the shared artifact.

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
