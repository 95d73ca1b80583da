//! What an artifact says about its own key.

use std::any::TypeId;
use std::ffi::OsStr;
use std::path::Path;

use serde::Serialize;

use crate::api::artifact::{Artifact, Suite};
use crate::api::session::{Seen, Session};
use crate::error::Error;
use crate::key::fingerprint::CodeFingerprint;
use crate::key::{Declared, Input, KeyInput, canonical};
use crate::layout::FORMAT;
use crate::name::check_artifact_name;
use crate::panic::catch_panic;

/// Builds an artifact if it, or one that it needs, is the target of this builder.
pub(crate) type Serve<S> = fn(&Session<S>, &mut Seen) -> Result<(), Error>;

/// Collects what an artifact depends on, beyond the repository; handed to [`Artifact::key`].
///
/// An artifact that says nothing depends on the suite's [`CODE`](Suite::CODE) and its whole configuration.
pub struct KeyBuilder<'a, S: Suite> {
    config: &'a S::Config,
    /// The artifacts whose keys are being computed, outermost first: an artifact that meets itself needs itself.
    path: Vec<(TypeId, &'static str)>,
    own_config: Vec<KeyInput>,
    own_code: Vec<KeyInput>,
    needs: Vec<TypeId>,
    serve: Vec<Serve<S>>,
    needed: Vec<KeyInput>,
    /// Its own and those of what it needs.
    inputs: Vec<Input>,
    /// Its own and those of what it needs: their files are compared when the key is computed.
    fingerprints: Vec<CodeFingerprint>,
    error: Option<String>,
}

impl<'a, S: Suite> KeyBuilder<'a, S> {
    /// Returns all that `A` says of its key. Nothing outside of this process is looked at.
    pub(crate) fn of<A: Artifact<S>>(config: &'a S::Config) -> Result<Declared, String> {
        Self::declared::<A>(config, Vec::new()).map(|(declared, _)| declared)
    }

    /// Returns, for each artifact that `A` needs, the function that builds it in a builder.
    pub(crate) fn needs_of<A: Artifact<S>>(config: &'a S::Config) -> Result<Vec<Serve<S>>, String> {
        Self::declared::<A>(config, Vec::new()).map(|(_, serve)| serve)
    }

    /// As [`of`](Self::of), below the artifacts on `path`.
    fn declared<A: Artifact<S>>(
        config: &'a S::Config,
        mut path: Vec<(TypeId, &'static str)>,
    ) -> Result<(Declared, Vec<Serve<S>>), String> {
        check_artifact_name(A::NAME)?;
        let id = TypeId::of::<A>();
        if path.iter().any(|(above, _)| *above == id) {
            let names: Vec<&str> = path.iter().map(|(_, name)| *name).chain([A::NAME]).collect();
            return Err(format!("artifacts need each other in a circle: {}", names.join(" needs ")));
        }
        path.push((id, A::NAME));
        let mut builder = KeyBuilder {
            config,
            path,
            own_config: Vec::new(),
            own_code: Vec::new(),
            needs: Vec::new(),
            serve: Vec::new(),
            needed: Vec::new(),
            inputs: Vec::new(),
            fingerprints: Vec::new(),
            error: None,
        };
        // Here and not further out, so that the message names the artifact and not one that needs it.
        catch_panic(|| A::key(&mut builder)).map_err(|panic| format!("`Artifact::key` of `{}`: {panic}", A::NAME))?;
        if builder.own_config.is_empty() {
            builder.config(config);
        }
        if builder.own_code.is_empty() {
            builder.code(S::CODE);
        }
        if let Some(error) = builder.error {
            return Err(error);
        }
        let mut key_inputs = builder.needed;
        key_inputs.append(&mut builder.own_config);
        key_inputs.append(&mut builder.own_code);
        key_inputs.push(KeyInput::new("format", format!("{FORMAT}.{}", A::FORMAT)));
        if !A::RELOCATABLE && key_inputs.iter().all(|key_input| key_input.name != "path") {
            key_inputs.push(KeyInput::new("path", String::new()));
        }
        let KeyBuilder { inputs, fingerprints, needs, serve, .. } = builder;
        Ok((Declared { key_inputs, inputs, fingerprints, needs }, serve))
    }

    /// The configuration of the test at hand, to take parts of it for [`config`](Self::config).
    pub fn suite_config(&self) -> &'a S::Config {
        self.config
    }

