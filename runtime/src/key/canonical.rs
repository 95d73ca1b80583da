//! The canonical form of a configuration: equal values have one text, different values have different texts.
//!
//! The text has two lines.
//!
//! 1. Plain JSON, for people and for the [difference](super::difference) between two keys. `Some(5)` is `5`, a variant is
//!    its name, a `NaN` is a string: different values may have the same JSON.
//! 2. The same value in a notation that has a form of its own for each call of serde's data model, so that none of them
//!    meet: `()` and `None`, `None` and `Some(None)`, `5u8` and `5u64`, a character and a string, a struct and a map, a list,
//!    a tuple and a set.
//!
//! # The notation
//!
//! | call | text |
//! | --- | --- |
//! | numbers | `5u8`, `-1i128`, `1.2f32`, `-0.0f64`, `NaNf64` |
//! | `bool`, `char`, `str`, `bytes` | `true`, `char"c"`, `"text"`, `bytes"00ff"`; with the escapes of JSON |
//! | unit, none, some | `()`, `None`, `Some(VALUE)` |
//! | unit struct, newtype struct | `Name!`, `Name(VALUE)` |
//! | tuple, tuple struct | `(VALUE,VALUE,)`, `Name(VALUE,)`; `(,)` without elements |
//! | struct | `Name{field:VALUE,}`, by the fields' names |
//! | variants | `Enum::Variant@INDEX`, followed by the content as that of a struct |
//! | sequence | `Vec[VALUE,]`, with the name of the type where serde knows it |
//! | map | `BTreeMap{KEY=>VALUE,}`, likewise; `{=>}` without entries; entries that were sorted end in `;` |
//!
//! A name that is not an identifier, or is `Some`, is written as `#"name"`.
//!
//! # Order
//!
//! The order of a hash table is an accident: its elements and entries are sorted. This goes for the types of the modules
//! `std::collections::hash` and of the crate `hashbrown` only, whose type [`Serializer::collect_seq`] and
//! [`Serializer::collect_map`] are called with. Every other order is kept, since it may have a meaning: that of a list, of
//! an `IndexSet`, an `IndexMap`, or any type of other crates.
//!
//! `#[serde(flatten)]` and internally tagged enums hide the type of a map from its serializer. There, a hash map and an
//! ordered map look alike, and their entries count as fields of the struct: sorted.
//!
//! # Not told apart
//!
//! Values for which a `Serialize` makes the same calls: two variants of one untagged enum with equal content, a `PathBuf`
//! and a `String`, a `Box` and its content.

use std::fmt::{Display, Write};

use serde::ser::{self, Serialize, Serializer};
use serde_json::Value;

/// Returns the canonical text of `value`.
///
/// # Errors
/// Fails with the message of a `Serialize` that fails.
pub(crate) fn canonical<T: Serialize + ?Sized>(value: &T) -> Result<String, Error> {
    value.serialize(Canonical).map(|Form { plain, exact }| format!("{plain}\n{exact}"))
}

/// Splits a canonical text into its JSON and its exact notation, which texts of earlier versions lack.
pub(super) fn split(text: &str) -> (&str, Option<&str>) {
    text.split_once('\n').map_or((text, None), |(plain, exact)| (plain, Some(exact)))
}

/// A message from a `Serialize` that failed.
#[derive(Debug)]
pub(crate) struct Error(String);

impl Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Error {}

impl ser::Error for Error {
    fn custom<T: Display>(message: T) -> Error {
        Error(message.to_string())
    }
}

/// A value in both notations.
struct Form {
    plain: Value,
    exact: String,
}

impl Form {
    fn new(plain: impl Into<Value>, exact: impl Into<String>) -> Form {
        Form { plain: plain.into(), exact: exact.into() }
    }
}

#[derive(Clone, Copy)]
struct Canonical;

/// Returns the path of a type without references and type arguments.
fn path_of<T: ?Sized>() -> &'static str {
    let name = std::any::type_name::<T>().trim_start_matches('&').trim_start_matches("mut ");
    if name.starts_with('[') { "slice" } else { name.split('<').next().unwrap_or(name) }
}

/// Returns the last component of the type's path.
fn label_of<T: ?Sized>() -> String {
    let path = path_of::<T>();
    name(path.rsplit("::").next().unwrap_or(path))
}

/// Returns `true` for hash tables and their iterators: the order of what they yield is an accident.
fn is_hash_table<T: ?Sized>() -> bool {
    let path = path_of::<T>();
    path.starts_with("std::collections::hash::") || path.starts_with("hashbrown::")
}

