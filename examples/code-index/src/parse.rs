//! Parses a Python file into its definitions, imports and calls.
//!
//! # Files that do not parse
//!
//! tree-sitter builds a tree of any text and marks its errors. A file with an error mark does not parse. A file with a
//! Python 2 `print` or `exec` statement does not parse either: the grammar accepts them, Python 3 does not.
//!
//! The grammar differs from `CPython` in both directions:
//!
//! - It rejects f-strings whose format spec begins with `=`, as in `f"{a:=}"`. Such a file keeps its node and its text,
//!   but has no children. matplotlib 3.10.7 has one such file, `axis.py`.
//! - It accepts some incomplete text and some Python 2 without an error mark: a missing or unindented body, `except A,
//!   e`. Such a file keeps all definitions in the tree.
//!
//! Both are rare in working repositories. Of the 11,659 files of `CPython` 3.11 with its tests and site-packages, the
//! grammar rejects two that `ast.parse` accepts; both are tests of `CPython`'s parser. Keeping the definitions
//! around an error mark would gain little, and would show definitions that no Python interpreter sees.

mod imports;
mod references;
mod syntax;
mod visitor;

use tree_sitter::Parser;

use crate::graph::SkipReason;

pub(crate) use syntax::{Import, MODULE, ModulePath, ParsedFile, Reference, Scope, ScopeKind, Step};

/// Parses a file's text. Never panics, and uses a constant amount of stack for any nesting.
pub(crate) fn parse(text: &str, max_nesting: u32) -> Result<ParsedFile, SkipReason> {
    let mut parser = Parser::new();
    // Both calls fail only if the versions of the grammar and the library are incompatible; then every test fails.
    parser.set_language(&tree_sitter_python::LANGUAGE.into()).map_err(|_| SkipReason::DoesNotParse)?;
    let tree = parser.parse(text, None).ok_or(SkipReason::DoesNotParse)?;
    visitor::visit(&tree, text, max_nesting)
}
