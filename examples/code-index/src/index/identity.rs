//! The names of a node.

use crate::graph::{Node, NodeKind};

/// The id of a node and its parts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Identity<'a> {
    pub(super) id: &'a str,
    pub(super) kind: NodeKind,
    /// The path of the node's file; for a directory its own path. A file has one hit.
    pub(super) file: &'a str,
}

impl<'a> Identity<'a> {
    pub(super) fn of(node: Node<'a>) -> Self {
        Self { id: node.id(), kind: node.kind(), file: node.file().unwrap_or(node).id() }
    }

    /// Returns the part of a definition's id after its file, such as `Outer.method`; `None` for other nodes.
    fn qualified_name(self) -> Option<&'a str> {
        self.id.strip_prefix(self.file)?.strip_prefix(':')
    }

    /// Returns the last part of the id.
    fn name(self) -> &'a str {
        let (name, separator) = self.qualified_name().map_or((self.id, '/'), |name| (name, '.'));
        name.rsplit(separator).next().filter(|last| !last.is_empty()).unwrap_or(name)
    }

    /// Returns a file's name without `.py`, the package's name for `__init__.py`, and the name of any other node.
    pub(super) fn stem(self) -> &'a str {
        match self.kind {
            NodeKind::File => module_path(self.id).rsplit('/').next().unwrap_or_default(),
            _ => self.name(),
        }
    }

    /// Returns all names that match the node exactly, in lower case.
    pub(super) fn keys(self) -> Vec<String> {
        let mut keys = self.prefixed();
        keys.push(self.id.to_lowercase());
        let module = module_path(self.file).replace('/', ".");
        keys.push(match self.qualified_name() {
            None => module.to_lowercase(),
            Some(name) => format!("{module}.{name}").to_lowercase(),
        });
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    /// Returns the names whose prefixes match the node, in lower case.
    pub(super) fn prefixed(self) -> Vec<String> {
        let other = match self.kind {
            NodeKind::Directory => self.name(),
            NodeKind::File => self.stem(),
            NodeKind::Class | NodeKind::Function => self.qualified_name().unwrap_or(self.id),
        };
        let mut names = vec![self.name().to_lowercase(), other.to_lowercase()];
        names.dedup();
        names
    }

    /// Returns `true` if the node, which matches a name exactly, also matches its case.
    pub(super) fn matches_case(self, name: &str) -> bool {
        let dotted = self.id.replace("/__init__.py", "").replace(".py", "").replace(['/', ':'], ".");
        self.id.ends_with(name) || dotted.ends_with(name)
    }
}

/// Returns a file's path without `.py` and `/__init__`.
fn module_path(path: &str) -> &str {
    let path = path.strip_suffix(".py").unwrap_or(path);
    path.strip_suffix("/__init__").unwrap_or(path)
}
