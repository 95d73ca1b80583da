//! All messages for users. Each states the problem, then `help:` with one way to correct it, as rustc does.

use crate::shared::smoke_toml::MISSING;
use std::fmt::Display;
use std::path::Path;

/// Formats `` `a`, `b`, `c` ``.
fn list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn with_help(problem: impl Display, help: impl Display) -> String {
    format!("{problem}\nhelp: {help}")
}

/// Suggests the nearest valid name, or else `otherwise`.
fn suggestion(nearest: Option<&str>, otherwise: impl Display) -> String {
    nearest.map_or_else(|| otherwise.to_string(), |near| format!("did you mean `{near}`?"))
}

// The arguments of `#[cached_smoke(…)]` and `#[artifact(…)]`.

pub(crate) fn unknown_argument(name: &str, nearest: Option<&str>, known: &[&str]) -> String {
    with_help(format!("unknown argument `{name}`"), suggestion(nearest, one_of(known)))
}

/// `usual` is the argument whose name users forget.
pub(crate) fn argument_without_name(value: Option<String>, known: &[&str], usual: &str) -> String {
    let help = value.map_or_else(|| one_of(known), |value| format!("write `{usual} = \"{value}\"`"));
    with_help("argument without a name", help)
}

fn one_of(known: &[&str]) -> String {
    format!("use one of {}", list(known.iter().copied()))
}

pub(crate) fn argument_twice(name: &str) -> String {
    let help = match name {
        "repo" => "for several repositories, write `repos = [\"…\", \"…\"]`",
        _ => "remove one of them",
    };
    with_help(format!("`{name}` is given twice"), help)
}

pub(crate) fn repo_with_repos() -> &'static str {
    "`repo` and `repos` exclude each other: `repo` makes one test, `repos` a module of tests\n\
     help: put all names into `repos = […]`"
}

pub(crate) fn missing_value(name: &str) -> String {
    with_help(format!("`{name}` has no value"), format!("write {}", example(name)))
}

pub(crate) fn malformed_value(name: &str, error: &dyn Display) -> String {
    with_help(format!("the value of `{name}` is malformed: {error}"), format!("write it as in {}", example(name)))
}

/// Returns an argument in valid form.
fn example(name: &str) -> String {
    let value = match name {
        "repo" => "\"django\"",
        "repos" => "[\"django\", \"requests\"]",
        "config" => "SmokeConfig::default()",
        "suite" => "Smoke",
        "name" => "\"graph\"",
        "codec" => "json",
        "load" => "Index::open",
        "save" => "Index::write",
        "same" => "Index::same",
        "key" => "|key| { key.file(\"words.txt\"); }",
        "code" => "code_fingerprint!(\"src/graph\")",
        "format" => "1",
        _ => "::cached_smoke",
    };
    format!("`{name} = {value}`")
}

pub(crate) fn repo_takes_a_string() -> String {
    with_help("`repo` takes a string literal", format!("write the name in quotes, as in {}", example("repo")))
}

pub(crate) fn repo_takes_one_name() -> &'static str {
    "`repo` takes one name\nhelp: for several repositories, write `repos = […]`"
}

pub(crate) fn repos_takes_a_list(name: Option<String>) -> String {
    let example = name.map_or_else(|| example("repos"), |name| format!("`repos = [\"{name}\"]`"));
    with_help("`repos` takes a list of string literals", format!("write {example}"))
}

pub(crate) fn repos_takes_strings() -> String {
    let help = format!("write each name in quotes, as in {}", example("repos"));
    with_help("`repos` takes a list of string literals", help)
}

pub(crate) fn flag_with_value(name: &str) -> String {
    with_help(format!("`{name}` takes no value"), format!("write `{name}`"))
}

pub(crate) fn name_takes_a_string() -> String {
    with_help("`name` takes a string literal", format!("write the name in quotes, as in {}", example("name")))
}

pub(crate) fn takes_a_path(name: &str, string: Option<String>) -> String {
    match string {
        Some(path) => {
            with_help(format!("`{name}` takes a path, not a string"), format!("remove the quotes: `{name} = {path}`"))
        }
        None => with_help(format!("`{name}` takes a path"), format!("write it as in {}", example(name))),
    }
}

pub(crate) fn expected_comma() -> &'static str {
    "expected `,` between two arguments"
}

pub(crate) fn expected_comma_between_names() -> &'static str {
    "expected `,` between two names"
}

