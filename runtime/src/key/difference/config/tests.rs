use super::*;
use crate::key::canonical::canonical;

/// Describes the change between two texts of the whole configuration.
fn whole_changes(old: &str, new: &str) -> String {
    describe(&[&input(old)], &[&input(new)])
}

fn input(text: &str) -> KeyInput {
    KeyInput::new("config", text.to_owned())
}

fn field(path: &str, value: &impl serde::Serialize) -> KeyInput {
    input(&canonical(Part::Field(path), value).expect("it serializes"))
}

#[test]
fn changed_settings_are_listed_and_many_are_counted() {
    assert_eq!(whole_changes(r#"{"a":1,"b":1}"#, r#"{"a":1,"c":1}"#), "config.b is gone, config.c is new");
    let many = whole_changes(r#"{"a":1,"b":1,"c":1,"d":1}"#, r#"{"a":2,"b":2,"c":2,"d":2}"#);
    assert_eq!(many, "config.a: 1 → 2, config.b: 1 → 2, config.c: 1 → 2, and 1 more");
}

#[test]
fn each_change_has_its_path() {
    for (old, new, message) in [
        ("1", "2", "config: 1 → 2"),
        (r#"{"a":{"b":1,"c":2}}"#, r#"{"a":{"b":3,"c":2}}"#, "config.a.b: 1 → 3"),
        (r#"{"a":null}"#, r#"{"a":{"b":1}}"#, r#"config.a: null → {"b":1}"#),
        // Maps.
        (r#"{"m":{"x y":1,"z":1}}"#, r#"{"m":{"x y":2,"z":1}}"#, r#"config.m["x y"]: 1 → 2"#),
        (
            r#"{"m":{"":1,"a.b":1,"7":1}}"#,
            r#"{"m":{"a.b":2,"7":1}}"#,
            r#"config.m[""] is gone, config.m["a.b"]: 1 → 2"#,
        ),
        // Variants.
        (r#"{"mode":"Fast"}"#, r#"{"mode":"Exact"}"#, r#"config.mode: "Fast" → "Exact""#),
        (r#"{"mode":{"Range":{"low":1}}}"#, r#"{"mode":{"Range":{"low":2}}}"#, "config.mode.Range.low: 1 → 2"),
        (r#"{"mode":{"A":1}}"#, r#"{"mode":{"B":1}}"#, r#"config.mode: {"A":1} → {"B":1}"#),
        (r#"{"A":1}"#, r#"{"B":1}"#, r#"config: {"A":1} → {"B":1}"#),
        // Lists.
        (r#"{"l":[1,{"k":1}]}"#, r#"{"l":[1,{"k":2}]}"#, "config.l[1].k: 1 → 2"),
        (r#"{"l":["a","b"]}"#, r#"{"l":["x","a","b"]}"#, "config.l[0] is new"),
        (r#"{"l":["a","b","c"]}"#, r#"{"l":["a"]}"#, "config.l[1] is gone, config.l[2] is gone"),
        (r#"{"l":["a","a"]}"#, r#"{"l":["a"]}"#, "config.l[1] is gone"),
        (r#"{"l":["a","b"]}"#, r#"{"l":["x"]}"#, r#"config.l: ["a","b"] → ["x"]"#),
        ("[1,2]", "[1,3]", "config[1]: 2 → 3"),
        ("not JSON", "1", "config changed"),
    ] {
        assert_eq!(whole_changes(old, new), message);
    }
}

#[test]
fn long_values_that_look_alike_are_not_shown() {
    let long = "x".repeat(100);
    assert_eq!(whole_changes(&format!(r#"{{"a":"{long}1"}}"#), &format!(r#"{{"a":"{long}2"}}"#)), "config.a changed");
}

#[test]
fn fields_of_functions_have_their_names() {
    let message =
        |old: &[KeyInput], new: &[KeyInput]| describe(&old.iter().collect::<Vec<_>>(), &new.iter().collect::<Vec<_>>());
    assert_eq!(message(&[field("depth", &1)], &[field("depth", &2)]), "config.depth: 1 → 2");
    assert_eq!(message(&[field("a.r#type", &1)], &[field("a.r#type", &2)]), "config.a.type: 1 → 2");
    assert_eq!(
        message(&[field("a", &1), field("b", &[1])], &[field("a", &2), field("b", &[3])]),
        "config.a: 1 → 2, config.b[0]: 1 → 3"
    );
    assert_eq!(message(&[field("a", &1)], &[field("b", &1)]), "config.a is gone, config.b is new");
    let none: Option<()> = None;
    assert_eq!(message(&[field("a.b", &none)], &[field("a.b", &Some(()))]), "config.a.b: None → Some(())");
    // The whole configuration of a dependency has the same change.
    let whole = |depth: u8| input(&format!(r#"{{"depth":{depth}}}"#));
    assert_eq!(message(&[whole(1), field("depth", &1)], &[whole(2), field("depth", &2)]), "config.depth: 1 → 2");
    assert_eq!(message(&[input("1")], &[field("depth", &1)]), "config changed, config.depth is new");
}

#[test]
fn declared_parts_are_paired_by_their_artifact() {
    let part = |name: &str, value: u8| input(&canonical(Part::Declared(name), &value).expect("it serializes"));
    let (old, new) = ([part("Graph 0", 1), part("Index 0", 2)], [part("Graph 0", 3), part("Index 0", 4)]);
    assert_eq!(describe(&[&old[0], &old[1]], &[&new[1], &new[0]]), "config: 1 → 3, config: 2 → 4");
}

#[test]
fn values_with_the_same_json_are_shown_exactly() {
    #[derive(serde::Serialize)]
    struct Settings {
        first: u8,
        level: Option<Level>,
        mode: Mode,
        zeta: f32,
    }
    type Level = Option<u8>;
    #[derive(serde::Serialize)]
    #[serde(untagged)]
    enum Mode {
        Kind(Kind),
        Letter(char),
        Text(&'static str),
    }
    #[derive(serde::Serialize)]
    enum Kind {
        A,
    }
    let text =
        |level, mode| canonical(Part::Whole, &Settings { first: 1, level, mode, zeta: 1.2 }).expect("it serializes");
    let plain = text(None, Mode::Text("A"));
    let differs = |other: &str| whole_changes(&plain, other);
    assert_eq!(differs(&text(Some(None), Mode::Text("A"))), "config.level: None → Some(None)");
    assert_eq!(differs(&text(None, Mode::Kind(Kind::A))), "config.mode: \"A\" → Kind::A@0");
    assert_eq!(differs(&text(None, Mode::Letter('A'))), "config.mode: \"A\" → char\"A\"");
    assert_eq!(differs(&text(None, Mode::Text("B"))), "config.mode: \"A\" → \"B\"");
    let old = Text::parse(&plain).plain;
    assert_eq!(whole_changes(old, &plain), "config recorded by another version of cached-smoke");

    let exact = |old: &str, new: &str| describe_exact(Part::Whole, old, new);
    assert_eq!(exact("A{b:B{c:(1u8,None,),},d:1u8,}", "A{b:B{c:(1u8,(),),},d:1u8,}"), "config.b.c: None → ()");
    assert_eq!(
        exact("A{b:B{c:1u8,},d:\"{(e:\\\"\",f:1u8,}", "A{b:B{c:1u8,},d:\"{(e:\\\"\",f:1u16,}"),
        "config.f: 1u8 → 1u16"
    );
    assert_eq!(exact("()", "None"), "config: () → None");
    assert_eq!(exact("(None,None,)", "(Some(None),None,)"), "config: None → Some(None)");
    assert_eq!(exact("[1u8,1u8,]", "[1u8,1u8,1u8,]"), "config: ] → 1u8,]");
    assert_eq!(exact("é,\"ö\",", "é,\"ü\","), "config: \"ö\" → \"ü\"");
    assert_eq!(exact("a", "a"), "config changed");
    assert!(exact(&format!("[{}]", "1".repeat(200)), "[]").chars().count() < 120);
}
