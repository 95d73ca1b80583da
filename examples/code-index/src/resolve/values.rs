//! The values of names and expressions, and the steps from one value to the next.

use std::collections::HashSet;

use super::modules::Named;
use super::names::Binding;
use super::{Resolver, ScopeId};
use crate::parse::{Import, MODULE, ModulePath, Reference, Role, Root, ScopeKind, Step};

/// The maximum number of files through which a re-exported name is followed.
///
/// Real code needs fewer. The limit bounds the stack.
const MAX_TRAIL: usize = 64;

/// The maximum number of values of an expression; further ones are ignored.
const MAX_VALUES: usize = 16;

/// A value of a name or an expression. Names from outside the repository have no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Value<'a> {
    /// A Python file of the repository.
    Module(u32),
    /// A package without `__init__.py`.
    Directory(&'a str),
    Class(Type),
    Instance(Type),
    /// The value of `super()` in a class.
    Super(ScopeId),
    Function(ScopeId),
    /// A method, and the class or instance that it was read from.
    Method(ScopeId, Type),
    /// A value of a builtin type. Its elements may be from the repository.
    Builtin,
    /// A value that may be from the repository, but that no rule identifies.
    Unknown,
}

impl Value<'_> {
    /// Returns the function or method that the value is.
    pub(super) fn function(self) -> Option<ScopeId> {
        match self {
            Self::Function(function) | Self::Method(function, _) => Some(function),
            _ => None,
        }
    }
}

/// The type of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Type {
    pub(super) class: ScopeId,
    pub(super) origin: Origin,
}

/// The evidence for a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Origin {
    /// A call of the class: the object has exactly this type.
    Call,
    /// An annotation: the object may be of a subclass.
    Annotation,
    /// The first parameter of a method. Where the result of the method is used, it is the object of the call.
    Receiver,
}

/// The names that an evaluation has visited, so that circular imports end.
#[derive(Default)]
pub(super) struct Trail<'n> {
    /// The visited names of modules, by file.
    exports: HashSet<(u32, &'n str)>,
    /// The number of names on the path from the start of the evaluation.
    length: usize,
}

/// A set of values, in the order in which they were found.
pub(super) type Values<'a> = Vec<Value<'a>>;

pub(super) fn add<'a>(values: &mut Values<'a>, new: impl IntoIterator<Item = Value<'a>>) {
    for value in new {
        if values.len() < MAX_VALUES && !values.contains(&value) {
            values.push(value);
        }
    }
}

impl<'a> Resolver<'a> {
    /// Returns the possible values of an expression in a scope.
    pub(super) fn evaluate(&self, from: ScopeId, reference: &'a Reference) -> Values<'a> {
        self.follow(from, &reference.root, &reference.steps)
    }

    /// Returns the possible values at the end of some steps.
    pub(super) fn follow(&self, from: ScopeId, root: &'a Root, steps: &'a [Step]) -> Values<'a> {
        let root = match root {
            Root::Name(name) => self.root(from, name),
            Root::Builtin => vec![Value::Builtin],
            Root::Unknown => vec![Value::Unknown],
        };
        steps.iter().fold(root, |values, step| self.step_of_all(values, step))
    }

