//! Finds the file of a module path.

use std::collections::{HashMap, HashSet};

use crate::parse::ModulePath;
use crate::walk::{is_package, join, parent};

/// The Python files and directories of a repository, by path.
pub(crate) struct Modules {
    files: HashMap<String, u32>,
    directories: HashSet<String>,
    /// The directories where absolute imports start: the root, then the source roots of the configuration.
    roots: Vec<String>,
}

/// The target of `from module import name`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Named<'a> {
    /// A module of the package, by its file.
    Submodule(u32),
    /// A name in a module, by the module's file.
    Attribute(u32),
    /// A package without `__init__.py`, by its path.
    Directory(&'a str),
}

impl Modules {
    /// Takes the paths of all Python files, in the order of the files' numbers.
    pub(crate) fn new<'p>(paths: impl Iterator<Item = &'p str>, source_roots: &[String]) -> Self {
        let files = paths.zip(0..).map(|(path, number)| (path.to_owned(), number)).collect::<HashMap<_, _>>();
        let mut directories = HashSet::new();
        for path in files.keys() {
            let mut directory = parent(path);
            while directories.insert(directory.to_owned()) && !directory.is_empty() {
                directory = parent(directory);
            }
        }
        let mut roots = vec![String::new()];
        for root in source_roots {
            let root = root.trim_matches('/');
            let package = files.contains_key(&join(root, "__init__.py"));
            if directories.contains(root) && !package && !roots.iter().any(|known| known == root) {
                roots.push(root.to_owned());
            }
        }
        Self { files, directories, roots }
    }

    /// Returns the file of a module that the file `from` imports.
    pub(super) fn find(&self, from: &str, path: &ModulePath) -> Option<u32> {
        self.candidates(from, path).iter().find_map(|candidate| self.file(candidate))
    }

    /// Resolves a name of a module. A submodule takes precedence over an attribute, a file over a bare directory.
    pub(super) fn find_name(&self, from: &str, path: &ModulePath, name: &str) -> Option<Named<'_>> {
        let candidates = self.candidates(from, path);
        let file = candidates.iter().find_map(|candidate| {
            let submodule = self.file(&join(candidate, name)).map(Named::Submodule);
            submodule.or_else(|| self.file(candidate).map(Named::Attribute))
        });
        file.or_else(|| {
            candidates.iter().find_map(|candidate| self.directory(&join(candidate, name))).map(Named::Directory)
        })
    }

    /// Returns the file or bare directory of a module path.
    pub(super) fn find_package(&self, from: &str, path: &ModulePath) -> Option<Named<'_>> {
        let candidates = self.candidates(from, path);
        let file = candidates.iter().find_map(|candidate| self.file(candidate)).map(Named::Submodule);
        file.or_else(|| candidates.iter().find_map(|candidate| self.directory(candidate)).map(Named::Directory))
    }

    /// Returns the submodule or bare directory of a name in a package, which is given by its `__init__.py` or
    /// directory.
    pub(super) fn below(&self, package: &str, name: &str) -> Option<Named<'_>> {
        let directory = match self.files.contains_key(package) {
            true if is_package(package) => parent(package),
            true => return None,
            false => package,
        };
        let candidate = join(directory, name);
        self.file(&candidate).map(Named::Submodule).or_else(|| self.directory(&candidate).map(Named::Directory))
    }

    /// Returns the candidate paths of a module, without `.py` or `/__init__.py`.
    ///
    /// A relative import has one candidate, or none if it leads above the root. An absolute import has one per source
    /// root.
    fn candidates(&self, from: &str, path: &ModulePath) -> Vec<String> {
        let starts = match path.level {
            0 => self.roots.clone(),
            level => ancestor(parent(from), level - 1).map(str::to_owned).into_iter().collect(),
        };
        let relative = path.parts.join("/");
        match relative.as_str() {
            "" => starts,
            relative => starts.iter().map(|start| join(start, relative)).collect(),
        }
    }

    /// Returns the file of a candidate. A package takes precedence over a module of the same name, as in Python.
    fn file(&self, candidate: &str) -> Option<u32> {
        let package = self.files.get(&join(candidate, "__init__.py"));
        package.or_else(|| self.files.get(&format!("{candidate}.py"))).copied()
    }

    fn directory(&self, candidate: &str) -> Option<&str> {
        self.directories.get(candidate).map(String::as_str).filter(|candidate| !candidate.is_empty())
    }
}

