//! The setup of a test: its session, its parameters, and its result if the setup fails.

use super::argument::Arg;
use super::home::Names;
use super::returned::Passed;
use super::sessions::{AnySuite, Mode, Of, Sessions, TestOf};
use super::value::Value;
use crate::api::artifact::Suite;
use crate::api::session::{Builder, Session, Walk};
use crate::config::StopAfter;
use crate::error::Error;
use crate::message::PREFIX;
use crate::name::NO_REPO;
use crate::own_thread::on_own_thread;

/// The names and the expectation of a test, as the attribute writes them.
#[derive(Clone, Copy, Debug)]
pub struct Test {
    /// `module_path!()`, which begins with the crate's name.
    pub module: &'static str,
    /// The name of the function.
    pub function: &'static str,
    /// The repository; `-` for none.
    pub repo: &'static str,
    /// The repositories of [`Each`](crate::Each).
    pub each: &'static [&'static str],
    /// The message of `#[should_panic]`, if the test has that attribute; empty for any panic.
    pub should_panic: Option<&'static str>,
}

/// The functions of a parameter: those of [`Arg`] or [`Value`].
struct Parameter<Q: Mode> {
    prepare: fn(&mut Sessions<Q>) -> Result<(), Error>,
    record_key: fn(&mut Sessions<Q>) -> Result<(), Error>,
    visit: fn(&mut Sessions<Q>, &mut Walk) -> Result<(), Error>,
}

/// A builder of a test's fixture: the expansion adds one parameter after the other.
///
/// The parameters are method calls, and not arguments of one function, so that the first artifact determines the suite.
/// The compiler's error is then about the type of a later parameter that does not fit.
pub struct Setup<Q: Mode> {
    test: Test,
    parameters: Vec<Parameter<Q>>,
    config: fn() -> <Q::Suite as Suite>::Config,
}

/// The loaded artifacts of a test.
#[derive(Debug)]
pub struct Fixture<Q: Mode>(Sessions<Q>);

impl<Q: Mode> Fixture<Q> {
    /// Returns the argument for a parameter `&A`.
    pub fn argument<A: Arg<Q, M> + ?Sized, M>(&self) -> &A {
        A::get(&self.0)
    }

    /// Returns the argument for a parameter `&A` that names the function `F`.
    pub fn argument_of<A: Arg<Q, M> + ?Sized, F, M: Names<F>>(&self) -> &A {
        A::get(&self.0)
    }

    /// Returns the argument for a parameter `A` that names the function `F`, once.
    pub fn value_of<A: Value<Q, M>, F, M: Names<F>>(&self) -> A {
        A::take(&self.0)
    }

    /// Returns the argument for a parameter `A`, once.
    pub fn value<A: Value<Q, M>, M>(&self) -> A {
        A::take(&self.0)
    }
}

impl<Q: Mode> Setup<Q> {
    /// Adds a parameter `&A`.
    #[must_use]
    pub fn parameter<A: Arg<Q, M> + ?Sized, M>(mut self) -> Setup<Q> {
        self.parameters.push(Parameter { prepare: A::prepare, record_key: A::record_key, visit: A::visit });
        self
    }

    /// Adds a parameter `A`.
    #[must_use]
    pub fn parameter_by_value<A: Value<Q, M>, M>(mut self) -> Setup<Q> {
        self.parameters.push(Parameter { prepare: A::prepare, record_key: A::record_key, visit: A::visit });
        self
    }

    /// Adds a parameter `&A` that names the function `F`.
    #[must_use]
    pub fn parameter_of<A: Arg<Q, M> + ?Sized, F, M: Names<F>>(self) -> Setup<Q> {
        self.parameter::<A, M>()
    }

    /// Adds a parameter `A` that names the function `F`.
    #[must_use]
    pub fn parameter_by_value_of<A: Value<Q, M>, F, M: Names<F>>(self) -> Setup<Q> {
        self.parameter_by_value::<A, M>()
    }

