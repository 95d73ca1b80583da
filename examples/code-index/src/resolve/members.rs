//! Which methods are in sight of a file, for calls on something unknown.

use std::collections::{BTreeSet, HashMap};

use super::values::{Trail, Value};
use super::{Place, Resolver};
use crate::parse::{Import, MODULE, ScopeKind};
use crate::walk::is_package;

/// A name that more methods in sight have than this says nothing. The most that a call leads to is 51 in Django, 42 in
/// scikit-learn, whose every estimator has a `fit`, and 32 in matplotlib.
const MOST_METHODS: usize = 100;

impl<'a> Resolver<'a> {
    /// The nodes of the methods of this name in the classes that a file defines or imports, by itself or with a whole module.
    pub(super) fn methods_in_sight(&self, file: u32, name: &str) -> &[u32] {
        let methods = self.methods[file as usize].get_or_init(|| self.collect_methods(file));
        methods.get(name).map_or(&[], Vec::as_slice)
    }

    fn collect_methods(&self, file: u32) -> HashMap<&'a str, Vec<u32>> {
        let mut classes = BTreeSet::new();
        self.add_classes_of_file(file, &mut classes);
        for import in self.facts(file).scopes().iter().flat_map(|scope| &scope.imports) {
            self.add_imported_classes(file, import, &mut classes);
        }
        let mut methods: HashMap<_, BTreeSet<_>> = HashMap::new();
        for file in classes.iter().map(|class| class.file).collect::<BTreeSet<_>>() {
            for (scope, number) in self.facts(file).scopes().iter().zip(0..) {
                let class = Place { file, scope: scope.parent };
                if scope.kind == ScopeKind::Function && !scope.hidden && classes.contains(&class) {
                    methods.entry(scope.name.as_str()).or_default().insert(self.node(Place { scope: number, ..class }));
                }
            }
        }
        let telling = methods.into_iter().filter(|(_, nodes)| nodes.len() <= MOST_METHODS);
        telling.map(|(name, nodes)| (name, nodes.into_iter().collect())).collect()
    }

    fn add_imported_classes(&self, file: u32, import: &'a Import, classes: &mut BTreeSet<Place>) {
        let here = &self.facts(file).path;
        match import {
            Import::Wildcard { path } => {
                if let Some(module) = self.modules.find(here, path) {
                    self.add_classes_of_module(module, classes);
                }
            }
            Import::Module { path, .. } => {
                // `import a.b` binds `a`, but what it brings into sight is `b`.
                if let Some(module) = self.modules.find(here, path) {
                    self.add_classes_of_module(module, classes);
                }
            }
            Import::Name { path, .. } => {
                for value in self.imported(file, import, &mut Trail::default()) {
                    match value {
                        Value::Class(class) => self.add_class(class, classes),
                        Value::Module(module) => self.add_classes_of_module(module, classes),
                        // A variable, likely an instance of one of the module's classes.
                        Value::Unknown => {
                            if let Some(module) = self.modules.find(here, path) {
                                self.add_classes_of_module(module, classes);
                            }
                        }
                        Value::Directory(_) | Value::Super(_) | Value::Function(_) => {}
                    }
                }
            }
        }
    }

    /// The module's classes, and those that a package's `__init__.py` passes on.
    fn add_classes_of_module(&self, file: u32, classes: &mut BTreeSet<Place>) {
        self.add_classes_of_file(file, classes);
        let facts = self.facts(file);
        if !is_package(&facts.path) {
            return;
        }
        let Some(module) = facts.scopes().first() else { return };
        for import in &module.imports {
            if let Import::Wildcard { path } = import
                && let Some(module) = self.modules.find(&facts.path, path)
            {
                self.add_classes_of_file(module, classes);
            }
            for value in self.imported(file, import, &mut Trail::default()) {
                if let Value::Class(class) = value {
                    self.add_class(class, classes);
                }
            }
        }
    }

    fn add_classes_of_file(&self, file: u32, classes: &mut BTreeSet<Place>) {
        let scopes = self.facts(file).scopes().iter().zip(0..);
        classes
            .extend(scopes.filter(|(scope, _)| scope.kind == ScopeKind::Class).map(|(_, scope)| Place { file, scope }));
    }

    /// A class and the classes inside of it.
    fn add_class(&self, class: Place, classes: &mut BTreeSet<Place>) {
        let scopes = self.facts(class.file).scopes();
        classes.extend((class.scope..).zip(&scopes[class.scope as usize..]).filter_map(|(scope, found)| {
            let place = Place { scope, ..class };
            (found.kind == ScopeKind::Class && self.is_within(place, class)).then_some(place)
        }));
    }

    fn is_within(&self, mut place: Place, class: Place) -> bool {
        while place.scope > class.scope && place.scope != MODULE {
            place = self.around(place);
        }
        place == class
    }
}