/// Returns the directory some levels up, or `None` above the root.
fn ancestor(mut directory: &str, levels: usize) -> Option<&str> {
    for _ in 0..levels {
        if directory.is_empty() {
            return None;
        }
        directory = parent(directory);
    }
    Some(directory)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILES: [&str; 9] = [
        "app/__init__.py",
        "app/core/__init__.py",
        "app/core/engine.py",
        "app/util.py",
        "app/util/__init__.py",
        "plain/tool.py",
        "setup.py",
        "src/hidden/__init__.py",
        "src/setup.py",
    ];

    fn found(from: &str, module: &str) -> Option<&'static str> {
        modules().find(from, &path(module)).map(|file| FILES[file as usize])
    }

    fn modules() -> Modules {
        Modules::new(FILES.into_iter(), &["src".to_owned(), "missing".to_owned(), "app".to_owned()])
    }

    /// Parses a module path such as `..a.b`.
    fn path(module: &str) -> ModulePath {
        let name = module.trim_start_matches('.');
        let parts = name.split('.').filter(|part| !part.is_empty()).map(str::to_owned).collect();
        ModulePath { level: module.len() - name.len(), parts }
    }

    #[test]
    fn absolute_names_start_at_the_root() {
        assert_eq!(found("setup.py", "app.core.engine"), Some("app/core/engine.py"));
        assert_eq!(found("app/core/engine.py", "plain.tool"), Some("plain/tool.py"));
        assert_eq!(found("app/core/engine.py", "engine"), None);
        assert_eq!(found("setup.py", "os.path"), None);
    }

    #[test]
    fn source_roots_come_after_the_root() {
        assert_eq!(found("setup.py", "hidden"), Some("src/hidden/__init__.py"));
        assert_eq!(found("src/setup.py", "setup"), Some("setup.py"));
    }

    #[test]
    fn a_package_is_not_a_source_root() {
        assert_eq!(found("setup.py", "core.engine"), None);
    }

    #[test]
    fn a_package_takes_precedence_over_a_module() {
        assert_eq!(found("setup.py", "app.util"), Some("app/util/__init__.py"));
    }

    #[test]
    fn dots_count_upwards_from_the_file() {
        assert_eq!(found("app/core/engine.py", "."), Some("app/core/__init__.py"));
        assert_eq!(found("app/core/__init__.py", ".engine"), Some("app/core/engine.py"));
        assert_eq!(found("app/core/engine.py", "..util"), Some("app/util/__init__.py"));
        assert_eq!(found("app/core/engine.py", "...setup"), Some("setup.py"));
    }

    #[test]
    fn dots_above_the_root_find_nothing() {
        assert_eq!(found("app/core/engine.py", "....setup"), None);
        assert_eq!(found("setup.py", "..setup"), None);
    }

    #[test]
    fn submodules_precede_attributes_precede_directories() {
        let modules = modules();
        let named = |module: &str, name: &str| modules.find_name("setup.py", &path(module), name);
        assert_eq!(named("app.core", "engine"), Some(Named::Submodule(2)));
        assert_eq!(named("app.core", "Engine"), Some(Named::Attribute(1)));
        assert_eq!(named("plain", "tool"), Some(Named::Submodule(5)));
        assert_eq!(named("plain", "Tool"), None);
        assert_eq!(modules.find_package("setup.py", &path("plain")), Some(Named::Directory("plain")));
    }

    #[test]
    fn only_packages_have_submodules() {
        let modules = modules();
        assert_eq!(modules.below("app/core/__init__.py", "engine"), Some(Named::Submodule(2)));
        assert_eq!(modules.below("plain", "tool"), Some(Named::Submodule(5)));
        assert_eq!(modules.below("app/core/engine.py", "engine"), None);
    }
}
