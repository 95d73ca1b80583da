//! `key` and `explain`: what the tests would ask for.

use crate::project::{SUITE, text};
use crate::{json, out, project, smoke_cache};

#[test]
fn keys_are_told_before_anything_is_built_and_follow_the_code() {
    let project = project("keyed");
    let before = json(&smoke_cache(&project, &["key", "--json"]));
    let [row] = &before.as_array().unwrap()[..] else { panic!("{before}") };
    assert_eq!((&row["repo"], &row["artifact"]), (&"one".into(), &"number".into()));
    assert_eq!((&row["is_there"], &row["reason"]), (&false.into(), &"first build".into()));
    assert_eq!(project.take_log().len(), 0);
    let hash = out(&smoke_cache(&project, &["key", "one", "--hash"]), 0);
    assert_eq!(hash.trim_end().len(), 32);

    out(&smoke_cache(&project, &["populate"]), 0);
    let after = json(&smoke_cache(&project, &["key", "--json"]));
    assert_eq!((&after[0]["is_there"], &after[0]["reason"]), (&true.into(), &().into()));
    assert_eq!(after[0]["digest"], row["digest"]);
    assert_eq!(out(&smoke_cache(&project, &["key", "--hash"]), 0), hash, "whether it is there or not");

    project.write("src/lib.rs", "pub fn number() -> u32 { 1 + 0 }\n");
    assert_ne!(out(&smoke_cache(&project, &["key", "--hash"]), 0), hash);
    let table = out(&smoke_cache(&project, &["key"]), 0);
    assert!(table.contains(" missing ") && table.contains("code changed: crate project changed"), "{table}");
}

#[test]
fn an_explanation_has_the_ingredients_and_what_differs_from_what_is_at_hand() {
    let project = project("explained");
    out(&smoke_cache(&project, &["populate"]), 0);
    let there = out(&smoke_cache(&project, &["explain", "one"]), 0);
    assert!(there.contains("number of one: it is in the cache"), "{there}");

    project.write("one/file", "other content");
    let moved = out(&smoke_cache(&project, &["explain", "one"]), 0);
    assert!(moved.contains("number of one: it has to be built: repository changed: files+"), "{moved}");
    for line in [
        "  code    ",
        "  config  null",
        "  format  1.0",
        "  suite   explained tests/suite/mod.rs suite::Smoke",
        "  at hand one:files:",
        "  differs repository changed",
    ] {
        assert!(moved.contains(line), "{line}: {moved}");
    }
    let explained = json(&smoke_cache(&project, &["explain", "one", "--json"]));
    assert_eq!(explained[0]["others"].as_array().unwrap().len(), 1, "{explained}");

    let unknown = smoke_cache(&project, &["explain", "oen"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(text(&unknown.stderr).contains("did you mean `one`?"));
}

#[test]
fn a_key_that_cannot_be_computed_is_told_with_its_cause() {
    let project = project("keyless");
    let suite = std::fs::read_to_string(project.path(SUITE)).unwrap();
    let key = "const NAME: &'static str = \"number\";\n    fn key(_: &mut cached_smoke::KeyBuilder<'_, Smoke>) { panic!(\"told to\") }";
    project.write(SUITE, &suite.replace("const NAME: &'static str = \"number\";", key));
    let failed = smoke_cache(&project, &["key"]);
    assert_eq!(failed.status.code(), Some(2));
    let stderr = text(&failed.stderr);
    assert!(stderr.contains("told to") && stderr.contains("error: not every test could tell its keys"), "{stderr}");
}
