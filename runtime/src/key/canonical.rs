//! A canonical form of any configuration: two equal values have one text, whatever order their maps and sets are in.
//!
//! The form is JSON with the fields and keys sorted. Serde tells a set from a list nowhere in its data model, but the
//! standard library's `Serialize` for sets calls [`Serializer::collect_seq`] with the set itself, whose type says what
//! it is: the elements of hash sets are sorted, those of lists are not.

use std::collections::BTreeMap;
use std::fmt::Display;

use serde::ser::{self, Serialize, Serializer};
use serde_json::Value;

/// The canonical text of `value`.
///
/// # Errors
/// Whatever the value's own `Serialize` says.
pub(crate) fn canonical<T: Serialize + ?Sized>(value: &T) -> Result<String, Error> {
    value.serialize(Canonical).map(|value| value.to_string())
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

#[derive(Clone, Copy)]
struct Canonical;

/// Types whose order is an accident, by the last component of their name.
const UNORDERED: &[&str] = &["HashSet", "IndexSet", "DashSet"];

fn is_unordered<T: ?Sized>() -> bool {
    let name = std::any::type_name::<T>().trim_start_matches('&').trim_start_matches("mut ");
    let outer = name.split('<').next().unwrap_or(name);
    UNORDERED.contains(&outer.rsplit("::").next().unwrap_or(outer))
}

fn float(value: f64) -> Value {
    // JSON has no such numbers, and would make them all one `null`.
    serde_json::Number::from_f64(value).map_or_else(|| Value::String(value.to_string()), Value::Number)
}

fn tagged(variant: &str, value: Value) -> Value {
    Value::Object(std::iter::once((variant.to_owned(), value)).collect())
}

/// Elements of a list or a tuple.
struct Sequence {
    variant: Option<&'static str>,
    elements: Vec<Value>,
}

/// Fields of a struct.
struct Fields {
    variant: Option<&'static str>,
    fields: BTreeMap<String, Value>,
}

/// Keys and values of a map.
#[derive(Default)]
struct Entries {
    key: Option<Value>,
    entries: Vec<(Value, Value)>,
}

impl Sequence {
    fn new(variant: Option<&'static str>) -> Sequence {
        Sequence { variant, elements: Vec::new() }
    }

    fn push<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.elements.push(value.serialize(Canonical)?);
        Ok(())
    }

    fn finish(self) -> Value {
        let value = Value::Array(self.elements);
        match self.variant {
            Some(variant) => tagged(variant, value),
            None => value,
        }
    }
}

impl Fields {
    fn new(variant: Option<&'static str>) -> Fields {
        Fields { variant, fields: BTreeMap::new() }
    }

    fn push<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), Error> {
        self.fields.insert(name.to_owned(), value.serialize(Canonical)?);
        Ok(())
    }

    fn finish(self) -> Value {
        let value = Value::Object(self.fields.into_iter().collect());
        match self.variant {
            Some(variant) => tagged(variant, value),
            None => value,
        }
    }
}

impl Entries {
    /// An object if every key is a string, else a sorted list of pairs.
    fn finish(mut self) -> Value {
        self.entries.sort_by_cached_key(|(key, _)| key.to_string());
        if self.entries.iter().all(|(key, _)| key.is_string()) {
            let named = self.entries.into_iter().filter_map(|(key, value)| Some((key.as_str()?.to_owned(), value)));
            return Value::Object(named.collect());
        }
        Value::Array(self.entries.into_iter().map(|(key, value)| Value::Array(vec![key, value])).collect())
    }
}

impl Serializer for Canonical {
    type Ok = Value;
    type Error = Error;
    type SerializeSeq = Sequence;
    type SerializeTuple = Sequence;
    type SerializeTupleStruct = Sequence;
    type SerializeTupleVariant = Sequence;
    type SerializeMap = Entries;
    type SerializeStruct = Fields;
    type SerializeStructVariant = Fields;

    fn collect_seq<I>(self, iter: I) -> Result<Value, Error>
    where
        I: IntoIterator,
        I::Item: Serialize,
    {
        let mut elements =
            iter.into_iter().map(|element| element.serialize(Canonical)).collect::<Result<Vec<_>, _>>()?;
        if is_unordered::<I>() {
            elements.sort_by_cached_key(Value::to_string);
        }
        Ok(Value::Array(elements))
    }

    fn serialize_bool(self, v: bool) -> Result<Value, Error> {
        Ok(v.into())
    }

