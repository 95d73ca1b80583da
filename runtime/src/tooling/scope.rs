//! The artifacts that a command may remove: those of one project, or all.

use std::path::Path;

use super::stored::StoredArtifact;
use crate::config::Config;
use crate::paths;
use crate::store::Stored;

/// The projects whose artifacts a command may remove.
#[derive(Clone, Debug)]
pub struct Scope {
    /// The project. `None` stands for all.
    project: Option<String>,
}

impl Scope {
    /// Returns the scope of all projects.
    pub fn all() -> Scope {
        Scope { project: None }
    }

    /// Returns the scope of the current project. A cache directory inside of the project belongs to it as a whole, also
    /// if its entries were built in another checkout.
    pub fn project(config: &Config) -> Scope {
        let project = config.project();
        let cache = paths::real(config.cache_dir()).unwrap_or_else(|_| config.cache_dir().to_owned());
        let is_inside = cache.starts_with(Path::new(&project));
        Scope { project: (!is_inside).then_some(project) }
    }

    /// Returns `true` if the scope includes the artifact. One that names no project belongs to another one.
    pub fn includes(&self, artifact: &StoredArtifact) -> bool {
        self.includes_project(artifact.manifest.as_ref().ok().and_then(|made| made.project.as_deref()))
    }

    pub(super) fn includes_stored(&self, stored: &Stored) -> bool {
        self.includes_project(stored.manifest.as_ref().ok().and_then(|made| made.project.as_deref()))
    }

    fn includes_project(&self, project: Option<&str>) -> bool {
        self.project.as_deref().is_none_or(|own| project == Some(own))
    }
}
