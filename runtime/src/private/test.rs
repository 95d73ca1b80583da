//! From a test to its session, and what becomes of the test if there is none.

use std::panic::resume_unwind;
use std::thread;

use super::argument::Prepare;
use super::returned::Passed;
use crate::artifact::Suite;
use crate::error::Error;
use crate::message::PREFIX;
use crate::panic::catch_panic;
use crate::session::Session;

/// A test as the attribute knows it.
#[derive(Clone, Copy, Debug)]
pub struct Test {
    /// `module_path!()`, which begins with the crate's name.
    pub module: &'static str,
    /// The function's name.
    pub function: &'static str,
    /// The repository.
    pub repo: &'static str,
    /// The panic that the test waits for, if it does; empty for any.
    pub should_panic: Option<&'static str>,
}

/// Runs the test: opens its session, prepares its parameters, and calls the function.
///
/// If the fixture fails, or the test is skipped, the function is not called. A test that waits for a panic then gets the
/// right one: none for a fixture that fails, and the one that it waits for when it is skipped.
///
/// # Panics
/// As the function does; and if the fixture fails.
#[track_caller]
pub fn run<S: Suite, R: Passed>(
    test: &Test,
    prepare: &[Prepare<S>],
    config: fn() -> S::Config,
    call: fn(&Session<S>) -> R,
) -> R {
    match test.judge(test.open(prepare, config)) {
        Some(session) => call(&session),
        None => R::passed(),
    }
}

/// As [`run`], inside of an async runtime: the fixture is had outside of it, on a thread of its own, so that a hook may
/// block, or drive a runtime itself. The runtime's thread waits for it.
///
/// # Panics
/// As [`run`].
#[track_caller]
pub fn run_async<S: Suite, R: Passed>(
    test: &Test,
    prepare: &[Prepare<S>],
    config: fn() -> S::Config,
    call: impl AsyncFnOnce(&Session<S>) -> R,
) -> impl Future<Output = R> {
    let opened = thread::scope(|scope| {
        let opened = thread::Builder::new().spawn_scoped(scope, || test.open(prepare, config));
        match opened.map(thread::ScopedJoinHandle::join) {
            Ok(Ok(opened)) => opened,
            Ok(Err(panic)) => resume_unwind(panic),
            Err(error) => Err(Error::Message(format!("failed to start a thread for the fixture: {error}"))),
        }
    });
    let session = test.judge(opened);
    async move {
        match session {
            Some(session) => call(&session).await,
            None => R::passed(),
        }
    }
}

impl Test {
    /// As `cargo test` prints it: without the crate's own name.
    fn name(&self) -> String {
        match self.module.split_once("::") {
            Some((_, module)) => format!("{module}::{}", self.function),
            None => self.function.to_owned(),
        }
    }

    fn open<S: Suite>(&self, prepare: &[Prepare<S>], config: fn() -> S::Config) -> Result<Session<S>, Error> {
        let config = catch_panic(config).map_err(|panic| {
            Error::Message(format!(
                "the test's configuration cannot be had: {panic}; correct its `config = …`, or the `Default` of the suite's"
            ))
        })?;
        let session = Session::for_test(self.name(), self.repo, config)?;
        prepare.iter().try_for_each(|prepare| prepare(&session))?;
        session.finish_setup();
        Ok(session)
    }

    /// Decides what becomes of the test.
    #[track_caller]
    fn judge<S: Suite>(&self, opened: Result<Session<S>, Error>) -> Option<Session<S>> {
        match opened {
            Ok(session) => Some(session),
            Err(Error::Skipped { repo, reason }) => {
                println!("{PREFIX} skipped {} over {repo}: {reason}", self.name());
                match self.should_panic {
                    // Passing means panicking here, with the words that are waited for.
                    Some(expected) => panic!("{expected}"),
                    None => None,
                }
            }
            Err(error) => {
                let report = self.failure(&error);
                // Its own panic would be taken for the one that the test waits for.
                assert!(self.should_panic.is_some(), "{PREFIX} {report}");
                eprintln!("{PREFIX} {report}");
                None
            }
        }
    }

    fn failure(&self, error: &Error) -> String {
        let (name, repo, causes) = (self.name(), self.repo, error.report());
        let mend = error.mend().map_or_else(String::new, |mend| format!("\nto mend it: {mend}"));
        format!("the fixture of {name} over {repo} failed; the test itself did not run\n{causes}{mend}")
    }
}
