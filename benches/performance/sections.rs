//! The sections of the benchmark, in their order.

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

use crate::place::Place;
use crate::table::Table;

/// A section's name, and what measures it.
type Section = (&'static str, fn(&Place, &mut Table));

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
