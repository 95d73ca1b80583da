//! Builds slow test fixtures once, keeps them on disk, and restores them in milliseconds in every later test
//! process.
//!
//! Each fixture has a key: a digest of its input files, of the code that builds it, of its configuration, and
//! of declared inputs. A known key is a hit, and the fixture is restored. A new key is a miss, and one
//! process builds it while the others wait.
//!
//! # Example
//!
//! A test file, such as `tests/model.rs`:
//!
//! ```test_harness
//! use cached_smoke::{artifact, cached_smoke};
//!
//! #[derive(serde::Serialize, serde::Deserialize)]
//! struct Model {
//!     slope: f64,
//! }
//!
//! #[artifact]
//! fn model() -> Model {
//!     Model { slope: 2.0 } // ten seconds, once
//! }
//!
//! #[cached_smoke(repos = [])]
//! fn predicts(model: &Model) {
//!     assert!(model.slope > 1.9);
//! }
//! ```
//!
//! `repos = []` is only needed where a `smoke.toml` lists repositories, as in the package of this example.
//!
//! `cargo test`, `cargo nextest run` and `cargo smoke-cache test` run it. The [book] continues from here:
//! other inputs, nextest, CI, a remote cache, and every setting.
//!
//! # Over repositories
//!
//! A repository is a folder of input files, under git or not. `smoke.toml` names it:
//! `[repos.texts]`, `path = "texts"`. A function that takes [`Repo`] has an artifact for each:
//!
//! ```test_harness
//! use cached_smoke::{Each, Repo, artifact, cached_smoke};
//!
//! #[derive(serde::Serialize, serde::Deserialize)]
//! struct Names(Vec<String>);
//!
//! #[artifact]
//! fn names(repo: &Repo) -> std::io::Result<Names> {
//!     let files = std::fs::read_dir(repo.path())?;
//!     files.map(|file| Ok(file?.file_name().to_string_lossy().into_owned())).collect::<Result<_, _>>().map(Names)
//! }
//!
//! #[cached_smoke] // a test for each repository of `smoke.toml`
//! fn has_files(names: &Names) {
//!     assert!(!names.0.is_empty());
//! }
//!
//! #[cached_smoke] // one test over all of them
//! fn all_have_files(all: &Each<Names>) {
//!     assert!(all.iter().all(|(_, names)| !names.0.is_empty()));
//! }
//! ```
//!
//! # A directory
//!
//! A type that writes its own files needs no trait of serde. The function writes into `dir`, and `load` reads:
//!
//! ```test_harness
//! use std::{fs, io, path::Path};
//!
//! use cached_smoke::{artifact, cached_smoke};
//!
//! struct Index {
//!     terms: String,
//! }
//!
//! impl Index {
//!     fn open(dir: &Path) -> io::Result<Index> {
//!         Ok(Index { terms: fs::read_to_string(dir.join("terms"))? })
//!     }
//! }
//!
//! #[artifact(directory, load = Index::open)]
//! fn index(dir: &Path) -> io::Result<Index> {
//!     fs::write(dir.join("terms"), "apple pear")?;
//!     Index::open(dir)
//! }
//!
//! #[cached_smoke(repos = [])]
//! fn finds_a_pear(index: &Index) {
//!     assert!(index.terms.contains("pear"));
//! }
//! ```
//!
//! # A copy to write to
//!
//! [`Scratch`] is loaded from a private copy of the files. The copy is removed when the test passes:
//!
//! ```test_harness
//! use std::{fs, io, path::Path};
//!
//! use cached_smoke::{Scratch, artifact, cached_smoke};
//!
//! struct Shop {
//!     stock: fs::File,
//! }
//!
//! impl Shop {
//!     fn open(dir: &Path) -> io::Result<Shop> {
//!         Ok(Shop { stock: fs::File::options().read(true).append(true).open(dir.join("stock"))? })
//!     }
//! }
//!
//! #[artifact(load = Shop::open)]
//! fn shop(dir: &Path) -> io::Result<Shop> {
//!     fs::write(dir.join("stock"), "novel\n")?;
//!     Shop::open(dir)
//! }
//!
//! #[cached_smoke(repos = [])]
//! fn buys_an_atlas(mut shop: Scratch<Shop>) -> io::Result<()> {
//!     io::Write::write_all(&mut shop.stock, b"atlas\n")?;
//!     assert_eq!(fs::read_to_string(shop.dir().join("stock"))?, "novel\natlas\n");
//!     Ok(())
//! }
//! ```
//!
//! # Zero-copy
//!
//! With the feature `rkyv`, each test maps the file. The time to load does not depend on its size:
//!
//! ```test_harness
//! # #[cfg(feature = "rkyv")]
//! # mod example {
//! use cached_smoke::codec::Mapped;
//! use cached_smoke::{artifact, cached_smoke};
//!
//! #[derive(rkyv::Archive, rkyv::Serialize)]
//! struct Embeddings {
//!     values: Vec<f32>,
//! }
//!
//! #[artifact(codec = rkyv)]
//! fn embeddings() -> Embeddings {
//!     Embeddings { values: vec![0.5; 100_000] }
//! }
//!
//! #[cached_smoke(repos = [])]
//! fn reads_one_value(embeddings: &Mapped<Embeddings>) {
//!     assert!(embeddings.values[99_999].to_native() > 0.4);
//! }
//! # }
//! ```
//!
//! # A custom codec
//!
//! A [`codec`] is a file format. Any type that implements [`codec::Codec`] is one:
//!
//! ```test_harness
//! use std::{fs, path::Path};
//!
//! use cached_smoke::codec::{Codec, Stored};
//! use cached_smoke::{Result, artifact, cached_smoke};
//!
//! /// One word per line.
//! struct Lines;
//!
//! impl Codec<Vec<String>> for Lines {
//!     const FORMAT: &'static str = "lines 1"; // a part of the key
//!     type Loaded = Vec<String>;
//!
//!     fn save(words: &Vec<String>, dir: &Path) -> Result<()> {
//!         Ok(fs::write(dir.join("words.txt"), words.join("\n"))?)
//!     }
//!
//!     fn load(stored: &Stored<'_>) -> Result<Vec<String>> {
//!         let text = fs::read_to_string(stored.dir().join("words.txt"))?;
//!         Ok(text.lines().map(str::to_owned).collect())
//!     }
//! }
//!
//! #[artifact(codec = Lines)]
//! fn words() -> Vec<String> {
//!     vec!["apple".to_owned(), "pear".to_owned()]
//! }
//!
//! #[cached_smoke(repos = [])]
//! fn keeps_the_order(words: &Vec<String>) {
//!     assert_eq!(words[..], ["apple", "pear"]);
//! }
//! ```
//!
//! # Which one do I want?
//!
//! | you want to | use |
//! | --- | --- |
//! | write a test with fixtures | the attribute [`macro@cached_smoke`] |
//! | use fixtures without the attribute | [`Session`] |
//! | write to a fixture's files | [`Scratch`] |
//! | make a function a fixture | the attribute [`macro@artifact`] |
//! | describe a fixture that is more than a function | [`Artifact`] |
//! | give the fixtures a configuration | [`Suite`] |
//! | take one fixture over all repositories | [`Each`] |
//! | choose or write a file format | [`codec`] |
//! | name the code that builds it | [`code_fingerprint!`] |
//! | declare other inputs and dependencies | [`KeyBuilder`], in [`Artifact::key`] |
//! | choose between an archive and a directory | [`Storage`] |
//! | report how far a build is | [`Progress`] |
//! | keep numbers about an artifact | [`Metrics`] |
//! | know what the cache did for a test | [`CacheReport`] |
//!
//! # Pitfalls
//!
//! - **Name all code.** In a [`Suite`], [`code_fingerprint!`] must name the package that builds the artifact, and
//!   the module with the implementation of [`Artifact`].
//! - **Declare all inputs.** A build that reads files outside the repository, environment variables, or the
//!   output of other programs must declare them: [`KeyBuilder::file`], [`directory`](KeyBuilder::directory),
//!   [`env`](KeyBuilder::env), [`tool`](KeyBuilder::tool). No key covers the network or the clock.
//!   `cargo smoke-cache audit` finds undeclared files, and a build of a [hermetic](Suite::HERMETIC) suite cannot use
//!   them.
//! - **Skip no setting that matters.** A field of the configuration with `#[serde(skip)]` is not part of the
//!   key. That is right for a number of threads, and wrong for anything that changes the result.
//! - **Open files in `load`.** The value that [`Artifact::load`] returns may use the files as long as the
//!   process runs, but must open them all at once.
//! - **Optimise the package that builds.** In a debug build, a fixture is as slow as the code that builds it. Set
//!   `opt-level = 3` for that package under `[profile.dev.package]`. For all dependencies, `"*"`, the first
//!   compilation takes four times as long.
//!
//! # Safety among threads, processes and machines
//!
//! Any number of threads and processes may use one cache directory at once, also while another process cleans
//! it. On several machines at once, it is as safe as the file system's locks (`flock`) are. Entries and
//! archives are untrusted input: every byte is compared with a digest before it is used. With default
//! features, this crate has no unsafe code; the feature `rkyv` has some, to map files.
//!
//! [book]: https://github.com/cached-smoke/cached-smoke/blob/main/docs/README.md