/// A name as it stands in the exact notation.
fn name(name: &str) -> String {
    let is_identifier = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && !name.starts_with(|first: char| first.is_ascii_digit());
    if is_identifier && !name.is_empty() && name != "Some" { name.to_owned() } else { format!("#{}", quoted(name)) }
}

fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

fn float(plain: f64, exact: String) -> Form {
    // JSON has no such numbers, and would make them all one `null`.
    let plain = serde_json::Number::from_f64(plain).map_or_else(|| Value::String(plain.to_string()), Value::Number);
    Form { plain, exact }
}

fn integer<T: Display + Copy>(value: T, kind: &str, number: Option<serde_json::Number>) -> Form {
    let plain = number.map_or_else(|| Value::String(value.to_string()), Value::Number);
    Form::new(plain, format!("{value}{kind}"))
}

/// What the content of a struct, a tuple or a variant is called.
struct Head {
    /// The variant, where there is one.
    plain: Option<&'static str>,
    exact: String,
}

impl Head {
    fn none() -> Head {
        Head { plain: None, exact: String::new() }
    }

    fn of_struct(type_name: &str) -> Head {
        Head { plain: None, exact: name(type_name) }
    }

    fn of_variant(type_name: &str, index: u32, variant: &'static str) -> Head {
        // Two variants may have been given one name.
        Head { plain: Some(variant), exact: format!("{}::{}@{index}", name(type_name), name(variant)) }
    }

    fn with(self, plain: impl Into<Value>, content: &str) -> Form {
        let plain = plain.into();
        let plain = match self.plain {
            Some(variant) => Value::Object(std::iter::once((variant.to_owned(), plain)).collect()),
            None => plain,
        };
        Form::new(plain, self.exact + content)
    }
}

/// Elements of a sequence.
struct Sequence {
    label: String,
    is_sorted: bool,
    elements: Vec<Form>,
}

impl Sequence {
    fn push<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.elements.push(value.serialize(Canonical)?);
        Ok(())
    }

    fn finish(mut self) -> Form {
        if self.is_sorted {
            self.elements.sort_by(|left, right| left.exact.cmp(&right.exact));
        }
        let mut exact = self.label + "[";
        for element in &self.elements {
            exact.push_str(&element.exact);
            exact.push(',');
        }
        exact.push(']');
        Form::new(self.elements.into_iter().map(|element| element.plain).collect::<Value>(), exact)
    }
}

/// Elements of a tuple.
struct Elements {
    head: Head,
    elements: Vec<Form>,
}

impl Elements {
    fn new(head: Head) -> Elements {
        Elements { head, elements: Vec::new() }
    }

    fn push<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.elements.push(value.serialize(Canonical)?);
        Ok(())
    }

    fn finish(self) -> Form {
        let mut content = String::from("(");
        for element in &self.elements {
            content.push_str(&element.exact);
            content.push(',');
        }
        content.push_str(if self.elements.is_empty() { ",)" } else { ")" });
        self.head.with(self.elements.into_iter().map(|element| element.plain).collect::<Value>(), &content)
    }
}

/// Fields of a struct.
struct Fields {
    head: Head,
    fields: Vec<(&'static str, Form)>,
}

impl Fields {
    fn new(head: Head) -> Fields {
        Fields { head, fields: Vec::new() }
    }

    fn push<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Error> {
        self.fields.push((name, value.serialize(Canonical)?));
        Ok(())
    }

    fn finish(mut self) -> Form {
        self.fields.sort_by_key(|(name, _)| *name);
        let mut content = String::from("{");
        for (field, form) in &self.fields {
            let _ = write!(content, "{}:{},", name(field), form.exact);
        }
        content.push('}');
        let plain = self.fields.into_iter().map(|(name, form)| (name.to_owned(), form.plain));
        self.head.with(Value::Object(plain.collect()), &content)
    }
}

/// Keys and values of a map.
struct Entries {
    label: String,
    order: Order,
    key: Option<(Form, bool)>,
    pairs: Vec<Entry>,
}

/// What is known of the order of a map.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    /// That of a hash map.
    Accident,
    /// That of another map.
    Kept,
    /// A map without its type, of so many entries if that is known.
    Unknown(Option<usize>),
}

struct Entry {
    key: Form,
    value: Form,
    /// The key came as a reference to what an iterator yields, itself a reference: so does
    /// [`Serializer::collect_map`] of a serializer that stands between this one and the map.
    is_collected: bool,
}

impl Entries {
    fn new(label: String, order: Order) -> Entries {
        Entries { label, order, key: None, pairs: Vec::new() }
    }

