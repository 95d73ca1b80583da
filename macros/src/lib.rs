//! The macros of [`cached-smoke`](https://docs.rs/cached-smoke), which re-exports them: depend on that crate, not on
//! this one.
//!
//! Both macros parse, check, and emit a few lines that call the runtime. Neither knows anything of a cache.

mod attribute;
mod errors;
mod fingerprint;
mod message;
mod smoke_toml;
mod suggestion;

use proc_macro::TokenStream;
use std::env;
use std::path::PathBuf;

/// Turns a function into a test that is handed artifacts built once and kept on disk.
///
/// Parameters are shared references, chosen by their type, in any number and order and with any pattern: artifacts of
/// the suite, `&Repo`, `&CacheReport`, `&Session<Suite>`. What a test does not ask for is neither restored nor built.
/// Leave `#[test]` out: the attribute adds it where no other test attribute is present.
///
/// # One repository
///
/// ```ignore
/// #[cached_smoke(repo = "django")]
/// fn finds_queryset(graph: &DependencyGraph, index: &SparseIndex) {
///     assert!(index.search("QuerySet").contains(graph));
/// }
/// ```
///
/// # Several repositories
///
/// One test for each, in a module of the function's name: `many::django` and `many::scikit_learn`.
///
/// ```ignore
/// #[cached_smoke(repos = ["django", "scikit-learn"])]
/// fn many(index: &SparseIndex, repo: &Repo) -> Result<(), Box<dyn Error>> { /* … */ }
/// ```
///
/// # Every repository
///
/// Without `repo` and `repos`, one test for each table under `[repos]` in the nearest `smoke.toml`, looked for in the
/// package's directory and above it. When that file lists repositories, names given to `repo` and `repos` must be among
/// them. Editing it recompiles the tests.
///
/// ```ignore
/// #[cached_smoke]
/// fn answers_everywhere(index: &SparseIndex) { /* … */ }
/// ```
///
/// # `config = expression`
///
/// The suite's configuration, in place of its default. Evaluated in the test, in the scope of the function; part of the
/// key.
///
/// ```ignore
/// #[cached_smoke(repo = "django", config = SmokeConfig { stemming: false, ..SmokeConfig::default() })]
/// fn finds_exact_words(index: &SparseIndex) { /* … */ }
/// ```
///
/// # `suite = path`
///
/// The suite, where the parameters' types leave it open: a test without artifacts, or a type that is an artifact of
/// more than one suite.
///
/// ```ignore
/// #[cached_smoke(repo = "django", suite = Smoke)]
/// fn is_checked_out(repo: &Repo) { /* … */ }
/// ```
///
/// # `crate = path`
///
/// Where to find `cached_smoke` when it is reached through another crate. Default: `::cached_smoke`.
///
/// ```ignore
/// #[cached_smoke(repo = "django", crate = ::test_support::cached_smoke)]
/// fn finds_queryset(index: &SparseIndex) { /* … */ }
/// ```
///
/// # Other attributes
///
/// `#[ignore]`, `#[should_panic]`, `#[cfg]`, doc comments, lints and all others are kept. An `async fn` needs the test
/// attribute of a runtime, above or below:
///
/// ```ignore
/// #[cached_smoke(repo = "django")]
/// #[tokio::test]
/// async fn served(index: &SparseIndex) { /* … */ }
/// ```
///
/// Setting up a `#[should_panic]` test may fail too; that is reported as a failure, never taken for the panic that the
/// test waits for.
#[proc_macro_attribute]
pub fn cached_smoke(arguments: TokenStream, item: TokenStream) -> TokenStream {
    attribute::expand(arguments.into(), item.into(), manifest_dir().as_deref()).into()
}

/// A digest of the code in the named directories and of all that it is compiled with, taken when the caller is
/// compiled.
///
/// Call it as `cached_smoke::code_fingerprint!("dir", …)`. The directories are relative to the manifest of the package
/// that is compiled. The value is a `CodeFingerprint`, usable in a `const`:
///
/// ```ignore
/// const CODE: CodeFingerprint = cached_smoke::code_fingerprint!("examples/code-index");
/// ```
///
/// The digest covers
///
/// - every file below each directory, in the order given, except hidden names, `Cargo.lock`, and a `target` directory
///   that holds a `CACHEDIR.TAG`;
/// - the manifest of the package that each directory belongs to, with what it inherits from its workspace;
/// - name, version, source and checksum of every package in `Cargo.lock` that those packages reach through normal and
///   build dependencies; a dev-dependency or a package that is not used changes nothing;
/// - the files of path dependencies among these, without the `tests`, `benches` and `examples` at their top level.
///
/// It is a digest of contents: neither the commit nor the place of the workspace matters, and uncommitted edits do. Cargo
/// recompiles the caller when one of these files changes.
///
/// Not promised: that a file which is *added*, without any of the others being changed, is seen before the next
/// compilation. Not covered: features that are switched on elsewhere, on the command line or by a package that depends
/// on these; compiler flags and versions.
///
/// A symbolic link counts as the file that it leads to, if that lies in the workspace; links to directories are not
/// followed.
#[proc_macro]
pub fn code_fingerprint(input: TokenStream) -> TokenStream {
    fingerprint::expand(input.into(), manifest_dir().as_deref()).into()
}

/// The directory of the package being compiled; nothing when it is not cargo that compiles.
fn manifest_dir() -> Option<PathBuf> {
    env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from)
}
