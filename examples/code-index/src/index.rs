//! The search index: what it answers, and where it lies.

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

/// Why a node was found. A hit of an earlier kind always comes before one of a later kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Matched {
    /// The query is its name, qualified name, id, path or dotted module name, whatever the capitals.
    Exact,
    /// Its name or qualified name begins with the query.
    Prefix,
    /// Its text has words of the query.
    Text,
}

/// A node that a search found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hit {
    /// The node's id in the graph.
    pub id: String,
    /// What the node stands for.
    pub kind: NodeKind,
    /// The path of the file that it is in; of the directory itself for a directory.
    pub file: String,
    /// Its first line, counted from 1; `None` for directories.
    pub start_line: Option<u32>,
    /// Its last line; `None` for directories.
    pub end_line: Option<u32>,
    /// Comparable among hits with the same `matched` only: 1 for exact names, the share of the name that the query is
    /// for prefixes, BM25 for text.
    pub score: f32,
    /// Why it was found.
    pub matched: Matched,
}

/// A search index over a [`DependencyGraph`].
///
/// In a directory of its own ([`Self::from_graph`], [`Self::from_dir`]) or in memory ([`Self::in_memory`]). The
/// directory is written once and never changed: opening and searching create no file and need no permission to. Any
/// number of threads and processes may use it at once. To be opened it must stay complete; to be searched, too, as the
/// files are mapped. All its files have the permissions of files that are created like any other, so that another user
/// may open it if those allow it.
///
/// # Panics
///
/// Opening looks at which files there are and at their sizes only. If bytes within a file have been changed, the search
/// library may give an error, find something else, or panic, in [`Self::from_dir`] as well as in [`Self::search`].
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
    /// Builds an index in a directory, which is created if it is missing, and opens it.
    ///
    /// The directory's files belong together; put nothing else there.
    ///
    /// # Errors
    ///
    /// [`Error::IndexExists`] if the directory holds an index already, even a half-built one, [`Error::Write`] or
    /// [`Error::Search`] if something cannot be written.
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
        write().map_err(|source| failed(Some(dir), source))?;
        Manifest::write(dir, config)?;
        Self::from_dir(dir)
    }

    /// Opens an index where it lies. Nothing is read but what says where everything is.
    ///
    /// # Errors
    ///
    /// [`Error::Read`] if there is no index or a file of it is missing, [`Error::Damaged`] if a file has another size
    /// than it was written with, [`Error::Format`] if another version wrote it, [`Error::Search`] if the search library
    /// does not accept it. Bytes changed within a file are not looked for; see the type about panics.
    pub fn from_dir(dir: impl AsRef<Path>) -> Result<Self, Error> {
        let dir = dir.as_ref();
        let manifest = Manifest::read(dir)?;
        let open = || Self::open(Index::open(ReadOnlyDirectory::open(dir)?)?, manifest.analyzer, Some(dir));
        open().map_err(|source| failed(Some(dir), source))
    }

    /// Builds an index that lies nowhere but in memory.
    ///
    /// # Errors
    ///
    /// [`Error::Search`] if the search library fails.
    pub fn in_memory(graph: &DependencyGraph, config: &AnalyzerConfig) -> Result<Self, Error> {
        let open = || Self::open(build::write(graph, RamDirectory::create(), config)?, config.clone(), None);
        open().map_err(|source| failed(None, source))
    }

    fn open(index: Index, config: AnalyzerConfig, dir: Option<&Path>) -> tantivy::Result<Self> {
        let (schema, fields) = Fields::schema();
        if index.schema() != schema {
            return Err(TantivyError::SchemaError("the fields are not those of this version".to_owned()));
        }
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
        let analyzer = config.analyzer();
        Ok(Self { searcher: reader.searcher(), fields, analyzer, config, dir: dir.map(Path::to_owned) })
    }

    /// Finds at most `limit` nodes, the best first, no two of the same file, of these kinds (all, if none is named).
    ///
    /// Nodes that are called exactly so come first, then those whose names begin so, then those whose text has words of
    /// the query, by BM25. Equals are ordered: code before tests, classes before functions before files before
    /// directories, much used before little used. The same index gives the same hits in the same order, and so does
    /// another index of the same graph.
    ///
    /// A query is plain text; no character of it has a meaning of its own. An empty one finds nothing.
    ///
    /// # Errors
    ///
    /// [`Error::Search`] if a file of the index cannot be read any more.
    pub fn search(&self, query: &str, limit: usize, kinds: &[NodeKind]) -> Result<Vec<Hit>, Error> {
        let search = Search {
            searcher: &self.searcher,
            fields: self.fields,
            // Taking text apart needs a buffer, which searches on other threads must not share.
            analyzer: self.analyzer.clone(),
            kinds: Kinds::new(kinds),
            limit,
            seen: HashSet::new(),
            hits: Vec::new(),
        };
        search.run(query).map_err(|source| failed(self.dir.as_deref(), source))
    }

    /// How the index takes text apart.
    pub fn analyzer(&self) -> &AnalyzerConfig {
        &self.config
    }

    /// How many nodes can be found.
    pub fn len(&self) -> usize {
        usize::try_from(self.searcher.num_docs()).unwrap_or(usize::MAX)
    }

    /// Whether nothing can be found. Never, for an index of a graph: that has a root.
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

fn failed(dir: Option<&Path>, source: TantivyError) -> Error {
    Error::Search { path: dir.map(Path::to_owned), source: Box::new(source) }
}
