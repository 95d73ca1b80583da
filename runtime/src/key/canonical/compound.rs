//! Sequences, tuples and structs in both notations.

use std::fmt::Write;

use serde::ser::{self, Serialize};
use serde_json::Value;

use super::form::{Error, Form, name};
use super::serializer::Canonical;
use crate::ordered;

/// The name that precedes the content of a struct, a tuple or a variant.
pub(super) struct Head {
    /// The name of the variant, if the value is one.
    plain: Option<&'static str>,
    pub(super) exact: String,
}

impl Head {
    pub(super) fn none() -> Head {
        Head { plain: None, exact: String::new() }
    }

    pub(super) fn of_struct(type_name: &str) -> Head {
        Head { plain: None, exact: name(type_name) }
    }

    pub(super) fn of_variant(type_name: &str, index: u32, variant: &'static str) -> Head {
        // `#[serde(rename)]` may give two variants one name.
        Head { plain: Some(variant), exact: format!("{}::{}@{index}", name(type_name), name(variant)) }
    }

    /// Writes the name and the content.
    pub(super) fn with(self, plain: impl Into<Value>, content: &str) -> Form {
        let plain = plain.into();
        let plain = match self.plain {
            Some(variant) => Value::Object(ordered::collect([(variant.to_owned(), plain)])),
            None => plain,
        };
        Form::new(plain, self.exact + content)
    }
}

/// A sequence while it is serialized.
pub(super) struct Sequence {
    label: String,
    is_sorted: bool,
    elements: Vec<Form>,
}

impl Sequence {
    pub(super) fn new(label: String, is_sorted: bool) -> Sequence {
        Sequence { label, is_sorted, elements: Vec::new() }
    }

    pub(super) fn push<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.elements.push(value.serialize(Canonical)?);
        Ok(())
    }

    pub(super) fn finish(mut self) -> Form {
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

/// A tuple, a tuple struct or a tuple variant while it is serialized.
pub(super) struct Tuple {
    head: Head,
    elements: Vec<Form>,
}

impl Tuple {
    pub(super) fn new(head: Head) -> Tuple {
        Tuple { head, elements: Vec::new() }
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

/// A struct or a struct variant while it is serialized.
pub(super) struct Struct {
    head: Head,
    fields: Vec<(&'static str, Form)>,
}

impl Struct {
    pub(super) fn new(head: Head) -> Struct {
        Struct { head, fields: Vec::new() }
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
        self.head.with(Value::Object(ordered::collect(plain)), &content)
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

impl ser::SerializeTuple for Tuple {
    type Ok = Form;
    type Error = Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.push(value)
    }

    fn end(self) -> Result<Form, Error> {
        Ok(self.finish())
    }
}

impl ser::SerializeTupleStruct for Tuple {
    type Ok = Form;
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.push(value)
    }

    fn end(self) -> Result<Form, Error> {
        Ok(self.finish())
    }
}

impl ser::SerializeTupleVariant for Tuple {
    type Ok = Form;
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.push(value)
    }

    fn end(self) -> Result<Form, Error> {
        Ok(self.finish())
    }
}

impl ser::SerializeStruct for Struct {
    type Ok = Form;
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Error> {
        self.push(name, value)
    }

    fn end(self) -> Result<Form, Error> {
        Ok(self.finish())
    }
}

impl ser::SerializeStructVariant for Struct {
    type Ok = Form;
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Error> {
        self.push(name, value)
    }

    fn end(self) -> Result<Form, Error> {
        Ok(self.finish())
    }
}
