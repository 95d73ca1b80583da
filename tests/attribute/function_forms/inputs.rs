//! Parameters of functions: any of these types, in any order, with any pattern.

use std::fs;
use std::path::Path;

use cached_smoke::{Metrics, Progress, Repo, artifact, cached_smoke};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Names(Vec<String>);

#[derive(Serialize, Deserialize)]
struct Count(usize);

#[derive(Serialize, Deserialize)]
struct Longest(String);

#[derive(Debug, PartialEq)]
struct Lines {
    text: String,
}

#[derive(Serialize, Deserialize)]
struct Twice(usize);

#[derive(Serialize, Deserialize)]
struct Patterns(usize, usize);

#[derive(Serialize, Deserialize)]
struct OfTheLibrary(usize);

#[artifact]
fn names(repo: &Repo) -> std::io::Result<Names> {
    Ok(Names(project::names(repo.path())?))
}

#[artifact]
fn count(names: &Names) -> Count {
    Count(names.0.len())
}

#[artifact]
fn longest(mut names: Names) -> Longest {
    names.0.sort_by_key(String::len);
    Longest(names.0.pop().unwrap_or_default())
}

fn read(dir: &Path) -> std::io::Result<Lines> {
    Ok(Lines { text: fs::read_to_string(dir.join("lines"))? })
}

#[artifact(directory, load = read)]
fn lines(
    metrics: &Metrics,
    count: &Count,
    dir: &Path,
    Names(names): &Names,
    progress: &Progress,
    Longest(longest): Longest,
    repo: &Repo,
) -> cached_smoke::Result<Lines> {
    metrics.set("names", names.len());
    let _ = progress;
    let lines = Lines { text: format!("{} {} {longest} {}", repo.name(), count.0, names.join(",")) };
    fs::write(dir.join("lines"), &lines.text)?;
    Ok(lines)
}

#[artifact]
fn twice(#[allow(unused_variables)] unused: &Names, count: &Count) -> Twice {
    Twice(count.0 * 2)
}

#[artifact]
fn patterns(_: &Repo, Count(first): &Count, Twice(second): Twice) -> Patterns {
    Patterns(*first, second)
}

#[artifact]
fn of_the_library(model: &project::Model, member::StopWords(words): &member::StopWords) -> OfTheLibrary {
    OfTheLibrary(model.0.len() + words.len())
}

#[cached_smoke(repo = "one")]
fn any_order(lines: &Lines, repo: &Repo) {
    project::log("inputs::any_order");
    assert_eq!(lines.text, format!("{} 1 file file", repo.name()));
}

#[cached_smoke(repo = "one")]
fn any_pattern(Patterns(first, second): &Patterns) {
    project::log("inputs::any_pattern");
    assert_eq!((*first, *second), (1, 2));
}

#[cached_smoke(repos = [])]
fn of_other_crates(OfTheLibrary(count): &OfTheLibrary) {
    project::log("inputs::of_other_crates");
    assert_eq!(*count, 3);
}
