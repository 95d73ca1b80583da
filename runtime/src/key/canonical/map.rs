//! Maps in both notations.

use std::fmt::Write;

use serde::ser::{self, Serialize};
use serde_json::Value;

use super::form::{Error, Form};
use super::serializer::Canonical;
use crate::ordered;

/// A map while it is serialized.
pub(super) struct Map {
    label: String,
    order: Order,
    /// The key whose value has yet to follow.
    pending: Option<Key>,
    entries: Vec<Entry>,
}

/// The order in which a map yields its entries.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// The order of a hash map, which has no meaning.
    Arbitrary,
    /// The order of any other map, which may have a meaning.
    Kept,
    /// The order of a map whose type is unknown, with the number of entries if serde passes it.
    Unknown(Option<usize>),
}

struct Entry {
    key: Key,
    value: Form,
}

struct Key {
    form: Form,
    /// The key came as a reference to the item of an iterator, itself a reference. `Serializer::collect_map` of a
    /// serializer between this one and the map passes keys in that way.
    is_collected: bool,
}

impl Map {
    pub(super) fn new(label: String, order: Order) -> Map {
        Map { label, order, pending: None, entries: Vec::new() }
    }

    pub(super) fn push_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        if self.pending.is_some() {
            return Err(without_value());
        }
        let is_collected = std::any::type_name::<T>().starts_with('&');
        self.pending = Some(Key { form: key.serialize(Canonical)?, is_collected });
        Ok(())
    }

    pub(super) fn push_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        let Some(key) = self.pending.take() else {
            return Err(ser::Error::custom("a map's value came before its key"));
        };
        self.entries.push(Entry { key, value: value.serialize(Canonical)? });
        Ok(())
    }

    /// Writes the map. Its JSON is an object if every key is a string, else a list of pairs.
    pub(super) fn finish(self) -> Result<Form, Error> {
        if self.pending.is_some() {
            return Err(without_value());
        }
        let has_fields = self.entries.iter().any(|entry| !entry.key.is_collected);
        let is_sorted = |entry: &Entry| match self.order {
            Order::Arbitrary => true,
            Order::Kept => false,
            // A struct with a flattened field: serde passes no number of entries, and the keys of its tag and its own
            // fields are not collected.
            Order::Unknown(length) => entry.key.is_collected && (length.is_none() || has_fields),
        };
        let (mut sorted, mut kept): (Vec<Entry>, Vec<Entry>) = self.entries.into_iter().partition(is_sorted);
        // By the key alone: two flattened maps may have the same key, and the order of the maps has a meaning.
        sorted.sort_by(|left, right| left.key.form.exact.cmp(&right.key.form.exact));
        let exact = exact(self.label, &kept, &sorted);
        kept.append(&mut sorted);
        Ok(Form::new(plain(kept), exact))
    }
}

fn without_value() -> Error {
    ser::Error::custom("a map's key has no value")
}

fn exact(label: String, kept: &[Entry], sorted: &[Entry]) -> String {
    let mut exact = label + "{";
    for (entries, end) in [(kept, ','), (sorted, ';')] {
        for Entry { key, value } in entries {
            let _ = write!(exact, "{}=>{}{end}", key.form.exact, value.exact);
        }
    }
    exact.push_str(if kept.is_empty() && sorted.is_empty() { "=>}" } else { "}" });
    exact
}

fn plain(entries: Vec<Entry>) -> Value {
    if entries.iter().all(|entry| entry.key.form.plain.is_string()) {
        let name = |key: &Value| key.as_str().unwrap_or_default().to_owned();
        Value::Object(ordered::collect(
            entries.into_iter().map(|entry| (name(&entry.key.form.plain), entry.value.plain)),
        ))
    } else {
        entries.into_iter().map(|entry| Value::Array(vec![entry.key.form.plain, entry.value.plain])).collect()
    }
}

impl ser::SerializeMap for Map {
    type Ok = Form;
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        self.push_key(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.push_value(value)
    }

    fn end(self) -> Result<Form, Error> {
        self.finish()
    }
}
