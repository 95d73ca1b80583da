//! Codecs of features, and codecs by a path.

use cached_smoke::codec::Mapped;
use cached_smoke::{artifact, cached_smoke};
use serde::{Deserialize, Serialize};

mod codecs {
    use std::fs;
    use std::path::Path;

    use cached_smoke::Result;
    use cached_smoke::codec::{Codec, Stored};

    pub(crate) mod text {
        /// One line for each name.
        pub(crate) struct Lines;
    }

    impl Codec<super::Names> for text::Lines {
        const FORMAT: &'static str = "lines 1";
        type Loaded = super::Names;

        fn save(names: &super::Names, dir: &Path) -> Result<()> {
            Ok(fs::write(dir.join("names"), names.0.join("\n"))?)
        }

        fn load(stored: &Stored<'_>) -> Result<super::Names> {
            let text = fs::read_to_string(stored.dir().join("names"))?;
            Ok(super::Names(text.lines().map(str::to_owned).collect()))
        }
    }
}

/// Implements no trait of serde.
pub(crate) struct Names(Vec<String>);

#[artifact(codec = crate::codecs::text::Lines)]
fn names() -> Names {
    Names(vec!["one".to_owned(), "two".to_owned()])
}

#[derive(Serialize, Deserialize)]
struct Short(f32, Option<Option<u8>>);

#[artifact(codec = postcard)]
fn short() -> Short {
    Short(f32::INFINITY, Some(None))
}

#[derive(Serialize, Deserialize)]
struct ByPath(u8);

#[artifact(codec = cached_smoke::codec::Postcard)]
fn by_path() -> ByPath {
    ByPath(7)
}

#[derive(rkyv::Archive, rkyv::Serialize)]
struct Vectors {
    values: Vec<f32>,
}

#[artifact(codec = rkyv)]
fn vectors() -> Vectors {
    Vectors { values: vec![0.5; 1000] }
}

#[cached_smoke]
fn another(Names(names): &Names) {
    project::log("codecs::another");
    assert_eq!(names[..], ["one", "two"]);
}

#[cached_smoke]
fn compact(short: &Short, by_path: ByPath) {
    project::log("codecs::compact");
    // JSON keeps neither.
    assert_eq!((short.0, short.1, by_path.0), (f32::INFINITY, Some(None), 7));
}

#[cached_smoke]
fn mapped(vectors: &Mapped<Vectors>) {
    project::log("codecs::mapped");
    assert_eq!((vectors.values.len(), vectors.values[999].to_native()), (1000, 0.5));
}
