//! Places and names of functions.
#![allow(dead_code, non_camel_case_types, reason = "some names are there to be in the way")]

use cached_smoke::{artifact, cached_smoke};
use serde::{Deserialize, Serialize};

macro_rules! values {
    ($($(#[$attribute:meta])* $visibility:vis $name:ident: $type:ident($inner:ty) = $value:expr;)*) => { $(
        #[derive(Serialize, Deserialize)]
        $visibility struct $type($visibility $inner);

        $(#[$attribute])*
        #[artifact]
        $visibility fn $name() -> $type {
            $type($value)
        }
    )* };
}

values! {
    by_example: ByExample(u8) = 1;
    /// A comment.
    pub(crate) documented: Documented(String) = "a".to_owned();
}

macro_rules! by_parts {
    ($name:ident($pattern:pat => $type:ty) -> $returned:ty $body:block) => {
        #[artifact]
        fn $name($pattern: $type) -> $returned $body
    };
}

#[derive(Serialize, Deserialize)]
struct Parts(u8);

by_parts!(parts(ByExample(inner) => &ByExample) -> Parts { Parts(*inner + 1) });

mod below {
    use super::{artifact, cached_smoke};
    use serde::{Deserialize, Serialize};

    pub(super) mod deep {
        #[derive(super::Serialize, super::Deserialize)]
        pub(crate) struct Deep(pub(crate) u8);

        /// A function in a module.
        #[super::artifact]
        pub(crate) fn deep() -> Deep {
            Deep(2)
        }
    }

    #[derive(Serialize, Deserialize)]
    pub(super) struct Relative(pub(super) u8);

    #[artifact]
    #[allow(unused_qualifications)]
    pub(super) fn relative(deep: &self::deep::Deep, parts: &super::Parts) -> self::Relative {
        Relative(deep.0 + parts.0)
    }

    #[cached_smoke]
    fn in_a_module(relative: &Relative) {
        project::log("places::below::in_a_module");
        assert_eq!(relative.0, 4);
    }
}

#[derive(Serialize, Deserialize)]
struct Keyword(u8);

#[artifact]
fn r#match(r#type: &ByExample) -> Keyword {
    Keyword(r#type.0)
}

#[derive(Serialize, Deserialize)]
struct Conditional(&'static str);

#[cfg(any())]
#[artifact]
fn conditional() -> NoSuchType {
    NoSuchType
}

#[derive(Serialize, Deserialize)]
struct Chosen(String);

#[artifact]
#[cfg(all())]
fn chosen() -> Chosen {
    Chosen("all".to_owned())
}

#[cfg(any())]
#[artifact]
fn chosen() -> Chosen {
    Chosen("any".to_owned())
}

/// An attribute of the language.
#[artifact]
#[allow(unused_variables)]
#[inline(never)]
#[must_use]
#[cfg_attr(all(), doc = "Conditional.")]
fn attributes() -> Option<u8> {
    let unused = 1;
    Some(5)
}

#[cached_smoke]
fn by_macros(example: &ByExample, documented: &Documented, parts: &Parts) {
    project::log("places::by_macros");
    assert_eq!((example.0, documented.0.as_str(), parts.0), (1, "a", 2));
}

#[cached_smoke]
fn keywords(keyword: &Keyword) {
    project::log("places::keywords");
    assert_eq!(keyword.0, 1);
}

#[cached_smoke]
fn conditions(chosen: &Chosen, attributes: &Option<u8>) {
    project::log("places::conditions");
    assert_eq!((chosen.0.as_str(), *attributes), ("all", Some(5)));
}

#[cached_smoke]
fn a_parameter_with_the_name_of_the_function(chosen: &Chosen, by_example: &ByExample) {
    project::log("places::a_parameter_with_the_name_of_the_function");
    let deep = below::deep::deep();
    let parts = 1;
    assert_eq!((chosen.0.len(), by_example.0 + deep.0, parts), (3, 3, 1));
}

mod shadowed {
    mod std {}
    mod core {}
    mod project_ {}
    struct Result;
    struct Option;
    struct Ok;
    struct Err;
    struct Artifact;
    struct Stage;
    struct Suite;
    trait Default {}
    type str = ();
    type u32 = ();
    type bool = ();

    #[derive(serde::Serialize, serde::Deserialize)]
    pub(super) struct Value(u8);

    #[cached_smoke::artifact(format = 2)]
    fn value() -> Value {
        Value(1)
    }

    #[cached_smoke::cached_smoke]
    fn names(value: &Value) {
        project::log("places::shadowed::names");
        assert_eq!(value.0, 1);
    }
}

mod without_prelude {
    #![no_implicit_prelude]

    #[derive(::serde::Serialize, ::serde::Deserialize)]
    struct Bare(u8);

    #[::cached_smoke::artifact]
    fn bare() -> Bare {
        Bare(3)
    }

    #[::cached_smoke::cached_smoke]
    fn nothing_in_scope(bare: &Bare) {
        ::project::log("places::without_prelude::nothing_in_scope");
        ::std::assert_eq!(bare.0, 3);
    }
}

/// A function inside of a function.
#[test]
fn in_a_function() -> cached_smoke::Result<()> {
    #[derive(Serialize, Deserialize)]
    struct Local(u8);

    #[artifact]
    fn local() -> Local {
        Local(6)
    }

    project::log("places::in_a_function");
    let session = cached_smoke::Session::<cached_smoke::NoSuite>::without_repo(())?;
    assert_eq!(session.get::<local>()?.0, 6);
    Ok(())
}
