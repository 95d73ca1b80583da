//! `verify --rebuild`: builds artifacts again, and runs no test.

use std::fs;

use test_support::{Project, SUITE, text};

use crate::{json, out, project, schema, smoke_cache, smoke_cache_with};

/// A project whose artifact also reads a file and a variable that its key does not name.
fn project_with_an_undeclared_input(name: &str) -> Project {
    let project = project(name);
    let suite = fs::read_to_string(project.path(SUITE)).unwrap();
    let read =
        "Ok(Number(std::fs::read_to_string(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/beside\"))?.trim().parse()?))";
    let read =
        format!("if std::env::var_os(\"FOUR\").is_some_and(|four| four != \"4\") {{ return Ok(Number(5)) }} {read}");
    project.write(SUITE, &suite.replace("Ok(Number(project::number()))", &read));
    // The tests fail if they run.
    let tests = fs::read_to_string(project.path("tests/a.rs")).unwrap();
    let tests = tests.replace("assert_eq!(number.0, project::number());", "panic!(\"{}\", number.0);");
    project.write("tests/a.rs", &tests);
    project.write("beside", "1");
    project
}

#[test]
fn stale_artifact_is_found_set_aside_and_built_again() {
    let project = project_with_an_undeclared_input("rebuilt");
    let none = out(&smoke_cache(&project, &["verify", "--rebuild"]), 0);
    assert_eq!(none, "0 artifacts built again: 0 the same\nhelp: run `cargo smoke-cache populate` first\n");
    out(&smoke_cache(&project, &["populate"]), 0);
    let same = smoke_cache(&project, &["verify", "--rebuild", "one"]);
    assert!(out(&same, 0).ends_with("1 artifact built again: 1 the same\n"), "{}", text(&same.stdout));
    assert!(text(&same.stderr).contains("number of one: same ("), "{}", text(&same.stderr));
    assert_eq!(project.take_log().len(), 2, "two builds, and no test");

    project.write("beside", "2");
    let later = smoke_cache(&project, &["verify", "--rebuild", "--older-than", "1h"]);
    let later = out(&later, 0);
    assert!(later.starts_with("0 artifacts built again"), "{later}");
    assert!(later.ends_with("populate` first, or choose a shorter `--older-than`\n"), "{later}");
    let stale = out(&smoke_cache(&project, &["verify", "--rebuild", "--runner", "cargo"]), 1);
    for words in [
        "\nnumber of one: stale\n",
        "  number differs from byte 0 on, in line 1:\n    stored: 1\n    new:    2\n",
        "the stored artifact is set aside",
        "\nhelp: declare what the build of `number` reads in its `key`",
        "1 artifact built again: 0 the same, 1 stale\n",
    ] {
        assert!(stale.contains(words), "{words}: {stale}");
    }
    let again = out(&smoke_cache(&project, &["populate"]), 0);
    assert_eq!(again, "1 of 1 artifacts are in the cache; 1 were built now\n");
    let rows = json(&smoke_cache(&project, &["verify", "--rebuild", "--json"]));
    assert_eq!((rows.as_array().unwrap().len(), rows[0]["result"].as_str()), (1, Some("same")));
}

#[test]
fn variable_that_changes_the_build_is_named() {
    let project = project_with_an_undeclared_input("varied");
    let four = [("FOUR", "4")];
    out(&smoke_cache_with(&project, &four, &["populate"]), 0);
    out(&smoke_cache_with(&project, &four, &["verify", "--rebuild", "--sample", "1/1"]), 0);
    let varied = smoke_cache_with(&project, &four, &["verify", "--rebuild", "--vary", "--json"]);
    let document: serde_json::Value = serde_json::from_str(&out(&varied, 1)).unwrap();
    schema::check(&document);
    let row = &document["artifacts"][0];
    assert_eq!((row["result"].as_str(), &row["causes"]), (Some("varies"), &serde_json::json!(["FOUR"])));
    assert_eq!(row["help"], "add `key.env(\"FOUR\")` to the `key` of `number`, or do not read it", "{document:#}");
    // The artifact is not stale.
    out(&smoke_cache_with(&project, &four, &["verify", "--rebuild"]), 0);
}

#[test]
fn options_of_a_rebuild_are_checked() {
    let project = project("unbuilt");
    for (arguments, words) in [
        (&["verify", "--vary"][..], "--rebuild"),
        (&["verify", "--rebuild", "--sample", "3/2"], "a share such as `1/16`"),
        (&["verify", "--rebuild", "--older-than", "soon"], "such as `7d`"),
        (&["verify", "--rebuild", "nowhere"], "unknown repository `nowhere`"),
    ] {
        let refused = smoke_cache(&project, arguments);
        assert_eq!(refused.status.code(), Some(2), "{arguments:?}");
        assert!(text(&refused.stderr).contains(words), "{words}: {}", text(&refused.stderr));
    }
}