    pub(super) fn step_of_all(&self, values: Values<'a>, step: &'a Step) -> Values<'a> {
        let mut next = Vec::new();
        for value in values {
            add(&mut next, self.step(value, step));
        }
        next
    }

    fn root(&self, from: ScopeId, name: &'a str) -> Values<'a> {
        if let Some(values) = self.look_up(from, name) {
            return values;
        }
        match (name, self.enclosing_class(from)) {
            ("super", Some(class)) => vec![Value::Super(class)],
            // Outside a class, `super` cannot find its class.
            ("super", None) => Vec::new(),
            _ if BUILTINS.contains(&name) => vec![Value::Builtin],
            _ => vec![Value::Unknown],
        }
    }

    /// Looks a name up by Python's rule: the scope, the enclosing functions, the module. `None` if it is not bound.
    fn look_up(&self, from: ScopeId, name: &'a str) -> Option<Values<'a>> {
        let mut id = from;
        loop {
            let bindings = self.names[id.file as usize].bindings(id.scope, name);
            // A class body is not an enclosing scope of the functions in it.
            if !bindings.is_empty() && (id == from || !self.is_class(id)) {
                return Some(self.values_of(id, bindings, &mut Trail::default()));
            }
            if id.scope == MODULE {
                return self.through_wildcards(id.file, name, &mut Trail::default());
            }
            id = self.enclosing(id);
        }
    }

    fn enclosing_class(&self, mut id: ScopeId) -> Option<ScopeId> {
        while id.scope != MODULE {
            if self.is_class(id) {
                return Some(id);
            }
            id = self.enclosing(id);
        }
        None
    }

    fn step(&self, value: Value<'a>, step: &'a Step) -> Values<'a> {
        match step {
            Step::Attribute(name) => self.attribute(value, name),
            Step::Call => self.call(value),
            Step::Element => match value {
                Value::Instance(of) => or_unknown(self.result_of(of, "__getitem__")),
                // A generic class with type arguments.
                Value::Class(_) => vec![value],
                Value::Builtin | Value::Unknown => vec![Value::Unknown],
                _ => Vec::new(),
            },
            Step::Enter => match value {
                Value::Instance(of) => or_unknown(self.result_of(of, "__enter__")),
                Value::Builtin | Value::Unknown => vec![Value::Unknown],
                _ => Vec::new(),
            },
            Step::Class => match value {
                Value::Instance(of) => vec![Value::Class(of)],
                Value::Unknown => vec![Value::Unknown],
                _ => Vec::new(),
            },
            Step::Instance => match value {
                Value::Class(of) => vec![Value::Instance(Type { origin: Origin::Annotation, ..of })],
                Value::Unknown => vec![Value::Unknown],
                _ => Vec::new(),
            },
        }
    }

    fn attribute(&self, value: Value<'a>, name: &'a str) -> Values<'a> {
        match value {
            Value::Module(file) => self.module_attribute(file, name, &mut Trail::default()),
            Value::Directory(path) => self.modules.below(path, name).and_then(module_value).into_iter().collect(),
            Value::Class(of) | Value::Instance(of) if name == "__class__" => vec![Value::Class(of)],
            Value::Class(of) => or_unknown(self.class_attribute(of, name)),
            Value::Instance(of) => or_unknown(self.instance_attribute(of, name)),
            // If no base class in the repository defines the name, one from outside does.
            Value::Super(class) => self.inherited(class, name),
            Value::Unknown => vec![Value::Unknown],
            Value::Function(_) | Value::Method(..) | Value::Builtin => Vec::new(),
        }
    }

    fn call(&self, value: Value<'a>) -> Values<'a> {
        match value {
            Value::Class(Type { class, origin: Origin::Annotation }) => {
                vec![Value::Instance(Type { class, origin: Origin::Annotation })]
            }
            Value::Class(of) => vec![Value::Instance(of)],
            Value::Super(_) | Value::Builtin => vec![value],
            Value::Function(function) => self.result(function, None),
            Value::Method(function, receiver) => self.result(function, Some(receiver)),
            Value::Instance(of) => or_unknown(self.result_of(of, "__call__")),
            Value::Unknown => vec![Value::Unknown],
            Value::Module(_) | Value::Directory(_) => Vec::new(),
        }
    }

    /// Returns the values that a method of an object returns.
    fn result_of(&self, of: Type, method: &'a str) -> Values<'a> {
        let mut results = Vec::new();
        for value in self.instance_attribute(of, method) {
            if let Value::Method(function, receiver) = value {
                add(&mut results, self.result(function, Some(receiver)));
            }
        }
        results
    }

    /// Returns the values that a function returns. `self` in them is the receiver of the call.
    pub(super) fn result(&self, function: ScopeId, receiver: Option<Type>) -> Values<'a> {
        if self.scope(function).role == Role::Generator {
            return vec![Value::Builtin];
        }
        let Some(variable) = self.names[function.file as usize].returns(function.scope) else { return Vec::new() };
        let values = self.variable(function.file, variable);
        match receiver {
            Some(receiver) => values.iter().map(|&value| with_receiver(value, receiver)).collect(),
            None => values.to_vec(),
        }
    }

    fn module_attribute(&self, file: u32, name: &'a str, trail: &mut Trail<'a>) -> Values<'a> {
        // A name that `__init__.py` binds takes precedence over a submodule, unless it is the submodule.
        let mut values = self.export(file, name, trail);
        let submodule = || self.modules.below(&self.facts(file).path, name).and_then(module_value);
        if (values.is_empty() || values == [Value::Unknown])
            && let Some(submodule) = submodule()
        {
            values = vec![submodule];
        }
        values
    }

    /// Returns the values of a module's name, as seen by other modules.
    fn export(&self, file: u32, name: &'a str, trail: &mut Trail<'a>) -> Values<'a> {
        if trail.length == MAX_TRAIL || !trail.exports.insert((file, name)) {
            return Vec::new();
        }
        trail.length += 1;
        let bindings = self.names[file as usize].bindings(MODULE, name);
        let values = if bindings.is_empty() {
            // A name of a skipped file, for example.
            self.through_wildcards(file, name, trail).unwrap_or_else(|| vec![Value::Unknown])
        } else {
            self.values_of(ScopeId { file, scope: MODULE }, bindings, trail)
        };
        trail.length -= 1;
        values
    }

    /// Returns the values that a module's wildcard imports bind to a name, if there are any.
    fn through_wildcards(&self, file: u32, name: &'a str, trail: &mut Trail<'a>) -> Option<Values<'a>> {
        if name.starts_with('_') {
            return None;
        }
        self.names[file as usize].wildcards().iter().find_map(|import| {
            let Import::Wildcard { path } = import else { return None };
            let module = self.modules.find(&self.facts(file).path, path)?;
            let mut values = self.export(module, name, trail);
            values.retain(|value| *value != Value::Unknown);
            (!values.is_empty()).then_some(values)
        })
    }

    pub(super) fn values_of(&self, scope: ScopeId, bindings: &[Binding<'a>], trail: &mut Trail<'a>) -> Values<'a> {
        let mut values = Vec::new();
        for binding in bindings {
            match binding {
                Binding::Definition(number) => {
                    add(&mut values, [self.definition(ScopeId { scope: *number, ..scope })]);
                }
                Binding::Import(import) => add(&mut values, self.imported(scope.file, import, trail)),
                Binding::Variable(variable) => {
                    add(&mut values, self.variable(scope.file, *variable).iter().copied());
                }
                Binding::Receiver => add(&mut values, [self.receiver(scope)]),
            }
        }
        values
    }

    pub(super) fn definition(&self, id: ScopeId) -> Value<'a> {
        match self.scope(id).kind {
            ScopeKind::Class => Value::Class(Type { class: id, origin: Origin::Call }),
            ScopeKind::Function => Value::Function(id),
            ScopeKind::Module => Value::Module(id.file),
        }
    }

    /// Returns the value of the first parameter of a method.
    fn receiver(&self, method: ScopeId) -> Value<'a> {
        let of = Type { class: self.enclosing(method), origin: Origin::Receiver };
        let scope = self.scope(method);
        let is_class = scope.role == Role::ClassMethod
            || matches!(scope.name.as_str(), "__new__" | "__init_subclass__" | "__class_getitem__");
        if is_class { Value::Class(of) } else { Value::Instance(of) }
    }

    /// Returns the values of the name that an import binds.
    pub(super) fn imported(&self, file: u32, import: &'a Import, trail: &mut Trail<'a>) -> Values<'a> {
        let here = &self.facts(file).path;
        match import {
            Import::Module { path, alias: Some(_) } => {
                self.modules.find_package(here, path).and_then(module_value).into_iter().collect()
            }
            Import::Module { path, alias: None } => {
                let top = ModulePath { level: path.level, parts: path.parts.iter().take(1).cloned().collect() };
                self.modules.find_package(here, &top).and_then(module_value).into_iter().collect()
            }
            Import::Name { path, name, .. } => match self.modules.find_package(here, path) {
                Some(Named::Submodule(module)) => self.module_attribute(module, name, trail),
                Some(Named::Directory(directory)) => {
                    self.modules.below(directory, name).and_then(module_value).into_iter().collect()
                }
                Some(Named::Attribute(_)) | None => Vec::new(),
            },
            Import::Wildcard { .. } => Vec::new(),
        }
    }
}

