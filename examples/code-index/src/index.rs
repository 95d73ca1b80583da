//! The search index and its queries.
//!
//! - `schema`: the fields of a document
//! - `build`, `document`, `order`: one document per node, and the order of equal documents
//! - `manifest`: the index directory and its check
//! - `read_only`: the directory as the search library sees it
//! - `search`, `collector`: the queries

mod build;
mod collector;
mod document;
mod manifest;
mod order;
mod read_only;
mod schema;
mod search;

use std::collections::HashSet;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tantivy::directory::{MmapDirectory, RamDirectory};
use tantivy::tokenizer::TextAnalyzer;
use tantivy::{Index, ReloadPolicy, Searcher, TantivyError};

use crate::analyzer::AnalyzerConfig;
use crate::error::Error;
use crate::graph::{DependencyGraph, NodeKind};
use collector::Kinds;
use manifest::Manifest;
use read_only::ReadOnlyDirectory;
use schema::Fields;
use search::Search;

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
    /// It is 1 for an exact match, the length of the query divided by the length of the name for a prefix, and BM25 for
    /// text.
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
/// # Panics
///
/// Opening checks the names and sizes of the files, not their bytes. If bytes were changed, [`Self::from_dir`] and
/// [`Self::search`] can give an error, give wrong results, or panic.
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
    searcher: Searcher,
    fields: Fields,
    analyzer: TextAnalyzer,
    config: AnalyzerConfig,
    dir: Option<PathBuf>,
}

impl SparseIndex {
    /// Builds an index in a directory, and opens it.
    ///
    /// The directory is created if it is missing. It must have no other files.
    ///
    /// # Errors
    ///
    /// [`Error::IndexExists`] if the directory already holds an index, even an incomplete one, [`Error::Write`] or
    /// [`Error::Search`] if a file cannot be written.
    pub fn from_graph(graph: &DependencyGraph, dir: impl AsRef<Path>, config: &AnalyzerConfig) -> Result<Self, Error> {
        let dir = dir.as_ref();
        fs::create_dir_all(dir).map_err(|source| Error::Write { path: dir.to_owned(), source })?;
        if manifest::exists(dir) {
            return Err(Error::IndexExists { path: dir.to_owned() });
        }
        let write = || -> tantivy::Result<()> {
            build::write(graph, MmapDirectory::open(dir)?, config)?;
            Ok(())
        };
        write().map_err(|source| search_error(Some(dir), source))?;
        Manifest::write(dir, config)?;
        Self::from_dir(dir)
    }

    /// Opens an index in place. Reads only the metadata of the index; the other files are mapped.
    ///
    /// # Errors
    ///
    /// [`Error::Read`] if the index or one of its files is missing, [`Error::Damaged`] if a file has the wrong size,
    /// [`Error::Format`] if another version wrote the index, [`Error::Search`] if the search library rejects it.
    ///
    /// # Panics
    ///
    /// If bytes of a file were changed; see the panics of the type.
    pub fn from_dir(dir: impl AsRef<Path>) -> Result<Self, Error> {
        let dir = dir.as_ref();
        let manifest = Manifest::read(dir)?;
        let open = || Self::open(Index::open(ReadOnlyDirectory::open(dir)?)?, manifest.analyzer, Some(dir));
        open().map_err(|source| search_error(Some(dir), source))
    }

    /// Builds an index in memory.
    ///
    /// # Errors
    ///
    /// [`Error::Search`] if the search library fails.
    pub fn in_memory(graph: &DependencyGraph, config: &AnalyzerConfig) -> Result<Self, Error> {
        let open = || Self::open(build::write(graph, RamDirectory::create(), config)?, config.clone(), None);
        open().map_err(|source| search_error(None, source))
    }

    fn open(index: Index, config: AnalyzerConfig, dir: Option<&Path>) -> tantivy::Result<Self> {
        let (schema, fields) = Fields::schema();
        if index.schema() != schema {
            return Err(TantivyError::SchemaError("the fields are not the fields of this version".to_owned()));
        }
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
        let analyzer = config.analyzer();
        Ok(Self { searcher: reader.searcher(), fields, analyzer, config, dir: dir.map(Path::to_owned) })
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
    /// [`Error::Search`] if a file of the index cannot be read.
    ///
    /// # Panics
    ///
    /// If bytes of a file were changed; see the panics of the type.
    pub fn search(&self, query: &str, limit: usize, kinds: &[NodeKind]) -> Result<Vec<Hit>, Error> {
        let search = Search {
            searcher: &self.searcher,
            fields: self.fields,
            // An analyzer has a buffer, which concurrent searches must not share.
            analyzer: self.analyzer.clone(),
            kinds: Kinds::new(kinds),
            limit,
            seen: HashSet::new(),
            hits: Vec::new(),
        };
        search.run(query).map_err(|source| search_error(self.dir.as_deref(), source))
    }

    /// Returns the rules by which the index splits text.
    pub fn analyzer(&self) -> &AnalyzerConfig {
        &self.config
    }

    /// Returns the number of indexed nodes.
    pub fn len(&self) -> usize {
        usize::try_from(self.searcher.num_docs()).unwrap_or(usize::MAX)
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
            .field("dir", &self.dir)
            .finish_non_exhaustive()
    }
}

fn search_error(dir: Option<&Path>, source: TantivyError) -> Error {
    Error::Search { path: dir.map(Path::to_owned), source: Box::new(source) }
}