    fn push_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        if self.key.is_some() {
            return Err(ser::Error::custom("a map's key has no value"));
        }
        self.key = Some((key.serialize(Canonical)?, std::any::type_name::<T>().starts_with('&')));
        Ok(())
    }

    fn push_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        let Some((key, is_collected)) = self.key.take() else {
            return Err(ser::Error::custom("a map's value came before its key"));
        };
        self.pairs.push(Entry { key, value: value.serialize(Canonical)?, is_collected });
        Ok(())
    }

    /// The JSON is an object if every key is a string, else a list of pairs.
    fn finish(self) -> Result<Form, Error> {
        if self.key.is_some() {
            return Err(ser::Error::custom("a map's key has no value"));
        }
        let is_beside_fields = self.pairs.iter().any(|entry| !entry.is_collected);
        let is_sorted = |entry: &Entry| match self.order {
            Order::Accident => true,
            Order::Kept => false,
            // serde does not say how many entries a struct with a flattened field has; and where it adds a tag, or
            // fields, their keys are plain names.
            Order::Unknown(length) => entry.is_collected && (length.is_none() || is_beside_fields),
        };
        let (mut sorted, mut entries): (Vec<Entry>, Vec<Entry>) = self.pairs.into_iter().partition(is_sorted);
        // By the key alone: two flattened maps may have the same one, and which of them came first has a meaning.
        sorted.sort_by(|left, right| left.key.exact.cmp(&right.key.exact));
        let mut exact = self.label + "{";
        let groups = [(&entries, ','), (&sorted, ';')];
        for (entry, end) in groups.into_iter().flat_map(|(group, end)| group.iter().map(move |entry| (entry, end))) {
            let _ = write!(exact, "{}=>{}{end}", entry.key.exact, entry.value.exact);
        }
        exact.push_str(if entries.is_empty() && sorted.is_empty() { "=>}" } else { "}" });
        entries.append(&mut sorted);
        let plain: Value = if entries.iter().all(|entry| entry.key.plain.is_string()) {
            let name = |key: &Value| key.as_str().unwrap_or_default().to_owned();
            Value::Object(entries.into_iter().map(|entry| (name(&entry.key.plain), entry.value.plain)).collect())
        } else {
            entries.into_iter().map(|entry| Value::Array(vec![entry.key.plain, entry.value.plain])).collect()
        };
        Ok(Form::new(plain, exact))
    }
}

impl Serializer for Canonical {
    type Ok = Form;
    type Error = Error;
    type SerializeSeq = Sequence;
    type SerializeTuple = Elements;
    type SerializeTupleStruct = Elements;
    type SerializeTupleVariant = Elements;
    type SerializeMap = Entries;
    type SerializeStruct = Fields;
    type SerializeStructVariant = Fields;

    fn collect_seq<I>(self, iter: I) -> Result<Form, Error>
    where
        I: IntoIterator,
        I::Item: Serialize,
    {
        let mut sequence = Sequence { label: label_of::<I>(), is_sorted: is_hash_table::<I>(), elements: Vec::new() };
        for element in iter {
            sequence.push(&element)?;
        }
        Ok(sequence.finish())
    }

    fn collect_map<K, V, I>(self, iter: I) -> Result<Form, Error>
    where
        K: Serialize,
        V: Serialize,
        I: IntoIterator<Item = (K, V)>,
    {
        let order = if is_hash_table::<I>() { Order::Accident } else { Order::Kept };
        let mut entries = Entries::new(label_of::<I>(), order);
        for (key, value) in iter {
            entries.push_key(&key)?;
            entries.push_value(&value)?;
        }
        entries.finish()
    }

    fn serialize_bool(self, v: bool) -> Result<Form, Error> {
        Ok(Form::new(v, v.to_string()))
    }

    fn serialize_i8(self, v: i8) -> Result<Form, Error> {
        Ok(integer(v, "i8", Some(v.into())))
    }

    fn serialize_i16(self, v: i16) -> Result<Form, Error> {
        Ok(integer(v, "i16", Some(v.into())))
    }

    fn serialize_i32(self, v: i32) -> Result<Form, Error> {
        Ok(integer(v, "i32", Some(v.into())))
    }

    fn serialize_i64(self, v: i64) -> Result<Form, Error> {
        Ok(integer(v, "i64", Some(v.into())))
    }

    fn serialize_i128(self, v: i128) -> Result<Form, Error> {
        let number = i64::try_from(v).map(Into::into).or_else(|_| u64::try_from(v).map(Into::into));
        Ok(integer(v, "i128", number.ok()))
    }

    fn serialize_u8(self, v: u8) -> Result<Form, Error> {
        Ok(integer(v, "u8", Some(v.into())))
    }

    fn serialize_u16(self, v: u16) -> Result<Form, Error> {
        Ok(integer(v, "u16", Some(v.into())))
    }

    fn serialize_u32(self, v: u32) -> Result<Form, Error> {
        Ok(integer(v, "u32", Some(v.into())))
    }