// The function.

pub(crate) fn not_a_function(attribute: &str, holds_functions: bool) -> String {
    let help = match attribute {
        _ if holds_functions => "put it on each function inside",
        "artifact" => "write a function such as `fn model() -> Model { … }`",
        _ => "write a test such as `fn finds(graph: &DependencyGraph) { … }`",
    };
    with_help(format!("`#[{attribute}]` can only be put on a function"), help)
}

pub(crate) fn function_without_body(attribute: &str) -> String {
    with_help(format!("`#[{attribute}]` can only be put on a function with a body"), "write a body: `{ … }`")
}

pub(crate) fn attribute_twice(attribute: &str) -> String {
    let help = match attribute {
        "cached_smoke" => "for several repositories, write `repos = [\"…\", \"…\"]`",
        _ => "remove one of them",
    };
    with_help(format!("`#[{attribute}]` is put on this function twice"), help)
}

pub(crate) fn test_is_no_artifact() -> &'static str {
    "a function is either a test or an artifact\nhelp: write two functions: the test takes what the artifact returns"
}

/// `unknown` is an attribute of the function that could be a test attribute.
pub(crate) fn async_without_runtime(unknown: Option<String>) -> String {
    let help = unknown.map_or_else(
        || "add one, such as `#[tokio::test]`, or remove `async`".to_owned(),
        |unknown| format!("if `#[{unknown}]` is one under another name, put it above `#[cached_smoke]`"),
    );
    with_help("an `async` test needs the test attribute of a runtime", help)
}

/// Returns the noun for a function under an attribute.
fn subject(attribute: &str) -> &'static str {
    if attribute == "artifact" { "an artifact function" } else { "a test" }
}

pub(crate) fn qualifier(attribute: &str, name: &str) -> String {
    with_help(format!("{} cannot be `{name}`", subject(attribute)), format!("remove `{name}`"))
}

pub(crate) fn variadic(attribute: &str) -> String {
    with_help(format!("{} cannot be variadic", subject(attribute)), "name each parameter, such as `graph: &Graph`")
}

pub(crate) fn generic() -> &'static str {
    "a test cannot be generic, because no caller chooses the type\nhelp: name the type in the parameters"
}

pub(crate) fn generic_lifetime() -> &'static str {
    "a test cannot have lifetime parameters\nhelp: write the types of its parameters as `&T`"
}

pub(crate) fn receiver() -> &'static str {
    "a test cannot take `self`\nhelp: write a free function with parameters such as `graph: &DependencyGraph`"
}

pub(crate) fn no_parameters(function: &str) -> String {
    with_help(
        format!("`{function}` has no parameters, so there is nothing to restore"),
        "take an artifact, such as `graph: &DependencyGraph`\n\
         note: if it has parameters in the source, another attribute removed them: put `#[cached_smoke]` above it",
    )
}

pub(crate) fn no_suite() -> &'static str {
    "cannot infer the suite of `config` or `Session<_>`: tests of any suite may take these parameters\n\
     help: write `suite = Smoke` in `#[cached_smoke(…)]`, or take an artifact, such as `graph: &DependencyGraph`"
}

pub(crate) fn by_value(ty: &str) -> String {
    with_help(format!("a test takes `{ty}` by reference"), format!("write `&{ty}`"))
}

pub(crate) fn repo_beside_each() -> &'static str {
    "a test that takes `&Each<…>` runs once over all repositories, so it has no single `&Repo`\n\
     help: remove this parameter; `Each` has the names of the repositories"
}

pub(crate) fn by_alias() -> &'static str {
    "a parameter of a test must be a shared reference, and the attribute cannot resolve an alias\n\
     help: write `&T` with the type to which the alias refers"
}

pub(crate) fn by_mutable_reference(ty: &str) -> String {
    with_help(
        "an artifact is shared, so a test cannot change it",
        format!(
            "write `&{ty}` to read it, `mut value: {ty}` to change a separate value, or `mut files: Scratch<{ty}>` to \
             change a copy of the files"
        ),
    )
}

pub(crate) fn static_parameter(ty: &str) -> String {
    with_help("an artifact lives only as long as its test", format!("write `&{ty}`"))
}

pub(crate) fn impl_parameter() -> &'static str {
    "`impl` does not determine which artifact the test takes\nhelp: name the type"
}

