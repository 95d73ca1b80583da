//! Promises that each codec keeps.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fmt::Debug;
use std::fs;
use std::path::PathBuf;

#[cfg(feature = "postcard")]
use super::Postcard;
use super::{Codec, Json, Stored};

#[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "rkyv", derive(rkyv::Archive, rkyv::Serialize))]
#[cfg_attr(feature = "rkyv", rkyv(compare(PartialEq), derive(Debug)))]
struct Graph {
    nodes: Vec<Node>,
    weights: Vec<f32>,
}

#[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "rkyv", derive(rkyv::Archive, rkyv::Serialize))]
#[cfg_attr(feature = "rkyv", rkyv(compare(PartialEq), derive(Debug)))]
struct Node {
    name: String,
    kind: Kind,
    parent: Option<u32>,
}

#[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "rkyv", derive(rkyv::Archive, rkyv::Serialize))]
#[cfg_attr(feature = "rkyv", rkyv(compare(PartialEq), derive(Debug)))]
enum Kind {
    File,
    Function { line: u32 },
}

fn graph() -> Graph {
    Graph {
        nodes: vec![
            Node { name: "a.py".to_owned(), kind: Kind::File, parent: None },
            Node { name: "a.py:f".to_owned(), kind: Kind::Function { line: 7 }, parent: Some(0) },
        ],
        weights: vec![0.5, -1.25],
    }
}

/// Returns a directory with the file of a codec, and the path of the file.
fn saved<C: Codec<T>, T>(value: &T) -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    C::save(value, directory.path()).unwrap();
    let files: Vec<_> = fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    let [file] = &files[..] else { panic!("one file: {files:?}") };
    (directory, file.clone())
}

/// Saves and loads a value as an unverified file.
pub(super) fn restored<C: Codec<T>, T>(value: &T) -> crate::Result<C::Loaded> {
    let (directory, _) = saved::<C, T>(value);
    C::load(&Stored::new(directory.path(), false))
}

/// Checks that no prefix of the file loads, and that no changed byte causes a panic.
fn survives_damage<C: Codec<Graph, Loaded: Debug>>() {
    let (directory, file) = saved::<C, Graph>(&graph());
    let load = || C::load(&Stored::new(directory.path(), false));
    let bytes = fs::read(&file).unwrap();
    for length in 0..bytes.len() {
        fs::write(&file, &bytes[..length]).unwrap();
        let message = load().unwrap_err().to_string();
        assert!(message.contains(file.to_str().unwrap()), "{length}: {message}");
        assert!(message.contains("\nhelp: "), "{length}: {message}");
    }
    for at in 0..bytes.len() {
        for mask in [0x01, 0x10, 0x80, 0xff] {
            let mut damaged = bytes.clone();
            damaged[at] ^= mask;
            fs::write(&file, &damaged).unwrap();
            // Another value may be the result: the cache compares digests, and a codec need not.
            if let Err(error) = load() {
                assert!(error.to_string().contains("\nhelp: "), "{at}: {error}");
            }
        }
    }
    fs::write(&file, [&bytes[..], b"x"].concat()).unwrap();
    assert!(load().is_err(), "a file with more bytes");
    fs::remove_file(&file).unwrap();
    let error = load().unwrap_err();
    assert!(error.to_string().contains(file.to_str().unwrap()), "{error}");
}

fn writes_equal_bytes<C: Codec<Graph>>() {
    let read = |(_directory, file): (tempfile::TempDir, PathBuf)| fs::read(file).unwrap();
    assert_eq!(read(saved::<C, _>(&graph())), read(saved::<C, _>(&graph())));
}

#[test]
fn json_restores_a_value() {
    assert_eq!(restored::<Json, _>(&graph()).unwrap(), graph());
    writes_equal_bytes::<Json>();
}

#[test]
fn json_rejects_damaged_files() {
    survives_damage::<Json>();
}

#[test]
fn json_refuses_a_map_with_struct_keys() {
    let directory = tempfile::tempdir().unwrap();
    let value = std::collections::BTreeMap::from([((1, 2), 3)]);
    let error = Json::save(&value, directory.path()).unwrap_err().to_string();
    assert!(
        error.contains("value.json: key must be a string\nhelp: choose `#[artifact(codec = postcard)]`"),
        "{error}"
    );
}

