//! A walk over the artifacts of a test and their dependencies.

use std::any::TypeId;
use std::collections::HashSet;

/// A walk that visits each artifact once.
#[derive(Debug, Default)]
pub struct Walk {
    seen: HashSet<TypeId>,
    pub(super) purpose: Purpose,
}

/// The action at each artifact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Build the artifact and end the process, if it is the target of this builder process.
    #[default]
    Serve,
    /// Verify the stored artifact by a new build.
    Verify,
    /// Build the artifact under a tracer.
    Audit,
    /// Load the artifact, and do not visit its dependencies.
    Load,
}

impl Walk {
    pub(super) fn new(purpose: Purpose) -> Walk {
        Walk { seen: HashSet::new(), purpose }
    }

    /// Marks an artifact as visited. Returns `false` if it was.
    pub(super) fn enter(&mut self, artifact: TypeId) -> bool {
        self.seen.insert(artifact)
    }

    /// Forgets the visited artifacts, for those of another repository.
    pub(crate) fn restart(&mut self) {
        self.seen.clear();
    }
}
