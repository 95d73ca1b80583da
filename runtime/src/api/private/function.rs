//! The artifacts that functions define: the expansion of `#[artifact]`.
//!
//! The expansion has a type with the name of the function. That type is the artifact: it implements
//! [`Artifact`](crate::Artifact) for the suite, or for every suite if the function has none. The type is local, so the
//! function may return a type of any crate.

use std::path::Path;

use serde::Serialize;

use crate::api::artifact::{Artifact, Suite};
use crate::api::context::{BuildContext, LoadContext, Progress};
use crate::api::key_builder::KeyBuilder;
use crate::api::metrics::Metrics;
use crate::codec::Codec;
use crate::error::{BoxError, Error};
use crate::key::repo::Repo;

/// The type that tests take, if the function artifact `F` provides its values.
#[diagnostic::on_unimplemented(
    message = "the artifact function `{F}` does not return `{Self}`",
    label = "not the type that `{F}` builds"
)]
pub trait ValueOf<F>: Sized {
    /// The suite of the function: [`OfSuite`](super::OfSuite) or [`OfNoSuite`](super::OfNoSuite).
    type Home;

    /// Returns the value.
    fn of(artifact: &F) -> &Self;

    /// Takes the value.
    fn take(artifact: F) -> Self;
}

/// A type for which a function artifact can have a parameter `&Self`.
///
/// The marker `M` separates the implementations, as in [`Provided`](super::Provided).
#[diagnostic::on_unimplemented(
    message = "an artifact function cannot have a parameter of type `&{Self}`",
    label = "neither `Repo`, `Path`, `Progress`, `Metrics`, another artifact, nor the configuration of the suite",
    note = "a function takes the configuration with `#[artifact(suite = …)]`, and a field of it as \
            `#[config] field: &Type`"
)]
pub trait Input<S: Suite, M> {
    /// The function reads the repository through this parameter.
    const USES_REPO: bool = false;

    /// Declares the parameter as a key input.
    fn declare(key: &mut KeyBuilder<'_, S>) {
        let _ = key;
    }

    /// Returns the argument.
    ///
    /// # Errors
    /// Fails if the artifact is not available.
    fn get<'a>(cx: &'a BuildContext<'_, S>) -> Result<&'a Self, Error>;
}

/// A type for which a function artifact can have a parameter `Self`: another artifact.
#[diagnostic::on_unimplemented(
    message = "an artifact function cannot have a parameter of type `{Self}`",
    label = "not an artifact; write `&{Self}`"
)]
pub trait OwnedInput<S: Suite, M>: Input<S, M> + Sized {
    /// Returns the argument.
    ///
    /// # Errors
    /// Fails if the artifact is not available.
    fn take(cx: &BuildContext<'_, S>) -> Result<Self, Error>;
}

/// The marker of parts of the build's context.
#[derive(Debug)]
pub enum ViaContext {}

/// The marker of the suite's configuration.
#[derive(Debug)]
pub enum ViaConfig {}

/// The marker of artifacts of the same suite.
#[derive(Debug)]
pub enum ViaOwnSuite {}

/// The marker of values that the function artifact `F` returns.
#[derive(Debug)]
pub struct ViaOther<F>(std::marker::PhantomData<F>);

impl<S: Suite> Input<S, ViaContext> for Repo {
    const USES_REPO: bool = true;

    fn get<'a>(cx: &'a BuildContext<'_, S>) -> Result<&'a Repo, Error> {
        Ok(cx.repo())
    }
}

impl<S: Suite> Input<S, ViaContext> for Path {
    fn get<'a>(cx: &'a BuildContext<'_, S>) -> Result<&'a Path, Error> {
        Ok(cx.dir())
    }
}

impl<S: Suite> Input<S, ViaContext> for Progress {
    fn get<'a>(cx: &'a BuildContext<'_, S>) -> Result<&'a Progress, Error> {
        Ok(cx.progress())
    }
}

impl<S: Suite> Input<S, ViaContext> for Metrics {
    fn get<'a>(cx: &'a BuildContext<'_, S>) -> Result<&'a Metrics, Error> {
        Ok(cx.metrics())
    }
}

impl<S: Suite<Config = C>, C: Serialize> Input<S, ViaConfig> for C {
    fn declare(key: &mut KeyBuilder<'_, S>) {
        key.whole_config();
    }

    fn get<'a>(cx: &'a BuildContext<'_, S>) -> Result<&'a C, Error> {
        Ok(cx.config())
    }
}

impl<S: Suite, A: Artifact<S>> Input<S, ViaOwnSuite> for A {
    const USES_REPO: bool = A::USES_REPO;

    fn declare(key: &mut KeyBuilder<'_, S>) {
        key.needs::<A>();
    }

