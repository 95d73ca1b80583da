//! The list of everything that the key of an artifact covers, and the marks of a build in its trace.

use std::fs;
use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};

/// The directory of the marks. Nothing can be there, so the call fails, and the trace has its name.
const MARKS: &str = "/proc/self/cached-smoke";

/// Everything that the key of one artifact covers, and the directories that belong to its build alone.
///
/// Paths are absolute. A directory stands for everything below it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cover {
    /// The name of the repository; `-` without one.
    pub repo: String,
    /// The name of the artifact.
    pub artifact: String,
    /// The key, as messages show it.
    pub key: String,
    /// The directory of the package, to which declared paths are relative.
    pub package: PathBuf,
    /// The directory of the project, whose files may be named relative to the package.
    pub project: PathBuf,
    /// The working directory of the builder at its start.
    pub directory: PathBuf,
    /// The directory of the repository that the artifact is built from.
    pub repository: Option<PathBuf>,
    /// Declared files.
    pub files: Vec<PathBuf>,
    /// Declared directories.
    pub directories: Vec<PathBuf>,
    /// The files of declared programs.
    pub tools: Vec<PathBuf>,
    /// The names of declared variables.
    pub variables: Vec<String>,
    /// Files that the code fingerprint covers as they are when the test runs, and directories whose names it covers.
    pub code: Vec<PathBuf>,
    /// The directories of this build alone: for the artifact, and for temporary files.
    pub own: Vec<PathBuf>,
    /// The cache directory.
    pub cache: PathBuf,
    /// The paths of dependencies in the cache, without their endings.
    pub dependencies: Vec<PathBuf>,
    /// The executable of the test.
    pub executable: PathBuf,
    /// The directories of the search path for programs.
    pub search_path: Vec<PathBuf>,
    /// The directories of the search path for shared libraries.
    pub libraries: Vec<PathBuf>,
    /// The home directory.
    pub home: Option<PathBuf>,
}

/// A moment of a build that its trace shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mark {
    /// The functions of the artifact are called from here on.
    Begin,
    /// The functions of the artifact have returned.
    End,
    /// The thread requests a dependency. Its calls are not those of the build.
    DependencyBegin,
    /// The thread has its dependency.
    DependencyEnd,
}

impl Mark {
    const ALL: [(Mark, &'static str); 4] = [
        (Mark::Begin, "begin"),
        (Mark::End, "end"),
        (Mark::DependencyBegin, "dependency-begin"),
        (Mark::DependencyEnd, "dependency-end"),
    ];

    /// Writes the mark into the trace of this process, if there is one.
    pub(crate) fn set(self) {
        if let Some((_, name)) = Mark::ALL.iter().find(|(mark, _)| *mark == self) {
            let _ = fs::metadata(Path::new(MARKS).join(name));
        }
    }

    /// Returns the mark that a failed call with this path stands for.
    #[cfg(feature = "audit")]
    pub(super) fn of(path: &Path) -> Option<Mark> {
        let name = path.strip_prefix(MARKS).ok()?;
        Mark::ALL.iter().find(|(_, text)| Path::new(text) == name).map(|(mark, _)| *mark)
    }
}

/// Removes `.` and `..` from an absolute path, without a look at links.
pub(crate) fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                normal.pop();
            }
            component => normal.push(component),
        }
    }
    normal
}
