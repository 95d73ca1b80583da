//! From names to nodes.
//!
//! `modules` finds files for module names, `names` finds what a name stands for in a scope, `values` follows
//! attributes and calls, and this module turns it all into edges.
//!
//! What is followed: definitions and imports of the scope and of the scopes around it, re-exports through other files,
//! wildcards, `self` and `cls`, `super()`, base classes, and `Class(…)` as an instance of the class. What is not:
//! assignments, parameters and return types. A call of an attribute of something that these rules do not know goes, as
//! in `LocAgent`, by the attribute's name alone: to every method of that name in the classes that the file defines or
//! imports. What is known to come from outside of the repository gets no edge.

mod members;
mod modules;
mod names;
mod values;

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::graph::{EdgeKind, EdgeRecord, NO_NODE};
use crate::parse::{Import, ParsedFile, Reference, Scope, ScopeKind, Step};

pub(crate) use modules::Modules;
use names::Names;
use values::Value;

/// A file as the resolver sees it.
pub(crate) struct FileFacts {
    /// Relative to the root, with `/`.
    pub(crate) path: String,
    pub(crate) node: u32,
    /// `None` for a file that was skipped.
    pub(crate) parsed: Option<ParsedFile>,
    /// The node of each scope; `NO_NODE` for hidden ones.
    pub(crate) nodes: Vec<u32>,
}

impl FileFacts {
    pub(crate) fn scopes(&self) -> &[Scope] {
        self.parsed.as_ref().map_or(&[], |parsed| &parsed.scopes)
    }
}

/// A scope of a file: a class, a function, or (scope 0) the module.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Place {
    file: u32,
    scope: u32,
}

/// Answers what names stand for. Shared among threads; its answers do not depend on who asks when.
pub(crate) struct Resolver<'a> {
    files: &'a [FileFacts],
    modules: &'a Modules,
    names: Vec<Names<'a>>,
    /// For each file, once it is asked for: the methods of the classes in sight, by name.
    methods: Vec<OnceLock<HashMap<&'a str, Vec<u32>>>>,
}

impl<'a> Resolver<'a> {
    pub(crate) fn new(files: &'a [FileFacts], modules: &'a Modules) -> Self {
        Self {
            files,
            modules,
            names: files.iter().map(|file| Names::of(file.scopes())).collect(),
            methods: files.iter().map(|_| OnceLock::new()).collect(),
        }
    }

    /// The imports, invokes and inherits edges that start in a file, each once.
    pub(crate) fn edges_of(&self, file: u32) -> Vec<EdgeRecord> {
        let mut edges = Vec::new();
        for (scope, number) in self.facts(file).scopes().iter().zip(0..) {
            let place = Place { file, scope: number };
            for import in &scope.imports {
                self.import_edges(place, import, &mut edges);
            }
            for base in &scope.bases {
                self.inherits_edges(place, base, &mut edges);
            }
            for invocation in &scope.invocations {
                let from = if invocation.outside { self.around(place) } else { place };
                self.invokes_edges(place, from, &invocation.callee, &mut edges);
            }
        }
        edges.sort_unstable();
        edges.dedup();
        edges
    }

    fn import_edges(&self, place: Place, import: &'a Import, edges: &mut Vec<EdgeRecord>) {
        let Some(target) = self.import_target(place.file, import) else { return };
        let alias = match import {
            Import::Module { alias, .. } | Import::Name { alias, .. } => alias.clone(),
            Import::Wildcard { .. } => None,
        };
        let file = self.facts(place.file).node;
        let mut sources = vec![file, self.owner(place)];
        sources.dedup();
        // A package that imports a name of its own which is no node (`from . import _compiled`) would import itself.
        edges.extend(sources.into_iter().filter(|&source| source != target).map(|source| EdgeRecord {
            source,
            kind: EdgeKind::Imports,
            target,
            alias: alias.clone(),
        }));
    }

    /// The node that an import statement names: a submodule, else a definition of the module, else the module's file.
    fn import_target(&self, file: u32, import: &'a Import) -> Option<u32> {
        let here = &self.facts(file).path;
        let module = |path| self.modules.find(here, path).map(|module| self.facts(module).node);
        match import {
            Import::Module { path, .. } | Import::Wildcard { path } => module(path),
            Import::Name { path, name, .. } => match self.modules.find_name(here, path, name)? {
                modules::Named::Submodule(submodule) => Some(self.facts(submodule).node),
                modules::Named::Attribute(module) => {
                    let definition =
                        self.names[module as usize].definition(name).map(|scope| Place { file: module, scope });
                    Some(definition.map_or(self.facts(module).node, |place| self.node(place)))
                }
                modules::Named::Directory(_) => None,
            },
        }
    }

    fn inherits_edges(&self, place: Place, base: &'a Reference, edges: &mut Vec<EdgeRecord>) {
        let source = self.node(place);
        for value in self.evaluate(self.around(place), base) {
            if let Value::Class(class) = value {
                let target = self.node(class);
                // `class Reader(Reader)` extends what the name stood for before.
                if source != target {
                    push(edges, source, EdgeKind::Inherits, target);
                }
            }
        }
    }

    fn invokes_edges(&self, place: Place, from: Place, callee: &'a Reference, edges: &mut Vec<EdgeRecord>) {
        let source = self.owner(place);
        let values = self.evaluate(from, callee);
        let mut known = false;
        for value in &values {
            if let Value::Class(target) | Value::Function(target) = *value {
                known = true;
                push(edges, source, EdgeKind::Invokes, self.node(target));
            }
        }
        if let Some(Step::Attribute(name)) = callee.steps.last()
            && !known
            && values.contains(&Value::Unknown)
        {
            for &target in self.methods_in_sight(place.file, name) {
                // That a method calls its namesake on something unknown is no sign that it calls itself.
                if target != source {
                    push(edges, source, EdgeKind::Invokes, target);
                }
            }
        }
    }

    /// The node that what happens in a scope belongs to: its own, the class of an `__init__`, or the file.
    fn owner(&self, mut place: Place) -> u32 {
        while self.node(place) == NO_NODE {
            place = self.around(place);
        }
        self.node(place)
    }

    fn node(&self, place: Place) -> u32 {
        self.facts(place.file).nodes[place.scope as usize]
    }

    fn scope(&self, place: Place) -> &'a Scope {
        &self.facts(place.file).scopes()[place.scope as usize]
    }

    fn around(&self, place: Place) -> Place {
        Place { scope: self.scope(place).parent, ..place }
    }

    fn facts(&self, file: u32) -> &'a FileFacts {
        &self.files[file as usize]
    }

    fn is_class(&self, place: Place) -> bool {
        self.scope(place).kind == ScopeKind::Class
    }
}

fn push(edges: &mut Vec<EdgeRecord>, source: u32, kind: EdgeKind, target: u32) {
    // A hidden definition, such as a function inside of `__init__`, is known but no node.
    if source != NO_NODE && target != NO_NODE {
        edges.push(EdgeRecord { source, kind, target, alias: None });
    }
}
