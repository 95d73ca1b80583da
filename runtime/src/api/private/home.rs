//! Finds the artifact, its suite and its session for the type of a parameter.

use super::argument::{ViaArtifact, ViaEach};
use super::function::ValueOf;
use super::sessions::{Mode, Offers, Sessions};
use super::value::{ViaOwned, ViaScratch};
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
    A: ValueOf<F> + 'static,
    A::Home: Home<Q>,
    F: Artifact<<A::Home as Home<Q>>::Suite>,
{
    type Suite = <A::Home as Home<Q>>::Suite;
    type By = F;

    fn session(sessions: &mut Sessions<Q>) -> Result<&Session<Self::Suite>, Error> {
        A::Home::session(sessions)
    }

    fn opened(sessions: &Sessions<Q>) -> Option<&Session<Self::Suite>> {
        A::Home::opened(sessions)
    }

    fn of(artifact: &F) -> &A {
        <A as ValueOf<F>>::of(artifact)
    }

    fn take(artifact: F) -> A {
        <A as ValueOf<F>>::take(artifact)
    }
}

/// The marker of a parameter whose artifact the function `F` builds.
///
/// `#[artifact]` on a parameter names the function: several may return one type, and then the compiler cannot infer it.
#[diagnostic::on_unimplemented(
    message = "the parameter is not an artifact, so the function `{F}` cannot build it",
    label = "`#[artifact]` belongs to an artifact: `&T`, `T`, `Scratch<T>` or `&Each<T>`"
)]
pub trait Names<F> {}

impl<F> Names<F> for ViaArtifact<ViaFunction<F>> {}
impl<F> Names<F> for ViaEach<ViaFunction<F>> {}
impl<F> Names<F> for ViaOwned<ViaFunction<F>> {}
impl<F> Names<F> for ViaScratch<ViaFunction<F>> {}

/// The suite of a function artifact, in a test of the mode `Q`.
pub trait Home<Q: Mode> {
    /// The suite of the artifact in this test.
    type Suite: Suite;

    /// Returns the session, as [`Provided::session`] does.
    ///
    /// # Errors
    /// Fails if the suite's configuration is not available.
    fn session(sessions: &mut Sessions<Q>) -> Result<&Session<Self::Suite>, Error>;

    /// Returns the session, if [`session`](Self::session) opened it.
    fn opened(sessions: &Sessions<Q>) -> Option<&Session<Self::Suite>>;
}

/// The home of a function with `#[artifact(suite = T)]`.
#[derive(Debug)]
pub struct OfSuite<T>(std::marker::PhantomData<T>);

/// The home of a function without a suite: the suite of the test.
#[derive(Debug)]
pub enum OfNoSuite {}

impl<Q: Offers<T>, T: Suite> Home<Q> for OfSuite<T> {
    type Suite = T;

    fn session(sessions: &mut Sessions<Q>) -> Result<&Session<T>, Error> {
        Q::session(sessions)
    }

    fn opened(sessions: &Sessions<Q>) -> Option<&Session<T>> {
        Q::opened(sessions)
    }
}

impl<Q: Mode> Home<Q> for OfNoSuite {
    type Suite = Q::Suite;

    fn session(sessions: &mut Sessions<Q>) -> Result<&Session<Q::Suite>, Error> {
        Ok(sessions.main())
    }

    fn opened(sessions: &Sessions<Q>) -> Option<&Session<Q::Suite>> {
        Some(sessions.main())
    }
}
