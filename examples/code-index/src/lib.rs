//! Builds a code graph and a search index of a Python repository.
//!
//! [`GraphBuilder`] parses a repository into a [`DependencyGraph`]. The nodes are directories, files, classes and
//! functions. The edges say which node contains, imports, invokes or inherits from which. [`SparseIndex`] makes a graph
//! searchable: exact names first, then prefixes, then BM25 over the words of names, docstrings and code.
//!
//! Both are deterministic. The same files with the same configuration give the same graph, and the same hits in the
//! same order. The number of threads and the location of the repository make no difference.
//!
//! Building takes seconds for a large repository such as Django, so both can be stored. A graph has
//! [`DependencyGraph::write_to`] and [`DependencyGraph::read_from`]. An index is a directory, which
//! [`SparseIndex::from_dir`] opens in place, even read-only.
//!
//! # Conventions
//!
//! The graph follows [`LocAgent`](https://github.com/gersteinlab/LocAgent) 2.3:
//!
//! - The id of the root is `/`. The id of a directory or file is its relative path. The id of a definition is
//!   `path/file.py:Outer.method`.
//! - A directory is a node if it has Python files somewhere below it. `.git`, `.github` and symbolic links are skipped.
//! - `__init__` methods are not nodes. Their calls belong to their class.
//! - The lines of a definition are those of Python's `ast`: from the line of `def` or `class` to the end of the last
//!   statement. Definitions that share an id are one node, with the lines of the last one.
//! - A file imports everything that is imported anywhere in it. The class or function around an import statement
//!   imports it too.
//! - An import leads to a submodule, else to a definition of the module, else to the module's file.
//! - Invokes edges start at classes and functions. Calls at module level are not recorded.
//!
//! The graph differs from `LocAgent` in these points:
//!
//! - Names are resolved by Python's scope rules, and calls by the types of their objects: see below.
//! - Calls in a class body belong to the class.
//! - Absolute imports are also resolved below `src` and `lib`.
//! - Files that cannot be read or parsed keep their node. Files are decoded by their encoding cookies.
//!
//! - A class inherits also from a base in parentheses, and a decorator may be in parentheses.
//!
//! # Types
//!
//! The types of objects are inferred from calls of classes, assignments, annotations, results of functions, attributes
//! of `self` and of classes, properties and `with`. All assignments to a name count, in any order. A method is looked
//! up in Python's method resolution order. If the object may be of a subclass, as `self` and parameters may, the
//! overrides of subclasses are called too, unless they are many. `super()` also leads to the classes beside a mixin.
//!
//! A call of a property's value, such as `self.func(x)`, also calls the property. Functions below `if TYPE_CHECKING`
//! are not called if a base class has a function of that name.
//!
//! A call on an object of unknown type is resolved by the name of the method alone: to the methods of the classes that
//! the file defines or imports, else to those of the whole repository, if they are few. Objects from outside the
//! repository have no edges.
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
mod decode;
mod error;
mod graph;
mod index;
mod lines;
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