#[test]
fn json_keeps_numbers_exactly_but_no_nan() {
    // The last digit of a number is kept.
    for exact in [0.1 + 0.2, 1.0 / 3.0, 5e-324, 123_456_789.123_456_79] {
        assert_eq!(restored::<Json, f64>(&exact).unwrap().to_bits(), exact.to_bits());
    }
    assert!(restored::<Json, _>(&vec![f64::NAN]).is_err());
    assert_eq!(restored::<Json, _>(&Some(f64::NAN)).unwrap(), None);
    assert_eq!(restored::<Json, _>(&Some(())).unwrap(), None);
}

#[test]
fn an_unwritable_directory_is_an_error_of_the_system() {
    let missing = tempfile::tempdir().unwrap().path().join("missing");
    let error = Json::save(&1, &missing).unwrap_err();
    assert!(error.to_string().contains(missing.to_str().unwrap()), "{error}");
    assert!(error.source().unwrap().is::<std::io::Error>(), "{error:?}");
}

#[cfg(feature = "postcard")]
#[test]
fn postcard_restores_a_value_and_rejects_damaged_files() {
    assert_eq!(restored::<Postcard, _>(&graph()).unwrap(), graph());
    writes_equal_bytes::<Postcard>();
    survives_damage::<Postcard>();
}

#[cfg(feature = "postcard")]
#[test]
fn postcard_refuses_fields_that_are_left_out() {
    #[derive(Debug, serde::Serialize, serde::Deserialize)]
    struct Sparse {
        #[serde(skip_serializing_if = "Option::is_none", default)]
        first: Option<u32>,
        second: String,
    }
    let error = restored::<Postcard, _>(&Sparse { first: None, second: "text".to_owned() }).unwrap_err();
    assert!(error.to_string().contains("\nhelp: make `Serialize` and `Deserialize` of"), "{error}");
}

#[cfg(feature = "rkyv")]
mod mapped {
    use super::*;
    use crate::codec::Rkyv;

    #[test]
    fn a_verified_file_is_mapped() {
        let (directory, _) = saved::<Rkyv, _>(&graph());
        let mapped = <Rkyv as Codec<Graph>>::load(&Stored::new(directory.path(), true)).unwrap();
        assert_eq!(*mapped, graph());
        drop(directory);
        assert_eq!(*mapped, graph(), "a removed file stays mapped");
    }

    #[test]
    fn an_unverified_file_is_validated() {
        assert_eq!(*restored::<Rkyv, Graph>(&graph()).unwrap(), graph());
        survives_damage::<Rkyv>();
        writes_equal_bytes::<Rkyv>();
    }

    #[test]
    fn a_malformed_archive_is_rejected_unless_verified() {
        let (directory, file) = saved::<Rkyv, _>(&vec!["a string that is stored outside of the root".to_owned()]);
        let mut bytes = fs::read(&file).unwrap();
        // The root follows the strings. It is the relative pointer to the elements, then their number.
        let root = bytes.len() - super::super::mapped::FOOTER - 8;
        bytes[root..root + 8].copy_from_slice(&[0x7f; 8]);
        fs::write(&file, bytes).unwrap();
        let error = <Rkyv as Codec<Vec<String>>>::load(&Stored::new(directory.path(), false)).unwrap_err();
        assert!(error.to_string().contains("\nhelp: run the test once"), "{error}");
    }

    #[test]
    fn a_file_of_another_type_is_rejected_even_if_verified() {
        let (directory, _) = saved::<Rkyv, _>(&vec![1_u32, 2]);
        let error = <Rkyv as Codec<Vec<f32>>>::load(&Stored::new(directory.path(), true)).unwrap_err().to_string();
        assert!(error.contains("written for another type"), "{error}");
        assert!(error.contains("\nhelp: name the code that defines the type"), "{error}");
    }

    #[test]
    fn a_truncated_file_is_rejected_even_if_verified() {
        let (directory, file) = saved::<Rkyv, _>(&graph());
        let bytes = fs::read(&file).unwrap();
        for length in 0..bytes.len() {
            fs::write(&file, &bytes[..length]).unwrap();
            assert!(<Rkyv as Codec<Graph>>::load(&Stored::new(directory.path(), true)).is_err(), "{length}");
        }
    }
}
