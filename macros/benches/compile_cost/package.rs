//! Temporary packages for the measurements.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// A package in a temporary directory, with its own target directory.
pub(crate) struct Package {
    root: TempDir,
}

impl Package {
    /// Creates a package; `dependencies` is a table of its manifest.
    pub(crate) fn new(dependencies: &str) -> Self {
        let package = Self { root: TempDir::new().unwrap() };
        let manifest = "[package]\nname = \"throw-away\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n";
        package.write("Cargo.toml", &format!("{manifest}{dependencies}"));
        // With the same lock file, common dependencies have the same version, and are already downloaded.
        fs::copy(checkout().join("Cargo.lock"), package.path("Cargo.lock")).unwrap();
        package
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Returns a cargo command for this package, without the variables of the cargo that runs this benchmark and of the
    /// user.
    pub(crate) fn cargo(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO"));
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            let changes_the_build =
                ["CARGO_BUILD_", "CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_PROFILE_", "CARGO_TARGET_"]
                    .iter()
                    .any(|prefix| text.starts_with(prefix))
                    || ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS"].contains(&&*text);
            if changes_the_build {
                command.env_remove(&name);
            }
        }
        command
            .args(arguments)
            .current_dir(self.root.path())
            .env("CARGO_INCREMENTAL", "0")
            .env("CARGO_TARGET_DIR", self.path("target"))
            // A compilation cache would be measured instead of the compiler.
            .env("RUSTC_WRAPPER", "")
            .env("RUSTC_WORKSPACE_WRAPPER", "");
        command
    }
}

/// Returns the line of a manifest that depends on this checkout.
pub(crate) fn cached_smoke() -> String {
    format!("cached-smoke = {{ path = '{}' }}", checkout().join("runtime").display())
}

fn checkout() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}
