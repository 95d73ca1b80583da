//! Collects the definitions and imports that bind a name in a scope of a file.

use std::collections::{HashMap, HashSet};

use crate::parse::{Import, MODULE, Scope};

/// The maximum number of bindings of a name in a scope; further bindings are ignored.
///
/// A name may be bound in each branch of an `if`. A generated file may bind one name a hundred thousand times, and
/// following each binding from each call would take too long.
const MAX_BINDINGS: usize = 8;

/// The definition or import that binds a name.
#[derive(Debug, Clone, Copy)]
pub(super) enum Binding<'a> {
    /// A class or function, by the number of its scope.
    Definition(u32),
    Import(&'a Import),
}

/// The bindings of all scopes of a file.
pub(super) struct Names<'a> {
    /// The bindings by scope and name. A name may have several, for example in both branches of an `if`.
    bindings: HashMap<(u32, &'a str), Vec<Binding<'a>>>,
    /// The `from m import *` of the file, last first, because a later one shadows an earlier one.
    wildcards: Vec<&'a Import>,
}

impl<'a> Names<'a> {
    pub(super) fn of(scopes: &'a [Scope]) -> Self {
        let mut bindings: HashMap<_, Vec<_>> = HashMap::new();
        let mut wildcards = Vec::new();
        let mut bind = |scope, name, binding| {
            let bindings: &mut Vec<_> = bindings.entry((scope, name)).or_default();
            if bindings.len() < MAX_BINDINGS {
                bindings.push(binding);
            }
        };
        for (scope, number) in scopes.iter().zip(0..) {
            if number != MODULE {
                bind(scope.parent, scope.name.as_str(), Binding::Definition(number));
            }
            for import in &scope.imports {
                match bound_name(import) {
                    Some(name) => bind(number, name, Binding::Import(import)),
                    None => wildcards.push(import),
                }
            }
        }
        wildcards.reverse();
        let mut known = HashSet::new();
        wildcards.retain(|import| known.insert(*import));
        Self { bindings, wildcards }
    }

    pub(super) fn bindings(&self, scope: u32, name: &'a str) -> &[Binding<'a>] {
        self.bindings.get(&(scope, name)).map_or(&[], Vec::as_slice)
    }

    pub(super) fn wildcards(&self) -> &[&'a Import] {
        &self.wildcards
    }

    /// Returns the scope of the class or function that the module defines under a name.
    pub(super) fn definition(&self, name: &'a str) -> Option<u32> {
        self.bindings(MODULE, name).iter().find_map(|binding| match binding {
            Binding::Definition(scope) => Some(*scope),
            Binding::Import(_) => None,
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
