//! A workspace for tests: the package `app` is compiled and names `index`, which has a dependency of every kind.

use super::call::Call;
use super::code::Code;
use crate::errors::Errors;
use proc_macro2::TokenStream;
use std::fs;
use std::path::PathBuf;
use syn::LitStr;
use tempfile::TempDir;

pub(super) struct Workspace(TempDir);

const FILES: [(&str, &str); 13] = [
    (
        "Cargo.toml",
        r#"
            [workspace]
            members = ["app", "index", "unused"]
            [workspace.dependencies]
            shared = { version = "1", features = ["std"] }
            helper = { path = "helper" }
            unrelated = "1"
        "#,
    ),
    ("Cargo.lock", include_str!("workspace.lock")),
    ("app/Cargo.toml", "[package]\nname = 'app'\nversion = '0.1.0'\n[dependencies]\nindex.path = '../index'\n"),
    ("app/src/lib.rs", "// app"),
    (
        "index/Cargo.toml",
        r#"
            [package]
            name = "index"
            version = "0.1.0"
            [dependencies]
            shared.workspace = true
            helper.workspace = true
            renamed = { package = "original", version = "2" }
            [dev-dependencies]
            only-tests = "1"
            original = "1"
            [build-dependencies]
            builder = { path = "../builder" }
            [target.'cfg(unix)'.dependencies]
            unix-only = "1"
        "#,
    ),
    ("index/src/lib.rs", "// index"),
    ("index/src/deep/a.rs", "// a"),
    ("helper/Cargo.toml", "[package]\nname = 'helper'\nversion = '0.1.0'\n"),
    ("helper/src/lib.rs", "// helper"),
    ("helper/tests/t.rs", "// test"),
    ("builder/Cargo.toml", "[package]\nname = 'builder'\nversion = '0.1.0'\n"),
    ("builder/src/lib.rs", "// builder"),
    ("unused/src/lib.rs", "// unused"),
];

impl Workspace {
    pub(super) fn new() -> Self {
        let workspace = Self(TempDir::new().expect("temporary directory"));
        for (name, content) in FILES {
            workspace.write(name, content);
        }
        workspace
    }

    /// Returns the root. It is one level below the temporary directory, so that `..` exists.
    pub(super) fn root(&self) -> PathBuf {
        self.0.path().join("workspace")
    }

    pub(super) fn write(&self, name: &str, content: &str) {
        let path = self.root().join(name);
        fs::create_dir_all(path.parent().expect("in a directory")).expect("directory");
        fs::write(path, content).expect("file");
    }

    pub(super) fn remove(&self, name: &str) {
        fs::remove_file(self.root().join(name)).expect("file");
    }

    pub(super) fn replace(&self, name: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.root().join(name)).expect("file");
        assert!(text.contains(from), "{from} in {name}");
        self.write(name, &text.replace(from, to));
    }

    /// Returns the fingerprint of these names in `app` without a compiler's command line, and the errors.
    pub(super) fn fingerprint(&self, directories: &[&str]) -> (Code, Vec<String>) {
        let names = directories.iter().map(|name| LitStr::new(name, proc_macro2::Span::call_site())).collect();
        let call = Call { krate: TokenStream::new(), portable: false, own: false, names };
        let mut errors = Errors::default();
        let line = Err("no compiler".to_owned());
        let code = super::fingerprint_in(&self.root().join("app"), &call, line, None, &mut errors);
        (code, errors.messages())
    }

    pub(super) fn digest(&self, directories: &[&str]) -> String {
        let (code, errors) = self.fingerprint(directories);
        assert_eq!(errors, [""; 0]);
        code.parts.digest() + &code.recorded.digest()
    }

    /// Returns the tracked files, relative to the root.
    pub(super) fn tracked(&self, directories: &[&str]) -> Vec<String> {
        let root = self.root().canonicalize().expect("root");
        let relative = |path: &PathBuf| {
            let path = path.canonicalize().expect("tracked files exist");
            path.strip_prefix(&root).expect("in the workspace").display().to_string()
        };
        let mut tracked: Vec<String> = self.fingerprint(directories).0.tracked.iter().map(relative).collect();
        tracked.sort();
        tracked.dedup();
        tracked
    }

    /// Returns `true` if `change` changes the digest of `index`.
    pub(super) fn changes_digest(change: impl FnOnce(&Self)) -> bool {
        let workspace = Self::new();
        let before = workspace.digest(&["../index"]);
        change(&workspace);
        before != workspace.digest(&["../index"])
    }
}
