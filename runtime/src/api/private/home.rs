//! Finds the artifact, its suite and its session for the type of a parameter.

use super::function::{FunctionArtifact, ValueOf};
use super::sessions::{Mode, Offers, Sessions};
use crate::api::artifact::{Artifact, Suite};
use crate::api::session::Session;
use crate::error::Error;

/// A type whose values an artifact provides, in a test of the mode `Q`.
///
/// The marker `M` separates the implementations: only one fits each type, so the compiler infers `M` and the suite.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an artifact",
    label = "no function with `#[artifact]` returns it, and it does not implement `Artifact` for a suite of this test",
    note = "a parameter of a test is `&Repo`, `&CacheReport`, `&Session<…>`, or an artifact: as `&T`, `T`, `Scratch<T>` \
            or `&Each<T>`"
)]
pub trait Provided<Q: Mode, M>: Sized + 'static {
    /// The suite of the artifact in this test.
    type Suite: Suite;
    /// The artifact.
    type By: Artifact<Self::Suite>;

    /// Returns the session for the artifact.
    ///
    /// # Errors
    /// Fails if the suite's configuration is not available.
    fn session(sessions: &mut Sessions<Q>) -> Result<&Session<Self::Suite>, Error>;

    /// Returns the session, if [`session`](Self::session) opened it.
    fn opened(sessions: &Sessions<Q>) -> Option<&Session<Self::Suite>>;

    /// Returns the value of the artifact.
    fn of(artifact: &Self::By) -> &Self;

    /// Takes the value out of the artifact.
    fn take(artifact: Self::By) -> Self;
}

/// The marker of artifacts of the suite `T`.
#[derive(Debug)]
pub struct ViaSuite<T>(std::marker::PhantomData<T>);

/// The marker of values that the function artifact `F` returns.
#[derive(Debug)]
pub struct ViaFunction<F>(std::marker::PhantomData<F>);

impl<Q: Offers<T>, T: Suite, A: Artifact<T>> Provided<Q, ViaSuite<T>> for A {
    type Suite = T;
    type By = A;

    fn session(sessions: &mut Sessions<Q>) -> Result<&Session<T>, Error> {
        Q::session(sessions)
    }

    fn opened(sessions: &Sessions<Q>) -> Option<&Session<T>> {
        Q::opened(sessions)
    }

    fn of(artifact: &A) -> &A {
        artifact
    }

    fn take(artifact: A) -> A {
        artifact
    }
}

impl<Q, F, A> Provided<Q, ViaFunction<F>> for A
where
    Q: Mode,
    F: FunctionArtifact<Value = A> + Artifact<Q::Suite>,
    A: ValueOf<F> + 'static,
{
    type Suite = Q::Suite;
    type By = F;

    fn session(sessions: &mut Sessions<Q>) -> Result<&Session<Q::Suite>, Error> {
        Ok(sessions.main())
    }

    fn opened(sessions: &Sessions<Q>) -> Option<&Session<Q::Suite>> {
        Some(sessions.main())
    }

    fn of(artifact: &F) -> &A {
        artifact.value()
    }

    fn take(artifact: F) -> A {
        artifact.into_value()
    }
}
