//! The bases of the classes, their method resolution orders and their subclasses.

use std::collections::{BTreeSet, HashMap, VecDeque};

use super::ScopeId;

/// The maximum length of a method resolution order; further classes are ignored.
///
/// Real code needs fewer than 30. The limit bounds the memory for generated classes.
const MAX_ORDER: usize = 64;

/// The hierarchy of the classes of a repository.
#[derive(Default)]
pub(super) struct Classes {
    orders: HashMap<ScopeId, Vec<ScopeId>>,
    subclasses: HashMap<ScopeId, Vec<ScopeId>>,
}

impl Classes {
    /// Takes the bases of each class, in the order of the classes.
    pub(super) fn new(bases: &[(ScopeId, Vec<ScopeId>)]) -> Self {
        let mut classes = Self::default();
        for class in bases_first(bases) {
            let (class, bases) = &bases[class];
            let order = classes.merge(*class, bases);
            classes.orders.insert(*class, order);
        }
        for (class, _) in bases {
            for base in &classes.orders[class][1..] {
                classes.subclasses.entry(*base).or_default().push(*class);
            }
        }
        classes
    }

    /// Returns the method resolution order of a class, which begins with the class itself.
    pub(super) fn order(&self, class: ScopeId) -> &[ScopeId] {
        self.orders.get(&class).map_or(&[], Vec::as_slice)
    }

    /// Returns the direct and indirect subclasses of a class.
    pub(super) fn subclasses(&self, class: ScopeId) -> &[ScopeId] {
        self.subclasses.get(&class).map_or(&[], Vec::as_slice)
    }

    /// Merges the orders of the bases by Python's rule: a class precedes its bases, and bases keep their order.
    fn merge(&self, class: ScopeId, bases: &[ScopeId]) -> Vec<ScopeId> {
        // The order of a base in a cycle is not known yet.
        let of = |base: &ScopeId| self.orders.get(base).cloned().unwrap_or_else(|| vec![*base]).into();
        let mut lists = bases.iter().map(of).collect::<Vec<VecDeque<ScopeId>>>();
        lists.push(bases.iter().copied().collect());
        let mut order = vec![class];
        while order.len() < MAX_ORDER {
            let heads = || lists.iter().filter_map(|list| list.front().copied());
            let is_in_tail = |head: ScopeId| lists.iter().any(|list| list.iter().skip(1).any(|&class| class == head));
            // Python refuses bases without a consistent order. The first one then comes first.
            let Some(next) = heads().find(|&head| !is_in_tail(head)).or_else(|| heads().next()) else { break };
            for list in &mut lists {
                list.retain(|&class| class != next);
            }
            if !order.contains(&next) {
                order.push(next);
            }
        }
        order
    }
}

/// Returns the numbers of the classes, bases before their subclasses; classes in cycles come last.
fn bases_first(bases: &[(ScopeId, Vec<ScopeId>)]) -> Vec<usize> {
    let numbers = bases.iter().enumerate().map(|(number, (class, _))| (*class, number)).collect::<HashMap<_, _>>();
    let mut missing = Vec::new();
    let mut derived: HashMap<usize, Vec<usize>> = HashMap::new();
    for (number, (_, bases)) in bases.iter().enumerate() {
        let known = bases.iter().filter_map(|base| numbers.get(base)).collect::<BTreeSet<_>>();
        missing.push(known.len());
        for &base in known {
            derived.entry(base).or_default().push(number);
        }
    }
    let mut order = (0..bases.len()).filter(|&class| missing[class] == 0).collect::<Vec<_>>();
    let mut done = 0;
    while done < order.len() {
        for &class in derived.get(&order[done]).into_iter().flatten() {
            missing[class] -= 1;
            if missing[class] == 0 {
                order.push(class);
            }
        }
        done += 1;
    }
    order.extend((0..bases.len()).filter(|&class| missing[class] > 0));
    order
}
