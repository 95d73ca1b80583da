//! Which definitions and imports bind a name in a scope of a file.

use std::collections::{HashMap, HashSet};

use crate::parse::{Import, MODULE, Scope};

/// How many bindings of a name in a scope are kept. A name may well be bound in each branch of an `if`; a file that binds
/// one a hundred thousand times is generated, and following each from each call would take for ever.
const MOST_BINDINGS: usize = 8;

/// What a name is bound by.
#[derive(Debug, Clone, Copy)]
pub(super) enum Binding<'a> {
    /// A class or function, by its scope.
    Definition(u32),
    Import(&'a Import),
}

/// The bindings of all scopes of a file.
pub(super) struct Names<'a> {
    /// A name can be bound more than once: in both branches of an `if`, say. Each of them may be meant.
    bindings: HashMap<(u32, &'a str), Vec<Binding<'a>>>,
    /// `from m import *` of the module, last first: the later hides the earlier.
    wildcards: Vec<&'a Import>,
}

impl<'a> Names<'a> {
    pub(super) fn of(scopes: &'a [Scope]) -> Self {
        let mut bindings: HashMap<_, Vec<_>> = HashMap::new();
        let mut wildcards = Vec::new();
        let mut bind = |scope, name, binding| {
            let bindings: &mut Vec<_> = bindings.entry((scope, name)).or_default();
            if bindings.len() < MOST_BINDINGS {
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

    /// The class or function that the module itself defines under this name.
    pub(super) fn definition(&self, name: &'a str) -> Option<u32> {
        self.bindings(MODULE, name).iter().find_map(|binding| match binding {
            Binding::Definition(scope) => Some(*scope),
            Binding::Import(_) => None,
        })
    }
}

/// The name that an import puts into its scope; none for a wildcard, which puts many.
fn bound_name(import: &Import) -> Option<&str> {
    match import {
        Import::Module { alias: Some(alias), .. } => Some(alias),
        // `import a.b` binds `a`.
        Import::Module { path, alias: None } => path.parts.first().map(String::as_str),
        Import::Name { name, alias, .. } => Some(alias.as_ref().unwrap_or(name)),
        Import::Wildcard { .. } => None,
    }
}