    /// Makes the artifact depend on `config` instead of the suite's whole configuration: then a change to the rest
    /// does not rebuild it. Called again, it depends on all of them.
    pub fn config(&mut self, config: &(impl Serialize + ?Sized)) -> &mut Self {
        match canonical(config) {
            Ok(text) => self.own_config.push(KeyInput::new("config", text)),
            Err(error) => self.fail(format!("the configuration cannot be serialized: {error}")),
        }
        self
    }

    /// Makes the artifact depend on `code` instead of the suite's. Called again, it depends on all of them.
    pub fn code(&mut self, code: CodeFingerprint) -> &mut Self {
        let note = format!("{}\n{}", code.names().join(", "), code.code().parts);
        self.own_code.push(KeyInput::new("code", code.digest().to_owned()).with_note(note));
        self.fingerprints.push(code);
        self
    }

    /// Makes the artifact depend on all that `A` depends on, and lets `build` and `load` ask for `A`.
    pub fn needs<A: Artifact<S>>(&mut self) -> &mut Self {
        match Self::declared::<A>(self.config, self.path.clone()) {
            Ok((mut declared, _)) => {
                self.needed.append(&mut declared.key_inputs);
                self.inputs.append(&mut declared.inputs);
                self.fingerprints.append(&mut declared.fingerprints);
                self.needs.push(TypeId::of::<A>());
                self.serve.push(Session::<S>::serve::<A>);
            }
            Err(message) => self.fail(message),
        }
        self
    }

    /// Makes the artifact depend on the content of a file outside of the repository.
    ///
    /// Only the content counts, and the path as it is given: the time and the permissions of the file do not. A path through
    /// symbolic links means the file that they lead to. A relative path is relative to the directory of the package whose test
    /// runs (`CARGO_MANIFEST_DIR` at run time, else the current directory). An absolute path below that directory counts
    /// as the relative one, so that the entry can be shared with another checkout.
    ///
    /// The file is read once and not again as long as the file system says that it is the same. Within one run its content is
    /// the one at its first use; if it changes while the artifact is built, the result is used once and not kept.
    ///
    /// Computing the key fails if there is no such file, if it cannot be read, or if it is a directory.
    ///
    /// ```
    /// # mod support { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/support.rs")); }
    /// # use {support::Smoke, cached_smoke::{Artifact, BuildContext, KeyBuilder, LoadContext, Result}};
    /// # struct Embeddings;
    /// impl Artifact<Smoke> for Embeddings {
    ///     # const NAME: &'static str = "embeddings";
    ///     fn key(key: &mut KeyBuilder<'_, Smoke>) {
    ///         key.file("data/model.bin").file("../shared/vocabulary.txt");
    ///     }
    ///     # fn build(_: &BuildContext<'_, Smoke>) -> Result<Self> { Ok(Embeddings) }
    ///     # fn load(_: &LoadContext<'_, Smoke>) -> Result<Self> { Ok(Embeddings) }
    /// }
    /// ```
    pub fn file(&mut self, path: impl AsRef<Path>) -> &mut Self {
        self.declare(Input::file(path.as_ref()))
    }

