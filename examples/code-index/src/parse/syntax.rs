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
    /// Marks scopes that are not nodes: `__init__` methods and the definitions in them, lambdas and comprehensions.
    /// Their calls belong to the node around them.
    pub(crate) hidden: bool,
    /// Marks functions below `if TYPE_CHECKING`. They describe a function that runs, and do not run themselves.
    pub(crate) is_stub: bool,
    /// The first line, counted from 1.
    pub(crate) start_line: u32,
    /// The last line, inclusive.
    pub(crate) end_line: u32,
    pub(crate) imports: Vec<Import>,
    pub(crate) bases: Vec<Reference>,
    /// The classes in bases that calls make, such as `Base` and `Mixin` in `class A(Base.extended(Mixin))`.
    pub(crate) base_parts: Vec<Reference>,
    pub(crate) metaclass: Option<Reference>,
    pub(crate) invocations: Vec<Invocation>,
    /// The first parameter of a method: an instance or, for a class method, the class.
    pub(crate) receiver: Option<String>,
    /// The assignments to names of this scope, also by other parameters, loops and `with`.
    pub(crate) variables: Vec<Assignment>,
    /// The assignments to attributes of a class's instances, such as `self.name = …` in a method.
    pub(crate) attributes: Vec<Assignment>,
    /// The values that a function returns.
    pub(crate) returns: Vec<Value>,
    pub(crate) role: Role,
}

/// The way in which a function is used, by its decorators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// A function, or a method whose first parameter is an instance.
    Plain,
    /// A method whose first parameter is the class.
    ClassMethod,
    StaticMethod,
    /// A method that is read like an attribute.
    Property,
    /// A fixture of pytest: tests take what it returns by a parameter of its name.
    Fixture,
    /// A function with `yield`. A call of it does not run it.
    Generator,
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

/// An assignment to a name or an attribute.
#[derive(Debug)]
pub(crate) struct Assignment {
    pub(crate) name: String,
    pub(crate) value: Value,
}

/// A value, and the scope in which its names are resolved.
#[derive(Debug)]
pub(crate) struct Value {
    pub(crate) scope: u32,
    /// The alternatives of `a if b else c` and `a or b`, without numbers, strings and other literals.
    pub(crate) alternatives: Vec<Reference>,
}

/// An expression such as `a.b().c`, reduced to a root and steps.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Reference {
    pub(crate) root: Root,
    pub(crate) steps: Vec<Step>,
}

impl Reference {
    pub(crate) const UNKNOWN: Self = Self { root: Root::Unknown, steps: Vec::new() };
    pub(crate) const BUILTIN: Self = Self { root: Root::Builtin, steps: Vec::new() };

    pub(crate) fn with(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }
}

/// The leftmost part of an expression.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Root {
    Name(String),
    /// A list, a tuple, a dictionary or a set. Its methods are not from the repository, its elements may be.
    Builtin,
    /// An expression that is not followed.
    Unknown,
}

/// A step of a reference, from left to right.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    Attribute(String),
    Call,
    /// An element: `a[0]`, or the variable of `for … in a`.
    Element,
    /// The variable of `with a as …`.
    Enter,
    /// The class of an object: `type(a)`.
    Class,
    /// An instance, if the value is a class: the meaning of an annotation.
    Instance,
}
