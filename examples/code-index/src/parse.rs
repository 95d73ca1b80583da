//! One Python file: its definitions, imports and calls.
//!
//! # What "does not parse" means
//!
//! tree-sitter makes a tree of anything and marks where it had to guess. A file with such a mark anywhere does not
//! parse, and so doesn't one with a Python 2 `print` or `exec` statement, which the grammar knows and Python 3 doesn't.
//!
//! The grammar and `CPython` differ at the edges, in both directions:
//!
//! - It refuses f-strings whose format spec begins with `=`, as in `f"{a:=}"`. Such a file keeps its node and its text
//!   and has no children; matplotlib 3.10.7 has one, `axis.py`.
//! - It accepts some text that is half-written or Python 2, without a mark: a body that is missing or not indented,
//!   `except A, e`. Such a file keeps what could be read.
//!
//! Both are rare in repositories that work: on the 11,659 files of a `CPython` 3.11 with its tests and site-packages the
//! grammar refuses two that `ast.parse` accepts, both of them `CPython`'s tests of its own parser. Keeping what is
//! around a mark would gain little and show definitions that no Python ever sees.

mod imports;
mod references;
mod syntax;
mod visitor;

use tree_sitter::Parser;

use crate::graph::SkipReason;

pub(crate) use syntax::{Import, MODULE, ModulePath, ParsedFile, Reference, Scope, ScopeKind, Step};

/// Parses a file's text. Never panics and needs no stack for deep nesting.
pub(crate) fn parse(text: &str, max_nesting: u32) -> Result<ParsedFile, SkipReason> {
    let mut parser = Parser::new();
    // Both fail only if grammar and library do not fit each other, which the tests would notice at once.
    parser.set_language(&tree_sitter_python::LANGUAGE.into()).map_err(|_| SkipReason::DoesNotParse)?;
    let tree = parser.parse(text, None).ok_or(SkipReason::DoesNotParse)?;
    visitor::visit(&tree, text, max_nesting)
}
