//! Every text for people. Each says what is wrong, what is valid, and what was most likely meant.

use std::fmt::Display;
use std::path::Path;

/// `` `a`, `b`, `c` ``
fn list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// The likeliest intent, else all that is valid.
fn instead(nearest: Option<&str>, otherwise: impl Display) -> String {
    nearest.map_or_else(|| otherwise.to_string(), |near| format!("did you mean `{near}`?"))
}

// The arguments of `#[cached_smoke(…)]`.

pub(crate) fn unknown_argument(name: &str, nearest: Option<&str>, known: &[&str]) -> String {
    let otherwise = format!("there are {}", list(known.iter().copied()));
    format!("unknown argument `{name}`; {}", instead(nearest, otherwise))
}

pub(crate) fn positional_argument(text: Option<String>, known: &[&str]) -> String {
    match text {
        Some(name) => format!("every argument has a name: write `repo = \"{name}\"`"),
        None => format!("every argument has a name; there are {}", list(known.iter().copied())),
    }
}

pub(crate) fn argument_twice(name: &str) -> String {
    let hint = if name == "repo" { "; for several repositories write `repos = [\"…\", \"…\"]`" } else { "" };
    format!("`{name}` is given twice; keep one of them{hint}")
}

pub(crate) fn repo_with_repos() -> &'static str {
    "`repo` and `repos` exclude each other: `repo` makes the function one test, `repos` a module of tests; put all names \
     into `repos = […]`"
}

pub(crate) fn missing_value(name: &str) -> String {
    format!("`{name}` needs a value: {}", example(name))
}

pub(crate) fn malformed_value(name: &str, error: &dyn Display) -> String {
    format!("`{name}` cannot be read: {error}; it is written {}", example(name))
}

/// An argument as it is written.
fn example(name: &str) -> String {
    let value = match name {
        "repo" => "\"django\"",
        "repos" => "[\"django\", \"requests\"]",
        "config" => "SmokeConfig::default()",
        "suite" => "Smoke",
        _ => "::cached_smoke",
    };
    format!("`{name} = {value}`")
}

pub(crate) fn repo_takes_a_string() -> &'static str {
    "`repo` takes the name of a repository as a string literal: `repo = \"django\"`"
}

pub(crate) fn repo_takes_one() -> &'static str {
    "`repo` takes one name; for several write `repos = […]`"
}

pub(crate) fn repos_takes_a_list(text: Option<String>) -> String {
    match text {
        Some(name) => format!("`repos` takes a list: write `repos = [\"{name}\"]`, or `repo = \"{name}\"`"),
        None => "`repos` takes a list of string literals: `repos = [\"django\", \"requests\"]`".to_owned(),
    }
}

pub(crate) fn repos_takes_strings() -> &'static str {
    "`repos` takes the names of repositories as string literals: `repos = [\"django\", \"requests\"]`"
}

pub(crate) fn repos_is_empty() -> &'static str {
    "`repos` is empty, so there would be no test; name a repository, or leave `repos` out to test all in `smoke.toml`"
}

pub(crate) fn takes_a_path(name: &str, text: Option<String>) -> String {
    match text {
        Some(path) => format!("`{name}` takes a path, without quotes: `{name} = {path}`"),
        None => format!("`{name}` takes a path: {}", example(name)),
    }
}

pub(crate) fn expected_comma() -> &'static str {
    "expected `,` between two arguments"
}

pub(crate) fn expected_comma_between_names() -> &'static str {
    "expected `,` between two names"
}

// The function.

pub(crate) fn not_a_function(holds_functions: bool) -> String {
    let instead =
        if holds_functions { "put it on each test in here" } else { "`fn finds(graph: &DependencyGraph) { … }`" };
    format!("`#[cached_smoke]` goes on a function: {instead}")
}

pub(crate) fn function_without_body() -> &'static str {
    "`#[cached_smoke]` goes on a function with a body: the body is the test"
}

pub(crate) fn second_attribute() -> &'static str {
    "`#[cached_smoke]` stands on this function twice; for several repositories write `repos = [\"…\", \"…\"]`"
}

/// `unknown` is an attribute of the function that could be one.
pub(crate) fn async_without_runtime(unknown: Option<String>) -> String {
    let otherwise = unknown.map_or_else(
        || "without one, remove `async`".to_owned(),
        |unknown| format!("if `#[{unknown}]` is one by another name, put it above `#[cached_smoke]`"),
    );
    format!("an `async` test needs a runtime's test attribute, such as `#[tokio::test]`; {otherwise}")
}

pub(crate) fn qualifier(name: &str) -> String {
    format!("a test cannot be `{name}`; remove it")
}

pub(crate) fn variadic() -> &'static str {
    "a test cannot be variadic; every parameter is a shared reference: `graph: &DependencyGraph`"
}

pub(crate) fn generic() -> &'static str {
    "a test cannot be generic: nobody would choose the type; name it in the parameters"
}

pub(crate) fn generic_lifetime() -> &'static str {
    "a test needs no lifetime parameters; write the parameters' types as `&T`"
}

pub(crate) fn receiver() -> &'static str {
    "a test is a free function: take what it needs as parameters, such as `graph: &DependencyGraph`, and not from `self`"
}

pub(crate) fn no_parameters(function: &str) -> String {
    format!(
        "`{function}` has no parameters, so nothing tells the suite; take an artifact, such as `graph: \
         &DependencyGraph`, or write `suite = …` in `#[cached_smoke(…)]`; if it is written with parameters, another \
         attribute has used them up: put `#[cached_smoke]` above all others"
    )
}

