//! Evaluates expressions to modules, classes and functions.

use std::collections::HashSet;
use std::mem;

use super::modules::Named;
use super::names::Binding;
use super::{Resolver, ScopeId};
use crate::parse::{Import, MODULE, ModulePath, Reference, ScopeKind, Step};

/// The maximum number of files through which a re-exported name is followed, and of classes for an inherited method.
///
/// Real code needs fewer. The limit bounds the stack.
const MAX_TRAIL: usize = 64;

/// A value of a name or an expression. Names from outside the repository have no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Value<'a> {
    /// A Python file of the repository.
    Module(u32),
    /// A package without `__init__.py`.
    Directory(&'a str),
    /// A class, or an instance of it.
    Class(ScopeId),
    /// The value of `super()` in a class.
    Super(ScopeId),
    Function(ScopeId),
    /// A value that may be from the repository, but that no rule identifies.
    Unknown,
}

/// The names and classes that an evaluation has visited, so that circular imports and circular bases end.
#[derive(Default)]
pub(super) struct Trail<'n> {
    /// The visited names of modules, by file.
    exports: HashSet<(u32, &'n str)>,
    /// The classes whose bases were visited.
    classes: HashSet<ScopeId>,
    /// The number of names and classes on the path from the start of the evaluation.
    length: usize,
}

impl<'a> Resolver<'a> {
    /// Returns the possible values of an expression in a scope.
    pub(super) fn evaluate(&self, from: ScopeId, reference: &'a Reference) -> Vec<Value<'a>> {
        self.follow(from, reference, &mut Trail::default())
    }

    pub(super) fn follow(&self, from: ScopeId, reference: &'a Reference, trail: &mut Trail<'a>) -> Vec<Value<'a>> {
        let mut values = match &reference.root {
            Some(name) => self.root(from, name, trail),
            None => vec![Value::Unknown],
        };
        for step in &reference.steps {
            let mut next = Vec::new();
            for value in values {
                for value in self.step(value, step, trail) {
                    if !next.contains(&value) {
                        next.push(value);
                    }
                }
            }
            values = next;
        }
        values
    }

