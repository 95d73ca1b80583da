//! Finds the modules that a library declares but is not compiled from.

use super::super::files::Tree;
use super::super::mentions::{self, Mentions, is_rust};
use super::Context;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Returns the sources in `tree` that a library declares as modules, but is not compiled from: its unit tests in
/// separate files, and modules of other systems. They do not affect the library.
pub(super) fn uncompiled<'a>(tree: &'a Tree, compiled: &BTreeSet<PathBuf>) -> BTreeSet<&'a str> {
    let known: BTreeMap<&str, &Path> =
        tree.files.iter().filter(|file| is_rust(&file.name)).map(|file| (&*file.name, &*file.path)).collect();
    let is_compiled = |name: &str| known[name].canonicalize().is_ok_and(|path| compiled.contains(&path));
    let mut uncompiled: BTreeSet<&str> = BTreeSet::new();
    let (compiled, others): (Vec<&str>, Vec<&str>) = known.keys().partition(|name| is_compiled(name));
    // An uncompiled module may declare others, so this takes as many rounds as modules are nested.
    loop {
        let is_declared = |name: &&&str| {
            !uncompiled.contains(**name)
                && parents(name).iter().any(|parent| {
                    let is_of_library = compiled.contains(&&**parent) || uncompiled.contains(&**parent);
                    is_of_library
                        && fs::read_to_string(known[&**parent])
                            .is_ok_and(|source| mentions::declares(&source, &module_name(name)))
                })
        };
        let more: Vec<&str> = others.iter().filter(is_declared).copied().collect();
        if more.is_empty() {
            return uncompiled;
        }
        uncompiled.extend(more);
    }
}

/// Returns the canonical paths of the sources that the root of the current crate names by `#[path]`.
pub(super) fn shared_by_path(context: &Context<'_>) -> BTreeSet<PathBuf> {
    let Some(source) = context.input.and_then(|input| fs::read_to_string(input).ok()) else { return BTreeSet::new() };
    let base = context.input.and_then(Path::parent).unwrap_or(Path::new(""));
    Mentions::of(&source).files.iter().filter_map(|file| base.join(file).canonicalize().ok()).collect()
}

/// Returns the name of the module in a source: `b` for both `a/b.rs` and `a/b/mod.rs`.
fn module_name(name: &str) -> String {
    let path = name.strip_suffix("/mod.rs").or_else(|| name.strip_suffix(".rs")).unwrap_or(name);
    path.rsplit('/').next().unwrap_or(path).to_owned()
}

/// Returns the sources that may declare a module: for `a/b.rs`, these are `a/mod.rs`, `a/lib.rs` and `a.rs`.
fn parents(name: &str) -> Vec<String> {
    let path = name.strip_suffix("/mod.rs").unwrap_or(name);
    match path.rsplit_once('/') {
        Some((directory, _)) => {
            vec![format!("{directory}/mod.rs"), format!("{directory}/lib.rs"), format!("{directory}.rs")]
        }
        None => vec!["mod.rs".to_owned(), "lib.rs".to_owned()],
    }
}
