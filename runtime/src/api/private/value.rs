//! The types of parameters that a test takes by value.

use super::argument::{Arg, ViaArtifact};
use super::home::Provided;
use super::sessions::{Mode, Sessions};
use crate::api::scratch::Scratch;
use crate::api::session::Walk;
use crate::error::Error;

/// A type for which a test can have a parameter by value.
#[diagnostic::on_unimplemented(
    message = "a smoke test cannot have a parameter of type `{Self}`",
    label = "neither an artifact nor `Scratch` of an artifact",
    note = "write `&{Self}` for `Repo`, `CacheReport`, `Session` and `Each`"
)]
pub trait Value<Q: Mode, M>: Sized + Send + Sync + 'static {
    /// The parameter by reference that has the same artifact.
    type Reference: Arg<Q, ViaArtifact<Self::Marker>>;
    /// The marker of the artifact.
    type Marker;

    /// Loads the value.
    ///
    /// # Errors
    /// Fails if the artifact is not available.
    fn load(sessions: &mut Sessions<Q>) -> Result<Self, Error>;

    /// Loads the value and keeps it for [`take`](Self::take).
    ///
    /// # Errors
    /// As [`load`](Self::load).
    fn prepare(sessions: &mut Sessions<Q>) -> Result<(), Error> {
        let value = Self::load(sessions)?;
        sessions.give(value);
        Ok(())
    }

    /// Records the artifact's key.
    ///
    /// # Errors
    /// Fails if the key cannot be computed.
    fn record_key(sessions: &mut Sessions<Q>) -> Result<(), Error> {
        Self::Reference::record_key(sessions)
    }

    /// Builds the artifact, as [`Arg::visit`] does.
    ///
    /// # Errors
    /// Fails if the key cannot be computed.
    fn visit(sessions: &mut Sessions<Q>, walk: &mut Walk) -> Result<(), Error> {
        Self::Reference::visit(sessions, walk)
    }

    /// Returns the prepared value.
    fn take(sessions: &Sessions<Q>) -> Self {
        match sessions.take() {
            Some(value) => value,
            None => unreachable!("it was prepared"),
        }
    }
}

/// The marker of private copies.
#[derive(Debug)]
pub struct ViaScratch<M>(std::marker::PhantomData<M>);

impl<Q: Mode, A: Provided<Q, M> + Send + Sync, M> Value<Q, ViaScratch<M>> for Scratch<A> {
    type Reference = A;
    type Marker = M;

    fn load(sessions: &mut Sessions<Q>) -> Result<Scratch<A>, Error> {
        Ok(A::session(sessions)?.scratch::<A::By>()?.map(A::take))
    }
}

/// The marker of artifacts by value.
#[derive(Debug)]
pub struct ViaOwned<M>(std::marker::PhantomData<M>);

impl<Q: Mode, A: Provided<Q, M> + Send + Sync, M> Value<Q, ViaOwned<M>> for A {
    type Reference = A;
    type Marker = M;

    fn load(sessions: &mut Sessions<Q>) -> Result<A, Error> {
        Ok(A::take(A::session(sessions)?.owned::<A::By>()?))
    }
}