pub(crate) fn open_parameter() -> &'static str {
    "`_` does not determine which artifact the test takes\n\
     help: name the type; only the suite in `&Session<_>` can be inferred"
}

pub(crate) fn conditional_parameter() -> &'static str {
    "a parameter cannot depend on a `cfg`\nhelp: write a second function, and put a `cfg` on each"
}

// The function of an artifact.

pub(crate) fn artifact_lifetime() -> &'static str {
    "an artifact function cannot have lifetime parameters\nhelp: write the types of its parameters as `&T`"
}

pub(crate) fn artifact_generic() -> &'static str {
    "an artifact function cannot be generic, because its type names the artifact\nhelp: name the type"
}

pub(crate) fn artifact_receiver() -> &'static str {
    "an artifact function cannot take `self`\nhelp: write a free function that calls the method"
}

pub(crate) fn async_artifact() -> &'static str {
    "an `async` artifact function needs the attribute of a runtime\n\
     help: add one, such as `#[tokio::main(flavor = \"current_thread\")]`, below `#[artifact]`"
}

pub(crate) fn artifact_name(name: &str) -> String {
    with_help(
        format!("invalid artifact name `{name}`"),
        "write `name = \"…\"` with 1 to 64 of the characters A-Z a-z 0-9 _ - and no dot",
    )
}

pub(crate) fn artifact_returns_nothing() -> &'static str {
    "an artifact function returns the artifact\nhelp: add a return type such as `-> Model`, or `-> Result<Model, E>`"
}

pub(crate) fn artifact_type_is_open() -> &'static str {
    "the return type does not name the type that tests take\nhelp: name the type"
}

pub(crate) fn artifact_parameter_is_open() -> &'static str {
    "the parameter does not name the type of an input\nhelp: name the type"
}

pub(crate) fn artifact_parameter_is_mutable(ty: &str) -> String {
    with_help(
        "an input is shared, so the function cannot change it",
        format!("write `&{ty}`, or `mut value: {ty}` for a separate value"),
    )
}

pub(crate) fn conditional_artifact_parameter() -> &'static str {
    "a parameter cannot depend on a `cfg`\nhelp: write a second function, and put a `cfg` on each"
}

pub(crate) fn parameter_attribute(name: &str) -> String {
    with_help(
        format!("unknown attribute `{name}` of a parameter"),
        "remove it; only `#[config]` and `#[artifact]` have a meaning here",
    )
}

pub(crate) fn artifact_without_function() -> &'static str {
    "`#[artifact]` on a parameter names no function\n\
     help: write `#[artifact] function: &Type`, or `#[artifact(path::to::function)]`"
}

pub(crate) fn config_without_suite() -> &'static str {
    "`#[config]` needs a suite, whose configuration has the field\nhelp: write `#[artifact(suite = Smoke)]`"
}

pub(crate) fn config_without_name() -> &'static str {
    "`#[config]` does not name a field\nhelp: write `#[config] field: &Type`, or `#[config(path.to.field)]`"
}

pub(crate) fn codec_with_functions() -> &'static str {
    "`codec` excludes `load` and `save`: each writes and reads the files\nhelp: remove `codec`"
}

pub(crate) fn save_without_load() -> &'static str {
    "nothing reads the files that `save` writes\nhelp: add `load = …`, a function that takes the directory"
}

pub(crate) fn directory_without_load() -> &'static str {
    "nothing reads the files that the function writes\n\
     help: add `load = …` to `#[artifact(…)]`, a function that takes the directory and returns the artifact"
}

pub(crate) fn load_without_files() -> &'static str {
    "nothing writes the files that `load` reads\n\
     help: take the output directory as a parameter `dir: &Path`, or add `save = …`"
}

pub(crate) fn directory_of_a_codec() -> &'static str {
    "`directory` is for functions that write their own files\n\
     help: take the output directory as a parameter `dir: &Path`, and add `load = …`; or remove `directory`"
}

// Repositories and `smoke.toml`.

pub(crate) fn in_file(path: &Path, message: &str) -> String {
    format!("{}: {message}", path.display())
}

pub(crate) fn unknown_repository(name: &str, nearest: Option<&str>, known: &[String], path: &Path) -> String {
    let otherwise = match known {
        [] => format!("add `[repos.{name}]` to the file"),
        known => format!("use one of {}", list(known.iter().map(String::as_str))),
    };
    with_help(format!("no repository `{name}` in {}", path.display()), suggestion(nearest, otherwise))
}