    fn serialize_i8(self, v: i8) -> Result<Value, Error> {
        Ok(v.into())
    }

    fn serialize_i16(self, v: i16) -> Result<Value, Error> {
        Ok(v.into())
    }

    fn serialize_i32(self, v: i32) -> Result<Value, Error> {
        Ok(v.into())
    }

    fn serialize_i64(self, v: i64) -> Result<Value, Error> {
        Ok(v.into())
    }

    fn serialize_i128(self, v: i128) -> Result<Value, Error> {
        Ok(v.to_string().into())
    }

    fn serialize_u8(self, v: u8) -> Result<Value, Error> {
        Ok(v.into())
    }

    fn serialize_u16(self, v: u16) -> Result<Value, Error> {
        Ok(v.into())
    }

    fn serialize_u32(self, v: u32) -> Result<Value, Error> {
        Ok(v.into())
    }

    fn serialize_u64(self, v: u64) -> Result<Value, Error> {
        Ok(v.into())
    }

    fn serialize_u128(self, v: u128) -> Result<Value, Error> {
        Ok(v.to_string().into())
    }

    fn serialize_f32(self, v: f32) -> Result<Value, Error> {
        // Through its shortest text, so that people are shown 1.2 and not 1.2000000476837158.
        Ok(float(v.to_string().parse().unwrap_or_else(|_| f64::from(v))))
    }

    fn serialize_f64(self, v: f64) -> Result<Value, Error> {
        Ok(float(v))
    }

    fn serialize_char(self, v: char) -> Result<Value, Error> {
        Ok(v.to_string().into())
    }

    fn serialize_str(self, v: &str) -> Result<Value, Error> {
        Ok(v.into())
    }

    fn serialize_bytes(self, v: &[u8]) -> Result<Value, Error> {
        Ok(crate::fingerprint::hex(v).into())
    }

    fn serialize_none(self) -> Result<Value, Error> {
        Ok(Value::Null)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Value, Error> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<Value, Error> {
        Ok(Value::Null)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<Value, Error> {
        Ok(Value::Null)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<Value, Error> {
        Ok(variant.into())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<Value, Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Value, Error> {
        Ok(tagged(variant, value.serialize(self)?))
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Sequence, Error> {
        Ok(Sequence::new(None))
    }

    fn serialize_tuple(self, _: usize) -> Result<Sequence, Error> {
        Ok(Sequence::new(None))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Sequence, Error> {
        Ok(Sequence::new(None))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Sequence, Error> {
        Ok(Sequence::new(Some(variant)))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Entries, Error> {
        Ok(Entries::default())
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Fields, Error> {
        Ok(Fields::new(None))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Fields, Error> {
        Ok(Fields::new(Some(variant)))
    }
}

impl ser::SerializeSeq for Sequence {
    type Ok = Value;
    type Error = Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.push(value)
    }

    fn end(self) -> Result<Value, Error> {
        Ok(self.finish())
    }
}

impl ser::SerializeTuple for Sequence {
    type Ok = Value;
    type Error = Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.push(value)
    }

    fn end(self) -> Result<Value, Error> {
        Ok(self.finish())
    }
}

impl ser::SerializeTupleStruct for Sequence {
    type Ok = Value;
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.push(value)
    }

    fn end(self) -> Result<Value, Error> {
        Ok(self.finish())
    }
}

impl ser::SerializeTupleVariant for Sequence {
    type Ok = Value;
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.push(value)
    }

    fn end(self) -> Result<Value, Error> {
        Ok(self.finish())
    }
}

impl ser::SerializeStruct for Fields {
    type Ok = Value;
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Error> {
        self.push(name, value)
    }

    fn end(self) -> Result<Value, Error> {
        Ok(self.finish())
    }
}

impl ser::SerializeStructVariant for Fields {
    type Ok = Value;
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Error> {
        self.push(name, value)
    }

    fn end(self) -> Result<Value, Error> {
        Ok(self.finish())
    }
}

impl ser::SerializeMap for Entries {
    type Ok = Value;
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        self.key = Some(key.serialize(Canonical)?);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        let key = self.key.take().ok_or_else(|| <Error as ser::Error>::custom("a map's value came before its key"))?;
        self.entries.push((key, value.serialize(Canonical)?));
        Ok(())
    }

    fn end(self) -> Result<Value, Error> {
        Ok(self.finish())
    }
}

#[cfg(test)]
mod tests;
