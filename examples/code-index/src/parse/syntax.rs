//! What the graph needs of one Python file.

/// A file's scopes; the first is the module, and a scope comes after the one that it is in.
#[derive(Debug)]
pub(crate) struct ParsedFile {
    pub(crate) scopes: Vec<Scope>,
}

/// The module's scope in every file.
pub(crate) const MODULE: u32 = 0;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ScopeKind {
    Module,
    Class,
    Function,
}

/// A module, class or function: what it is called, where it is, and what happens in it.
#[derive(Debug)]
pub(crate) struct Scope {
    pub(crate) kind: ScopeKind,
    pub(crate) name: String,
    /// The scope it is in; the module's is its own.
    pub(crate) parent: u32,
    /// `__init__` methods and what they define are no nodes: what happens there belongs to the class.
    pub(crate) hidden: bool,
    /// 1-based, inclusive.
    pub(crate) start_line: u32,
    pub(crate) end_line: u32,
    pub(crate) imports: Vec<Import>,
    pub(crate) bases: Vec<Reference>,
    pub(crate) invocations: Vec<Invocation>,
}

/// `a.b` after so many dots.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct ModulePath {
    /// 0 for an absolute import.
    pub(crate) level: usize,
    pub(crate) parts: Vec<String>,
}

#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) enum Import {
    /// `import a.b as c`
    Module { path: ModulePath, alias: Option<String> },
    /// `from ..a import b as c`
    Name { path: ModulePath, name: String, alias: Option<String> },
    /// `from a import *`
    Wildcard { path: ModulePath },
}

/// A call or a decorator.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Invocation {
    pub(crate) callee: Reference,
    /// Decorators, defaults and annotations look their names up outside of the definition that they belong to.
    pub(crate) outside: bool,
}

/// An expression such as `a.b().c`, as far as names tell what it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Reference {
    /// The leftmost name; `None` where an expression that no name tells stands.
    pub(crate) root: Option<String>,
    pub(crate) steps: Vec<Step>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    Attribute(String),
    Call,
}