pub(crate) fn repository_twice(name: &str) -> String {
    with_help(format!("repository `{name}` is listed twice"), "remove one of them")
}

pub(crate) fn same_test_name(first: &str, second: &str, test: &str) -> String {
    with_help(
        format!("repositories `{first}` and `{second}` would both become the test `{test}`"),
        "test one of them in another function",
    )
}

pub(crate) fn no_smoke_toml() -> &'static str {
    MISSING
}

pub(crate) fn no_repositories(path: &Path) -> String {
    with_help(
        format!("no repositories to test: {} lists none", path.display()),
        "add one to the file, such as `[repos.django]`, or write `repo = \"…\"`",
    )
}

pub(crate) fn repos_is_not_a_table(path: &Path) -> String {
    with_help(format!("`repos` in {} is not a table", path.display()), "list each repository as in `[repos.django]`")
}

// `code_fingerprint!` and the files that it reads.

pub(crate) fn no_names() -> &'static str {
    "`code_fingerprint!` names no directory or file\n\
     help: name one, relative to the package's `Cargo.toml`: `code_fingerprint!(\"src\")`, or write `own`"
}

pub(crate) fn name_is_not_a_literal() -> &'static str {
    "expected a string literal, `own` or `portable`: `code_fingerprint!` reads the files at compile time\n\
     help: write the name of a directory or file in quotes, as in `code_fingerprint!(\"src\")`"
}

pub(crate) fn word_twice(word: &str) -> String {
    with_help(format!("`{word}` is given twice"), "remove one of them")
}

pub(crate) fn unknown_root() -> &'static str {
    "the compiler's command line does not name the crate's root"
}

/// The reason why an artifact is built for one process alone. It follows the name of the artifact.
pub(crate) fn changed_since(source: &Path) -> String {
    format!(
        "{} changed while the test was compiled, so the fingerprint may not match the compiled code",
        source.display()
    )
}

/// As [`changed_since`].
pub(crate) fn unknown_sources() -> String {
    format!("the sources of the test are unknown: {}", unknown_root())
}

pub(crate) fn no_manifest_dir() -> &'static str {
    "cannot resolve names without the variable `CARGO_MANIFEST_DIR`\nhelp: compile with cargo"
}

pub(crate) fn empty_name() -> &'static str {
    "empty name of a directory or file\nhelp: write `.` for the package's directory"
}

pub(crate) fn named_twice(name: &str) -> String {
    with_help(format!("`{name}` is named twice"), "remove one of them")
}

pub(crate) fn absolute_name(name: &str) -> String {
    with_help(
        format!("`{name}` is an absolute path, which exists on one machine only"),
        "name it relative to the package's `Cargo.toml`",
    )
}

pub(crate) fn missing_name(name: &str, manifest_dir: &Path, nearest: Option<&str>) -> String {
    with_help(
        format!("no file or directory `{name}` in {}", manifest_dir.display()),
        suggestion(nearest, "name it relative to the package's `Cargo.toml`"),
    )
}

pub(crate) fn name_outside(name: &str, root: &Path) -> String {
    with_help(
        format!("`{name}` lies outside the workspace {}", root.display()),
        "declare it in `Artifact::key` by `KeyBuilder::file` or `KeyBuilder::directory`",
    )
}

pub(crate) fn no_files(name: &str) -> String {
    with_help(format!("the directory `{name}` contains no files"), "name another directory")
}

pub(crate) fn no_sources(library: &str) -> String {
    with_help(
        format!("cannot find the sources of `{library}`: the compiler left no list of them"),
        "compile with cargo, or remove `portable`",
    )
}

pub(crate) fn path_not_utf8(path: &Path) -> String {
    with_help(
        format!("the name of {} is not UTF-8", path.display()),
        "rename it, or name directories that do not contain it",
    )
}

pub(crate) fn unreadable(path: &Path, error: &dyn Display) -> String {
    format!("cannot read {}: {error}", path.display())
}

pub(crate) fn malformed(path: &Path, error: &dyn Display) -> String {
    format!("{} is malformed: {error}", path.display())
}

pub(crate) fn path_dependency_not_found(name: &str, dependent: &str) -> String {
    with_help(
        format!("cannot find the path dependency `{name}` of `{dependent}`: no manifest gives its directory"),
        "name its directory in `code_fingerprint!` as well",
    )
}
