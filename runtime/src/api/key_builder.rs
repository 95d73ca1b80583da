//! The declarations of an artifact about its key.

use std::any::{TypeId, type_name};
use std::ffi::OsStr;
use std::path::Path;

use serde::Serialize;

use crate::api::artifact::{Artifact, Definition, Suite};
use crate::api::session::{Session, Walk};
use crate::config::Config;
use crate::error::Error;
use crate::key::fingerprint::CodeFingerprint;
use crate::key::{Declared, Input, KeyInput, Part, artifact_identity, canonical};
use crate::layout::FORMAT;
use crate::name::check_artifact_name;
use crate::panic::catch_panic;

/// Returns `true` if the build of an artifact with this constant is hermetic: `SMOKE_HERMETIC` overrides it.
pub(crate) fn is_hermetic(constant: bool) -> bool {
    Config::of_process().ok().and_then(|config| config.hermetic).unwrap_or(constant)
}

/// A function that visits an artifact and its dependencies.
pub(crate) type Visit<S> = fn(&Session<S>, &mut Walk) -> Result<(), Error>;

/// Collects the key inputs of an artifact besides the repository; the argument of [`Artifact::key`].
///
/// Without any declaration, an artifact depends on the suite's [`CODE`](Suite::CODE) and its whole configuration.
pub struct KeyBuilder<'a, S: Suite> {
    config: &'a S::Config,
    /// The path of the artifact's type.
    identity: String,
    /// The artifacts whose keys are being computed, outermost first. A repeated artifact is a dependency cycle.
    path: Vec<(TypeId, &'static str)>,
    /// The artifact is built from the repository of the test.
    uses_repo: bool,
    own_config: Vec<KeyInput>,
    own_code: Vec<KeyInput>,
    needs: Vec<TypeId>,
    visits: Vec<Visit<S>>,
    needed: Vec<KeyInput>,
    /// The declared inputs of the artifact and of its dependencies.
    inputs: Vec<Input>,
    /// The fingerprints of the artifact and of its dependencies. Their files are compared when the key is computed.
    fingerprints: Vec<CodeFingerprint>,
    error: Option<String>,
}

impl<'a, S: Suite> KeyBuilder<'a, S> {
    /// Returns the declarations of `A`. Reads nothing outside of this process.
    pub(crate) fn of<A: Artifact<S>>(config: &'a S::Config) -> Result<Declared, String> {
        Self::declared::<A>(config, Vec::new()).map(|(declared, _)| declared)
    }

    /// Returns, for each dependency of `A`, the function that visits it.
    pub(crate) fn needs_of<A: Artifact<S>>(config: &'a S::Config) -> Result<Vec<Visit<S>>, String> {
        Self::declared::<A>(config, Vec::new()).map(|(_, visits)| visits)
    }

