//! What a user can choose about a graph.

use serde::{Deserialize, Serialize};

/// The limits and places of [`GraphBuilder`](crate::GraphBuilder).
///
/// Every serialized field changes the graph, so that the serialized form can be part of a cache key.
///
/// # Examples
///
/// ```
/// use code_index::GraphBuilderConfig;
///
/// let config = GraphBuilderConfig { max_file_bytes: 64 * 1024, ..Default::default() };
/// assert_eq!(config.skip_directories, [".git", ".github"]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct GraphBuilderConfig {
    /// Files larger than this many bytes keep their node, without text or children.
    ///
    /// Default 2 MiB: the largest Python file of Django, scikit-learn and matplotlib has 0.4 MiB, and two of nothing but
    /// open brackets take half a gigabyte of memory and half a second to find out that they do not parse.
    pub max_file_bytes: u64,
    /// Files whose syntax tree is deeper than this keep their node, without children.
    ///
    /// Default 1000 levels. The deepest file of Django, scikit-learn, matplotlib, pytest and requests has 32, that of
    /// sympy, a sum of hundreds of terms, 808; `CPython` itself gives up at 100 indentations or 200 open brackets.
    pub max_nesting: u32,
    /// Directories of these names are skipped wherever they are. Default `.git` and `.github`.
    pub skip_directories: Vec<String>,
    /// Directories, relative to the root, where absolute imports are looked up after the root itself, in this order.
    ///
    /// Default `src` and `lib`. One that does not exist, or is a package itself (has an `__init__.py`), is left out.
    pub source_roots: Vec<String>,
    /// How many threads parse; `None` for one a core. It never changes the graph, hence it is not serialized.
    #[serde(skip)]
    pub threads: Option<usize>,
}

impl Default for GraphBuilderConfig {
    fn default() -> Self {
        Self {
            max_file_bytes: 2 * 1024 * 1024,
            max_nesting: 1000,
            skip_directories: vec![".git".to_owned(), ".github".to_owned()],
            source_roots: vec!["src".to_owned(), "lib".to_owned()],
            threads: None,
        }
    }
}