    /// Makes the artifact depend on all files below a directory outside of the repository.
    ///
    /// What counts is each name, its kind (file, directory, link, or something else), the executable bit, and the content.
    /// Of a link, its text counts and what it leads to: the content of a file, and all files below a directory. Left
    /// out are directories of version control, such as `.git`, and those with a `CACHEDIR.TAG`. Paths are taken as by [`file`](Self::file).
    ///
    /// Only files that changed since the last look are read. A directory is listed once per run.
    ///
    /// Computing the key fails if there is no such directory, if anything in it cannot be read, or if it is a file.
    ///
    /// ```
    /// # mod support { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/support.rs")); }
    /// # use {support::Smoke, cached_smoke::{Artifact, BuildContext, KeyBuilder, LoadContext, Result}};
    /// # struct Embeddings;
    /// impl Artifact<Smoke> for Embeddings {
    ///     # const NAME: &'static str = "embeddings";
    ///     fn key(key: &mut KeyBuilder<'_, Smoke>) {
    ///         key.directory("data/models");
    ///     }
    ///     # fn build(_: &BuildContext<'_, Smoke>) -> Result<Self> { Ok(Embeddings) }
    ///     # fn load(_: &LoadContext<'_, Smoke>) -> Result<Self> { Ok(Embeddings) }
    /// }
    /// ```
    pub fn directory(&mut self, path: impl AsRef<Path>) -> &mut Self {
        self.declare(Input::directory(path.as_ref()))
    }

    /// Makes the artifact depend on the value of an environment variable, or on its absence. An empty value is a value.
    ///
    /// The value is the one that this process has. It is stored in the manifest, in reports and in the remote cache as it is: do
    /// not name variables that hold secrets.
    ///
    /// Computing the key fails if the name is empty, or has a `=` or a zero byte.
    ///
    /// ```
    /// # mod support { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/support.rs")); }
    /// # use {support::Smoke, cached_smoke::{Artifact, BuildContext, KeyBuilder, LoadContext, Result}};
    /// # struct Embeddings;
    /// impl Artifact<Smoke> for Embeddings {
    ///     # const NAME: &'static str = "embeddings";
    ///     fn key(key: &mut KeyBuilder<'_, Smoke>) {
    ///         key.env("SCHEMA");
    ///     }
    ///     # fn build(_: &BuildContext<'_, Smoke>) -> Result<Self> { Ok(Embeddings) }
    ///     # fn load(_: &LoadContext<'_, Smoke>) -> Result<Self> { Ok(Embeddings) }
    /// }
    /// ```
    pub fn env(&mut self, name: impl AsRef<OsStr>) -> &mut Self {
        self.declare(Input::variable(name.as_ref()))
    }

    /// Makes the artifact depend on the version of a program: on what `program --version` prints, to standard output or else to
    /// standard error.
    ///
    /// A name without a `/` is looked up in `PATH`; a relative path is relative to the package's directory, as for
    /// [`file`](Self::file). Where the program is installed does not count. It is started once per run (once for each
    /// `PATH`, environment and current directory that the run's processes have), in the current directory.
    ///
    /// Computing the key fails if the program cannot be started, fails, prints nothing, or does not end within a minute.
    ///
    /// ```
    /// # mod support { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/support.rs")); }
    /// # use {support::Smoke, cached_smoke::{Artifact, BuildContext, KeyBuilder, LoadContext, Result}};
    /// # struct Embeddings;
    /// impl Artifact<Smoke> for Embeddings {
    ///     # const NAME: &'static str = "embeddings";
    ///     fn key(key: &mut KeyBuilder<'_, Smoke>) {
    ///         key.tool("protoc");
    ///     }
    ///     # fn build(_: &BuildContext<'_, Smoke>) -> Result<Self> { Ok(Embeddings) }
    ///     # fn load(_: &LoadContext<'_, Smoke>) -> Result<Self> { Ok(Embeddings) }
    /// }
    /// ```
    pub fn tool(&mut self, program: impl AsRef<OsStr>) -> &mut Self {
        self.declare(Input::tool(program.as_ref()))
    }

    fn declare(&mut self, input: Result<Input, String>) -> &mut Self {
        match input {
            Ok(input) => self.inputs.push(input),
            Err(message) => self.fail(message),
        }
        self
    }

    /// The first error is the one that is told.
    fn fail(&mut self, message: String) {
        self.error.get_or_insert(message);
    }
}
