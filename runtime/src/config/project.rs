//! The project of a process: the directory of its cargo workspace.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::paths;

/// The parts of a `Cargo.toml` that show whether it is the root of a workspace.
#[derive(Deserialize)]
struct CargoToml {
    workspace: Option<IgnoredAny>,
}

/// Returns the directory of the cargo workspace that `start` belongs to, without symbolic links.
///
/// A package outside of a workspace is a project itself. Without any `Cargo.toml` in `start` or above it, `otherwise`
/// is the project.
pub(super) fn of(start: &Path, otherwise: &Path) -> PathBuf {
    let packages: Vec<&Path> = start.ancestors().filter(|directory| directory.join("Cargo.toml").is_file()).collect();
    let workspace = packages.iter().find(|directory| is_workspace(directory));
    let project = workspace.or(packages.first()).copied().unwrap_or(otherwise);
    paths::real(project).unwrap_or_else(|_| project.to_owned())
}

/// Returns `true` if the `Cargo.toml` of the directory defines a workspace.
fn is_workspace(directory: &Path) -> bool {
    let text = fs::read_to_string(directory.join("Cargo.toml")).unwrap_or_default();
    toml::from_str(&text).is_ok_and(|CargoToml { workspace }| workspace.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    const PACKAGE: &str = "[package]\nname = 'a'\n";
    const WORKSPACE: &str = "[workspace]\nmembers = ['crates/a']\n";

    /// Returns the project of `crates/a/tests` below a directory with these manifests, relative to that directory.
    fn project(manifests: &[(&str, &str)]) -> PathBuf {
        let directory = TempDir::new().expect("a temporary directory");
        let root = paths::real(directory.path()).expect("an existing directory");
        let start = root.join("crates/a/tests");
        fs::create_dir_all(&start).expect("created");
        for (path, text) in manifests {
            fs::write(root.join(path).join("Cargo.toml"), text).expect("written");
        }
        of(&start, &root.join("crates")).strip_prefix(&root).expect("below the directory").to_owned()
    }

    #[test]
    fn all_members_of_a_workspace_are_one_project() {
        for (manifests, expected) in [
            (&[("", WORKSPACE), ("crates/a", PACKAGE)][..], ""),
            (&[("", WORKSPACE)], ""),
            // Nested workspaces are separate projects.
            (&[("", WORKSPACE), ("crates/a", "[package]\nname = 'a'\n[workspace]\n")], "crates/a"),
            (&[("", PACKAGE), ("crates/a", PACKAGE)], "crates/a"),
            (&[("", "workspace = ["), ("crates/a", PACKAGE)], "crates/a"),
            (&[], "crates"),
        ] {
            assert_eq!(project(manifests), Path::new(expected), "{manifests:?}");
        }
    }
}
