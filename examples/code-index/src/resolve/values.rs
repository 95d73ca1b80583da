//! What an expression stands for.

use std::collections::HashSet;
use std::mem;

use super::modules::Named;
use super::names::Binding;
use super::{Place, Resolver};
use crate::parse::{Import, MODULE, ModulePath, Reference, ScopeKind, Step};

/// How many files a re-exported name, or classes an inherited method, is followed through. Beyond any real code; what
/// it bounds is the stack.
const LONGEST_TRAIL: usize = 64;

/// What a name or an expression stands for. Names that stand for something outside of the repository have no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Value<'a> {
    /// A Python file of the repository.
    Module(u32),
    /// A package without `__init__.py`.
    Directory(&'a str),
    /// A class, or an instance of it.
    Class(Place),
    /// What `super()` is in this class.
    Super(Place),
    Function(Place),
    /// Something that may well be of the repository, but no rule tells what.
    Unknown,
}

/// Where a search has been, so that circular imports and circular bases end.
#[derive(Default)]
pub(super) struct Trail<'n> {
    exports: HashSet<(u32, &'n str)>,
    classes: HashSet<Place>,
    length: usize,
}

impl<'a> Resolver<'a> {
    /// What an expression in this scope stands for: nothing, one thing, or all the things that it may be.
    pub(super) fn evaluate(&self, from: Place, reference: &'a Reference) -> Vec<Value<'a>> {
        self.follow(from, reference, &mut Trail::default())
    }

    pub(super) fn follow(&self, from: Place, reference: &'a Reference, trail: &mut Trail<'a>) -> Vec<Value<'a>> {
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

    fn root(&self, from: Place, name: &'a str, trail: &mut Trail<'a>) -> Vec<Value<'a>> {
        if let Some(values) = self.look_up(from, name, trail) {
            return values;
        }
        match (name, self.enclosing_class(from)) {
            ("self" | "cls", Some(class)) => vec![Value::Class(class)],
            ("super", Some(class)) => vec![Value::Super(class)],
            // `super` outside of a class, and builtins, could only be shadowed by what is not followed.
            ("super", None) => Vec::new(),
            _ => vec![Value::Unknown],
        }
    }

    /// Python's rule: the scope itself and the functions around it, then the module. `None` if nothing binds the name.
    fn look_up(&self, from: Place, name: &'a str, trail: &mut Trail<'a>) -> Option<Vec<Value<'a>>> {
        let mut place = from;
        loop {
            let bindings = self.names[place.file as usize].bindings(place.scope, name);
            // The names of a class body are not seen by the functions in it.
            if !bindings.is_empty() && (place == from || !self.is_class(place)) {
                return Some(self.values_of(place.file, bindings, trail));
            }
            if place.scope == MODULE {
                return self.through_wildcards(place.file, name, trail);
            }
            place = self.around(place);
        }
    }

    fn enclosing_class(&self, mut place: Place) -> Option<Place> {
        while place.scope != MODULE {
            if self.is_class(place) {
                return Some(place);
            }
            place = self.around(place);
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
            // What no base in the repository defines is defined by one outside of it.
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

    /// What `name` of a module is when it is imported from elsewhere.
    fn export(&self, file: u32, name: &'a str, trail: &mut Trail<'a>) -> Vec<Value<'a>> {
        if trail.length == LONGEST_TRAIL || !trail.exports.insert((file, name)) {
            return Vec::new();
        }
        trail.length += 1;
        let bindings = self.names[file as usize].bindings(MODULE, name);
        let values = if bindings.is_empty() {
            // A variable, say, or a name of a file that was skipped.
            self.through_wildcards(file, name, trail).unwrap_or_else(|| vec![Value::Unknown])
        } else {
            self.values_of(file, bindings, trail)
        };
        trail.length -= 1;
        values
    }

    /// What the module's wildcard imports bring under this name, if they do.
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
                Binding::Definition(scope) => vec![self.definition(Place { file, scope: *scope })],
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

    pub(super) fn definition(&self, place: Place) -> Value<'a> {
        match self.scope(place).kind {
            ScopeKind::Class => Value::Class(place),
            ScopeKind::Function => Value::Function(place),
            ScopeKind::Module => Value::Module(place.file),
        }
    }

    /// What the name that an import binds stands for.
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

    /// A class's own member, else an inherited one.
    fn member(&self, class: Place, name: &'a str, trail: &mut Trail<'a>) -> Vec<Value<'a>> {
        let bindings = self.names[class.file as usize].bindings(class.scope, name);
        if bindings.is_empty() {
            self.inherited(class, name, trail)
        } else {
            self.values_of(class.file, bindings, trail)
        }
    }

    /// The member of the first base that has it, bases from left to right and each with its own bases.
    fn inherited(&self, class: Place, name: &'a str, trail: &mut Trail<'a>) -> Vec<Value<'a>> {
        if trail.length == LONGEST_TRAIL || !trail.classes.insert(class) {
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

    /// The classes that a class names as its bases.
    fn bases(&self, class: Place, trail: &mut Trail<'a>) -> Vec<Place> {
        // A base is looked up afresh, even if the way here led through the same names. The classes stay: evaluating
        // the base of `class A(A.B)` asks for a member of `A`.
        let exports = mem::take(&mut trail.exports);
        let references = &self.scope(class).bases;
        let values =
            references.iter().flat_map(|base| self.follow(self.around(class), base, trail)).collect::<Vec<_>>();
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