    fn get<'a>(cx: &'a BuildContext<'_, S>) -> Result<&'a A, Error> {
        cx.artifact::<A>()
    }
}

impl<S: Suite, A: Artifact<S>> OwnedInput<S, ViaOwnSuite> for A {
    fn take(cx: &BuildContext<'_, S>) -> Result<A, Error> {
        cx.owned::<A>()
    }
}

impl<S, F, A> Input<S, ViaOther<F>> for A
where
    S: Suite,
    F: Artifact<S>,
    A: ValueOf<F>,
{
    const USES_REPO: bool = F::USES_REPO;

    fn declare(key: &mut KeyBuilder<'_, S>) {
        key.needs::<F>();
    }

    fn get<'a>(cx: &'a BuildContext<'_, S>) -> Result<&'a A, Error> {
        cx.artifact::<F>().map(A::of)
    }
}

impl<S, F, A> OwnedInput<S, ViaOther<F>> for A
where
    S: Suite,
    F: Artifact<S>,
    A: ValueOf<F>,
{
    fn take(cx: &BuildContext<'_, S>) -> Result<A, Error> {
        cx.owned::<F>().map(A::take)
    }
}

/// The artifact of a function: as the function built it, or as a test loads it. The types differ for codecs that load a
/// view of the files.
#[derive(Debug)]
pub enum Stage<B, L> {
    /// After a build, until it is saved.
    Built(B),
    /// In every test.
    Loaded(L),
}

impl<B, L> Stage<B, L> {
    /// Returns the built value, to save it.
    pub fn built(&self) -> &B {
        match self {
            Stage::Built(value) => value,
            Stage::Loaded(_) => unreachable!("a loaded artifact is not saved"),
        }
    }

    /// Returns the loaded value.
    pub fn loaded(&self) -> &L {
        match self {
            Stage::Loaded(value) => value,
            Stage::Built(_) => unreachable!("a built artifact is loaded before a test takes it"),
        }
    }

    /// Returns the loaded value, to change it.
    pub fn loaded_mut(&mut self) -> &mut L {
        match self {
            Stage::Loaded(value) => value,
            Stage::Built(_) => unreachable!("a built artifact is loaded before a test takes it"),
        }
    }

    /// Takes the loaded value.
    pub fn into_loaded(self) -> L {
        match self {
            Stage::Loaded(value) => value,
            Stage::Built(_) => unreachable!("a built artifact is loaded before a test takes it"),
        }
    }
}

/// The value `T`, or a `Result` with it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is neither `{T}` nor a `Result` with it",
    label = "expected `{T}`, or `Result<{T}, E>` with an error `E` that converts to `cached_smoke::BoxError`"
)]
pub trait IntoValue<T> {
    /// Returns the value.
    ///
    /// # Errors
    /// Fails with the error of the function.
    fn into_value(self) -> Result<T, BoxError>;
}

impl<T> IntoValue<T> for T {
    fn into_value(self) -> Result<T, BoxError> {
        Ok(self)
    }
}

impl<T, E: Into<BoxError>> IntoValue<T> for Result<T, E> {
    fn into_value(self) -> Result<T, BoxError> {
        self.map_err(Into::into)
    }
}

/// Returns the value that a function of the user returned.
///
/// # Errors
/// Fails with the error of the function.
pub fn into_value<T, V: IntoValue<T>>(value: V) -> Result<T, BoxError> {
    value.into_value()
}

/// Calls the user's `save`.
///
/// # Errors
/// Fails with the error of the function.
pub fn call_save<'a, T, R: IntoValue<()>>(
    value: &'a T,
    dir: &'a Path,
    // The arguments' types are known before a closure is checked, so it need not name them.
    save: impl FnOnce(&'a T, &'a Path) -> R,
) -> Result<(), BoxError> {
    save(value, dir).into_value()
}

/// Calls the user's `load`.
///
/// # Errors
/// Fails with the error of the function.
pub fn call_load<'a, T, R: IntoValue<T>>(dir: &'a Path, load: impl FnOnce(&'a Path) -> R) -> Result<T, BoxError> {
    load(dir).into_value()
}

/// Calls the user's `same` for two loaded values.
///
/// # Errors
/// Fails with the difference.
pub fn call_same<'a, T, E: ToString>(
    one: &'a T,
    other: &'a T,
    same: impl FnOnce(&'a T, &'a T) -> Result<(), E>,
) -> Result<(), String> {
    same(one, other).map_err(|difference| difference.to_string())
}

/// Adds the declarations of a user's function to the key.
pub fn declare<'k, 'c, S: Suite, R>(
    key: &'k mut KeyBuilder<'c, S>,
    function: impl FnOnce(&'k mut KeyBuilder<'c, S>) -> R,
) {
    // A closure such as `|key| key.env("SCHEMA")` returns its argument.
    function(key);
}

/// Adds a field of the configuration to the key.
pub fn declare_field<S: Suite>(path: &str, field: &(impl Serialize + ?Sized), key: &mut KeyBuilder<'_, S>) {
    key.field(path, field);
}

/// Adds the file format of a codec to the key.
pub fn declare_codec<S: Suite, C: Codec<T>, T>(key: &mut KeyBuilder<'_, S>) {
    key.codec(C::FORMAT);
}

/// Saves a value by a codec.
///
/// # Errors
/// Fails with the error of the codec.
pub fn save_by<C: Codec<T>, T>(value: &T, dir: &Path) -> Result<(), BoxError> {
    C::save(value, dir)
}

/// Loads a value by a codec.
///
/// # Errors
/// Fails with the error of the codec.
pub fn load_by<S: Suite, C: Codec<T>, T>(cx: &LoadContext<'_, S>) -> Result<C::Loaded, BoxError> {
    C::load(&cx.stored())
}