mod api;
mod audit;
pub mod codec;
mod config;
mod cores;
mod digest;
mod disk;
mod error;
mod file_lock;
mod json;
mod json_lines;
mod key;
mod layout;
mod message;
mod name;
mod ordered;
mod own_thread;
mod panic;
mod paths;
mod plain_file;
mod private_directory;
mod remote;
mod run;
mod shared;
mod store;
mod telemetry;
mod terminal;
mod text;
mod units;

#[doc(hidden)]
pub mod __private {
    pub use crate::api::private::*;
}
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
#[doc(hidden)]
pub mod tooling;

pub use api::artifact::{Artifact, NoSuite, Suite};
pub use api::context::{BuildContext, LoadContext, Progress};
pub use api::each::Each;
pub use api::key_builder::KeyBuilder;
pub use api::metrics::{MetricValue, Metrics};
pub use api::scratch::Scratch;
pub use api::session::Session;
#[doc = include_str!("../doc/artifact.md")]
pub use cached_smoke_macros::artifact;
#[doc = include_str!("../doc/attribute.md")]
pub use cached_smoke_macros::cached_smoke;
pub use error::{BoxError, Error, Result, Step};
pub use key::fingerprint::CodeFingerprint;
pub use key::repo::Repo;
pub use store::manifest::Storage;
pub use telemetry::{Activity, ArtifactReport, CacheReport, Outcome, Rebuilt, Span};

