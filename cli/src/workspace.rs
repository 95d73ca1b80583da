//! The cargo workspace of the current directory, as cargo describes it.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail};
use serde::Deserialize;

/// The name of the package that tests depend on.
const LIBRARY: &str = "cached-smoke";

/// A workspace, or a single package.
#[derive(Debug, Deserialize)]
pub(crate) struct Workspace {
    packages: Vec<Package>,
    #[serde(rename = "workspace_root")]
    pub(crate) root: PathBuf,
    #[serde(rename = "workspace_default_members")]
    default_members: Vec<String>,
}

/// A package of the workspace.
#[derive(Debug, Deserialize)]
pub(crate) struct Package {
    pub(crate) name: String,
    id: String,
    manifest_path: PathBuf,
    dependencies: Vec<Dependency>,
}

#[derive(Debug, Deserialize)]
struct Dependency {
    name: String,
    kind: Option<String>,
}

/// Returns the program of cargo: the one that started this process, or that in the `PATH`.
pub(crate) fn cargo() -> OsString {
    env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

impl Workspace {
    /// Reads the workspace of the current directory, or of a manifest.
    ///
    /// # Errors
    /// Fails if there is no manifest, or if it is invalid.
    pub(crate) fn read(manifest: Option<&Path>) -> anyhow::Result<Workspace> {
        let mut command = Command::new(cargo());
        command.args(["metadata", "--no-deps", "--offline", "--format-version", "1"]).stdin(Stdio::null());
        if let Some(manifest) = manifest {
            command.arg("--manifest-path").arg(manifest);
        }
        let output = command.output().context("failed to start cargo")?;
        if !output.status.success() {
            let reason = String::from_utf8_lossy(&output.stderr);
            let reason = reason.trim().trim_start_matches("error: ");
            bail!("cargo cannot read the package: {reason}\nhelp: run `cargo init --lib`, or fix Cargo.toml");
        }
        serde_json::from_slice(&output.stdout).context("failed to read the metadata of cargo")
    }

    /// Returns the package of this name. Without a name, returns the package of `directory`, else the first member that
    /// uses cached-smoke, else the first one.
    ///
    /// # Errors
    /// Fails if the workspace has no such package.
    pub(crate) fn package(&self, name: Option<&str>, directory: &Path) -> anyhow::Result<&Package> {
        if let Some(name) = name {
            let found = self.packages.iter().find(|package| package.name == name);
            return found.with_context(|| {
                let names: Vec<&str> = self.packages.iter().map(|package| package.name.as_str()).collect();
                format!("the workspace has no package `{name}`\nhelp: name one of: {}", names.join(", "))
            });
        }
        let members = || self.packages.iter().filter(|package| self.default_members.contains(&package.id));
        self.of_directory(directory)
            .or_else(|| members().find(|package| package.has_library()))
            .or_else(|| members().next())
            .with_context(|| {
                format!("the workspace {} has no package\nhelp: run `cargo new NAME`", self.root.display())
            })
    }

    /// Returns the package that a directory belongs to.
    fn of_directory(&self, directory: &Path) -> Option<&Package> {
        directory.ancestors().find_map(|above| self.packages.iter().find(|package| package.directory() == above))
    }

    /// Returns `true` if cargo tests the package in `directory` without `--package`.
    pub(crate) fn is_tested_in(&self, package: &Package, directory: &Path) -> bool {
        match self.of_directory(directory) {
            // At the root, cargo tests all default members.
            Some(current) if current.directory() != self.root => current.id == package.id,
            _ => self.default_members.contains(&package.id),
        }
    }
}

impl Package {
    /// Returns the directory of its manifest.
    pub(crate) fn directory(&self) -> &Path {
        self.manifest_path.parent().unwrap_or(&self.manifest_path)
    }

    /// Returns `true` if its tests can use cached-smoke.
    pub(crate) fn has_library(&self) -> bool {
        let is_for_tests = |dependency: &&Dependency| dependency.kind.as_deref() != Some("build");
        self.dependencies.iter().filter(is_for_tests).any(|dependency| dependency.name == LIBRARY)
    }
}
