//! The output with `--json` follows the schema in the book.

use serde_json::{Value, json};

use crate::{json, out, project, smoke_cache};

const SCHEMA: &str = include_str!("../../../docs/reference/output.schema.json");

/// Fails if a document does not follow the schema, or has a field that the schema lacks.
#[track_caller]
pub(crate) fn check(document: &Value) {
    let mut schema: Value = serde_json::from_str(SCHEMA).unwrap();
    close(&mut schema);
    // The errors of one command are clearer than those of all alternatives.
    let command = document["command"].as_str().unwrap().replace(' ', "-");
    let schema = json!({ "$ref": format!("#/$defs/{command}"), "$defs": schema["$defs"] });
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> =
        validator.iter_errors(document).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{}\n{document:#}", errors.join("\n"));
}

/// Forbids fields that no object of the schema names.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            object.values_mut().for_each(close);
            if object.get("properties").is_some_and(Value::is_object) && object.contains_key("type") {
                object.entry("additionalProperties").or_insert(json!(false));
            }
        }
        Value::Array(values) => values.iter_mut().for_each(close),
        _ => {}
    }
}

#[test]
fn each_reporting_command_prints_one_document() {
    let project = project("documented");
    let test = json(&smoke_cache(&project, &["test", "--runner", "cargo", "--json"]));
    assert_eq!((&test["version"], &test["command"]), (&json!(1), &json!("test")));
    let dir = json(&smoke_cache(&project, &["dir", "--json"]));
    assert_eq!(dir["cache_dir"].as_str(), project.path("cache").to_str());
    let stored = json(&smoke_cache(&project, &["list", "--json"]));
    assert_eq!((&stored[0]["artifact"], &stored[0]["project"]), (&json!("number"), &dir["project"]));
    for (arguments, name) in [
        (&["verify"][..], "number"),
        (&["key"], "number"),
        (&["explain", "one"], "number"),
        (&["report"], "number"),
        (&["fetch"], "one"),
        (&["populate"], "number"),
        (&["gc", "--max-size", "1B", "--dry-run"], "number"),
        (&["clean", "--dry-run"], "number"),
        (&["clean"], "number"),
    ] {
        let document = json(&smoke_cache(&project, &[arguments, &["--json"]].concat()));
        assert!(document.to_string().contains(name), "{arguments:?}: {document:#}");
    }
    assert!(out(&smoke_cache(&project, &["list"]), 0).starts_with("0 artifacts, "));
}

#[test]
fn schema_refuses_other_documents() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let dir = |version: u32, directory: Value| json!({ "version": version, "command": "dir", "cache_dir": directory, "project": "/p" });
    assert!(validator.is_valid(&dir(1, "/c".into())));
    assert!(!validator.is_valid(&dir(2, "/c".into())), "another version");
    assert!(!validator.is_valid(&dir(1, 3.into())), "another type");
    assert!(!validator.is_valid(&json!([])));
}
