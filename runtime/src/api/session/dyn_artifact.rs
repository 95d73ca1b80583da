//! An artifact without its type: what users have written, behind one trait object.
//!
//! All around it is compiled once, in this crate and with its optimisation, and not again for each artifact in each test
//! binary.

use std::any::{Any, TypeId, type_name};
use std::marker::PhantomData;
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use super::Session;
use super::request::Seen;
use crate::api::artifact::{Artifact, Suite};
use crate::api::context::{BuildContext, LoadContext, Needs, Progress};
use crate::api::key_builder::KeyBuilder;
use crate::error::{Error, Result};
use crate::key::Declared;
use crate::key::fingerprint::CodeFingerprint;
use crate::store::manifest::Storage;

/// An artifact's value.
pub(super) type Value = Box<dyn Any + Send + Sync>;

/// The constants of an artifact.
#[derive(Clone, Copy, Debug)]
pub(super) struct ArtifactMeta {
    pub(super) suite: TypeId,
    pub(super) suite_name: &'static str,
    pub(super) code: CodeFingerprint,
    pub(super) artifact: TypeId,
    pub(super) type_name: &'static str,
    pub(super) name: &'static str,
    pub(super) storage: Storage,
    pub(super) private_view: bool,
}

/// What a function of the artifact is called with.
pub(super) struct HookContext<'a> {
    pub(super) directory: &'a Path,
    /// Its files have been compared in this run with what was written.
    pub(super) is_verified: bool,
    /// The artifacts that it may ask for.
    pub(super) needs: &'a [TypeId],
    /// How long it was about those.
    pub(super) elsewhere: Mutex<Duration>,
}

/// The functions of an artifact. Each may panic.
pub(super) trait DynArtifact: Sync {
    fn kind(&self) -> ArtifactMeta;
    fn declared(&self) -> Result<Declared, String>;
    /// Looks for the target of this builder among the artifacts that this one needs.
    fn serve_needs(&self, seen: &mut Seen) -> Result<(), Error>;
    fn build(&self, call: &HookContext<'_>, progress: Progress) -> Result<Value>;
    fn save(&self, value: &Value, directory: &Path) -> Result<()>;
    fn load(&self, call: &HookContext<'_>) -> Result<Value>;
}

/// `A`, for a session.
pub(super) struct TypedArtifact<'a, S: Suite, A> {
    session: &'a Session<S>,
    artifact: PhantomData<fn() -> A>,
}

impl<'a, S: Suite, A: Artifact<S>> TypedArtifact<'a, S, A> {
    pub(super) fn new(session: &'a Session<S>) -> TypedArtifact<'a, S, A> {
        TypedArtifact { session, artifact: PhantomData }
    }

    fn needs<'c>(&'c self, call: &'c HookContext<'_>) -> Needs<'c, S> {
        Needs { session: self.session, artifact: A::NAME, allowed: call.needs, spent: &call.elsewhere }
    }
}

impl<S: Suite, A: Artifact<S>> DynArtifact for TypedArtifact<'_, S, A> {
    fn kind(&self) -> ArtifactMeta {
        ArtifactMeta {
            suite: TypeId::of::<S>(),
            suite_name: type_name::<S>(),
            code: S::CODE,
            artifact: TypeId::of::<A>(),
            type_name: type_name::<A>(),
            name: A::NAME,
            storage: A::STORAGE,
            private_view: A::PRIVATE_VIEW,
        }
    }

    fn declared(&self) -> Result<Declared, String> {
        KeyBuilder::<S>::of::<A>(self.session.config())
    }

    fn serve_needs(&self, seen: &mut Seen) -> Result<(), Error> {
        let needs = KeyBuilder::<S>::needs_of::<A>(self.session.config()).map_err(Error::Message)?;
        needs.into_iter().try_for_each(|serve| serve(self.session, seen))
    }

    fn build(&self, call: &HookContext<'_>, progress: Progress) -> Result<Value> {
        let cx = BuildContext { needs: self.needs(call), dir: call.directory, progress };
        Ok(Box::new(A::build(&cx)?))
    }

    fn save(&self, value: &Value, directory: &Path) -> Result<()> {
        match value.downcast_ref::<A>() {
            Some(artifact) => artifact.save(directory),
            None => unreachable!("the value was built by the same hooks"),
        }
    }

    fn load(&self, call: &HookContext<'_>) -> Result<Value> {
        let cx = LoadContext { needs: self.needs(call), dir: call.directory, is_verified: call.is_verified };
        Ok(Box::new(A::load(&cx)?))
    }
}