    fn serialize_u64(self, v: u64) -> Result<Form, Error> {
        Ok(integer(v, "u64", Some(v.into())))
    }

    fn serialize_u128(self, v: u128) -> Result<Form, Error> {
        Ok(integer(v, "u128", u64::try_from(v).ok().map(Into::into)))
    }

    fn serialize_f32(self, v: f32) -> Result<Form, Error> {
        // Through its shortest text, so that people are shown 1.2 and not 1.2000000476837158.
        Ok(float(v.to_string().parse().unwrap_or_else(|_| f64::from(v)), format!("{v:?}f32")))
    }

    fn serialize_f64(self, v: f64) -> Result<Form, Error> {
        Ok(float(v, format!("{v:?}f64")))
    }

    fn serialize_char(self, v: char) -> Result<Form, Error> {
        let text = v.to_string();
        Ok(Form::new(text.as_str(), format!("char{}", quoted(&text))))
    }

    fn serialize_str(self, v: &str) -> Result<Form, Error> {
        Ok(Form::new(v, quoted(v)))
    }

    fn serialize_bytes(self, v: &[u8]) -> Result<Form, Error> {
        let digits = crate::digest::hex(v);
        let exact = format!("bytes{}", quoted(&digits));
        Ok(Form::new(digits, exact))
    }

    fn serialize_none(self) -> Result<Form, Error> {
        Ok(Form::new((), "None"))
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Form, Error> {
        let Form { plain, exact } = value.serialize(self)?;
        Ok(Form::new(plain, format!("Some({exact})")))
    }

    fn serialize_unit(self) -> Result<Form, Error> {
        Ok(Form::new((), "()"))
    }

    fn serialize_unit_struct(self, name: &'static str) -> Result<Form, Error> {
        Ok(Head::of_struct(name).with((), "!"))
    }

    fn serialize_unit_variant(self, name: &'static str, index: u32, variant: &'static str) -> Result<Form, Error> {
        Ok(Form::new(variant, Head::of_variant(name, index, variant).exact))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, name: &'static str, value: &T) -> Result<Form, Error> {
        let Form { plain, exact } = value.serialize(self)?;
        Ok(Head::of_struct(name).with(plain, &format!("({exact})")))
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Form, Error> {
        let Form { plain, exact } = value.serialize(self)?;
        Ok(Head::of_variant(name, index, variant).with(plain, &format!("({exact})")))
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Sequence, Error> {
        Ok(Sequence { label: String::new(), is_sorted: false, elements: Vec::new() })
    }

    fn serialize_tuple(self, _: usize) -> Result<Elements, Error> {
        Ok(Elements::new(Head::none()))
    }

    fn serialize_tuple_struct(self, name: &'static str, _: usize) -> Result<Elements, Error> {
        Ok(Elements::new(Head::of_struct(name)))
    }

    fn serialize_tuple_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Elements, Error> {
        Ok(Elements::new(Head::of_variant(name, index, variant)))
    }

    fn serialize_map(self, length: Option<usize>) -> Result<Entries, Error> {
        Ok(Entries::new(String::new(), Order::Unknown(length)))
    }

    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Fields, Error> {
        Ok(Fields::new(Head::of_struct(name)))
    }

    fn serialize_struct_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Fields, Error> {
        Ok(Fields::new(Head::of_variant(name, index, variant)))
    }
}

impl ser::SerializeSeq for Sequence {
    type Ok = Form;
    type Error = Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.push(value)
    }

    fn end(self) -> Result<Form, Error> {
        Ok(self.finish())
    }
}

impl ser::SerializeTuple for Elements {
    type Ok = Form;
    type Error = Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.push(value)
    }

    fn end(self) -> Result<Form, Error> {
        Ok(self.finish())
    }
}

impl ser::SerializeTupleStruct for Elements {
    type Ok = Form;
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.push(value)
    }

    fn end(self) -> Result<Form, Error> {
        Ok(self.finish())
    }
}

impl ser::SerializeTupleVariant for Elements {
    type Ok = Form;
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.push(value)
    }

    fn end(self) -> Result<Form, Error> {
        Ok(self.finish())
    }
}

impl ser::SerializeStruct for Fields {
    type Ok = Form;
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Error> {
        self.push(name, value)
    }

    fn end(self) -> Result<Form, Error> {
        Ok(self.finish())
    }
}

impl ser::SerializeStructVariant for Fields {
    type Ok = Form;
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Error> {
        self.push(name, value)
    }

    fn end(self) -> Result<Form, Error> {
        Ok(self.finish())
    }
}

impl ser::SerializeMap for Entries {
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

#[cfg(test)]
mod tests;
