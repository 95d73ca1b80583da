//! Finds the definitions that a call leads to.

use super::values::{Value, Values};
use super::{Resolver, ScopeId, push};
use crate::graph::{EdgeKind, EdgeRecord};
use crate::parse::{Reference, Role, Step};

impl<'a> Resolver<'a> {
    /// Adds the edges of a call in the scope `id`, whose names are resolved in the scope `from`.
    pub(super) fn invokes_edges(&self, id: ScopeId, from: ScopeId, callee: &'a Reference, edges: &mut Vec<EdgeRecord>) {
        let source = self.owner(id);
        let Some((last, steps)) = callee.steps.split_last() else {
            let values = self.evaluate(from, callee);
            return self.known_targets(&values).iter().for_each(|&target| self.push_call(source, target, edges));
        };
        let objects = self.follow(from, &callee.root, steps);
        let getters = self.getters(&objects, last);
        let values = self.step_of_all(objects, last);
        let known = self.known_targets(&values);
        for &target in getters.iter().chain(&known) {
            self.push_call(source, target, edges);
        }
        if let Step::Attribute(name) = last
            && known.is_empty()
            && values.contains(&Value::Unknown)
        {
            let mut targets = self.visible_methods(id.file, name);
            if targets.is_empty() {
                targets = self.methods_of_all(name);
            }
            for &target in targets {
                // A method that calls a method of the same name on an unknown object rarely calls itself.
                if target != source {
                    push(edges, source, EdgeKind::Invokes, target);
                }
            }
        }
    }

    fn push_call(&self, source: u32, target: ScopeId, edges: &mut Vec<EdgeRecord>) {
        push(edges, source, EdgeKind::Invokes, self.node(target));
    }

    /// Returns the classes and functions among the values.
    fn known_targets(&self, values: &[Value<'a>]) -> Vec<ScopeId> {
        let targets = values.iter().flat_map(|value| match *value {
            Value::Class(of) => vec![of.class],
            Value::Function(function) | Value::Method(function, _) => self.implementations(function),
            _ => Vec::new(),
        });
        targets.collect()
    }

    /// Returns the properties that a call reads before it calls their value: `go` in `self.go()`.
    fn getters(&self, objects: &Values<'a>, step: &'a Step) -> Vec<ScopeId> {
        let Step::Attribute(name) = step else { return Vec::new() };
        let members = objects.iter().flat_map(|object| match *object {
            Value::Instance(of) => self.members(of, name),
            _ => Vec::new(),
        });
        let is_property = |function: &ScopeId| self.scope(*function).role == Role::Property;
        members.filter_map(Value::function).filter(is_property).collect()
    }

    /// Returns the functions that run for a function: itself or, for a stub, the inherited ones, if there are any.
    fn implementations(&self, function: ScopeId) -> Vec<ScopeId> {
        let (scope, class) = (self.scope(function), self.enclosing(function));
        let bases = match self.classes.order(class) {
            [_, bases @ ..] if scope.is_stub => bases,
            _ => return vec![function],
        };
        let running = bases.iter().map(|base| {
            let members = self.own_member(*base, &scope.name).into_iter().filter_map(Value::function);
            members.filter(|member| !self.scope(*member).is_stub).collect::<Vec<_>>()
        });
        let mut running = running.filter(|found| !found.is_empty());
        running.next().unwrap_or_else(|| vec![function])
    }
}
