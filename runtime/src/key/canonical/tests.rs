use std::collections::{BTreeSet, HashMap, HashSet};

use super::*;

fn text<T: Serialize>(value: T) -> String {
    canonical(&value).expect("it serializes")
}

#[derive(serde::Serialize)]
struct Settings {
    zeta: f32,
    alpha: Option<u8>,
    kind: Kind,
    sets: Vec<HashSet<u32>>,
}

#[derive(serde::Serialize)]
enum Kind {
    Unit,
    Newtype(u8),
    Tuple(u8, u8),
    Struct { b: u8, a: u8 },
}

#[test]
fn fields_are_sorted_and_floats_short() {
    let settings = Settings { zeta: 1.2, alpha: None, kind: Kind::Unit, sets: vec![HashSet::from([2, 1])] };
    assert_eq!(text(settings), r#"{"alpha":null,"kind":"Unit","sets":[[1,2]],"zeta":1.2}"#);
}

#[test]
fn variants_are_tagged() {
    assert_eq!(text(Kind::Newtype(1)), r#"{"Newtype":1}"#);
    assert_eq!(text(Kind::Tuple(1, 2)), r#"{"Tuple":[1,2]}"#);
    assert_eq!(text(Kind::Struct { b: 1, a: 2 }), r#"{"Struct":{"a":2,"b":1}}"#);
}

#[test]
fn the_order_of_maps_and_sets_does_not_matter_and_that_of_lists_does() {
    // A hasher of its own for each: their orders differ in all but one of very many runs.
    let numbers: Vec<u32> = (0..100).collect();
    let set = || numbers.iter().copied().collect::<HashSet<_>>();
    assert_eq!(text(set()), text(set()));
    let map = || numbers.iter().map(|number| (number.to_string(), set())).collect::<HashMap<_, _>>();
    assert_eq!(text(map()), text(map()));
    assert_eq!(text(BTreeSet::from([3, 1, 2])), "[1,2,3]");
    assert_ne!(text(vec![1, 2]), text(vec![2, 1]));
    assert_ne!(text(vec![vec![2, 1]]), text(vec![vec![1, 2]]));
}

#[test]
fn a_list_of_sets_is_still_a_list() {
    let list = |first: u32, second: u32| vec![HashSet::from([first]), HashSet::from([second])];
    assert_ne!(text(list(1, 2)), text(list(2, 1)));
}

#[test]
fn maps_with_keys_that_are_no_strings_are_pairs() {
    assert_eq!(text(HashMap::from([((2, 1), "b"), ((1, 2), "a")])), r#"[[[1,2],"a"],[[2,1],"b"]]"#);
}

#[test]
fn all_floats_are_told_apart() {
    let floats = [0.0, -0.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1.0, 1.0 + f64::EPSILON];
    let texts: HashSet<String> = floats.iter().map(text).collect();
    assert_eq!(texts.len(), floats.len(), "{texts:?}");
}

#[test]
fn integers_beyond_json_keep_every_digit() {
    assert_ne!(text(u128::MAX), text(u128::MAX - 1));
    assert_ne!(text(u64::MAX), text(u64::MAX - 1));
}
