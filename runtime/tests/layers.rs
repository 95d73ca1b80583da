//! The modules of this crate form layers, and imports point down: see `ARCHITECTURE.md`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The modules at the top of `src`, layer by layer. A module imports only from the layers below its own.
const LAYERS: &[&[&str]] = &[
    &["fuzzing", "tooling"],
    &["api"],
    &["codec", "remote", "telemetry"],
    &["store"],
    &["key"],
    &["run"],
    &["config"],
    &["layout"],
    &["audit", "digest", "file_lock", "json_lines", "own_thread"],
    &["cores", "message", "name", "plain_file", "private_directory", "terminal", "text"],
    &["disk", "error", "json", "ordered", "panic", "paths", "units"],
    &["shared"],
];

#[test]
fn imports_point_down() {
    let mut upward = BTreeSet::new();
    let mut modules = BTreeSet::new();
    for file in sources(&root()) {
        let from = module_of(&file);
        for to in imports(&fs::read_to_string(&file).expect("a readable source")) {
            if from != to && layer(&to) <= layer(&from) {
                let file = file.strip_prefix(root()).expect("below the root");
                upward.insert(format!("{}: `crate::{to}` is not below `{from}`", file.display()));
            }
        }
        modules.insert(from);
    }
    assert!(upward.is_empty(), "\n{}", upward.into_iter().collect::<Vec<_>>().join("\n"));
    let listed = LAYERS.concat().into_iter().map(str::to_owned).collect();
    assert_eq!(modules, listed, "the modules of the crate, and those of the list");
}

#[test]
fn an_import_is_found_in_each_form() {
    let text = "use crate::a::{b, c};\nuse crate::{d, e::{f, g}, h as i};\nfn x(y: crate::j::K) {}\n// crate::l::m\n";
    assert_eq!(imports(text).into_iter().collect::<Vec<_>>(), ["a", "d", "e", "h", "j"]);
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Returns the index of a module's layer, counted from the top.
fn layer(module: &str) -> usize {
    let layer = LAYERS.iter().position(|modules| modules.contains(&module));
    layer.unwrap_or_else(|| panic!("`{module}` is in no layer: add it to the list in this file"))
}

/// Returns the sources of the crate. Tests of private items may import from anywhere, and so may the root.
fn sources(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).expect("a readable directory") {
        let path = entry.expect("a readable entry").path();
        let is_left_out = ["tests.rs", "tests", "lib.rs"].iter().any(|name| path.ends_with(name));
        if path.is_dir() && !is_left_out {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") && !is_left_out {
            found.push(path);
        }
    }
    found
}

/// Returns the module at the top of `src` that a source belongs to.
fn module_of(file: &Path) -> String {
    let relative = file.strip_prefix(root()).expect("below the root");
    let first = relative.iter().next().expect("a name");
    Path::new(first).file_stem().and_then(|stem| stem.to_str()).expect("a name in UTF-8").to_owned()
}

/// Returns the modules at the top of the crate that a source names.
fn imports(text: &str) -> BTreeSet<String> {
    let code: Vec<&str> = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default().lines().collect();
    let code: Vec<&str> = code.into_iter().map(|line| line.split("//").next().unwrap_or_default()).collect();
    let code = code.join("\n");
    let mut found = BTreeSet::new();
    for (at, path) in code.match_indices("crate::") {
        // `$crate::` and names that end in `crate` are others.
        if code[..at].ends_with(|before: char| before == '$' || before == '_' || before.is_alphanumeric()) {
            continue;
        }
        let rest = &code[at + path.len()..];
        match rest.strip_prefix('{') {
            Some(group) => found.extend(names_in_group(group)),
            None => found.extend(first_name(rest)),
        }
    }
    found
}

/// Returns the first name of each path in `a, b::{c, d}, e}`.
fn names_in_group(group: &str) -> Vec<String> {
    let (mut names, mut depth, mut begin) = (Vec::new(), 0, 0);
    for (at, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            '}' | ',' if depth == 0 => {
                names.extend(first_name(group[begin..at].trim_start()));
                begin = at + 1;
                if character == '}' {
                    break;
                }
            }
            '}' => depth -= 1,
            _ => {}
        }
    }
    names
}

fn first_name(path: &str) -> Option<String> {
    let name: String = path.chars().take_while(|character| *character == '_' || character.is_alphanumeric()).collect();
    // A macro or an item at the root, such as a public one, is no module.
    (!name.is_empty() && name.starts_with(char::is_lowercase)).then_some(name)
}
