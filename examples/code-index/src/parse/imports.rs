//! Reads import statements.

use tree_sitter::Node;

use super::references::text_of;
use super::syntax::{Import, ModulePath};

/// Returns the imports of an `import …` or `from … import …` statement. `from __future__` has none.
pub(super) fn of_statement(statement: Node<'_>, text: &str) -> Vec<Import> {
    let mut cursor = statement.walk();
    let names = statement.children_by_field_name("name", &mut cursor).collect::<Vec<_>>();
    match statement.kind() {
        "import_statement" => names.into_iter().filter_map(|name| import(name, text)).collect(),
        "import_from_statement" => {
            let Some(path) = statement.child_by_field_name("module_name").map(|module| module_path(module, text))
            else {
                return Vec::new();
            };
            if names.is_empty() {
                // In the grammar, the star is not in the `name` field.
                return vec![Import::Wildcard { path }];
            }
            names.into_iter().filter_map(|name| import_from(&path, name, text)).collect()
        }
        _ => Vec::new(),
    }
}

fn import(name: Node<'_>, text: &str) -> Option<Import> {
    let (name, alias) = with_alias(name, text)?;
    Some(Import::Module { path: module_path(name, text), alias })
}

fn import_from(path: &ModulePath, name: Node<'_>, text: &str) -> Option<Import> {
    let (name, alias) = with_alias(name, text)?;
    Some(Import::Name { path: path.clone(), name: text_of(name, text)?.to_owned(), alias })
}

/// Splits `name as alias` into the node of the name and the alias.
fn with_alias<'t>(name: Node<'t>, text: &str) -> Option<(Node<'t>, Option<String>)> {
    if name.kind() != "aliased_import" {
        return Some((name, None));
    }
    let alias = text_of(name.child_by_field_name("alias")?, text)?;
    Some((name.child_by_field_name("name")?, Some(alias.to_owned())))
}

/// Reads a `dotted_name`, or a `relative_import`, which has dots and an optional `dotted_name`.
fn module_path(module: Node<'_>, text: &str) -> ModulePath {
    let mut path = ModulePath { level: 0, parts: Vec::new() };
    let mut cursor = module.walk();
    for child in module.named_children(&mut cursor) {
        match child.kind() {
            // Spaces may separate the dots: `from . . import x`.
            "import_prefix" => path.level = text_of(child, text).unwrap_or_default().matches('.').count(),
            "dotted_name" => path.parts = module_path(child, text).parts,
            "identifier" => path.parts.extend(text_of(child, text).map(str::to_owned)),
            _ => {}
        }
    }
    path
}
