//! Resolves names to nodes, and builds the edges.
//!
//! - `modules`: module paths to files
//! - `names`: the bindings of names in a scope
//! - `classes`: bases, method resolution orders and subclasses
//! - `infer`: the values of variables, attributes and results
//! - `values`: names, attributes and calls to definitions
//! - `attributes`: the members of classes and their instances
//! - `members`: methods by name, for calls on objects of unknown type
//! - `calls`: the invokes edges
//! - this module: the other edges
//!
//! Names that come from outside the repository get no edge.

mod attributes;
mod calls;
mod classes;
mod infer;
mod members;
mod modules;
mod names;
mod values;

use std::collections::HashMap;
use std::sync::OnceLock;

use rayon::prelude::*;

use crate::graph::{EdgeKind, EdgeRecord, NO_NODE};
use crate::parse::{Import, ParsedFile, Reference, Scope, ScopeKind};

use classes::Classes;
use infer::Inferred;
pub(crate) use modules::Modules;
use names::Names;
use values::Value;

/// The maximum number of bases of a class; further ones are ignored.
const MAX_BASES: usize = 16;

/// A parsed file and its nodes.
pub(crate) struct FileFacts {
    /// The path relative to the root, with `/`.
    pub(crate) path: String,
    pub(crate) node: u32,
    /// The scopes; `None` for a skipped file.
    pub(crate) parsed: Option<ParsedFile>,
    /// The node of each scope; `NO_NODE` for hidden ones.
    pub(crate) nodes: Vec<u32>,
}

impl FileFacts {
    pub(crate) fn scopes(&self) -> &[Scope] {
        self.parsed.as_ref().map_or(&[], |parsed| &parsed.scopes)
    }
}

/// A reference to a scope of a file: a class, a function, or the module, which has number 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct ScopeId {
    file: u32,
    scope: u32,
}

/// A resolver of names. Threads can share it: its results do not depend on the order of the calls.
pub(crate) struct Resolver<'a> {
    files: &'a [FileFacts],
    modules: &'a Modules,
    /// The bindings of each file.
    names: Vec<Names<'a>>,
    classes: Classes,
    inferred: Inferred<'a>,
    /// The methods of the visible classes of each file, by name; filled on first use.
    methods: Vec<OnceLock<HashMap<&'a str, Vec<u32>>>>,
    /// The methods of all classes, by name; filled on first use.
    all_methods: OnceLock<HashMap<&'a str, Vec<u32>>>,
}

impl<'a> Resolver<'a> {
    pub(crate) fn new(files: &'a [FileFacts], modules: &'a Modules) -> Self {
        let mut resolver = Self {
            files,
            modules,
            names: files.par_iter().map(|file| Names::of(file.scopes())).collect(),
            classes: Classes::default(),
            inferred: Vec::new(),
            methods: files.iter().map(|_| OnceLock::new()).collect(),
            all_methods: OnceLock::new(),
        };
        resolver.classes = Classes::new(&resolver.bases_of_all());
        resolver.infer();
        resolver
    }

    /// Returns the bases of each class of the repository, in the order of the classes.
    fn bases_of_all(&self) -> Vec<(ScopeId, Vec<ScopeId>)> {
        let classes = (0..self.files.len()).into_par_iter().flat_map_iter(|file| {
            let file = u32::try_from(file).unwrap_or(u32::MAX);
            let scopes = self.facts(file).scopes().iter().zip(0..);
            let classes = scopes.filter(|(scope, _)| scope.kind == ScopeKind::Class);
            classes.map(move |(_, scope)| ScopeId { file, scope })
        });
        classes.map(|class| (class, self.bases(class))).collect()
    }

    /// Returns the bases of a class, in their order. A base that a call makes stands for the classes in the call.
    fn bases(&self, class: ScopeId) -> Vec<ScopeId> {
        let mut bases = Vec::new();
        for reference in self.scope(class).bases.iter().chain(&self.scope(class).base_parts) {
            for value in self.evaluate(self.enclosing(class), reference) {
                if let Value::Class(base) = value
                    && base.class != class
                    && !bases.contains(&base.class)
                    && bases.len() < MAX_BASES
                {
                    bases.push(base.class);
                }
            }
        }
        bases
    }