/// Replaces the receiver of a method by the object of a call.
pub(super) fn with_receiver(value: Value<'_>, receiver: Type) -> Value<'_> {
    let replace = |of: Type| if of.origin == Origin::Receiver { receiver } else { of };
    match value {
        Value::Class(of) => Value::Class(replace(of)),
        Value::Instance(of) => Value::Instance(replace(of)),
        Value::Method(function, of) => Value::Method(function, replace(of)),
        _ => value,
    }
}

fn module_value(named: Named<'_>) -> Option<Value<'_>> {
    match named {
        Named::Submodule(file) => Some(Value::Module(file)),
        Named::Directory(path) => Some(Value::Directory(path)),
        Named::Attribute(_) => None,
    }
}

fn or_unknown(values: Values<'_>) -> Values<'_> {
    if values.is_empty() { vec![Value::Unknown] } else { values }
}

/// The builtin functions and types whose results are not from a repository.
const BUILTINS: [&str; 50] = [
    "abs",
    "all",
    "any",
    "ascii",
    "bin",
    "bool",
    "bytearray",
    "bytes",
    "callable",
    "chr",
    "complex",
    "dict",
    "dir",
    "divmod",
    "enumerate",
    "filter",
    "float",
    "format",
    "frozenset",
    "globals",
    "hasattr",
    "hash",
    "hex",
    "id",
    "int",
    "isinstance",
    "issubclass",
    "len",
    "list",
    "locals",
    "map",
    "memoryview",
    "object",
    "oct",
    "open",
    "ord",
    "pow",
    "print",
    "property",
    "range",
    "repr",
    "reversed",
    "round",
    "set",
    "sorted",
    "str",
    "sum",
    "tuple",
    "vars",
    "zip",
];