    fn root(&self, from: ScopeId, name: &'a str, trail: &mut Trail<'a>) -> Vec<Value<'a>> {
        if let Some(values) = self.look_up(from, name, trail) {
            return values;
        }
        match (name, self.enclosing_class(from)) {
            ("self" | "cls", Some(class)) => vec![Value::Class(class)],
            ("super", Some(class)) => vec![Value::Super(class)],
            // Outside a class, `super` is the builtin: only assignments, which are not followed, could shadow it.
            ("super", None) => Vec::new(),
            _ => vec![Value::Unknown],
        }
    }

    /// Looks a name up by Python's rule: the scope, the enclosing functions, the module. `None` if it is not bound.
    fn look_up(&self, from: ScopeId, name: &'a str, trail: &mut Trail<'a>) -> Option<Vec<Value<'a>>> {
        let mut id = from;
        loop {
            let bindings = self.names[id.file as usize].bindings(id.scope, name);
            // A class body is not an enclosing scope of the functions in it.
            if !bindings.is_empty() && (id == from || !self.is_class(id)) {
                return Some(self.values_of(id.file, bindings, trail));
            }
            if id.scope == MODULE {
                return self.through_wildcards(id.file, name, trail);
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

    fn step(&self, value: Value<'a>, step: &'a Step, trail: &mut Trail<'a>) -> Vec<Value<'a>> {
        match (value, step) {
            (Value::Module(file), Step::Attribute(name)) => self.module_attribute(file, name, trail),
            (Value::Directory(path), Step::Attribute(name)) => {
                self.modules.below(path, name).and_then(module_value).into_iter().collect()
            }
            (Value::Class(class), Step::Attribute(name)) => or_unknown(self.member(class, name, trail)),
            // If no base class in the repository defines the name, one from outside does.
            (Value::Super(class), Step::Attribute(name)) => self.inherited(class, name, trail),
            (Value::Class(_) | Value::Super(_), Step::Call) => vec![value],
            (Value::Function(_) | Value::Unknown, Step::Call) | (Value::Unknown, Step::Attribute(_)) => {
                vec![Value::Unknown]
            }
            (Value::Function(_), Step::Attribute(_)) | (Value::Module(_) | Value::Directory(_), Step::Call) => {
                Vec::new()
            }
        }
    }

    fn module_attribute(&self, file: u32, name: &'a str, trail: &mut Trail<'a>) -> Vec<Value<'a>> {
        let submodule = self.modules.below(&self.facts(file).path, name).and_then(module_value);
        match submodule {
            Some(value) => vec![value],
            None => self.export(file, name, trail),
        }
    }

    /// Returns the values of a module's name, as seen by other modules.
    fn export(&self, file: u32, name: &'a str, trail: &mut Trail<'a>) -> Vec<Value<'a>> {
        if trail.length == MAX_TRAIL || !trail.exports.insert((file, name)) {
            return Vec::new();
        }
        trail.length += 1;
        let bindings = self.names[file as usize].bindings(MODULE, name);
        let values = if bindings.is_empty() {
            // A variable, for example, or a name of a skipped file.
            self.through_wildcards(file, name, trail).unwrap_or_else(|| vec![Value::Unknown])
        } else {
            self.values_of(file, bindings, trail)
        };
        trail.length -= 1;
        values
    }

    /// Returns the values that a module's wildcard imports bind to a name, if there are any.
    fn through_wildcards(&self, file: u32, name: &'a str, trail: &mut Trail<'a>) -> Option<Vec<Value<'a>>> {
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

    fn values_of(&self, file: u32, bindings: &[Binding<'a>], trail: &mut Trail<'a>) -> Vec<Value<'a>> {
        let mut values = Vec::new();
        for binding in bindings {
            let found = match binding {
                Binding::Definition(scope) => vec![self.definition(ScopeId { file, scope: *scope })],
                Binding::Import(import) => self.imported(file, import, trail),
            };
            for value in found {
                if !values.contains(&value) {
                    values.push(value);
                }
            }
        }
        values
    }

    pub(super) fn definition(&self, id: ScopeId) -> Value<'a> {
        match self.scope(id).kind {
            ScopeKind::Class => Value::Class(id),
            ScopeKind::Function => Value::Function(id),
            ScopeKind::Module => Value::Module(id.file),
        }
    }

    /// Returns the values of the name that an import binds.
    pub(super) fn imported(&self, file: u32, import: &'a Import, trail: &mut Trail<'a>) -> Vec<Value<'a>> {
        let here = &self.facts(file).path;
        match import {
            Import::Module { path, alias: Some(_) } => {
                self.modules.find_package(here, path).and_then(module_value).into_iter().collect()
            }
            Import::Module { path, alias: None } => {
                let top = ModulePath { level: path.level, parts: path.parts.iter().take(1).cloned().collect() };
                self.modules.find_package(here, &top).and_then(module_value).into_iter().collect()
            }
            Import::Name { path, name, .. } => match self.modules.find_name(here, path, name) {
                Some(Named::Attribute(module)) => self.export(module, name, trail),
                Some(named) => module_value(named).into_iter().collect(),
                None => Vec::new(),
            },
            Import::Wildcard { .. } => Vec::new(),
        }
    }

    /// Returns a class's own member, else the inherited one.
    fn member(&self, class: ScopeId, name: &'a str, trail: &mut Trail<'a>) -> Vec<Value<'a>> {
        let bindings = self.names[class.file as usize].bindings(class.scope, name);
        if bindings.is_empty() {
            self.inherited(class, name, trail)
        } else {
            self.values_of(class.file, bindings, trail)
        }
    }

    /// Returns the member of the first base class that has it, depth first and from left to right.
    fn inherited(&self, class: ScopeId, name: &'a str, trail: &mut Trail<'a>) -> Vec<Value<'a>> {
        if trail.length == MAX_TRAIL || !trail.classes.insert(class) {
            return Vec::new();
        }
        trail.length += 1;
        let mut found = Vec::new();
        for base in self.bases(class, trail) {
            found = self.member(base, name, trail);
            if !found.is_empty() {
                break;
            }
        }
        trail.length -= 1;
        found
    }

    /// Returns the base classes of a class.
    fn bases(&self, class: ScopeId, trail: &mut Trail<'a>) -> Vec<ScopeId> {
        // The visited names do not count for the bases, which may use the same names again. The visited classes do:
        // evaluating the base of `class A(A.B)` looks up a member of `A`.
        let exports = mem::take(&mut trail.exports);
        let references = &self.scope(class).bases;
        let values =
            references.iter().flat_map(|base| self.follow(self.enclosing(class), base, trail)).collect::<Vec<_>>();
        trail.exports = exports;
        values
            .into_iter()
            .filter_map(|value| match value {
                Value::Class(base) if base != class => Some(base),
                _ => None,
            })
            .collect()
    }
}

fn module_value(named: Named<'_>) -> Option<Value<'_>> {
    match named {
        Named::Submodule(file) => Some(Value::Module(file)),
        Named::Directory(path) => Some(Value::Directory(path)),
        Named::Attribute(_) => None,
    }
}

fn or_unknown(values: Vec<Value<'_>>) -> Vec<Value<'_>> {
    if values.is_empty() { vec![Value::Unknown] } else { values }
}
