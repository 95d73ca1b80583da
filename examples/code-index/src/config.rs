//! The configuration of a graph.

use serde::{Deserialize, Serialize};

/// The configuration of a [`GraphBuilder`](crate::GraphBuilder).
///
/// The serialized form has exactly the fields that can change the graph, so it can be a key input of a cache.
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
    /// The size in bytes above which a file keeps its node, but has no text and no children.
    ///
    /// Default 2 MiB. The largest Python file of Django, scikit-learn and matplotlib has 0.4 MiB.
    pub max_file_bytes: u64,
    /// The depth of the syntax tree above which a file keeps its node and text, but has no children.
    ///
    /// Default 1000 levels of statements and expressions. `CPython` itself stops at 100 indentations or 200 open
    /// brackets. Deeper trees than a few thousand levels are refused with any limit, because a parser needs stack for
    /// each level.
    pub max_nesting: u32,
    /// The names of directories to skip, at any depth. Default `.git` and `.github`.
    pub skip_directories: Vec<String>,
    /// The directories, relative to the root, in which absolute imports are resolved after the root, in this order.
    ///
    /// Default `src` and `lib`. A directory that does not exist, or is a package itself (has an `__init__.py`), is
    /// ignored.
    pub source_roots: Vec<String>,
    /// The number of threads; `None` for one per core. It does not change the graph, so it is not serialized.
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