    /// Returns the declarations of `A`, which is a dependency of the artifacts on `path`.
    fn declared<A: Artifact<S>>(
        config: &'a S::Config,
        mut path: Vec<(TypeId, &'static str)>,
    ) -> Result<(Declared, Vec<Visit<S>>), String> {
        check_artifact_name(A::NAME)?;
        let id = TypeId::of::<A>();
        if path.iter().any(|(above, _)| *above == id) {
            let names: Vec<&str> = path.iter().map(|(_, name)| *name).chain([A::NAME]).collect();
            return Err(format!("the dependencies of artifacts form a cycle: {}", names.join(" needs ")));
        }
        path.push((id, A::NAME));
        let code = if let Definition::Function(code) = A::DEFINITION { code } else { S::CODE };
        let mut builder = KeyBuilder {
            config,
            identity: artifact_identity(code.code(), type_name::<A>()),
            path,
            uses_repo: A::USES_REPO,
            own_config: Vec::new(),
            own_code: Vec::new(),
            needs: Vec::new(),
            visits: Vec::new(),
            needed: Vec::new(),
            inputs: Vec::new(),
            fingerprints: Vec::new(),
            error: None,
        };
        // Caught here, so that the message names this artifact and not a dependent.
        catch_panic(|| A::key(&mut builder)).map_err(|panic| format!("`Artifact::key` of `{}`: {panic}", A::NAME))?;
        // The parameters of a function name the parts of the configuration that it uses.
        if builder.own_config.is_empty() && matches!(A::DEFINITION, Definition::Trait) {
            builder.whole_config();
        }
        if builder.own_code.is_empty() {
            builder.code(code);
        }
        if builder.own_code.iter().any(|code| code.value.is_empty()) {
            builder.fail(format!(
                "the key of `{0}` covers no code: its suite is `NoSuite`\n\
                 help: declare the code with `key.code(code_fingerprint!(…))` in the `key` of `{0}`, or define a suite",
                A::NAME
            ));
        }
        if let Some(error) = builder.error {
            return Err(error);
        }
        let mut key_inputs = builder.needed;
        key_inputs.append(&mut builder.own_config);
        key_inputs.append(&mut builder.own_code);
        key_inputs.push(KeyInput::new("format", format!("{FORMAT}.{}", A::FORMAT)));
        if is_hermetic(A::HERMETIC) {
            // The name of the artifact: its dependencies may differ in this.
            key_inputs.push(KeyInput::new("hermetic", builder.identity.clone()));
        }
        if A::USES_REPO && !A::RELOCATABLE && key_inputs.iter().all(|key_input| key_input.name != "path") {
            key_inputs.push(KeyInput::new("path", String::new()));
        }
        let KeyBuilder { inputs, fingerprints, needs, visits, .. } = builder;
        Ok((Declared { key_inputs, inputs, fingerprints, needs }, visits))
    }

    /// Returns the configuration of the test. Pass parts of it to [`config`](Self::config).
    pub fn suite_config(&self) -> &'a S::Config {
        self.config
    }

    /// Makes the artifact depend on `config` instead of the suite's whole configuration. A change of other fields then
    /// does not rebuild it. Several calls add up.
    pub fn config(&mut self, config: &(impl Serialize + ?Sized)) -> &mut Self {
        // Two parts may exchange their values, and so may those of an artifact and of its dependency.
        let name = format!("{} {}", self.identity, self.own_config.len());
        self.add_config(Part::Declared(&name), config);
        self
    }

    /// Makes the artifact depend on the suite's whole configuration.
    pub(crate) fn whole_config(&mut self) {
        self.add_config(Part::Whole, self.config);
    }

    /// Makes the artifact depend on the field of the suite's configuration with this path.
    pub(crate) fn field(&mut self, path: &str, field: &(impl Serialize + ?Sized)) {
        self.add_config(Part::Field(path), field);
    }

    fn add_config(&mut self, part: Part<'_>, config: &(impl Serialize + ?Sized)) {
        match canonical(part, config) {
            Ok(text) => self.own_config.push(KeyInput::new("config", text)),
            Err(error) => self.fail(format!("the configuration cannot be serialized: {error}")),
        }
    }

    /// Makes the artifact depend on `code` instead of the suite's. Several calls add up.
    pub fn code(&mut self, code: CodeFingerprint) -> &mut Self {
        let note = format!("{}\n{}", code.names().join(", "), code.code().parts);
        self.own_code.push(KeyInput::new("code", code.digest().to_owned()).with_note(note));
        self.fingerprints.push(code);
        self
    }

    /// Makes the artifact depend on the format in which a codec writes its files.
    pub(crate) fn codec(&mut self, format: &str) {
        self.needed.push(KeyInput::new("codec", format.to_owned()));
    }