    /// Sets the configuration.
    #[must_use]
    pub fn config(mut self, config: fn() -> <Q::Suite as Suite>::Config) -> Setup<Q> {
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
    pub fn run<R: Passed>(self, function: fn(&Fixture<Q>) -> R) -> R {
        // A pointer, so that this code is compiled once for all tests of one return type.
        self.run_with(function)
    }

    /// As [`run`](Self::run), for a function that takes further arguments from the parameters of the test.
    ///
    /// # Panics
    /// Panics as [`run`](Self::run) does.
    #[track_caller]
    pub fn run_with<R: Passed>(self, function: impl FnOnce(&Fixture<Q>) -> R) -> R {
        match self.test.resolve_fixture(self.fixture()) {
            Some(fixture) => self.test.settled(function(&fixture), &fixture),
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
    pub fn run_async<R: Passed>(self, function: impl AsyncFnOnce(&Fixture<Q>) -> R) -> impl Future<Output = R> {
        let fixture = on_own_thread(|| self.fixture()).inspect(|fixture| fixture.0.main().enter_runtime());
        let test = self.test;
        let fixture = test.resolve_fixture(fixture);
        async move {
            match fixture {
                Some(fixture) => test.settled(function(&fixture).await, &fixture),
                None => R::passed(),
            }
        }
    }

    fn fixture(&self) -> Result<Fixture<Q>, Error> {
        if let Some(builder) = Builder::of_process() {
            let served = self.sessions().and_then(|mut sessions| {
                let mut walk = Walk::default();
                self.parameters.iter().try_for_each(|parameter| (parameter.visit)(&mut sessions, &mut walk))
            });
            builder.end(served);
        }
        let failed = |error: &Error| Session::<Q::Suite>::record_key_failure(&self.test.name(), self.test.repo, error);
        self.prepared().inspect_err(failed)
    }

    fn prepared(&self) -> Result<Fixture<Q>, Error> {
        let mut sessions = self.sessions()?;
        sessions.main().copies().wait_for_result(self.test.should_panic.is_some());
        let stop_after = sessions.main().stop_after();
        if stop_after == Some(StopAfter::Key) {
            self.parameters.iter().try_for_each(|parameter| (parameter.record_key)(&mut sessions))?;
        } else {
            let prepared = self.parameters.iter().map(|parameter| (parameter.prepare)(&mut sessions));
            if stop_after.is_none() {
                { prepared }.collect::<Result<(), Error>>()?;
            } else {
                // The purpose is to fill or to verify the cache: one artifact that fails does not stop the others.
                prepared.fold(Ok(()), Result::and)?;
            }
            sessions.main().finish_setup();
        }
        if stop_after.is_some() {
            let reason = "SMOKE_STOP_AFTER ends the test before its body".to_owned();
            return Err(Error::Skipped { repo: self.test.repo.to_owned(), reason });
        }
        Ok(Fixture(sessions))
    }

    fn sessions(&self) -> Result<Sessions<Q>, Error> {
        let test = TestOf { name: self.test.name(), each: self.test.each, config: self.config };
        Sessions::open(test, Some(self.test.repo).filter(|repo| *repo != NO_REPO))
    }
}

impl Test {
    /// Starts the setup of a test whose artifacts may belong to any suites.
    pub fn of_any_suite(self) -> Setup<AnySuite> {
        self.setup()
    }

    /// Starts the setup of a test with one suite.
    pub fn of_suite<S: Suite>(self) -> Setup<Of<S>> {
        self.setup()
    }

    fn setup<Q: Mode>(self) -> Setup<Q> {
        Setup { test: self, parameters: Vec::new(), config: <Q::Suite as Suite>::Config::default }
    }

    /// Removes the private copies of the test, or keeps them if the test has failed. Returns the value of the test.
    fn settled<R: Passed, Q: Mode>(&self, returned: R, fixture: &Fixture<Q>) -> R {
        fixture.0.main().copies().settle(returned.has_failed() || self.should_panic.is_some());
        returned
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
    fn resolve_fixture<Q: Mode>(&self, fixture: Result<Fixture<Q>, Error>) -> Option<Fixture<Q>> {
        match fixture {
            Ok(fixture) => Some(fixture),
            Err(Error::Skipped { repo, reason }) => {
                println!("{PREFIX} skipped {}{}: {reason}", self.name(), over(&repo));
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
        let (name, over, causes) = (self.name(), over(self.repo), error.report());
        let help = error.help().map_or_else(String::new, |help| format!("\nhelp: {help}"));
        format!("the fixture of {name}{over} failed; the test itself did not run\n{causes}{help}")
    }
}

/// Returns the repository of a test for messages, after the name of the test.
fn over(repo: &str) -> String {
    if repo == NO_REPO { String::new() } else { format!(" over {repo}") }
}
