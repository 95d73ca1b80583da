//! What the expansion of the attribute calls. Not for people, and not subject to semantic versioning.

use std::process::ExitCode;

pub use cached_smoke_macros::code_fingerprint;

use crate::artifact::{Artifact, Suite};
use crate::error::Error;
use crate::fingerprint::CodeFingerprint;
use crate::message::PREFIX;
use crate::panic::catch_panic;
use crate::repo::Repo;
use crate::session::Session;
use crate::telemetry::CacheReport;

/// A test as the attribute knows it.
#[derive(Clone, Copy, Debug)]
pub struct Test {
    /// `module_path!()` and the function's name.
    pub path: &'static str,
    /// The repository.
    pub repo: &'static str,
    /// The panic that the test waits for, if it does; empty for any.
    pub should_panic: Option<&'static str>,
}

/// Something that a test can have as a parameter `&Self`.
///
/// `M` is a marker that keeps the implementations apart: only one fits each type, so the compiler finds `M`, and with
/// it the suite.
#[diagnostic::on_unimplemented(
    message = "a smoke test cannot have a parameter of type `&{Self}`",
    label = "neither `Repo`, `CacheReport`, `Session<YourSuite>`, nor an artifact of a suite",
    note = "implement `cached_smoke::Artifact<YourSuite>` for it"
)]
pub trait Arg<S: Suite, M> {
    /// Restores or builds it.
    ///
    /// # Errors
    /// It cannot be had.
    fn prepare(session: &Session<S>) -> Result<(), Error>;

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

/// [`Arg::prepare`] of a parameter.
type Prepare<S> = fn(&Session<S>) -> Result<(), Error>;

/// What a test that does not run returns.
#[diagnostic::on_unimplemented(
    message = "a smoke test cannot return `{Self}`",
    label = "return `()`, `Result<(), E>` or `ExitCode`"
)]
pub trait Passed {
    /// The value of a test that passes.
    fn passed() -> Self;
}

impl Passed for () {
    fn passed() {}
}

impl Passed for ExitCode {
    fn passed() -> ExitCode {
        ExitCode::SUCCESS
    }
}

impl<T: Passed, E> Passed for Result<T, E> {
    fn passed() -> Result<T, E> {
        Ok(T::passed())
    }
}

/// Opens the test's session and prepares its parameters; `Err` is what the test is to return at once.
///
/// # Errors
/// The test is skipped, or it waits for a panic and its fixture failed: then it must not see one.
///
/// # Panics
/// The fixture failed.
#[track_caller]
pub fn setup<S: Suite, R: Passed>(
    test: Test,
    config: impl FnOnce() -> S::Config,
    prepare: &[Prepare<S>],
) -> Result<Session<S>, R> {
    // Without the crate's own name: as `cargo test` prints it.
    let name = test.path.split_once("::").map_or(test.path, |(_, name)| name);
    let session = catch_panic(config).map_err(|panic| Error::Message(format!("the test's configuration: {panic}")));
    let session = session.and_then(|config| Session::for_test(name.to_owned(), test.repo, config));
    let session = session.and_then(|session| {
        prepare.iter().try_for_each(|prepare| prepare(&session))?;
        session.finish_setup();
        Ok(session)
    });
    match session {
        Ok(session) => Ok(session),
        Err(Error::Skipped { repo, reason }) => {
            println!("{PREFIX} skipped {name} over {repo}: {reason}");
            match test.should_panic {
                // Passing means panicking here, with the words that are waited for.
                Some(expected) => panic!("{expected}"),
                None => Err(R::passed()),
            }
        }
        Err(error) => {
            let report = format!(
                "the fixture of {name} over {} failed; the test itself did not run\n{}",
                test.repo,
                error.report()
            );
            if test.should_panic.is_some() {
                eprintln!("{PREFIX} {report}");
                return Err(R::passed());
            }
            panic!("{PREFIX} {report}")
        }
    }
}

/// For [`code_fingerprint!`](crate::code_fingerprint).
pub const fn code(digest: &'static str, directories: &'static [&'static str]) -> CodeFingerprint {
    CodeFingerprint::new(digest, directories)
}
