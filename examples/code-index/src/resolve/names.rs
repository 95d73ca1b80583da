//! Collects the definitions, imports and assignments that bind a name in a scope of a file.

use std::collections::{HashMap, HashSet};

use crate::parse::{Import, MODULE, Scope, Value};

/// The maximum number of bindings of a name in a scope, and of values of a variable; further ones are ignored.
///
/// A name may be bound in each branch of an `if`. A generated file may bind one name a hundred thousand times, and
/// following each binding from each call would take too long.
const MAX_BINDINGS: usize = 8;

/// A statement that binds a name.
#[derive(Debug, Clone, Copy)]
pub(super) enum Binding<'a> {
    /// A class or function, by the number of its scope.
    Definition(u32),
    Import(&'a Import),
    /// All assignments to the name, by their number in [`Names::variables`].
    Variable(u32),
    /// The first parameter of a method.
    Receiver,
}

/// The bindings of all scopes of a file.
pub(super) struct Names<'a> {
    /// The bindings by scope and name. A name may have several, for example in both branches of an `if`.
    bindings: HashMap<(u32, &'a str), Vec<Binding<'a>>>,
    /// The variables of the attributes of instances, by class and name.
    attributes: HashMap<(u32, &'a str), u32>,
    /// The variable of the values that a function returns, by scope.
    returns: HashMap<u32, u32>,
    /// The values that are assigned to each variable, attribute and result.
    variables: Vec<Vec<&'a Value>>,
    /// The `from m import *` of the file, last first, because a later one shadows an earlier one.
    wildcards: Vec<&'a Import>,
}

impl<'a> Names<'a> {
    pub(super) fn of(scopes: &'a [Scope]) -> Self {
        let mut names = Self {
            bindings: HashMap::new(),
            attributes: HashMap::new(),
            returns: HashMap::new(),
            variables: Vec::new(),
            wildcards: Vec::new(),
        };
        for (scope, number) in scopes.iter().zip(0..) {
            names.add(scope, number);
        }
        names.wildcards.reverse();
        let mut known = HashSet::new();
        names.wildcards.retain(|import| known.insert(*import));
        names
    }

    fn add(&mut self, scope: &'a Scope, number: u32) {
        if number != MODULE && !scope.name.is_empty() {
            self.bind(scope.parent, &scope.name, Binding::Definition(number));
        }
        for import in &scope.imports {
            match bound_name(import) {
                Some(name) => self.bind(number, name, Binding::Import(import)),
                None => self.wildcards.push(import),
            }
        }
        if let Some(receiver) = &scope.receiver {
            self.bind(number, receiver, Binding::Receiver);
        }
        for variable in &scope.variables {
            let known = self.variable_of(number, &variable.name);
            if let Some(new) = self.assign(known, &variable.value) {
                self.bind(number, &variable.name, Binding::Variable(new));
            }
        }
        for attribute in &scope.attributes {
            let known = self.attribute(number, &attribute.name);
            if let Some(new) = self.assign(known, &attribute.value) {
                self.attributes.insert((number, &attribute.name), new);
            }
        }
        for value in &scope.returns {
            if let Some(new) = self.assign(self.returns(number), value) {
                self.returns.insert(number, new);
            }
        }
    }

    fn bind(&mut self, scope: u32, name: &'a str, binding: Binding<'a>) {
        let bindings = self.bindings.entry((scope, name)).or_default();
        if bindings.len() < MAX_BINDINGS {
            bindings.push(binding);
        }
    }

    /// Adds a value to a variable. Returns the number of a new variable if none is known.
    fn assign(&mut self, known: Option<u32>, value: &'a Value) -> Option<u32> {
        if let Some(known) = known {
            let values = &mut self.variables[known as usize];
            if values.len() < MAX_BINDINGS {
                values.push(value);
            }
            return None;
        }
        self.variables.push(vec![value]);
        // `try_from` fails only for 4 billion assignments in one file.
        Some(u32::try_from(self.variables.len() - 1).unwrap_or(u32::MAX))
    }

    fn variable_of(&self, scope: u32, name: &'a str) -> Option<u32> {
        self.bindings(scope, name).iter().find_map(|binding| match binding {
            Binding::Variable(variable) => Some(*variable),
            _ => None,
        })
    }

    pub(super) fn bindings(&self, scope: u32, name: &'a str) -> &[Binding<'a>] {
        self.bindings.get(&(scope, name)).map_or(&[], Vec::as_slice)
    }

    /// Returns the variable of an attribute that methods assign to instances of a class.
    pub(super) fn attribute(&self, class: u32, name: &'a str) -> Option<u32> {
        self.attributes.get(&(class, name)).copied()
    }

    /// Returns the variable of the results of a function; `None` if it returns no value.
    pub(super) fn returns(&self, function: u32) -> Option<u32> {
        self.returns.get(&function).copied()
    }

    /// Returns the assigned values of each variable.
    pub(super) fn variables(&self) -> &[Vec<&'a Value>] {
        &self.variables
    }

    pub(super) fn wildcards(&self) -> &[&'a Import] {
        &self.wildcards
    }

    /// Returns the scope of the class or function that the module defines under a name.
    pub(super) fn definition(&self, name: &'a str) -> Option<u32> {
        self.bindings(MODULE, name).iter().find_map(|binding| match binding {
            Binding::Definition(scope) => Some(*scope),
            Binding::Import(_) | Binding::Variable(_) | Binding::Receiver => None,
        })
    }
}

/// Returns the name that an import binds; `None` for a wildcard, which binds many.
fn bound_name(import: &Import) -> Option<&str> {
    match import {
        Import::Module { alias: Some(alias), .. } => Some(alias),
        // `import a.b` binds `a`.
        Import::Module { path, alias: None } => path.parts.first().map(String::as_str),
        Import::Name { name, alias, .. } => Some(alias.as_ref().unwrap_or(name)),
        Import::Wildcard { .. } => None,
    }
}
