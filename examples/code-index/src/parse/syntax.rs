//! The parts of a parsed Python file that the graph uses.

/// The scopes of a file. The first is the module; each scope comes after its parent.
#[derive(Debug)]
pub(crate) struct ParsedFile {
    pub(crate) scopes: Vec<Scope>,
}

/// The number of the module's scope in every file.
pub(crate) const MODULE: u32 = 0;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ScopeKind {
    Module,
    Class,
    Function,
}

/// A module, class or function with its imports, base classes and calls.
#[derive(Debug)]
pub(crate) struct Scope {
    pub(crate) kind: ScopeKind,
    pub(crate) name: String,
    /// The number of the enclosing scope; the module is its own parent.
    pub(crate) parent: u32,
    /// Marks `__init__` methods and the definitions in them, which are not nodes. Their calls belong to the class.
    pub(crate) hidden: bool,
    /// The first line, counted from 1.
    pub(crate) start_line: u32,
    /// The last line, inclusive.
    pub(crate) end_line: u32,
    pub(crate) imports: Vec<Import>,
    pub(crate) bases: Vec<Reference>,
    pub(crate) invocations: Vec<Invocation>,
}

/// The path of a module in an import statement, such as `..a.b`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct ModulePath {
    /// The number of leading dots; 0 for an absolute import.
    pub(crate) level: usize,
    pub(crate) parts: Vec<String>,
}

/// One imported name or module.
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
    /// Marks decorators, defaults and annotations: their names are resolved in the scope around the definition.
    pub(crate) outside: bool,
}

/// An expression such as `a.b().c`, reduced to a root name and steps.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Reference {
    /// The leftmost name; `None` if the leftmost expression is not a name.
    pub(crate) root: Option<String>,
    pub(crate) steps: Vec<Step>,
}

/// A step of a reference, from left to right.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    Attribute(String),
    Call,
}
