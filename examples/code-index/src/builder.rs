//! The whole story of a graph: walk, parse, number, resolve.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use crate::config::GraphBuilderConfig;
use crate::error::Error;
use crate::graph::{DependencyGraph, SkipReason};
use crate::parse::{ParsedFile, parse};
use crate::records::Records;
use crate::resolve::{Modules, Resolver};
use crate::walk::{FoundFile, Walk};

/// Builds a [`DependencyGraph`] of the Python files below a directory.
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
    /// A builder with the default configuration.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self::with_config(root, GraphBuilderConfig::default())
    }

    /// A builder with limits and places of one's own.
    pub fn with_config(root: impl Into<PathBuf>, config: GraphBuilderConfig) -> Self {
        Self { root: root.into(), config }
    }

    /// Reads, parses and resolves everything.
    ///
    /// Nothing in the files can make this fail or panic: what cannot be used keeps its node, has no children, and is
    /// counted in [`Statistics`](crate::Statistics). The files should not change meanwhile.
    ///
    /// # Errors
    ///
    /// [`Error::Root`] or [`Error::NotADirectory`] if there is no such directory, [`Error::Threads`] if the threads of
    /// `config.threads` cannot be started.
    pub fn build(&self) -> Result<DependencyGraph, Error> {
        match self.config.threads {
            None => self.build_here(),
            Some(threads) => rayon::ThreadPoolBuilder::new()
                .num_threads(threads.max(1))
                .build()
                .map_err(|source| Error::Threads { source })?
                .install(|| self.build_here()),
        }
    }

    fn build_here(&self) -> Result<DependencyGraph, Error> {
        let walk = Walk::through(&self.root, &self.config)?;
        // Collected in the order of the files: who parsed what, and when, leaves no trace.
        let contents = walk.files.par_iter().map(|file| self.read(file)).collect::<Vec<_>>();
        let modules = Modules::new(walk.files.iter().map(|file| file.path.as_str()), &self.config.source_roots);

        let mut records = Records::new(walk.skipped);
        let facts = walk.files.into_iter().zip(contents).map(|(file, content)| records.add_file(file.path, content));
        let facts = facts.collect::<Vec<_>>();

        let resolver = Resolver::new(&facts, &modules);
        let edges = (0..facts.len()).into_par_iter().flat_map_iter(|file| {
            // Numbers of files are `u32`s everywhere; there are no more than that.
            resolver.edges_of(u32::try_from(file).unwrap_or(u32::MAX))
        });
        let edges = edges.collect::<Vec<_>>();
        DependencyGraph::from_data(&records.finish(edges))
    }

    fn read(&self, file: &FoundFile) -> Content {
        match read_text(&file.location, self.config.max_file_bytes) {
            Err(reason) => Content { text: None, parsed: Err(reason) },
            Ok(text) => Content { parsed: parse(&text, self.config.max_nesting), text: Some(text) },
        }
    }
}

/// What became of a file.
pub(crate) struct Content {
    pub(crate) text: Option<String>,
    pub(crate) parsed: Result<ParsedFile, SkipReason>,
}

fn read_text(path: &Path, max_bytes: u64) -> Result<String, SkipReason> {
    let mut bytes = Vec::new();
    // Read rather than asked for its size: a file that grows meanwhile stays within the limit.
    let read = |bytes: &mut Vec<u8>| -> io::Result<usize> {
        File::open(path)?.take(max_bytes.saturating_add(1)).read_to_end(bytes)
    };
    read(&mut bytes).map_err(|_| SkipReason::Unreadable)?;
    if bytes.len() as u64 > max_bytes {
        return Err(SkipReason::TooLarge);
    }
    let text = String::from_utf8(bytes).map_err(|_| SkipReason::NotUtf8)?;
    Ok(with_unix_lines(text))
}

/// Python's universal newlines: `\r\n` and `\r` are `\n`. A graph is then the same on a checkout that has `\r\n`.
fn with_unix_lines(text: String) -> String {
    if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n") } else { text }
}
