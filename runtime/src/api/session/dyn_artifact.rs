//! The code of users behind one trait object, without its type.
//!
//! Everything around it compiles once, in this crate and with its optimization level, and not again for each artifact
//! in each test binary.

use std::any::{Any, TypeId, type_name};
use std::marker::PhantomData;
use std::path::Path;
use std::sync::Arc;

use super::Session;
use super::walk::Walk;
use crate::api::artifact::{Artifact, Definition, Suite};
use crate::api::context::{BuildContext, Dependencies, DependencyTime, LoadContext, Progress};
use crate::api::key_builder::{KeyBuilder, is_hermetic};
use crate::api::metrics::Metrics;
use crate::error::{Error, Result};
use crate::key::Declared;
use crate::key::fingerprint::CodeFingerprint;
use crate::store::manifest::Storage;

/// An artifact's value.
pub(super) type Value = Box<dyn Any + Send + Sync>;

/// The constants of an artifact and of its suite.
#[derive(Clone, Copy, Debug)]
pub(super) struct ArtifactMeta {
    pub(super) suite: TypeId,
    pub(super) suite_name: &'static str,
    pub(super) code: CodeFingerprint,
    pub(super) artifact: TypeId,
    pub(super) type_name: &'static str,
    pub(super) name: &'static str,
    pub(super) storage: Storage,
    pub(super) load_from: LoadFrom,
    /// The artifact is built from the repository of the test.
    pub(super) uses_repo: bool,
    pub(super) is_hermetic: bool,
}

/// The files that `load` gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LoadFrom {
    /// The stored files, or a private view if `load` lacks a permission.
    Stored,
    /// A private view: the artifact wants one.
    View,
    /// A private copy: the test wants one.
    Copy,
}

/// The arguments of a call of `build` or `load`.
pub(super) struct HookContext<'a> {
    pub(super) directory: &'a Path,
    /// This run has compared the files with the digests of the manifest.
    pub(super) is_verified: bool,
    /// The dependencies that the call may request.
    pub(super) needs: &'a [TypeId],
    pub(super) time_in_dependencies: Arc<DependencyTime>,
    /// The numbers that `build` records.
    pub(super) metrics: Metrics,
}

/// The functions of an artifact. Each may panic.
pub(super) trait DynArtifact: Sync {
    fn meta(&self) -> ArtifactMeta;
    fn declared(&self) -> Result<Declared, String>;
    /// Visits the dependencies of this artifact. Returns the first error, after it has visited all.
    fn visit_needs(&self, walk: &mut Walk) -> Result<(), Error>;
    fn build(&self, context: &HookContext<'_>, progress: Progress) -> Result<Value>;
    fn save(&self, value: &Value, directory: &Path) -> Result<()>;
    fn load(&self, context: &HookContext<'_>) -> Result<Value>;
    /// Compares two loaded values; the error is the difference.
    fn same(&self, one: &Value, other: &Value) -> Result<(), String>;
}

/// The artifact `A` for a session.
pub(super) struct TypedArtifact<'a, S: Suite, A> {
    session: &'a Session<S>,
    is_scratch: bool,
    artifact: PhantomData<fn() -> A>,
}

impl<'a, S: Suite, A: Artifact<S>> TypedArtifact<'a, S, A> {
    pub(super) fn new(session: &'a Session<S>) -> TypedArtifact<'a, S, A> {
        TypedArtifact { session, is_scratch: false, artifact: PhantomData }
    }

    /// The same, loaded from a private copy.
    pub(super) fn scratch(session: &'a Session<S>) -> TypedArtifact<'a, S, A> {
        TypedArtifact { is_scratch: true, ..TypedArtifact::new(session) }
    }

    fn needs<'c>(&'c self, context: &'c HookContext<'_>) -> Dependencies<'c, S> {
        Dependencies {
            session: self.session,
            artifact: A::NAME,
            repo: self.session.known_repo().filter(|_| A::USES_REPO),
            allowed: context.needs,
            spent: &context.time_in_dependencies,
        }
    }
}

impl<S: Suite, A: Artifact<S>> DynArtifact for TypedArtifact<'_, S, A> {
    fn meta(&self) -> ArtifactMeta {
        let (suite, suite_name, code) = match A::DEFINITION {
            // It belongs to no suite. Its type stands for the suite, so it is the same in every suite that uses it.
            Definition::Function(code) => (TypeId::of::<A>(), type_name::<A>(), code),
            Definition::Trait | Definition::FunctionOfSuite => (TypeId::of::<S>(), type_name::<S>(), S::CODE),
        };
        ArtifactMeta {
            suite,
            suite_name,
            code,
            artifact: TypeId::of::<A>(),
            type_name: type_name::<A>(),
            name: A::NAME,
            storage: A::STORAGE,
            uses_repo: A::USES_REPO,
            is_hermetic: is_hermetic(A::HERMETIC),
            load_from: match (self.is_scratch, A::PRIVATE_VIEW) {
                (true, _) => LoadFrom::Copy,
                (false, true) => LoadFrom::View,
                (false, false) => LoadFrom::Stored,
            },
        }
    }

    fn declared(&self) -> Result<Declared, String> {
        KeyBuilder::<S>::of::<A>(self.session.config())
    }

    fn visit_needs(&self, walk: &mut Walk) -> Result<(), Error> {
        let needs = KeyBuilder::<S>::needs_of::<A>(self.session.config()).map_err(Error::Message)?;
        needs.into_iter().map(|visit| visit(self.session, walk)).fold(Ok(()), Result::and)
    }

    fn build(&self, context: &HookContext<'_>, progress: Progress) -> Result<Value> {
        let cx =
            BuildContext { needs: self.needs(context), dir: context.directory, progress, metrics: &context.metrics };
        Ok(Box::new(A::build(&cx)?))
    }

    fn save(&self, value: &Value, directory: &Path) -> Result<()> {
        match value.downcast_ref::<A>() {
            Some(artifact) => artifact.save(directory),
            None => unreachable!("the value was built by the same artifact"),
        }
    }

    fn load(&self, context: &HookContext<'_>) -> Result<Value> {
        let cx = LoadContext { needs: self.needs(context), dir: context.directory, is_verified: context.is_verified };
        Ok(Box::new(A::load(&cx)?))
    }

    fn same(&self, one: &Value, other: &Value) -> Result<(), String> {
        match (one.downcast_ref::<A>(), other.downcast_ref::<A>()) {
            (Some(one), Some(other)) => one.same(other),
            _ => unreachable!("the values were loaded by the same artifact"),
        }
    }
}