    /// Returns the imports, invokes and inherits edges that start in a file, without duplicates.
    pub(crate) fn edges_of(&self, file: u32) -> Vec<EdgeRecord> {
        let mut edges = Vec::new();
        for (scope, number) in self.facts(file).scopes().iter().zip(0..) {
            let id = ScopeId { file, scope: number };
            for import in &scope.imports {
                self.import_edges(id, import, &mut edges);
            }
            for base in &scope.bases {
                self.inherits_edges(id, base, &mut edges);
            }
            for invocation in &scope.invocations {
                let from = if invocation.outside { self.enclosing(id) } else { id };
                self.invokes_edges(id, from, &invocation.callee, &mut edges);
            }
        }
        edges.sort_unstable();
        edges.dedup();
        edges
    }

    fn import_edges(&self, id: ScopeId, import: &'a Import, edges: &mut Vec<EdgeRecord>) {
        let Some(target) = self.import_target(id.file, import) else { return };
        let alias = match import {
            Import::Module { alias, .. } | Import::Name { alias, .. } => alias.clone(),
            Import::Wildcard { .. } => None,
        };
        let file = self.facts(id.file).node;
        let mut sources = vec![file, self.owner(id)];
        sources.dedup();
        // `from . import _compiled` in a package would make the package import itself if the name has no node.
        edges.extend(sources.into_iter().filter(|&source| source != target).map(|source| EdgeRecord {
            source,
            kind: EdgeKind::Imports,
            target,
            alias: alias.clone(),
        }));
    }

    /// Returns the node that is imported: a submodule, else a definition of the module, else the module's file.
    fn import_target(&self, file: u32, import: &'a Import) -> Option<u32> {
        let here = &self.facts(file).path;
        let module = |path| self.modules.find(here, path).map(|module| self.facts(module).node);
        match import {
            Import::Module { path, .. } | Import::Wildcard { path } => module(path),
            Import::Name { path, name, .. } => match self.modules.find_name(here, path, name)? {
                modules::Named::Submodule(submodule) => Some(self.facts(submodule).node),
                modules::Named::Attribute(module) => {
                    let definition =
                        self.names[module as usize].definition(name).map(|scope| ScopeId { file: module, scope });
                    Some(definition.map_or(self.facts(module).node, |id| self.node(id)))
                }
                modules::Named::Directory(_) => None,
            },
        }
    }

    fn inherits_edges(&self, id: ScopeId, base: &'a Reference, edges: &mut Vec<EdgeRecord>) {
        let source = self.node(id);
        for value in self.evaluate(self.enclosing(id), base) {
            if let Value::Class(class) = value {
                let target = self.node(class.class);
                // In `class Reader(Reader)`, the base is an earlier binding of the name, but both have the same node.
                if source != target {
                    push(edges, source, EdgeKind::Inherits, target);
                }
            }
        }
    }

    /// Returns the node to which the imports and calls of a scope belong: its own, else that of the enclosing scope.
    ///
    /// The imports and calls of an `__init__` method belong to its class.
    fn owner(&self, mut id: ScopeId) -> u32 {
        while self.node(id) == NO_NODE {
            id = self.enclosing(id);
        }
        self.node(id)
    }

    fn node(&self, id: ScopeId) -> u32 {
        self.facts(id.file).nodes[id.scope as usize]
    }

    fn scope(&self, id: ScopeId) -> &'a Scope {
        &self.facts(id.file).scopes()[id.scope as usize]
    }

    fn enclosing(&self, id: ScopeId) -> ScopeId {
        ScopeId { scope: self.scope(id).parent, ..id }
    }

    fn facts(&self, file: u32) -> &'a FileFacts {
        &self.files[file as usize]
    }

    fn is_class(&self, id: ScopeId) -> bool {
        self.scope(id).kind == ScopeKind::Class
    }
}

fn push(edges: &mut Vec<EdgeRecord>, source: u32, kind: EdgeKind, target: u32) {
    // A hidden definition, such as a function in `__init__`, has no node.
    if source != NO_NODE && target != NO_NODE {
        edges.push(EdgeRecord { source, kind, target, alias: None });
    }
}
