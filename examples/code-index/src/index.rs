//! The search index and its queries.
//!
//! - `text`, `source`: the words of a document, by field
//! - `identity`, `order`: the names of a document, and the order of equal documents
//! - `weights`: the ranking
//! - `build`, `bytes`, `layout`: the content of an index
//! - `manifest`: the index directory and its check
//! - `search`, `scores`: the queries

mod build;
mod bytes;
mod identity;
mod layout;
mod manifest;
mod order;
mod scores;
mod search;
mod source;
mod text;
mod weights;

use std::collections::HashSet;
use std::fmt;
use std::fs::{self, File};
use std::path::Path;

use memmap2::Mmap;
use serde::{Deserialize, Serialize};

use crate::analyzer::AnalyzerConfig;
use crate::error::Error;
use crate::graph::{DependencyGraph, NodeKind};
use bytes::Bytes;
use layout::Layout;
use manifest::Manifest;
use search::Search;

/// The name of the file with the content of an index.
const CONTENT: &str = "code-index.bin";

/// The way in which a node matches a query. All hits of one way come before the hits of the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Matched {
    /// The query is the node's name, qualified name, id, path or dotted name, ignoring case.
    Exact,
    /// The node's name or qualified name begins with the query, ignoring case.
    Prefix,
    /// The node's text has words of the query.
    Text,
}

/// A result of a search.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hit {
    /// The node's id in the graph.
    pub id: String,
    /// The node's kind.
    pub kind: NodeKind,
    /// The path of the node's file; for a directory its own path.
    pub file: String,
    /// The node's first line, counted from 1; `None` for directories.
    pub start_line: Option<u32>,
    /// The node's last line, inclusive; `None` for directories.
    pub end_line: Option<u32>,
    /// The score, comparable only among hits with the same `matched`.
    ///
    /// It is 1 for an exact match, the length of the query divided by the length of the name for a prefix, and a sum
    /// of BM25 scores for text.
    pub score: f32,
    /// The way in which the node matches the query.
    pub matched: Matched,
}

/// A search index over a [`DependencyGraph`].
///
/// An index is a directory ([`Self::from_graph`], [`Self::from_dir`]) or in memory ([`Self::in_memory`]). The directory
/// is written once and then only read: opening and searching create no files and need no write permission. Any number
/// of threads and processes can use it at the same time. The files are mapped, so they must not be changed or truncated
/// while the index is in use.
///
/// All files have the default permissions of new files, so other users can open the index if these permissions allow
/// it.
///
/// Opening checks the names and sizes of the files, not their bytes. If bytes were changed, [`Self::from_dir`] can give
/// an error, and searches can give wrong results.
///
/// # Examples
///
/// ```
/// use code_index::{AnalyzerConfig, GraphBuilder, Matched, SparseIndex};
///
/// # let root = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/bookshop");
/// let graph = GraphBuilder::new(root).build()?;
/// let index = SparseIndex::in_memory(&graph, &AnalyzerConfig::default())?;
/// let hits = index.search("Book", 3, &[])?;
/// assert_eq!(hits[0].id, "bookshop/catalogue/models.py:Book");
/// assert_eq!(hits[0].matched, Matched::Exact);
/// # Ok::<(), code_index::Error>(())
/// ```
pub struct SparseIndex {
    layout: Layout,
    config: AnalyzerConfig,
}

impl SparseIndex {
    /// Builds an index in a directory, and opens it.
    ///
    /// The directory is created if it is missing. It must have no other files.
    ///
    /// # Errors
    ///
    /// [`Error::IndexExists`] if the directory already holds an index, even an incomplete one, [`Error::Write`] if a
    /// file cannot be written.
    pub fn from_graph(graph: &DependencyGraph, dir: impl AsRef<Path>, config: &AnalyzerConfig) -> Result<Self, Error> {
        let dir = dir.as_ref();
        fs::create_dir_all(dir).map_err(|source| Error::Write { path: dir.to_owned(), source })?;
        if manifest::exists(dir) {
            return Err(Error::IndexExists { path: dir.to_owned() });
        }
        let path = dir.join(CONTENT);
        fs::write(&path, build::build(graph, config)).map_err(|source| Error::Write { path, source })?;
        Manifest::write(dir, config)?;
        Self::from_dir(dir)
    }

    /// Opens an index in place. Reads only the manifest; the content is mapped.
    ///
    /// # Errors
    ///
    /// [`Error::Read`] if the index or one of its files is missing, [`Error::Damaged`] if a file has the wrong size or
    /// is malformed, [`Error::Format`] if another version wrote the index.
    pub fn from_dir(dir: impl AsRef<Path>) -> Result<Self, Error> {
        let dir = dir.as_ref();
        let manifest = Manifest::read(dir)?;
        let path = dir.join(CONTENT);
        #[expect(unsafe_code, reason = "an index is larger than a query's part of it")]
        // SAFETY: the files of an index are not changed while it is in use; the documentation of the type demands it.
        let map = File::open(&path).and_then(|file| unsafe { Mmap::map(&file) });
        let map = map.map_err(|source| Error::Read { path: path.clone(), source })?;
        Self::open(Bytes::Mapped(map), manifest.analyzer, &path)
    }

    /// Builds an index in memory.
    ///
    /// # Errors
    ///
    /// None at present; a future index may fail to build.
    pub fn in_memory(graph: &DependencyGraph, config: &AnalyzerConfig) -> Result<Self, Error> {
        Self::open(Bytes::Owned(build::build(graph, config)), config.clone(), Path::new(CONTENT))
    }

    fn open(bytes: Bytes, config: AnalyzerConfig, path: &Path) -> Result<Self, Error> {
        let damaged = || Error::Damaged { path: path.to_owned(), reason: "the sections are malformed".to_owned() };
        Ok(Self { layout: Layout::new(bytes).ok_or_else(damaged)?, config })
    }

    /// Finds the best `limit` nodes of the given kinds, at most one per file, best first. No kinds mean all kinds.
    ///
    /// Exact matches come first, and among them those that match the case. Then come prefix matches, then matches of
    /// words by BM25. Equal hits are in this order: code before tests, classes before functions before files before
    /// directories, often used nodes before others. All indexes of the same graph give the same hits in the same order.
    ///
    /// A query is plain text without syntax. An empty query finds nothing.
    ///
    /// # Errors
    ///
    /// None at present; a future index may read its content during a search.
    pub fn search(&self, query: &str, limit: usize, kinds: &[NodeKind]) -> Result<Vec<Hit>, Error> {
        let search = Search {
            index: &self.layout,
            analyzer: &self.config,
            kinds,
            limit,
            seen: HashSet::new(),
            hits: Vec::new(),
        };
        Ok(search.run(query))
    }

    /// Returns the rules by which the index splits text.
    pub fn analyzer(&self) -> &AnalyzerConfig {
        &self.config
    }

    /// Returns the number of indexed nodes.
    pub fn len(&self) -> usize {
        self.layout.len()
    }

    /// Returns `true` if no node is indexed. An index of a graph is never empty, because a graph has a root.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl fmt::Debug for SparseIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SparseIndex")
            .field("nodes", &self.len())
            .field("analyzer", &self.config)
            .finish_non_exhaustive()
    }
}
