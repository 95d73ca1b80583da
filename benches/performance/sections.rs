//! The sections of the benchmark, in their order.

mod cold;
mod hits;
mod larger;
mod list;
mod nextest;
mod restored;
mod scale;
mod strict;

use crate::place::Place;
use crate::table::Table;

pub(crate) const SECTIONS: &[(&str, fn(&Place, &mut Table))] = &[
    ("hits", hits::run),
    ("strict", strict::run),
    ("larger", larger::run),
    ("restored", restored::run),
    ("cold", cold::run),
    ("list", list::run),
    ("nextest", nextest::run),
    ("scale", scale::run),
];
