//! Finds the attributes of classes and their instances.

use super::values::{Origin, Trail, Type, Value, Values, add, with_receiver};
use super::{Resolver, ScopeId};
use crate::parse::Role;

/// The number of subclasses above which calls are not followed to them: the time would be out of proportion.
const MAX_SUBCLASSES: usize = 200;

/// The number of overrides above which a call leads only to the method of the known class.
///
/// With 30 and any number of subclasses, the calls in Django have recall 0.788 instead of 0.779 and precision 0.842
/// instead of 0.855; those in sympy 0.855 instead of 0.826 and 0.655 instead of 0.729.
const MAX_OVERRIDES: usize = 8;

impl<'a> Resolver<'a> {
    /// Returns the values of an attribute of a class.
    pub(super) fn class_attribute(&self, of: Type, name: &'a str) -> Values<'a> {
        let bind = |member| match member {
            Value::Function(function) if self.scope(function).role == Role::ClassMethod => Value::Method(function, of),
            other => other,
        };
        let mut values = self.members(of, name).into_iter().map(bind).collect::<Values<'_>>();
        if values.is_empty() {
            // A class is an instance of its metaclass.
            let metaclass = self.classes.order(of.class).iter().find_map(|&class| self.metaclass(class));
            if let Some(class) = metaclass.filter(|&class| class != of.class) {
                values = self.instance_attribute(Type { class, origin: Origin::Call }, name);
            }
        }
        values
    }

    fn metaclass(&self, class: ScopeId) -> Option<ScopeId> {
        let reference = self.scope(class).metaclass.as_ref()?;
        self.evaluate(self.enclosing(class), reference).into_iter().find_map(|value| match value {
            Value::Class(of) => Some(of.class),
            _ => None,
        })
    }

    /// Returns the values of an attribute of an instance.
    pub(super) fn instance_attribute(&self, of: Type, name: &'a str) -> Values<'a> {
        let mut values = Vec::new();
        for &class in self.classes.order(of.class) {
            if let Some(variable) = self.names[class.file as usize].attribute(class.scope, name) {
                let assigned = self.variable(class.file, variable).iter();
                add(&mut values, assigned.map(|&value| with_receiver(value, of)));
            }
        }
        for member in self.members(of, name) {
            match member {
                Value::Function(function) => match self.scope(function).role {
                    Role::Property => add(&mut values, self.result(function, Some(of))),
                    Role::StaticMethod => add(&mut values, [member]),
                    _ => add(&mut values, [Value::Method(function, of)]),
                },
                other => add(&mut values, [other]),
            }
        }
        values
    }

    /// Returns the members of a class and, if the object may be of a subclass, of its subclasses.
    pub(super) fn members(&self, of: Type, name: &'a str) -> Values<'a> {
        let mut members = self.first_member(self.classes.order(of.class), name);
        if of.origin != Origin::Call {
            self.add_overrides(of.class, name, &mut members);
        }
        members
    }

    /// Adds the methods by which subclasses override a method.
    fn add_overrides(&self, class: ScopeId, name: &'a str, members: &mut Values<'a>) {
        let subclasses = self.classes.subclasses(class);
        if subclasses.len() > MAX_SUBCLASSES {
            return;
        }
        let is_missing = members.is_empty();
        let mut overrides = Vec::new();
        for &subclass in subclasses {
            if is_missing || !self.names[subclass.file as usize].bindings(subclass.scope, name).is_empty() {
                add(&mut overrides, self.first_member(self.classes.order(subclass), name));
            }
        }
        overrides.retain(|value| !members.contains(value));
        if overrides.len() <= MAX_OVERRIDES {
            add(members, overrides);
        }
    }

    /// Returns the member of the first class of an order that binds a name.
    fn first_member(&self, order: &[ScopeId], name: &'a str) -> Values<'a> {
        order.iter().map(|class| self.own_member(*class, name)).find(|found| !found.is_empty()).unwrap_or_default()
    }

    pub(super) fn own_member(&self, class: ScopeId, name: &'a str) -> Values<'a> {
        let bindings = self.names[class.file as usize].bindings(class.scope, name);
        self.values_of(class, bindings, &mut Trail::default())
    }

    /// Returns the members that `super()` finds: those after a class in its own order, or in that of a subclass.
    pub(super) fn inherited(&self, class: ScopeId, name: &'a str) -> Values<'a> {
        let after = |of: ScopeId| {
            let order = self.classes.order(of);
            let position = order.iter().position(|&found| found == class);
            self.first_member(position.map_or(&[], |position| &order[position + 1..]), name)
        };
        let mut found = after(class);
        let subclasses = self.classes.subclasses(class);
        if subclasses.len() <= MAX_SUBCLASSES {
            let mut others = Vec::new();
            for &subclass in subclasses {
                add(&mut others, after(subclass));
            }
            others.retain(|value| !found.contains(value));
            if others.len() <= MAX_OVERRIDES {
                add(&mut found, others);
            }
        }
        let of = Type { class, origin: Origin::Receiver };
        found
            .into_iter()
            .map(|value| match value {
                Value::Function(function) if self.scope(function).role != Role::StaticMethod => {
                    Value::Method(function, of)
                }
                other => other,
            })
            .collect()
    }
}
