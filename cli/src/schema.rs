//! The JSON Schema of [`json`](crate::json), for the book. Only tests compile this.

pub(crate) mod library;

use std::path::Path;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Value, json};

use crate::commands::documents;
use crate::json::{Document, VERSION};

const TITLE: &str = "The output of cargo smoke-cache with --json";

/// The schemas of the documents, by command.
pub(crate) struct Schemas {
    generator: SchemaGenerator,
    commands: Vec<&'static str>,
}

impl Schemas {
    /// Adds the schema of a document, with the fields that all documents have.
    pub(crate) fn add<D: Document + JsonSchema>(&mut self) {
        let mut schema = D::json_schema(&mut self.generator);
        let object = schema.ensure_object();
        let common = [("command", json!({ "const": D::COMMAND })), ("version", json!({ "const": VERSION }))];
        for (name, value) in common {
            object.entry("properties").or_insert_with(|| json!({}))[name] = value;
            let required = object.entry("required").or_insert_with(|| json!([]));
            required.as_array_mut().expect("a list").insert(0, name.into());
        }
        self.generator.definitions_mut().insert(D::COMMAND.replace(' ', "-"), schema.into());
        self.commands.push(D::COMMAND);
    }

    fn finish(mut self) -> Value {
        let reference = |command: &&str| json!({ "$ref": format!("#/$defs/{}", command.replace(' ', "-")) });
        let one_of: Vec<Value> = self.commands.iter().map(reference).collect();
        json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": TITLE,
            "oneOf": one_of,
            "$defs": self.generator.take_definitions(true),
        })
    }
}

fn schema() -> Value {
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let mut schemas = Schemas { generator, commands: Vec::new() };
    documents(&mut schemas);
    schemas.finish()
}

/// `UPDATE_EXPECT=1` writes the file. `cli/tests/commands` compares it with what the commands print.
#[test]
fn book_contains_the_schema() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/reference/output.schema.json");
    let schema = serde_json::to_string_pretty(&schema()).expect("a schema") + "\n";
    expect_test::expect_file![path].assert_eq(&schema);
}
