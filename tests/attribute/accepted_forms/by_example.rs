//! Tests that a macro writes.

macro_rules! smoke_test {
    ($(#[$attribute:meta])* $name:ident over $repo:literal with $config:expr, $pattern:pat => $type:ty, $body:expr) => {
        #[cached_smoke(repo = $repo, config = $config)]
        $(#[$attribute])*
        fn $name($pattern: &$type, graph: &project::Graph) {
            project::log(concat!("by_example::", stringify!($name)));
            assert_eq!(graph.names, ["file"]);
            $body
        }
    };
}

macro_rules! over_several {
    ($name:ident, $reference:ty, $($repo:expr),*; $suite:path) => {
        #[cached_smoke(repos = [$($repo),*], suite = $suite)]
        fn $name(index: $reference) -> Result<(), String> {
            project::log(concat!("by_example::", stringify!($name)));
            (index.0 == 1).then_some(()).ok_or_else(|| "not 1".to_owned())
        }
    };
}

macro_rules! with_body {
    ($visibility:vis $name:ident, $body:block, $list:expr) => {
        #[cached_smoke(repos = $list)]
        $visibility fn $name(_: &project::Graph) $body
    };
}

use super::support::{Config, Smoke, cached_smoke};
use project::Index;

with_body!(pub(crate) block, { project::log("by_example::block") }, ["one"]);
smoke_test!(plain over "one" with Config { added: 1 }, Index(count) => Index, assert_eq!(*count, 2));
smoke_test!(
    #[should_panic(expected = "on purpose")]
    panicking over "one" with Config::default(),
    _ => Index,
    panic!("on purpose")
);
over_several!(several, &Index, "one", "scikit-learn"; Smoke);
