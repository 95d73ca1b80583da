//! What a test's parameters can be, told by their types.

use crate::api::artifact::{Artifact, Suite};
use crate::api::session::{Seen, Session};
use crate::error::Error;
use crate::key::repo::Repo;
use crate::telemetry::CacheReport;

/// Something that a test can have as a parameter `&Self`.
///
/// `M` is a marker that keeps the implementations apart: only one fits each type, so the compiler finds `M`, and with
/// it the suite.
#[diagnostic::on_unimplemented(
    message = "a smoke test cannot have a parameter of type `&{Self}`",
    label = "neither `Repo`, `CacheReport`, the test's `Session<{S}>`, nor an artifact of its suite `{S}`",
    note = "all that a test takes is of one suite, which `suite = …` can name; what is of none yet needs an \
            `impl cached_smoke::Artifact<YourSuite>`"
)]
pub trait Arg<S: Suite, M> {
    /// Restores or builds it.
    ///
    /// # Errors
    /// It cannot be had.
    fn prepare(session: &Session<S>) -> Result<(), Error>;

    /// Computes its key and looks whether it is in the cache, if it is an artifact.
    ///
    /// # Errors
    /// Its key cannot be computed.
    fn look(session: &Session<S>) -> Result<(), Error> {
        let _ = session;
        Ok(())
    }

    /// Builds it and ends the process, if it or an artifact that it needs is what this process was started to build.
    ///
    /// # Errors
    /// Its key cannot be computed.
    fn serve(session: &Session<S>, seen: &mut Seen) -> Result<(), Error> {
        let _ = (session, seen);
        Ok(())
    }

    /// Gives what was prepared.
    fn get(session: &Session<S>) -> &Self;
}

/// Marks what is an artifact.
#[derive(Debug)]
pub enum ViaArtifact {}

/// Marks what a session has of itself.
#[derive(Debug)]
pub enum ViaSession {}

impl<S: Suite, A: Artifact<S>> Arg<S, ViaArtifact> for A {
    fn prepare(session: &Session<S>) -> Result<(), Error> {
        session.get::<A>().map(|_| ())
    }

    fn look(session: &Session<S>) -> Result<(), Error> {
        session.look::<A>()
    }

    fn serve(session: &Session<S>, seen: &mut Seen) -> Result<(), Error> {
        session.serve::<A>(seen)
    }

    fn get(session: &Session<S>) -> &A {
        match session.get::<A>() {
            Ok(artifact) => artifact,
            Err(error) => unreachable!("it was prepared: {error}"),
        }
    }
}

impl<S: Suite> Arg<S, ViaSession> for Repo {
    fn prepare(_: &Session<S>) -> Result<(), Error> {
        Ok(())
    }

    fn get(session: &Session<S>) -> &Repo {
        session.repo()
    }
}

impl<S: Suite> Arg<S, ViaSession> for CacheReport {
    fn prepare(_: &Session<S>) -> Result<(), Error> {
        Ok(())
    }

    fn get(session: &Session<S>) -> &CacheReport {
        session.report()
    }
}

impl<S: Suite> Arg<S, ViaSession> for Session<S> {
    fn prepare(session: &Session<S>) -> Result<(), Error> {
        session.defer_report();
        Ok(())
    }

    fn get(session: &Session<S>) -> &Session<S> {
        session
    }
}
