//! A code graph and a search index over Python repositories.
//!
//! [`GraphBuilder`] reads a repository and builds a [`DependencyGraph`]: directories, files, classes and functions,
//! and who contains, imports, invokes and inherits from whom. [`SparseIndex`] makes a graph searchable: exact names
//! first, then prefixes, then BM25 over identifiers taken apart.
//!
//! Both are deterministic: the same files with the same configuration give the same graph, and the same hits in the
//! same order, on any number of threads and in any directory. Both are slow enough for a large repository (seconds for
//! Django) to be worth keeping: [`DependencyGraph::write_to`] and [`DependencyGraph::read_from`] for the graph, a
//! directory that is opened where it lies, even read-only, for the index.
//!
//! # Conventions
//!
//! Those of [`LocAgent`](https://github.com/gersteinlab/LocAgent) (its version 2.3), where they make sense:
//!
//! - The root is `/`, directories and files are named by their relative paths, and everything else is
//!   `path/file.py:Outer.method`.
//! - Directories have Python files somewhere below them; `.git`, `.github` and links are skipped.
//! - `__init__` methods are no nodes. What they call, their class calls.
//! - A definition's lines are those of Python's `ast`: from the line of `def` or `class` to the end of its last
//!   statement. A name that is defined again is one node with the lines of the last definition.
//! - A file imports everything that is imported anywhere in it, and the class or function around an import statement
//!   imports it too.
//! - An import leads to a submodule, else to the definition in the module, else to the module's file.
//! - Invokes start at classes and functions; what a module calls when it is imported is not recorded.
//!
//! Where this crate goes further than `LocAgent`: names are looked up by Python's rules of scope, and `self.name()`,
//! `super().name()`, `module.name()` and `Class.name()` lead to the one thing that is meant; only where nothing tells
//! what an object is does the attribute's name alone decide. Calls in a class body belong to the class. Absolute
//! imports are looked up below `src` and `lib` too. Files that cannot be read or parsed keep their node.
//!
//! Names are those of definitions and imports. Parameters, assignments, the targets of loops and of `with` are not
//! followed, and so they hide no name either: in `def f(g): g()` the call leads to the module's own `g`, if it has one.
//!
//! # Examples
//!
//! ```
//! use code_index::{AnalyzerConfig, GraphBuilder, NodeKind, SparseIndex};
//!
//! # let root = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/bookshop");
//! let graph = GraphBuilder::new(root).build()?;
//! let index = SparseIndex::in_memory(&graph, &AnalyzerConfig::default())?;
//! let hits = index.search("reserve stock for an order", 10, &[NodeKind::Function])?;
//! assert!(hits.iter().any(|hit| hit.file == "bookshop/inventory/stock.py"));
//! # Ok::<(), code_index::Error>(())
//! ```

mod analyzer;
mod builder;
mod config;
mod error;
mod graph;
mod index;
mod parse;
mod records;
mod resolve;
mod walk;

pub use analyzer::AnalyzerConfig;
pub use builder::GraphBuilder;
pub use config::GraphBuilderConfig;
pub use error::Error;
pub use graph::{DependencyGraph, Edge, EdgeKind, Node, NodeId, NodeKind, SkipReason, Statistics};
pub use index::{Hit, Matched, SparseIndex};
