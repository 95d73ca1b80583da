//! The sections of the benchmark, in the order in which they run.

mod calls;
mod cold;
mod fleet;
mod hits;
mod larger;
mod list;
mod nextest;
mod peers;
mod restored;
mod scale;
mod strict;

use crate::setup::Setup;
use crate::table::Table;

/// The name of a section, and the function that measures it.
type Section = (&'static str, fn(&Setup, &mut Table));

pub(crate) const SECTIONS: &[Section] = &[
    ("hits", hits::run),
    ("calls", calls::run),
    ("strict", strict::run),
    ("larger", larger::run),
    ("restored", restored::run),
    ("cold", cold::run),
    ("list", list::run),
    ("nextest", nextest::run),
    ("scale", scale::run),
    ("peers", peers::run),
    ("fleet", fleet::run),
];
