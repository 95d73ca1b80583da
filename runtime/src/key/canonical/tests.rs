use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};

use serde::ser::{self, SerializeMap, Serializer};
use serde_json::Value;

use super::type_name::{is_hash_table, path_of};
use super::*;

/// Returns the whole text.
fn text<T: Serialize>(value: T) -> String {
    canonical(Part::Whole, &value).expect("it serializes")
}

fn plain<T: Serialize>(value: T) -> String {
    Text::parse(&text(value)).plain.to_owned()
}

fn exact<T: Serialize>(value: T) -> String {
    Text::parse(&text(value)).exact.expect("both lines").to_owned()
}

#[derive(serde::Serialize)]
struct Settings {
    zeta: f32,
    alpha: Option<u8>,
    kind: Kind,
    sets: Vec<HashSet<u32>>,
}

#[derive(Clone, serde::Serialize)]
enum Kind {
    Unit,
    Newtype(u8),
    Tuple(u8, u8),
    Struct { b: u8, a: u8 },
}

#[test]
fn json_has_sorted_fields_and_short_floats() {
    let settings = Settings { zeta: 1.2, alpha: None, kind: Kind::Unit, sets: vec![HashSet::from([2, 1])] };
    assert_eq!(plain(&settings), r#"{"alpha":null,"kind":"Unit","sets":[[1,2]],"zeta":1.2}"#);
    assert_eq!(exact(&settings), "Settings{alpha:None,kind:Kind::Unit@0,sets:Vec[HashSet[1u32,2u32,],],zeta:1.2f32,}");
}

#[test]
fn variants_are_tagged() {
    assert_eq!(plain(Kind::Newtype(1)), r#"{"Newtype":1}"#);
    assert_eq!(plain(Kind::Tuple(1, 2)), r#"{"Tuple":[1,2]}"#);
    assert_eq!(plain(Kind::Struct { b: 1, a: 2 }), r#"{"Struct":{"a":2,"b":1}}"#);
    assert_eq!(exact(Kind::Struct { b: 1, a: 2 }), "Kind::Struct@3{a:2u8,b:1u8,}");
}

#[test]
fn ordinary_values_have_plain_json() {
    let some = Some(5);
    let list = (true, -3, 1.5, "text", some, BTreeMap::from([("key", 1)]));
    assert_eq!(plain(list), r#"[true,-3,1.5,"text",5,{"key":1}]"#);
    assert_eq!(plain(()), "null");
    assert_eq!(plain(HashMap::from([((2, 1), "b"), ((1, 2), "a")])), r#"[[[1,2],"a"],[[2,1],"b"]]"#);
}

#[test]
fn nested_options_and_units_differ() {
    type Nested = (Option<Option<u32>>, Option<()>);
    let values: [Nested; 5] =
        [(None, None), (Some(None), None), (None, Some(())), (Some(Some(0)), None), (Some(None), Some(()))];
    let texts: BTreeSet<String> = values.iter().map(text).collect();
    assert_eq!(texts.len(), values.len(), "{texts:?}");
}

/// A type whose values make every call of serde's data model.
#[derive(Clone, serde::Serialize)]
#[serde(untagged)]
enum Any {
    Bool(bool),
    I8(i8),
    I16(i16),
    I32(i32),
    I64(i64),
    I128(i128),
    U8(u8),
    U16(u16),
    U32(u32),
    U64(u64),
    U128(u128),
    F32(f32),
    F64(f64),
    Char(char),
    Str(&'static str),
    Bytes(Bytes),
    Option(Option<Box<Any>>),
    Unit(()),
    UnitStruct(Unit),
    NoFields(Empty),
    Newtype(Newtype),
    OtherNewtype(LikeSome),
    TupleStruct(TupleStruct),
    OtherStruct(Other),
    Struct(Kinds),
    Renamed(Renamed),
    Kind(Kind),
    List(Vec<Any>),
    Deque(VecDeque<u8>),
    Set(BTreeSet<u8>),
    Hashed(HashSet<u8>),
    Slice(&'static [u8]),
    Pair(u8, u8),
    NoArray([u8; 0]),
    Map(BTreeMap<&'static str, Any>),
    Numbered(BTreeMap<u8, u8>),
    Letters(BTreeMap<char, u8>),
    HashedMap(HashMap<&'static str, u8>),
    Json(Value),
    Ordered(Ordered),
}

#[derive(Clone)]
struct Bytes(&'static [u8]);

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0)
    }
}

#[derive(Clone, serde::Serialize)]
struct Unit;
#[derive(Clone, serde::Serialize)]
#[serde(rename = "Unit")]
struct Empty {}
#[derive(Clone, serde::Serialize)]
struct Newtype(u8);
/// A struct with the name that an option is written as.
#[derive(Clone, serde::Serialize)]
#[serde(rename = "Some")]
struct LikeSome(u8);
#[derive(Clone, serde::Serialize)]
struct TupleStruct(u8, u8);
#[derive(Clone, serde::Serialize)]
struct Other {
    a: u8,
}
#[derive(Clone, serde::Serialize)]
struct Kinds {
    a: u8,
}

#[derive(Clone, serde::Serialize)]
enum Renamed {
    #[serde(rename = "a::b@0(1u8)")]
    Odd,
    #[serde(rename = "a")]
    One,
    #[serde(rename = "b")]
    Two(u8),
    #[serde(rename = "")]
    Nameless,
}

/// A map of another crate, whose order has a meaning.
#[derive(Clone)]
struct Ordered(Vec<(&'static str, u8)>);

impl Serialize for Ordered {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
    }
}

fn scalars() -> Vec<Any> {
    let some = |value: Any| Any::Option(Some(Box::new(value)));
    vec![
        Any::Bool(true),
        Any::Str("true"),
        Any::I8(5),
        Any::I16(5),
        Any::I32(5),
        Any::I64(5),
        Any::I128(5),
        Any::U8(5),
        Any::U16(5),
        Any::U32(5),
        Any::U64(5),
        Any::U128(5),
        Any::F32(5.0),
        Any::F64(5.0),
        Any::Str("5"),
        Any::Char('5'),
        Any::Str("5u8"),
        some(Any::U8(5)),
        some(some(Any::U8(5))),
        Any::Newtype(Newtype(5)),
        Any::OtherNewtype(LikeSome(5)),
        Any::U128(u128::MAX),
        Any::U128(u128::MAX - 1),
        Any::I128(i128::MIN),
        Any::Str("340282366920938463463374607431768211455"),
        Any::F64(1.2),
        Any::F32(1.2),
        Any::F64(f64::from(1.2_f32)),
        Any::F64(0.0),
        Any::F64(-0.0),
        Any::F32(-0.0),
        Any::F64(f64::NAN),
        Any::F32(f32::NAN),
        Any::Str("NaN"),
        Any::F64(f64::INFINITY),
        Any::F64(f64::NEG_INFINITY),
        Any::Str("inf"),
        Any::Unit(()),
        Any::Option(None),
        some(Any::Unit(())),
        some(Any::Option(None)),
        some(some(Any::Option(None))),
        Any::UnitStruct(Unit),
        Any::NoFields(Empty {}),
        Any::Str("null"),
        Any::Str("None"),
        Any::Str(""),
        Any::Bytes(Bytes(b"")),
        Any::Bytes(Bytes(&[0xab])),
        Any::Str("ab"),
        Any::Str("a\nb"),
        Any::Str("a\\nb"),
        Any::Char('"'),
        Any::Str("\""),
    ]
}

fn collections() -> Vec<Any> {
    let json = |text: &str| Any::Json(serde_json::from_str(text).expect("JSON"));
    // Without the values of `Json` that make the same calls as another value, such as `null`.
    vec![
        Any::Kind(Kind::Unit),
        Any::Str("Unit"),
        Any::Kind(Kind::Newtype(1)),
        Any::Map(BTreeMap::from([("Newtype", Any::U8(1))])),
        json(r#"{"Newtype":1}"#),
        Any::Kind(Kind::Tuple(1, 2)),
        Any::Kind(Kind::Struct { b: 1, a: 2 }),
        Any::Renamed(Renamed::Odd),
        Any::Renamed(Renamed::One),
        Any::Renamed(Renamed::Two(1)),
        Any::Renamed(Renamed::Nameless),
        Any::Pair(1, 2),
        Any::Slice(&[1, 2]),
        Any::List(vec![Any::U8(1), Any::U8(2)]),
        Any::List(vec![Any::U8(2), Any::U8(1)]),
        Any::List(vec![Any::List(vec![Any::U8(1), Any::U8(2)])]),
        Any::List(vec![Any::Str("1,2")]),
        Any::List(vec![]),
        Any::List(vec![Any::Unit(())]),
        Any::NoArray([]),
        Any::Deque(VecDeque::from([1, 2])),
        Any::Set(BTreeSet::from([1, 2])),
        Any::Hashed(HashSet::from([1, 2])),
        Any::TupleStruct(TupleStruct(1, 2)),
        Any::Numbered(BTreeMap::from([(1, 2)])),
        Any::List(vec![Any::Pair(1, 2)]),
        Any::Letters(BTreeMap::from([('a', 1)])),
        Any::Map(BTreeMap::from([("a", Any::U8(1))])),
        Any::HashedMap(HashMap::from([("a", 1)])),
        Any::Ordered(Ordered(vec![("a", 1)])),
        Any::Ordered(Ordered(vec![("a", 1), ("b", 2)])),
        Any::Ordered(Ordered(vec![("b", 2), ("a", 1)])),
        Any::Struct(Kinds { a: 1 }),
        Any::OtherStruct(Other { a: 1 }),
        Any::Map(BTreeMap::new()),
        Any::HashedMap(HashMap::new()),
        Any::Numbered(BTreeMap::from([(1, 2), (3, 4)])),
        json("-5"),
        json("[1,2]"),
        json("{}"),
        json(r#"{"a":null}"#),
        json(r#"{"a":"null"}"#),
        json(r#"{"a":1,"b":{"c":2}}"#),
        json(r#"{"a":1,"b":2,"c":3}"#),
        json(r#"{"a=>1u64,\"b":2}"#),
    ]
}

#[test]
fn different_values_of_one_type_have_different_texts() {
    let values = [scalars(), collections()].concat();
    // Alone, and with another value after it.
    let pairs = values.iter().map(|value| text(Any::List(vec![value.clone(), Any::U8(0)])));
    let mut all: Vec<String> = values.iter().map(text).chain(pairs).collect();
    all.sort();
    let same: Vec<_> = all.windows(2).filter(|pair| pair[0] == pair[1]).collect();
    assert!(same.is_empty(), "{same:?}");
}

#[test]
fn hash_tables_are_sorted_and_lists_keep_their_order() {
    // Each has its own hasher: their orders differ in all but one of very many runs.
    let numbers: Vec<u32> = (0..100).collect();
    let set = || numbers.iter().copied().collect::<HashSet<_>>();
    assert_eq!(text(set()), text(set()));
    let map = || numbers.iter().map(|number| (number.to_string(), set())).collect::<HashMap<_, _>>();
    assert_eq!(text(map()), text(map()));
    assert_eq!(exact(BTreeSet::from([3, 1, 2])), "BTreeSet[1i32,2i32,3i32,]");
    assert_ne!(text(vec![1, 2]), text(vec![2, 1]));
    assert_ne!(text(vec![vec![2, 1]]), text(vec![vec![1, 2]]));
    let list = |first: u32, second: u32| vec![HashSet::from([first]), HashSet::from([second])];
    assert_ne!(text(list(1, 2)), text(list(2, 1)), "a list of sets is a list");
}

#[test]
fn a_user_type_named_hash_set_keeps_its_order() {
    struct HashSet(Vec<u8>);
    struct IndexSet(Vec<u8>);
    struct HashMap(Vec<(u8, u8)>);
    impl<'a> IntoIterator for &'a HashSet {
        type Item = &'a u8;
        type IntoIter = std::slice::Iter<'a, u8>;
        fn into_iter(self) -> Self::IntoIter {
            self.0.iter()
        }
    }
    impl<'a> IntoIterator for &'a IndexSet {
        type Item = &'a u8;
        type IntoIter = std::slice::Iter<'a, u8>;
        fn into_iter(self) -> Self::IntoIter {
            self.0.iter()
        }
    }
    impl IntoIterator for &HashMap {
        type Item = (u8, u8);
        type IntoIter = std::vec::IntoIter<(u8, u8)>;
        fn into_iter(self) -> Self::IntoIter {
            self.0.clone().into_iter()
        }
    }
    let of = |form: Result<Form, Error>| form.expect("it serializes").exact;
    assert_eq!(of(Canonical.collect_seq(&HashSet(vec![2, 1]))), "HashSet[2u8,1u8,]");
    assert_eq!(of(Canonical.collect_seq(&IndexSet(vec![2, 1]))), "IndexSet[2u8,1u8,]");
    assert_eq!(of(Canonical.collect_map(&HashMap(vec![(2, 0), (1, 0)]))), "HashMap{2u8=>0u8,1u8=>0u8,}");
}

#[test]
fn hash_tables_are_recognized_by_the_path_of_their_type() {
    assert!(is_hash_table::<&HashSet<BTreeSet<u8>>>());
    assert!(is_hash_table::<std::collections::hash_map::Keys<'_, u8, u8>>());
    assert!(is_hash_table::<std::collections::hash_set::Iter<'_, u8>>());
    for path in [path_of::<BTreeSet<HashSet<u8>>>(), path_of::<&[HashSet<u8>]>(), path_of::<Vec<u8>>()] {
        assert!(!path.contains("Hash"), "{path}");
    }
    assert!(!is_hash_table::<Vec<HashSet<u8>>>());
    assert!(!is_hash_table::<&[HashSet<u8>]>());
}

#[derive(serde::Serialize)]
struct Flat<M> {
    zeta: u8,
    #[serde(flatten)]
    rest: M,
    alpha: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    skipped: Option<u8>,
}

fn flat<M>(rest: M) -> Flat<M> {
    Flat { zeta: 1, rest, alpha: 2, skipped: None }
}

#[test]
fn a_flattened_hash_map_has_one_text() {
    let map = || (0..50_u8).map(|number| (format!("k{number}"), number)).collect::<HashMap<_, _>>();
    assert_eq!(text(flat(map())), text(flat(map())));
    assert_eq!(plain(flat(HashMap::from([("b", 3)]))), r#"{"alpha":2,"b":3,"zeta":1}"#);
    let texts: BTreeSet<_> = [
        text(flat(HashMap::from([("b", 3)]))),
        text(flat(HashMap::from([("b", 4)]))),
        text(flat(HashMap::from([("c", 3)]))),
        text(flat(HashMap::<&str, u8>::new())),
        text(flat(HashMap::from([("zeta", 3)]))),
        text(flat(Kinds { a: 3 })),
        text(flat(serde_json::json!({"b": 3}))),
        text(flat(serde_json::json!({"b": "3"}))),
        text(flat(Option::<Kinds>::None)),
        text(Flat { skipped: Some(3), ..flat(HashMap::<&str, u8>::new()) }),
        text(Flat { skipped: Some(0), ..flat(HashMap::<&str, u8>::new()) }),
    ]
    .into();
    // A flattened `None` and an empty map are the same fields.
    assert_eq!(texts.len(), 10);
}

#[test]
fn a_key_in_two_flattened_maps_counts_twice() {
    #[derive(serde::Serialize)]
    struct Two {
        #[serde(flatten)]
        first: HashMap<&'static str, u8>,
        #[serde(flatten)]
        second: HashMap<&'static str, u8>,
    }
    let two = |first, second| Two { first: HashMap::from([("x", first)]), second: HashMap::from([("x", second)]) };
    assert_ne!(text(two(1, 2)), text(two(2, 1)));
}

#[test]
fn a_hash_map_in_an_internally_tagged_enum_has_one_text() {
    #[derive(serde::Serialize)]
    #[serde(tag = "tag")]
    enum Tagged {
        Map(HashMap<String, u8>),
        Other(HashMap<String, u8>),
    }
    let map = || (0..50_u8).map(|number| (format!("k{number}"), number)).collect::<HashMap<_, _>>();
    assert_eq!(text(Tagged::Map(map())), text(Tagged::Map(map())));
    assert_ne!(text(Tagged::Map(map())), text(Tagged::Other(map())));
}

#[test]
fn a_map_written_entry_by_entry_keeps_its_order() {
    struct Written(Vec<(&'static str, u8)>);
    impl Serialize for Written {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut map = serializer.serialize_map(Some(self.0.len()))?;
            for (key, value) in &self.0 {
                map.serialize_entry(key, value)?;
            }
            map.end()
        }
    }
    assert_ne!(text(Written(vec![("a", 1), ("b", 2)])), text(Written(vec![("b", 2), ("a", 1)])));
    assert_ne!(text(Written(vec![("a", 1), ("a", 2)])), text(Written(vec![("a", 2)])), "a key may occur twice");
}

#[test]
fn errors_of_the_value_are_passed_on() {
    struct Failing;
    impl Serialize for Failing {
        fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(ser::Error::custom("deliberate failure"))
        }
    }
    struct Dangling(bool);
    impl Serialize for Dangling {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut map = serializer.serialize_map(None)?;
            map.serialize_key("a")?;
            if self.0 {
                map.serialize_key("b")?;
            }
            map.end()
        }
    }
    for value in [Dangling(true), Dangling(false)] {
        let error = canonical(Part::Whole, &value).expect_err("a value is missing").to_string();
        assert_eq!(error, "a map's key has no value");
    }
    for error in [
        canonical(Part::Whole, &Failing).err(),
        canonical(Part::Whole, &vec![Failing]).err(),
        canonical(Part::Whole, &flat(BTreeMap::from([("a", vec![Failing])]))).err(),
    ] {
        assert_eq!(error.expect("it fails").to_string(), "deliberate failure");
    }
}

#[test]
fn the_exact_notation_is_one_line() {
    assert_eq!(text("a\nb\r\u{2028}").lines().count(), 2);
    assert_eq!(text(BTreeMap::from([("a\nb", 1)])).lines().count(), 2);
}

#[test]
fn equal_values_of_two_parts_have_two_texts() {
    let text = |part| canonical(part, &5u8).expect("it serializes");
    let texts = ["a", "b", "a.b"].map(|path| text(Part::Field(path)));
    assert_eq!(texts, ["{\"a\":5}\n5u8\nfield a", "{\"b\":5}\n5u8\nfield b", "{\"a\":{\"b\":5}}\n5u8\nfield a.b"]);
    assert_eq!(text(Part::Declared("Graph 1")), "5\n5u8\ndeclared Graph 1");
    assert_eq!(text(Part::Whole), "5\n5u8");
    for part in [Part::Field("a.b"), Part::Declared("Graph 1"), Part::Whole] {
        assert_eq!(Text::parse(&text(part)).part, part);
    }
    let lines = canonical(Part::Whole, "a\nfield b").expect("it serializes");
    assert_eq!(Text::parse(&lines).part, Part::Whole, "a text has no further lines");
}
