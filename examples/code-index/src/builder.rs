//! Builds a graph: finds and parses the files, numbers the nodes, resolves the edges.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use crate::config::GraphBuilderConfig;
use crate::decode::decode;
use crate::error::Error;
use crate::graph::{DependencyGraph, EdgeRecord, SkipReason};
use crate::parse::{ParsedFile, parse};
use crate::records::Records;
use crate::resolve::{FileFacts, Modules, Resolver};
use crate::walk::{FoundFile, Walk};

/// A builder of the [`DependencyGraph`] of the Python files below a directory.
///
/// # Examples
///
/// ```
/// use code_index::{GraphBuilder, GraphBuilderConfig};
///
/// # let root = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/bookshop");
/// let config = GraphBuilderConfig { threads: Some(2), ..Default::default() };
/// let graph = GraphBuilder::with_config(root, config).build()?;
/// println!("{}", graph.statistics());
/// # Ok::<(), code_index::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct GraphBuilder {
    root: PathBuf,
    config: GraphBuilderConfig,
}

impl GraphBuilder {
    /// Returns a builder with the default configuration.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self::with_config(root, GraphBuilderConfig::default())
    }

    /// Returns a builder with a custom configuration.
    pub fn with_config(root: impl Into<PathBuf>, config: GraphBuilderConfig) -> Self {
        Self { root: root.into(), config }
    }

    /// Reads and parses all files, and resolves their names.
    ///
    /// No content of a file causes an error or a panic. A file that cannot be used keeps its node, has no children, and
    /// is counted in [`Statistics`](crate::Statistics). The files must not change during the build; else the graph may
    /// mix two states of them.
    ///
    /// # Errors
    ///
    /// [`Error::Root`] or [`Error::NotADirectory`] if the root is not a readable directory, [`Error::Threads`] if the
    /// threads of `config.threads` cannot be started.
    pub fn build(&self) -> Result<DependencyGraph, Error> {
        match self.config.threads {
            None => self.build_in_current_pool(),
            Some(threads) => rayon::ThreadPoolBuilder::new()
                .num_threads(threads.max(1))
                .build()
                .map_err(|source| Error::Threads { source })?
                .install(|| self.build_in_current_pool()),
        }
    }

    fn build_in_current_pool(&self) -> Result<DependencyGraph, Error> {
        let walk = Walk::through(&self.root, &self.config)?;
        // Collected in the order of the files, so that the scheduling of the threads does not affect the graph.
        let contents = walk.files.par_iter().map(|file| self.read(file)).collect::<Vec<_>>();
        let modules = Modules::new(walk.files.iter().map(|file| file.path.as_str()), &self.config.source_roots);

        let mut records = Records::new(walk.skipped);
        let facts = walk.files.into_iter().zip(contents).map(|(file, content)| records.add_file(file.path, content));
        let facts = facts.collect::<Vec<_>>();

        let edges = edges(&facts, &modules);
        // The syntax of all files takes more memory than their text, and the records are about to be copied.
        drop(facts);
        DependencyGraph::from_data(&records.finish(edges))
    }

    fn read(&self, file: &FoundFile) -> Content {
        match read_text(&file.location, self.config.max_file_bytes) {
            Err(reason) => Content { text: None, parsed: Err(reason) },
            Ok(text) => Content { parsed: parse(&text, self.config.max_nesting), text: Some(text) },
        }
    }
}

fn edges(facts: &[FileFacts], modules: &Modules) -> Vec<EdgeRecord> {
    let resolver = Resolver::new(facts, modules);
    let edges = (0..facts.len()).into_par_iter().flat_map_iter(|file| {
        // Every file has a node, and nodes are numbered with `u32`, so this cannot overflow.
        resolver.edges_of(u32::try_from(file).unwrap_or(u32::MAX))
    });
    edges.collect()
}

/// The text and the syntax of a file, as far as they can be read.
pub(crate) struct Content {
    /// The text; `None` for a file that is unreadable, too large or in an unknown encoding.
    pub(crate) text: Option<String>,
    pub(crate) parsed: Result<ParsedFile, SkipReason>,
}

fn read_text(path: &Path, max_bytes: u64) -> Result<String, SkipReason> {
    let mut bytes = Vec::new();
    // The limit applies to the bytes read, not to the size in the metadata: the file may grow in the meantime.
    let read = |bytes: &mut Vec<u8>| -> io::Result<usize> {
        File::open(path)?.take(max_bytes.saturating_add(1)).read_to_end(bytes)
    };
    read(&mut bytes).map_err(|_| SkipReason::Unreadable)?;
    if bytes.len() as u64 > max_bytes {
        return Err(SkipReason::TooLarge);
    }
    decode(bytes).ok_or(SkipReason::NotDecodable)
}
