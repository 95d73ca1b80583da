//! The types that a test's parameters can have.

use std::marker::PhantomData;

use super::home::Provided;
use super::sessions::{AnySuite, Mode, Of, Sessions};
use crate::api::artifact::Suite;
use crate::api::each::Each;
use crate::api::session::{Session, Walk};
use crate::error::Error;
use crate::key::repo::Repo;
use crate::telemetry::CacheReport;

/// A type `Self` for which a test can have a parameter `&Self`.
///
/// The marker `M` separates the implementations, as in [`Provided`].
#[diagnostic::on_unimplemented(
    message = "a smoke test cannot have a parameter of type `&{Self}`",
    label = "neither `Repo`, `CacheReport`, `Session` of a suite of the test, an artifact, nor `Each` of an artifact",
    note = "a function with `#[artifact]` that returns the type makes it an artifact, as does an implementation of \
            `cached_smoke::Artifact<YourSuite>`",
    note = "a test with `config = …`, `suite = …` or `Session<_>` has one suite: it takes artifacts of that suite and of \
            functions without a suite",
    note = "a crate with the function must be named in this one: write `use fixtures as _;` if nothing else names it"
)]
pub trait Arg<Q: Mode, M> {
    /// Restores or builds the artifact, if it is one.
    ///
    /// # Errors
    /// Fails if the artifact is not available.
    fn prepare(sessions: &mut Sessions<Q>) -> Result<(), Error>;

    /// Records the artifact's key, if it is one, and whether the cache has it.
    ///
    /// # Errors
    /// Fails if the key cannot be computed.
    fn record_key(sessions: &mut Sessions<Q>) -> Result<(), Error> {
        let _ = sessions;
        Ok(())
    }

    /// Builds the artifact and ends the process, if it or one of its dependencies is the target of this builder
    /// process.
    ///
    /// # Errors
    /// Fails if the key cannot be computed.
    fn visit(sessions: &mut Sessions<Q>, walk: &mut Walk) -> Result<(), Error> {
        let _ = (sessions, walk);
        Ok(())
    }

    /// Returns the prepared value.
    fn get(sessions: &Sessions<Q>) -> &Self;
}

/// The marker of artifacts, which the marker `M` provides.
#[derive(Debug)]
pub struct ViaArtifact<M>(PhantomData<M>);

/// The marker of an artifact over each repository.
#[derive(Debug)]
pub struct ViaEach<M>(PhantomData<M>);

/// The marker of parts of the session.
#[derive(Debug)]
pub enum ViaSession {}

impl<Q: Mode, A: Provided<Q, M>, M> Arg<Q, ViaArtifact<M>> for A {
    fn prepare(sessions: &mut Sessions<Q>) -> Result<(), Error> {
        A::session(sessions)?.get::<A::By>().map(|_| ())
    }

    fn record_key(sessions: &mut Sessions<Q>) -> Result<(), Error> {
        A::session(sessions)?.record_key::<A::By>()
    }

    fn visit(sessions: &mut Sessions<Q>, walk: &mut Walk) -> Result<(), Error> {
        A::session(sessions)?.visit::<A::By>(walk)
    }

    fn get(sessions: &Sessions<Q>) -> &A {
        match A::opened(sessions).map(Session::get::<A::By>) {
            Some(Ok(artifact)) => A::of(artifact),
            _ => unreachable!("it was prepared"),
        }
    }
}

/// The artifacts of a parameter `&Each<A>`. The marker separates those that two functions build.
struct Lent<A: 'static, M> {
    each: Each<A>,
    marker: PhantomData<fn() -> M>,
}

impl<Q: Mode, A: Provided<Q, M> + Sync, M: 'static> Arg<Q, ViaEach<M>> for Each<A> {
    fn prepare(sessions: &mut Sessions<Q>) -> Result<(), Error> {
        let mut each = Each::default();
        for over_one in sessions.over_each() {
            let mut over_one = over_one?;
            let artifact = A::session(&mut over_one)?.get_static::<A::By>()?;
            each.add(over_one.main().repo(), A::of(artifact));
            over_one.main().finish_setup();
        }
        sessions.lend(Lent::<A, M> { each, marker: PhantomData });
        Ok(())
    }

    fn record_key(sessions: &mut Sessions<Q>) -> Result<(), Error> {
        sessions.over_each().try_for_each(|over_one| A::record_key(&mut over_one?))
    }

    fn visit(sessions: &mut Sessions<Q>, walk: &mut Walk) -> Result<(), Error> {
        for over_one in sessions.over_each() {
            // The target may be the artifact of any repository.
            walk.restart();
            A::visit(&mut over_one?, walk)?;
        }
        walk.restart();
        Ok(())
    }

    fn get(sessions: &Sessions<Q>) -> &Each<A> {
        match sessions.lent::<Lent<A, M>>() {
            Some(lent) => &lent.each,
            None => unreachable!("it was prepared"),
        }
    }
}

impl<Q: Mode> Arg<Q, ViaSession> for Repo {
    fn prepare(sessions: &mut Sessions<Q>) -> Result<(), Error> {
        if sessions.main().known_repo().is_some() {
            return Ok(());
        }
        Err(Error::NoRepo { subject: "the parameter `&Repo`".to_owned() })
    }

    fn get(sessions: &Sessions<Q>) -> &Repo {
        sessions.main().repo()
    }
}

impl<Q: Mode> Arg<Q, ViaSession> for CacheReport {
    fn prepare(_: &mut Sessions<Q>) -> Result<(), Error> {
        Ok(())
    }

    fn get(sessions: &Sessions<Q>) -> &CacheReport {
        sessions.main().report()
    }
}

impl<S: Suite> Arg<Of<S>, ViaSession> for Session<S> {
    fn prepare(sessions: &mut Sessions<Of<S>>) -> Result<(), Error> {
        sessions.main().defer_report();
        Ok(())
    }

    fn get(sessions: &Sessions<Of<S>>) -> &Session<S> {
        sessions.main()
    }
}

impl<T: Suite> Arg<AnySuite, ViaSession> for Session<T> {
    fn prepare(sessions: &mut Sessions<AnySuite>) -> Result<(), Error> {
        <AnySuite as super::sessions::Offers<T>>::session(sessions)?.defer_report();
        Ok(())
    }

    fn get(sessions: &Sessions<AnySuite>) -> &Session<T> {
        match <AnySuite as super::sessions::Offers<T>>::opened(sessions) {
            Some(session) => session,
            None => unreachable!("it was prepared"),
        }
    }
}
