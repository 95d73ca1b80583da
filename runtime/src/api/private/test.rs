//! The setup of a test: its session, its parameters, and its result if the setup fails.

use super::argument::Arg;
use super::returned::Passed;
use crate::api::artifact::Suite;
use crate::api::session::{Builder, Seen, Session};
use crate::config::StopAfter;
use crate::error::Error;
use crate::message::PREFIX;
use crate::own_thread::on_own_thread;
use crate::panic::catch_panic;

/// The names and the expectation of a test, as the attribute writes them.
#[derive(Clone, Copy, Debug)]
pub struct Test {
    /// `module_path!()`, which begins with the crate's name.
    pub module: &'static str,
    /// The name of the function.
    pub function: &'static str,
    /// The repository.
    pub repo: &'static str,
    /// The message of `#[should_panic]`, if the test has that attribute; empty for any panic.
    pub should_panic: Option<&'static str>,
}

/// The functions of a parameter: [`Arg::prepare`], [`Arg::record_key`] and [`Arg::serve`].
#[derive(Debug)]
struct Parameter<S: Suite> {
    prepare: fn(&Session<S>) -> Result<(), Error>,
    record_key: fn(&Session<S>) -> Result<(), Error>,
    serve: fn(&Session<S>, &mut Seen) -> Result<(), Error>,
}

/// A builder of a test's fixture: the expansion adds one parameter after the other.
///
/// The parameters are method calls, and not arguments of one function, so that the first artifact determines the suite.
/// The compiler's error is then about the type of a later parameter that does not fit.
#[derive(Debug)]
pub struct Setup<S: Suite> {
    test: Test,
    parameters: Vec<Parameter<S>>,
    config: fn() -> S::Config,
}

/// The loaded artifacts of a test.
#[derive(Debug)]
pub struct Fixture<S: Suite>(Session<S>);

impl<S: Suite> Fixture<S> {
    /// Returns the argument for a parameter `&A`.
    pub fn argument<A: Arg<S, M> + ?Sized, M>(&self) -> &A {
        A::get(&self.0)
    }
}

impl<S: Suite> Setup<S> {
    /// Adds a parameter `&A`.
    #[must_use]
    pub fn parameter<A: Arg<S, M> + ?Sized, M>(mut self) -> Setup<S> {
        self.parameters.push(Parameter { prepare: A::prepare, record_key: A::record_key, serve: A::serve });
        self
    }

    /// Sets the configuration.
    #[must_use]
    pub fn config(mut self, config: fn() -> S::Config) -> Setup<S> {
        self.config = config;
        self
    }

    /// Loads the fixture, and calls the function.
    ///
    /// If the fixture fails, or the test is skipped, the function is not called. A test with `#[should_panic]` then
    /// fails if its fixture fails, and passes if it is skipped.
    ///
    /// # Panics
    /// Panics as the function does, and if the fixture fails.
    #[track_caller]
    pub fn run<R: Passed>(self, function: fn(&Fixture<S>) -> R) -> R {
        match self.test.resolve_fixture(self.fixture()) {
            Some(fixture) => function(&fixture),
            None => R::passed(),
        }
    }

    /// Loads the fixture, and calls the function inside of an async runtime.
    ///
    /// Another thread loads the fixture, so that the artifact's functions may block or start a runtime. The runtime's
    /// thread waits meanwhile.
    ///
    /// # Panics
    /// Panics as [`run`](Self::run) does.
    #[track_caller]
    pub fn run_async<R: Passed>(self, function: impl AsyncFnOnce(&Fixture<S>) -> R) -> impl Future<Output = R> {
        let fixture = on_own_thread(|| self.fixture()).inspect(|fixture| fixture.0.enter_runtime());
        let fixture = self.test.resolve_fixture(fixture);
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
            self.parameters.iter().try_for_each(|parameter| (parameter.record_key)(&session))?;
        } else {
            self.parameters.iter().try_for_each(|parameter| (parameter.prepare)(&session))?;
            session.finish_setup();
        }
        if stop_after.is_some() {
            let reason = "SMOKE_STOP_AFTER ends the test before its body".to_owned();
            return Err(Error::Skipped { repo: self.test.repo.to_owned(), reason });
        }
        Ok(Fixture(session))
    }

    fn session(&self) -> Result<Session<S>, Error> {
        let config = catch_panic(self.config).map_err(|panic| {
            Error::Message(format!(
                "the configuration of the test is not available: {panic}\n\
                 help: correct `config = …` of the test, or `Default` of the suite's configuration"
            ))
        })?;
        Session::of_attribute(self.test.name(), self.test.repo, config)
    }
}

impl Test {
    /// Starts the setup of a test.
    pub fn of_suite<S: Suite>(self) -> Setup<S> {
        Setup { test: self, parameters: Vec::new(), config: S::Config::default }
    }

    /// Returns the name as `cargo test` prints it: without the name of the crate.
    fn name(&self) -> String {
        match self.module.split_once("::") {
            Some((_, module)) => format!("{module}::{}", self.function),
            None => self.function.to_owned(),
        }
    }

    /// Returns the fixture; `None` if the function must not run and the test passes.
    #[track_caller]
    fn resolve_fixture<S: Suite>(&self, fixture: Result<Fixture<S>, Error>) -> Option<Fixture<S>> {
        match fixture {
            Ok(fixture) => Some(fixture),
            Err(Error::Skipped { repo, reason }) => {
                println!("{PREFIX} skipped {} over {repo}: {reason}", self.name());
                match self.should_panic {
                    // A test with `#[should_panic]` passes if it panics with the expected message.
                    Some(expected) => panic!("{expected}"),
                    None => None,
                }
            }
            Err(error) => {
                let report = self.failure(&error);
                // A panic would fulfil `#[should_panic]`.
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