    /// Declares `A` as a dependency: adds the key inputs of `A`, and lets `build` and `load` request `A`.
    pub fn needs<A: Artifact<S>>(&mut self) -> &mut Self {
        if A::USES_REPO && !self.uses_repo {
            let this = self.path.last().map_or("", |(_, name)| name);
            self.fail(format!(
                "`{this}` needs `{0}`, which is built from the repository\n\
                 help: remove `USES_REPO = false` from `{this}`",
                A::NAME
            ));
        }
        match Self::declared::<A>(self.config, self.path.clone()) {
            Ok((mut declared, _)) => {
                self.needed.append(&mut declared.key_inputs);
                self.inputs.append(&mut declared.inputs);
                self.fingerprints.append(&mut declared.fingerprints);
                self.needs.push(TypeId::of::<A>());
                self.visits.push(Session::<S>::visit::<A>);
            }
            Err(message) => self.fail(message),
        }
        self
    }

    /// Makes the artifact depend on the content of a file outside of the repository.
    ///
    /// The key covers the content of the file and the path as given, but not the file's times and permissions. Symbolic
    /// links are followed. A relative path is relative to the package of the test (`CARGO_MANIFEST_DIR` at run time,
    /// else the current directory). An absolute path below that directory counts as the relative one, so that checkouts
    /// can share entries.
    ///
    /// The file is read again only if its metadata changed. One run uses the content at the first use. If the file
    /// changes during the build, the result is used once and not kept.
    ///
    /// The key cannot be computed, and the test fails, if the file is missing, unreadable, or a directory.
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

    /// Makes the artifact depend on a file outside of the repository that may be missing.
    ///
    /// The key covers the content as by [`file`](Self::file), or that no file is there. A build that looks for a file
    /// and goes on without it depends on both. `cargo smoke-cache audit` proposes this line for a file that a build
    /// does not find.
    ///
    /// The key cannot be computed, and the test fails, if the file is unreadable or a directory.
    ///
    /// ```
    /// # mod support { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/support.rs")); }
    /// # use {support::Smoke, cached_smoke::{Artifact, BuildContext, KeyBuilder, LoadContext, Result}};
    /// # struct Embeddings;
    /// impl Artifact<Smoke> for Embeddings {
    ///     # const NAME: &'static str = "embeddings";
    ///     fn key(key: &mut KeyBuilder<'_, Smoke>) {
    ///         key.optional_file("embeddings.toml");
    ///     }
    ///     # fn build(_: &BuildContext<'_, Smoke>) -> Result<Self> { Ok(Embeddings) }
    ///     # fn load(_: &LoadContext<'_, Smoke>) -> Result<Self> { Ok(Embeddings) }
    /// }
    /// ```
    pub fn optional_file(&mut self, path: impl AsRef<Path>) -> &mut Self {
        self.declare(Input::optional_file(path.as_ref()))
    }

    /// Makes the artifact depend on all files below a directory outside of the repository.
    ///
    /// The key covers each name, its type (file, directory, link, or other), the executable bit, and the content. For a
    /// link it covers the link's text and its target: the content of a file, or all files below a directory. The key
    /// does not cover directories of version control, such as `.git`, and directories with a `CACHEDIR.TAG`. Paths are
    /// resolved as by [`file`](Self::file).
    ///
    /// Only changed files are read again. A directory is listed once per run.
    ///
    /// The key cannot be computed, and the test fails, if the directory is missing, is a file, or has an unreadable
    /// file.
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

    /// Makes the artifact depend on the value of an environment variable. An unset variable differs from an empty one.
    ///
    /// The value is that of the test's process. The manifest, the reports and the remote cache contain it in plain
    /// text: do not name variables that hold secrets.
    ///
    /// The key cannot be computed, and the test fails, if the name is empty or contains `=` or a zero byte.
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

    /// Makes the artifact depend on the version of a program: the output of `program --version` on standard output,
    /// else on standard error.
    ///
    /// A name without a `/` is looked up in `PATH`. A relative path is resolved as by [`file`](Self::file). The key
    /// does not cover the path of the program. The program runs in the current directory, once per run and combination
    /// of `PATH`, environment and current directory.
    ///
    /// The key cannot be computed, and the test fails, if the program cannot be started, fails, prints nothing, or runs
    /// longer than a minute.
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

    /// Keeps the first error.
    fn fail(&mut self, message: String) {
        self.error.get_or_insert(message);
    }
}
