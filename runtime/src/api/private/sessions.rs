//! The sessions of a test: one for each suite of its parameters. All have one report.

use std::any::{Any, TypeId};
use std::marker::PhantomData;
use std::sync::Mutex;

use crate::api::artifact::{NoSuite, Suite};
use crate::api::session::Session;
use crate::error::Error;
use crate::panic::catch_panic;

/// The suites that the parameters of a test may have.
pub trait Mode: Sized + 'static {
    /// The suite of the test. Its configuration is that of the test.
    type Suite: Suite;
}

/// The mode of a test with one suite, which `suite = …` names or the compiler infers.
#[derive(Debug)]
pub struct Of<S>(PhantomData<fn() -> S>);

/// The mode of a test whose parameters have any suites, with their default configurations.
#[derive(Debug)]
pub enum AnySuite {}

impl<S: Suite> Mode for Of<S> {
    type Suite = S;
}

impl Mode for AnySuite {
    type Suite = NoSuite;
}

/// A mode in which a parameter may have the suite `T`.
#[diagnostic::on_unimplemented(
    message = "the parameters of this test belong to different suites",
    label = "an artifact of the suite `{T}` in a test of another suite",
    note = "a test with `config = …`, `suite = …` or `Session<_>` has one suite; other artifacts must be functions \
            with `#[artifact]`"
)]
pub trait Offers<T: Suite>: Mode {
    /// Returns the session for artifacts of the suite.
    ///
    /// # Errors
    /// Fails if the suite's configuration is not available.
    fn session(sessions: &mut Sessions<Self>) -> Result<&Session<T>, Error>;

    /// Returns the session, if [`session`](Self::session) opened it.
    fn opened(sessions: &Sessions<Self>) -> Option<&Session<T>>;
}

impl<S: Suite> Offers<S> for Of<S> {
    fn session(sessions: &mut Sessions<Self>) -> Result<&Session<S>, Error> {
        Ok(&sessions.main)
    }

    fn opened(sessions: &Sessions<Self>) -> Option<&Session<S>> {
        Some(&sessions.main)
    }
}

impl<T: Suite> Offers<T> for AnySuite {
    fn session(sessions: &mut Sessions<Self>) -> Result<&Session<T>, Error> {
        let suite = TypeId::of::<T>();
        let at = if let Some(at) = sessions.others.iter().position(|(other, _)| *other == suite) {
            at
        } else {
            let session = sessions.main.of_suite::<T>(configuration(T::Config::default)?);
            sessions.others.push((suite, Box::new(session)));
            sessions.others.len() - 1
        };
        match sessions.others[at].1.downcast_ref() {
            Some(session) => Ok(session),
            None => unreachable!("the id is that of the session's suite"),
        }
    }

    fn opened(sessions: &Sessions<Self>) -> Option<&Session<T>> {
        sessions.others.iter().find(|(other, _)| *other == TypeId::of::<T>())?.1.downcast_ref()
    }
}

/// A value of a type that is not known here.
type AnyValue = Box<dyn Any + Send + Sync>;

/// The sessions of a test, and the values that were loaded for its parameters.
pub struct Sessions<Q: Mode> {
    main: Session<Q::Suite>,
    /// The sessions of other suites, by the type of the suite.
    others: Vec<(TypeId, AnyValue)>,
    /// The values that the test takes by reference, besides artifacts.
    borrowed: Vec<AnyValue>,
    /// The values that the test takes by value, until it takes them.
    owned: Mutex<Vec<AnyValue>>,
    test: TestOf<Q>,
}

/// The identity of a test, to open further sessions for it.
pub(super) struct TestOf<Q: Mode> {
    pub(super) name: String,
    /// The repositories of [`Each`](crate::Each).
    pub(super) each: &'static [&'static str],
    pub(super) config: fn() -> <Q::Suite as Suite>::Config,
}

impl<Q: Mode> Sessions<Q> {
    /// Opens the sessions of a test over a repository, or over none.
    pub(super) fn open(test: TestOf<Q>, repo: Option<&str>) -> Result<Sessions<Q>, Error> {
        let config = configuration(test.config)?;
        let main = Session::of_attribute(test.name.clone(), repo, config)?;
        Ok(Sessions { main, others: Vec::new(), borrowed: Vec::new(), owned: Mutex::default(), test })
    }

    /// Opens the sessions of this test over each repository of [`Each`](crate::Each).
    pub(super) fn over_each(&self) -> impl Iterator<Item = Result<Sessions<Q>, Error>> {
        let TestOf { ref name, each, config } = self.test;
        each.iter().map(move |repo| Sessions::open(TestOf { name: name.clone(), each, config }, Some(repo)))
    }

    /// Returns the session of the test's suite.
    pub(super) fn main(&self) -> &Session<Q::Suite> {
        &self.main
    }

    /// Keeps a value that the test borrows.
    pub(super) fn lend(&mut self, value: impl Send + Sync + 'static) {
        self.borrowed.push(Box::new(value));
    }

    /// Returns the value of a type that the test borrows.
    pub(super) fn lent<T: 'static>(&self) -> Option<&T> {
        self.borrowed.iter().find_map(|value| value.downcast_ref())
    }

    /// Keeps a value for the test to take.
    pub(super) fn give(&self, value: impl Send + Sync + 'static) {
        lock(&self.owned).push(Box::new(value));
    }

    /// Takes a value that was given.
    pub(super) fn take<T: 'static>(&self) -> Option<T> {
        let mut owned = lock(&self.owned);
        let at = owned.iter().position(|value| value.is::<T>())?;
        owned.remove(at).downcast().ok().map(|value| *value)
    }
}

impl<Q: Mode> std::fmt::Debug for Sessions<Q> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sessions").field("main", &self.main).finish_non_exhaustive()
    }
}

/// Returns the configuration of a test or of a suite.
fn configuration<C>(config: fn() -> C) -> Result<C, Error> {
    catch_panic(config).map_err(|panic| {
        Error::Message(format!(
            "the configuration of the test is not available: {panic}\n\
             help: correct `config = …` of the test, or `Default` of the suite's configuration"
        ))
    })
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // A panic of another thread leaves the values as they are.
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
