//! The arguments `config`, `suite` and `crate`.

use super::support::{Config, Other, Smoke, cached_smoke};
use project::{Counted, Index};

const TWENTY: Config = Config { added: 20 };

fn thirty() -> Config {
    Config { added: 30 }
}

#[cached_smoke(repo = "one", config = Config { added: 10, ..Config::default() }, suite = Smoke)]
fn expression(index: &Index) {
    project::log("arguments::expression");
    assert_eq!(index.0, 11);
}

#[cached_smoke(repo = "one", suite = Smoke, config = TWENTY)]
fn constant(index: &Index) {
    project::log("arguments::constant");
    assert_eq!(index.0, 21);
}

#[cached_smoke(repos = ["one"], suite = Smoke, config = thirty(),)]
fn call(index: &Index) {
    project::log("arguments::call");
    assert_eq!(index.0, 31);
}

trait HasSuite {
    type Suite;
}

impl HasSuite for Smoke {
    type Suite = Other;
}

#[cached_smoke(repo = "one", suite = <Smoke as HasSuite>::Suite)]
fn a_suite_by_association(Counted(count, _): &Counted<Vec<u8>>) {
    project::log("arguments::a_suite_by_association");
    assert_eq!(*count, 1000);
}

#[cached_smoke(repo = "one", suite = Other)]
fn another_suite(Counted(count, _): &Counted<Vec<u8>>) {
    project::log("arguments::another_suite");
    assert_eq!(*count, 1000);
}

#[super::support::reexported::cached_smoke(repo = "one", suite = Smoke, crate = super::support::reexported)]
fn another_crate(index: &Index) {
    project::log("arguments::another_crate");
    assert_eq!(index.0, 1);
}