pub(crate) fn no_suite() -> &'static str {
    "every suite's tests may take these, so nothing tells the suite; write `suite = Smoke` in `#[cached_smoke(…)]`, or \
     take an artifact as well, such as `graph: &DependencyGraph`"
}

pub(crate) fn by_value(ty: &str) -> String {
    format!("parameters are shared references: write `&{ty}`")
}

pub(crate) fn by_alias() -> &'static str {
    "parameters are shared references: write `&T`, with the type that this refers to; an alias cannot be seen through"
}

pub(crate) fn by_mutable_reference(ty: &str) -> String {
    format!("an artifact is shared and never changed in place: write `&{ty}`")
}

pub(crate) fn static_parameter(ty: &str) -> String {
    format!("an artifact lives as long as the test, not longer: write `&{ty}`")
}

pub(crate) fn impl_parameter() -> &'static str {
    "`impl` does not say which artifact is wanted; name the type"
}

pub(crate) fn open_parameter() -> &'static str {
    "`_` does not say which artifact is wanted; name the type (`&Session<_>` may leave its suite open)"
}

pub(crate) fn conditional_parameter() -> &'static str {
    "a parameter cannot depend on a `cfg`; put the `cfg` on the function, and write a second one"
}

// Repositories and `smoke.toml`.

const VALID_NAME: &str = "letters, digits, `.`, `_` and `-`, no `.` at its start, at most 64 bytes";

pub(crate) fn invalid_repository(name: &str) -> String {
    format!("`{name}` cannot name a repository; a name has {VALID_NAME}")
}

pub(crate) fn invalid_repository_in_file(name: &str, path: &Path) -> String {
    format!("{}: {}", path.display(), invalid_repository(name))
}

pub(crate) fn unknown_repository(name: &str, nearest: Option<&str>, known: &[String], path: &Path) -> String {
    let otherwise = match known {
        [] => "it lists none".to_owned(),
        known => format!("it lists {}", list(known.iter().map(String::as_str))),
    };
    format!("no repository `{name}` in {}; {}", path.display(), instead(nearest, otherwise))
}

pub(crate) fn repository_twice(name: &str) -> String {
    format!("`{name}` is listed twice; each repository is tested once")
}

pub(crate) fn same_test_name(first: &str, second: &str, test: &str) -> String {
    format!("`{first}` and `{second}` would both become the test `{test}`; put one of them into a function of its own")
}

pub(crate) fn no_smoke_toml() -> &'static str {
    "no `smoke.toml` in the package's directory or above it, so there are no repositories to test; write \
     `repo = \"…\"` or `repos = [\"…\", \"…\"]`, or list them in a `smoke.toml` under `[repos]`"
}

pub(crate) fn no_repositories(path: &Path) -> String {
    format!("{} lists no repositories; add one, such as `[repos.django]`, or write `repo = \"…\"`", path.display())
}

pub(crate) fn repos_is_no_table(path: &Path) -> String {
    format!("{}: `repos` must be a table of repositories, such as `[repos.django]`", path.display())
}

// `code_fingerprint!` and what it reads.

pub(crate) fn nothing_named() -> &'static str {
    "name at least one directory or file, relative to the package's `Cargo.toml`: `code_fingerprint!(\"src\")`"
}

pub(crate) fn name_is_no_literal() -> &'static str {
    "a directory or file is named by a string literal, because it is read at compile time; the only other argument is `portable`"
}

pub(crate) fn portable_twice() -> &'static str {
    "`portable` is given twice; keep one of them"
}

pub(crate) fn no_manifest_dir() -> &'static str {
    "`CARGO_MANIFEST_DIR` is not set, so there is no directory to find the names in; compile with cargo"
}

pub(crate) fn empty_name() -> &'static str {
    "this names no directory; for the package's own directory write `.`"
}

pub(crate) fn named_twice(name: &str) -> String {
    format!("`{name}` is named twice; keep one of them")
}

pub(crate) fn absolute_name(name: &str) -> String {
    format!("`{name}` is absolute, and so exists on one machine only; name it relative to the package's `Cargo.toml`")
}

pub(crate) fn missing_name(name: &str, manifest_dir: &Path, nearest: Option<&str>) -> String {
    let hint = nearest.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
    format!("there is no file or directory `{name}` in {}{hint}", manifest_dir.display())
}

pub(crate) fn name_outside(name: &str, root: &Path) -> String {
    format!(
        "`{name}` lies outside of the workspace {}; for a file or directory elsewhere, use `KeyBuilder::file` or `KeyBuilder::directory`",
        root.display()
    )
}

pub(crate) fn no_files(name: &str) -> String {
    format!("the directory `{name}` holds no files; name another one")
}

pub(crate) fn no_sources(library: &str) -> String {
    format!("the compiler left no list of the sources of `{library}`; compile with cargo, or leave out `portable`")
}

pub(crate) fn path_not_utf8(path: &Path) -> String {
    format!("the name of {} is not UTF-8; rename it, or name directories without it", path.display())
}

pub(crate) fn unreadable(path: &Path, error: &dyn Display) -> String {
    format!("cannot read {}: {error}", path.display())
}

pub(crate) fn malformed(path: &Path, error: &dyn Display) -> String {
    format!("{} is malformed: {error}", path.display())
}

pub(crate) fn lost_path_dependency(name: &str, dependent: &str) -> String {
    format!(
        "`{dependent}` depends on `{name}` by path, but no manifest says where that is; name its directory in \
         `code_fingerprint!` as well"
    )
}
