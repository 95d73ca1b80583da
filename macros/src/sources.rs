//! The sources of the crate that is being compiled, read as tokens before the compiler lists them.
//!
//! | module | job |
//! | --- | --- |
//! | [`lexer`] | splits a source into tokens |
//! | [`code`] | reads the text, the names and the macros of code in one pass |
//! | [`items`] | finds functions, modules and calls of macros in a list of items |
//! | [`attributes`] | reads the attributes of an item |
//! | [`place`] | resolves `mod x;` to a file |
//! | [`walk`] | reads the root and the files that it reaches |
//! | [`text`] | writes tokens as text without comments |
//! | [`scope`] | finds the tests that other code mentions |
//! | [`neutral`] | recognises a root without code |
//! | [`counted`] | separates the tests of the crate from the code that counts |

mod attributes;
mod code;
mod counted;
mod items;
mod lexer;
mod neutral;
mod place;
mod scope;
mod text;
mod walk;

pub(crate) use attributes::names;
pub(crate) use counted::Counted;
pub(crate) use items::{Function, Item, Kind, split};
pub(crate) use lexer::Token;
pub(crate) use text::{compact, write};
pub(crate) use walk::walk;
