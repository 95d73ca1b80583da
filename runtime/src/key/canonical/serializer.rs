//! The calls of serde's data model: scalars are written here, compound values by [`compound`](super::compound) and
//! [`map`](super::map).

use std::fmt::Display;

use serde::ser::{Serialize, Serializer};
use serde_json::{Number, Value};

use super::compound::{Head, Sequence, Struct, Tuple};
use super::form::{Error, Form, quoted};
use super::map::{Map, Order};
use super::type_name::{is_hash_table, label_of};

/// A serializer that writes a value in both notations.
#[derive(Clone, Copy)]
pub(super) struct Canonical;

fn float(plain: f64, exact: String) -> Form {
    // JSON has no infinities and no NaN; serde_json would write each as `null`.
    let plain = Number::from_f64(plain).map_or_else(|| Value::String(plain.to_string()), Value::Number);
    Form { plain, exact }
}

fn integer<T: Display + Copy>(value: T, kind: &str, number: Option<Number>) -> Form {
    let plain = number.map_or_else(|| Value::String(value.to_string()), Value::Number);
    Form::new(plain, format!("{value}{kind}"))
}

impl Serializer for Canonical {
    type Ok = Form;
    type Error = Error;
    type SerializeSeq = Sequence;
    type SerializeTuple = Tuple;
    type SerializeTupleStruct = Tuple;
    type SerializeTupleVariant = Tuple;
    type SerializeMap = Map;
    type SerializeStruct = Struct;
    type SerializeStructVariant = Struct;

    fn collect_seq<I>(self, iter: I) -> Result<Form, Error>
    where
        I: IntoIterator,
        I::Item: Serialize,
    {
        let mut sequence = Sequence::new(label_of::<I>(), is_hash_table::<I>());
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
        let order = if is_hash_table::<I>() { Order::Arbitrary } else { Order::Kept };
        let mut entries = Map::new(label_of::<I>(), order);
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
        // By its shortest text, so that messages show 1.2 and not 1.2000000476837158.
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
        Ok(Sequence::new(String::new(), false))
    }

    fn serialize_tuple(self, _: usize) -> Result<Tuple, Error> {
        Ok(Tuple::new(Head::none()))
    }

    fn serialize_tuple_struct(self, name: &'static str, _: usize) -> Result<Tuple, Error> {
        Ok(Tuple::new(Head::of_struct(name)))
    }

    fn serialize_tuple_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Tuple, Error> {
        Ok(Tuple::new(Head::of_variant(name, index, variant)))
    }

    fn serialize_map(self, length: Option<usize>) -> Result<Map, Error> {
        Ok(Map::new(String::new(), Order::Unknown(length)))
    }

    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Struct, Error> {
        Ok(Struct::new(Head::of_struct(name)))
    }

    fn serialize_struct_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Struct, Error> {
        Ok(Struct::new(Head::of_variant(name, index, variant)))
    }
}
