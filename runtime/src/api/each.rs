//! An artifact over several repositories.

use crate::key::repo::Repo;

/// An artifact over each repository of a test, in the order of the test's repositories.
///
/// ```test_harness,no_run
/// # mod support { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/support.rs")); }
/// # use {support::*, cached_smoke::cached_smoke};
/// use cached_smoke::Each;
///
/// #[cached_smoke(repos = ["django", "requests"])]
/// fn all_have_names(all: &Each<DependencyGraph>) {
///     for (repo, graph) in all {
///         assert!(!graph.nodes.is_empty(), "{repo}");
///     }
/// }
/// ```
#[derive(Debug)]
pub struct Each<A: 'static> {
    artifacts: Vec<(String, &'static A)>,
}

impl<A> Default for Each<A> {
    fn default() -> Each<A> {
        Each { artifacts: Vec::new() }
    }
}

impl<A> Each<A> {
    pub(crate) fn add(&mut self, repo: &Repo, artifact: &'static A) {
        self.artifacts.push((repo.name().to_owned(), artifact));
    }

    /// Returns the names of the repositories, each with its artifact.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &A)> {
        self.artifacts.iter().map(|(repo, artifact)| (repo.as_str(), *artifact))
    }

    /// Returns the artifact of a repository, if the test has that repository.
    pub fn get(&self, repo: &str) -> Option<&A> {
        self.artifacts.iter().find(|(name, _)| name == repo).map(|(_, artifact)| *artifact)
    }

    /// Returns the number of repositories.
    pub fn len(&self) -> usize {
        self.artifacts.len()
    }

    /// Returns `true` if the test has no repository.
    pub fn is_empty(&self) -> bool {
        self.artifacts.is_empty()
    }
}

impl<'a, A> IntoIterator for &'a Each<A> {
    type Item = (&'a str, &'a A);
    type IntoIter = Box<dyn Iterator<Item = (&'a str, &'a A)> + 'a>;

    fn into_iter(self) -> Self::IntoIter {
        Box::new(self.iter())
    }
}
