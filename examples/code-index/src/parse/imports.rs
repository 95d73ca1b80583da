//! Reads import statements.

use ruff_python_ast::{Identifier, StmtImport, StmtImportFrom};

use super::syntax::{Import, ModulePath};

/// Returns the imports of `import …`.
pub(super) fn of_import(statement: &StmtImport) -> impl Iterator<Item = Import> {
    statement
        .names
        .iter()
        .map(|alias| Import::Module { path: module_path(0, &alias.name), alias: text(alias.asname.as_ref()) })
}

/// Returns the imports of `from … import …`. `from __future__` has none in the repository.
pub(super) fn of_import_from(statement: &StmtImportFrom) -> impl Iterator<Item = Import> {
    let path = module_path(statement.level, statement.module.as_ref().map_or("", |module| module.as_str()));
    let is_future = path.level == 0 && path.parts == ["__future__"];
    statement.names.iter().filter(move |_| !is_future).map(move |alias| match alias.name.as_str() {
        "*" => Import::Wildcard { path: path.clone() },
        name => Import::Name { path: path.clone(), name: name.to_owned(), alias: text(alias.asname.as_ref()) },
    })
}

fn module_path(level: u32, name: &str) -> ModulePath {
    let parts = name.split('.').filter(|part| !part.is_empty()).map(str::to_owned).collect();
    ModulePath { level: level as usize, parts }
}

fn text(name: Option<&Identifier>) -> Option<String> {
    name.map(|name| name.as_str().to_owned())
}
