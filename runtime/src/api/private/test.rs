//! From a test to its session, and what becomes of the test if there is none.

use super::argument::Arg;
use super::returned::Passed;
use crate::api::artifact::Suite;
use crate::api::session::{Builder, Seen, Session};
use crate::config::StopAfter;
use crate::error::Error;
use crate::message::PREFIX;
use crate::own_thread::on_own_thread;
use crate::panic::catch_panic;

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

/// The functions of a parameter: [`Arg::prepare`], [`Arg::look`] and [`Arg::serve`].
#[derive(Debug)]
struct Parameter<S: Suite> {
    prepare: fn(&Session<S>) -> Result<(), Error>,
    look: fn(&Session<S>) -> Result<(), Error>,
    serve: fn(&Session<S>, &mut Seen) -> Result<(), Error>,
}

/// A test whose parameters are being told, one after the other.
///
/// Methods of one value, and not arguments of one function, so that the suite is settled by the first parameter that
/// tells it: then the compiler's error is about the type of a later one that does not fit.
#[derive(Debug)]
pub struct Setup<S: Suite> {
    test: Test,
    parameters: Vec<Parameter<S>>,
    config: fn() -> S::Config,
}

/// What the function of a test is given its arguments from.
#[derive(Debug)]
pub struct Fixture<S: Suite>(Session<S>);

impl<S: Suite> Fixture<S> {
    /// The argument for a parameter `&A`.
    pub fn argument<A: Arg<S, M> + ?Sized, M>(&self) -> &A {
        A::get(&self.0)
    }
}

impl<S: Suite> Setup<S> {
    /// The test has a parameter `&A`.
    #[must_use]
    pub fn parameter<A: Arg<S, M> + ?Sized, M>(mut self) -> Setup<S> {
        self.parameters.push(Parameter { prepare: A::prepare, look: A::look, serve: A::serve });
        self
    }

    /// The test has a configuration of its own.
    #[must_use]
    pub fn config(mut self, config: fn() -> S::Config) -> Setup<S> {
        self.config = config;
        self
    }

    /// Has the fixture, and calls the function.
    ///
    /// If the fixture fails, or the test is skipped, the function is not called. A test that waits for a panic then gets
    /// the right one: none for a fixture that fails, and the one that it waits for when it is skipped.
    ///
    /// # Panics
    /// As the function does; and if the fixture fails.
    #[track_caller]
    pub fn run<R: Passed>(self, function: fn(&Fixture<S>) -> R) -> R {
        match self.test.judge(self.fixture()) {
            Some(fixture) => function(&fixture),
            None => R::passed(),
        }
    }

    /// As [`run`](Self::run), inside of an async runtime: the fixture is had outside of it, on a thread of its own, so
    /// that a hook may block, or drive a runtime itself. The runtime's thread waits for it.
    ///
    /// # Panics
    /// As [`run`](Self::run).
    #[track_caller]
    pub fn run_async<R: Passed>(self, function: impl AsyncFnOnce(&Fixture<S>) -> R) -> impl Future<Output = R> {
        let fixture = on_own_thread(|| self.fixture()).inspect(|fixture| fixture.0.enter_runtime());
        let fixture = self.test.judge(fixture);
        async move {
            match fixture {
                Some(fixture) => function(&fixture).await,
                None => R::passed(),
            }
        }
    }

    fn fixture(&self) -> Result<Fixture<S>, Error> {
        if let Some(builder) = Builder::of_process() {
            let served = self.session().and_then(|session| {
                let mut seen = Seen::default();
                self.parameters.iter().try_for_each(|parameter| (parameter.serve)(&session, &mut seen))
            });
            builder.end(served);
        }
        let failed = |error: &Error| Session::<S>::record_key_failure(&self.test.name(), self.test.repo, error);
        self.prepared().inspect_err(failed)
    }

    fn prepared(&self) -> Result<Fixture<S>, Error> {
        let session = self.session()?;
        let stop_after = session.stop_after();
        if stop_after == Some(StopAfter::Key) {
            self.parameters.iter().try_for_each(|parameter| (parameter.look)(&session))?;
        } else {
            self.parameters.iter().try_for_each(|parameter| (parameter.prepare)(&session))?;
            session.finish_setup();
        }
        if stop_after.is_some() {
            let reason = "SMOKE_STOP_AFTER says so".to_owned();
            return Err(Error::Skipped { repo: self.test.repo.to_owned(), reason });
        }
        Ok(Fixture(session))
    }

    fn session(&self) -> Result<Session<S>, Error> {
        let config = catch_panic(self.config).map_err(|panic| {
            Error::Message(format!(
                "the test's configuration cannot be had: {panic}; correct its `config = …`, or the `Default` of the suite's"
            ))
        })?;
        Session::of_attribute(self.test.name(), self.test.repo, config)
    }
}

impl Test {
    /// Begins to tell what the test is given.
    pub fn of_suite<S: Suite>(self) -> Setup<S> {
        Setup { test: self, parameters: Vec::new(), config: S::Config::default }
    }

    /// As `cargo test` prints it: without the crate's own name.
    fn name(&self) -> String {
        match self.module.split_once("::") {
            Some((_, module)) => format!("{module}::{}", self.function),
            None => self.function.to_owned(),
        }
    }

    /// Decides what becomes of the test.
    #[track_caller]
    fn judge<S: Suite>(&self, fixture: Result<Fixture<S>, Error>) -> Option<Fixture<S>> {
        match fixture {
            Ok(fixture) => Some(fixture),
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
        let help = error.help().map_or_else(String::new, |help| format!("\nhelp: {help}"));
        format!("the fixture of {name} over {repo} failed; the test itself did not run\n{causes}{help}")
    }
}