/// Fingerprints code as it was compiled: every change that can change its behaviour changes the fingerprint.
///
/// Takes directories and files, relative to the `Cargo.toml` of the package that is compiled, and within its
/// workspace. Name the source root of the package whose code builds the artifact, and the module that
/// implements [`Artifact`]:
///
/// ```
/// const CODE: cached_smoke::CodeFingerprint = cached_smoke::code_fingerprint!("src", "../macros/src");
/// assert_eq!(CODE.names(), ["src", "../macros/src"]);
/// ```
///
/// # What counts
///
/// | you name | what counts |
/// | --- | --- |
/// | a package: its whole source root such as `"src"`, or a directory above (then its other files count as well, including those of tests) | the crate *as it was compiled*, by the metadata that the compiler wrote: each function's body, features, flags, generated and embedded files, values of `env!`, all crates below it, and its objects of other languages |
/// | a directory or file inside a package, such as `"src/graph"` | these files, and everything that decides how they compile: features, `cfg`s, target, compiler, debug assertions, overflow checks, panic strategy, edition, embedded and generated files, values of `env!`, and the crates below as they were compiled. The rest of the package does not count: an edit of `src/index` keeps an artifact that names `"src/graph"`. Debug information, optimisation and coverage of this package do not count either |
/// | any other file or directory: the test's own modules, data | the content of each file. A test compares the files when it runs, so data that is read at run time counts as it is then |
/// | `own` | the package that is compiled: its library as it was compiled, and the sources of the current crate, without tests and comments |
/// | nothing | the crates that the test is compiled with, dev-dependencies included, as they were compiled, except cached-smoke and its own dependencies; features and flags of the test itself. Not its own code: an edit of a test's body is a hit |
///
/// These files do not count: files that git ignores, unless they are Rust sources; directories of version
/// control, and those with a `CACHEDIR.TAG`; `Cargo.lock`; editors' temporary files; modules that a compiled
/// source declares but is compiled without, such as unit tests in a separate file.
///
/// # `own`
///
/// `code_fingerprint!(own)` counts the package that is compiled, so that no directory needs a name. Names may
/// follow: `code_fingerprint!(own, "../data")`. These count:
///
/// - the package's library as it was compiled, unless it is the current crate
/// - the sources of the current crate: its root, and the files that it reaches by `mod`, `#[path]` and
///   `include!`, with the files and variables that they mention
/// - the programs of the package, if these sources mention `CARGO_BIN_EXE_` or `cargo_bin`
///
/// An edit of a test's body is a hit: in these sources, functions with a test attribute do not count, and
/// neither do comments, unless they are documentation. A test counts if other code mentions its name, or if it
/// contains an `impl`, a module or a function that builds an artifact. A source that is not Rust counts as it is.
///
/// # Pitfalls
///
/// - A directory inside a package stands for its own files only. Code that it calls in another module of the
///   package does not count. Name that module as well, or the whole package.
/// - The test's own sources are searched for `env!` and `include!` as text. An argument that another macro
///   generates is not seen. Declare such a variable or file with [`KeyBuilder::env`] or [`KeyBuilder::file`].
/// - The metadata of a crate depends on the path of the workspace, on `CARGO_INCREMENTAL`, and on all flags.
///   To give two checkouts one fingerprint, compile both with `--remap-path-prefix=$PWD=.` in `RUSTFLAGS`, or
///   write `portable`.
///
/// # `portable`
///
/// `code_fingerprint!(portable, "src")` fingerprints each crate by its sources, so that checkouts, profiles
/// and machines can share artifacts. These count: all files of its package except those of tests, benches and
/// examples; files that the compiler read elsewhere; files that its build script wrote; values of `env!` that
/// contain no path; features; name, version and checksum of fetched packages; target and compiler. Flags do
/// not count.
///
/// If the compiler's command line cannot be read, every fingerprint is made from sources alone, and the test
/// warns when it runs.
///
/// # Errors
///
/// A name that does not exist, lies outside the workspace, or is an empty directory is a compile error on
/// that name.
#[macro_export]
macro_rules! code_fingerprint {
    ($($directories:tt)*) => {
        $crate::__private::code_fingerprint!($crate; $($directories)*)
    };
}

/// Compiles the examples of the book and of the repository's README.
#[cfg(doctest)]
mod book {
    macro_rules! pages {
        ($($name:ident = $path:literal),* $(,)?) => {
            $(#[doc = include_str!(concat!("../../", $path))] mod $name {})*
        };
    }

    pages! {
        readme = "README.md",
        start = "docs/guide/start.md",
        artifacts = "docs/guide/artifacts.md",
        complete_keys = "docs/guide/complete-keys.md",
        repositories = "docs/guide/repositories.md",
        recipes = "docs/guide/recipes.md",
        writing = "docs/guide/writing.md",
        forms = "docs/reference/forms.md",
        codecs = "docs/guide/codecs.md",
        adopting = "docs/adopting.md",
    }
}
