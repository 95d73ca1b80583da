//! The error type of this crate: each variant says what failed, on what, and why.
//!
//! Messages are lower-case fragments that read well after "failed to …:". Causes are reached through
//! [`source`](std::error::Error::source); [`Error::report`] prints the whole chain.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::shared::name::NO_REPOSITORY as NO_REPO;
use crate::shared::smoke_toml::MISSING;
use crate::shared::suggestion::nearest;

/// A boxed error of any type: the functions of an [`Artifact`](crate::Artifact) return it, so that `?` accepts every
/// error of the code under test.
pub type BoxError = Box<dyn std::error::Error + Send + Sync + 'static>;

/// A `Result` whose error is [`BoxError`] by default.
pub type Result<T, E = BoxError> = std::result::Result<T, E>;

/// The step of an artifact that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// Computing the cache key.
    Key,
    /// `Artifact::build`.
    Build,
    /// `Artifact::save`, or storing the files that it wrote.
    Save,
    /// `Artifact::load`.
    Load,
    /// The work of the cache itself: staging, publishing, unpacking.
    Store,
}

impl Step {
    fn help(self, artifact: &str) -> String {
        match self {
            // Not `artifact`: the message may name a dependency of it, whose key failed.
            Step::Key => {
                "fix `Artifact::key` or the `NAME` of the artifact that the message names, or the configuration \
                          of the test"
                    .to_owned()
            }
            Step::Build => {
                format!("fix the build of `{artifact}`, or what it reads; the next run builds it again")
            }
            Step::Save => {
                format!("fix the `save` of `{artifact}`, or what it writes: plain files with portable names")
            }
            Step::Load => format!(
                "fix the `load` of `{artifact}`, so that it reads what `save` writes; the cache has already rebuilt \
                 the files"
            ),
            Step::Store => {
                "free disk space, make the cache directory writable, or set SMOKE_CACHE_DIR and TMPDIR to other \
                            directories"
                    .to_owned()
            }
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Step::Key => "compute the key of",
            Step::Build => "build",
            Step::Save => "save",
            Step::Load => "load",
            Step::Store => "store",
        })
    }
}

/// An error of opening a session, or of restoring or building an artifact.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// An environment variable, or its default in `smoke.toml`, has an invalid value.
    Setting {
        /// The name of the variable, or of the key in `smoke.toml`.
        name: String,
        /// The invalid value.
        value: String,
        /// The valid values, as in "{name} is `{value}`, but must be {allowed}".
        allowed: String,
    },
    /// `smoke.toml` cannot be read, or has invalid content.
    SmokeToml {
        /// The path of the file.
        path: PathBuf,
        /// The message of the TOML parser, or of a check of this crate.
        message: String,
    },
    /// Neither `smoke.toml` nor `SMOKE_REPO_PATHS` names the repository.
    UnknownRepo {
        /// The requested name.
        name: String,
        /// The names of all known repositories.
        known: Vec<String>,
        /// The `smoke.toml` that was read, or the path where one is expected, if only `SMOKE_REPO_PATHS` is set.
        smoke_toml: PathBuf,
    },
    /// A repository is requested, but there are neither a `smoke.toml` nor `SMOKE_REPO_PATHS`.
    NoSmokeToml,
    /// The directory of a known repository does not exist.
    RepoMissing {
        /// The name of the repository.
        name: String,
        /// The expected directory.
        path: PathBuf,
        /// The action that provides the repository.
        help: String,
    },
    /// A repository is at another revision than the one that `rev` pins in `smoke.toml`.
    WrongRevision {
        /// The name of the repository.
        name: String,
        /// The directory of the repository.
        path: PathBuf,
        /// The pinned revision.
        expected: String,
        /// The revision that is checked out.
        found: String,
        /// The action that resolves the error.
        help: String,
    },
    /// A `git` command failed, or `git` could not be started.
    Git {
        /// The directory of the repository.
        path: PathBuf,
        /// The arguments of the command, without `git` itself.
        command: String,
        /// The error output of git, or the reason why it could not be started.
        message: String,
    },
    /// An operation on a file or directory failed.
    Io {
        /// The operation, as in "failed to {doing} {path}".
        doing: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// An input that [`Artifact::key`](crate::Artifact::key) declares is missing, unreadable, or of another kind.
    Input {
        /// The kind and name of the input, as in "file data/model.bin".
        input: String,
        /// The reason, with the absolute path.
        reason: String,
        /// The action that resolves the error.
        help: String,
    },
    /// The `key`, `build`, `save` or `load` of an artifact failed, or the cache failed to store it.
    Fixture {
        /// The name of the repository.
        repo: String,
        /// The name of the artifact.
        artifact: String,
        /// The step that failed.
        step: Step,
        /// The cause.
        source: BoxError,
    },
    /// The build failed earlier in this run, perhaps in another process. A run tries each build once.
    FailedEarlier {
        /// The name of the repository.
        repo: String,
        /// The name of the artifact.
        artifact: String,
        /// The report of the failed build.
        message: String,
    },
    /// The build failed in a builder process, separate from the test.
    Elsewhere {
        /// The report of the builder process: what failed, and why.
        message: String,
        /// The action that resolves the error.
        help: String,
    },
    /// A new build of the artifact is not the same as the stored one: see `SMOKE_VERIFY`.
    Rebuilt {
        /// The result, and the differences.
        message: String,
        /// The action that resolves the error.
        help: String,
    },
    /// The artifact is not in the cache, and `SMOKE_ON_MISS=fail` forbids building it.
    NotCached {
        /// The name of the repository.
        repo: String,
        /// The name of the artifact.
        artifact: String,
        /// The reason for the miss.
        reason: String,
    },
    /// The test is skipped: `SMOKE_ON_MISS=skip` and its artifact is not in the cache, or its repository is skipped.
    Skipped {
        /// The name of the repository.
        repo: String,
        /// The reason.
        reason: String,
    },
    /// An artifact or a parameter needs a repository, and the test has none.
    NoRepo {
        /// The thing that needs the repository, as in "{subject} needs a repository".
        subject: String,
    },
    /// An error that has no separate variant.
    Message(String),
}

impl Error {
    pub(crate) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
        let path = path.to_owned();
        move |source| Error::Io { doing, path, source }
    }

    /// Returns the message of this error, followed by those of its causes, one a line, indented by their depth.
    pub fn report(&self) -> String {
        use std::fmt::Write;
        let mut text = self.to_string();
        let mut cause = std::error::Error::source(self);
        let mut depth = 1;
        while let Some(error) = cause {
            // The lines of one message stay together.
            let margin = " ".repeat(depth * 2);
            let message = error.to_string().replace('\n', &format!("\n{margin}  "));
            let _ = write!(text, "\n{margin}because: {message}");
            cause = error.source();
            depth += 1;
        }
        text
    }

    /// Returns the [`report`](Self::report) on one line.
    pub(crate) fn report_line(&self) -> String {
        self.report().lines().map(str::trim_start).collect::<Vec<_>>().join(" ")
    }

    /// Adds the artifact and the step to an error that does not name them itself.
    pub(crate) fn about(self, repo: &str, artifact: &str, step: Step) -> Error {
        match self {
            Error::Io { .. } | Error::Input { .. } | Error::Message(_) => {
                Error::Fixture { repo: repo.to_owned(), artifact: artifact.to_owned(), step, source: Box::new(self) }
            }
            error => error,
        }
    }

    /// Returns the action that resolves the error, unless the message contains it.
    ///
    /// The innermost error decides: an artifact fails with its dependency, and the dependency is what needs the fix.
    pub(crate) fn help(&self) -> Option<String> {
        let inner = std::error::Error::source(self).and_then(|source| source.downcast_ref::<Error>());
        if let Some(help) = inner.and_then(Error::help) {
            return Some(help);
        }
        match self {
            Error::Fixture { artifact, step, .. } => Some(step.help(artifact)),
            Error::Elsewhere { help, .. } | Error::Input { help, .. } | Error::Rebuilt { help, .. } => {
                Some(help.clone())
            }
            Error::FailedEarlier { .. } => {
                Some("fix the first failed test of this run; the next run builds the artifact again".to_owned())
            }
            _ => None,
        }
    }

    /// Returns the first error of the operating system in the chain of causes.
    pub(crate) fn io_cause(&self) -> Option<&io::Error> {
        self.causes().find_map(|error| error.downcast_ref::<io::Error>())
    }

    /// Returns `true` if a file could not be written for lack of a permission.
    ///
    /// The texts are searched as well: libraries often keep only the text of the system's error.
    pub(crate) fn lacks_permission(&self) -> bool {
        const TEXTS: [&str; 4] = ["permission denied", "access is denied", "read-only", "readonly"];
        self.causes().any(|error| {
            let io = error.downcast_ref::<io::Error>();
            let text = error.to_string().to_lowercase();
            io.is_some_and(|io| {
                matches!(io.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem)
            }) || TEXTS.iter().any(|words| text.contains(words))
        })
    }

    /// Returns this error and its causes, the outermost first.
    fn causes(&self) -> impl Iterator<Item = &(dyn std::error::Error + 'static)> {
        std::iter::successors(Some(self as &(dyn std::error::Error + 'static)), |error| error.source())
    }

    /// Returns `true` if the disk of the cache is full or read-only: a build outside of the cache may still succeed.
    pub(crate) fn is_storage(&self) -> bool {
        self.causes().filter_map(|error| error.downcast_ref::<io::Error>()).any(|io| {
            matches!(
                io.kind(),
                io::ErrorKind::StorageFull
                    | io::ErrorKind::QuotaExceeded
                    | io::ErrorKind::FileTooLarge
                    | io::ErrorKind::ReadOnlyFilesystem
            )
        })
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Setting { name, value, allowed } => write!(f, "{name} is `{value}`, but must be {allowed}"),
            Error::SmokeToml { path, message } => write!(f, "cannot use {}: {message}", path.display()),
            Error::UnknownRepo { name, known, smoke_toml } => {
                write!(f, "unknown repository `{name}`")?;
                if let Some(near) = nearest(name, known.iter().map(String::as_str)) {
                    write!(f, " (did you mean `{near}`?)")?;
                }
                if known.is_empty() {
                    write!(f, ": {} lists none", smoke_toml.display())?;
                } else {
                    write!(f, "; known repositories: {}", known.join(", "))?;
                }
                write!(
                    f,
                    "\nhelp: add a table [repos.{name}] to {}, or the directory of `{name}` to SMOKE_REPO_PATHS",
                    smoke_toml.display()
                )
            }
            Error::NoSmokeToml => f.write_str(MISSING),
            Error::RepoMissing { name, path, help } => {
                write!(f, "the repository `{name}` is not at {}\nhelp: {help}", path.display())
            }
            Error::WrongRevision { name, path, expected, found, help } => write!(
                f,
                "the repository `{name}` at {} is at revision {found}, but smoke.toml pins {expected}\nhelp: {help}",
                path.display()
            ),
            Error::Git { path, command, message } => {
                write!(f, "`git {command}` failed in {}: {message}", path.display())
            }
            Error::Io { doing, path, .. } => write!(f, "failed to {doing} {}", path.display()),
            Error::Input { input, reason, .. } => write!(f, "cannot use the declared {input}: {reason}"),
            Error::Fixture { repo, artifact, step, .. } => write!(f, "failed to {step} {}", subject(artifact, repo)),
            Error::FailedEarlier { repo, artifact, message } => write!(
                f,
                "the build of {} failed earlier in this run and is not tried again: {message}",
                subject(artifact, repo)
            ),
            Error::NotCached { repo, artifact, reason } => write!(
                f,
                "{} is not in the cache ({reason}), and SMOKE_ON_MISS=fail forbids building it\n\
                 help: run `cargo smoke-cache populate`, or unset SMOKE_ON_MISS",
                subject(artifact, repo)
            ),
            Error::Skipped { repo, reason } if repo == NO_REPO => write!(f, "skipped: {reason}"),
            Error::Skipped { repo, reason } => write!(f, "skipped for {repo}: {reason}"),
            Error::NoRepo { subject } => write!(
                f,
                "{subject} needs a repository, and the test has none\n\
                 help: write `repo = \"…\"` in `#[cached_smoke(…)]`; a repository is any directory that smoke.toml names"
            ),
            Error::Message(message) | Error::Elsewhere { message, .. } | Error::Rebuilt { message, .. } => {
                f.write_str(message)
            }
        }
    }
}

/// Returns the name of an artifact for messages: `graph` of django.
pub(crate) fn subject(artifact: &str, repo: &str) -> String {
    if repo == NO_REPO { format!("`{artifact}`") } else { format!("`{artifact}` of {repo}") }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Error::Io { source, .. } => Some(source),
            Error::Fixture { source, .. } => Some(&**source),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_repo_suggests_a_similar_name_and_a_fix() {
        let error = Error::UnknownRepo {
            name: "djnago".into(),
            known: vec!["django".into(), "requests".into()],
            smoke_toml: "smoke.toml".into(),
        };
        let text = error.to_string();
        assert!(text.contains("did you mean `django`?"), "{text}");
        assert!(text.contains("\nhelp: add a table [repos.djnago] to smoke.toml"), "{text}");
    }

    #[test]
    fn suggestions_ignore_case() {
        let known = vec!["django".to_owned()];
        let error = Error::UnknownRepo { name: "DJANGO".into(), known, smoke_toml: "/w/smoke.toml".into() };
        assert!(error.to_string().contains("did you mean `django`?"), "{error}");
    }

    #[test]
    fn report_prints_each_cause() {
        let error = Error::Fixture {
            repo: "django".into(),
            artifact: "graph".into(),
            step: Step::Build,
            source: Box::new(Error::io("read", Path::new("x.py"))(io::Error::other("gone"))),
        };
        assert_eq!(
            error.report(),
            "failed to build `graph` of django\n  because: failed to read x.py\n    because: gone"
        );
        assert_eq!(error.report_line(), "failed to build `graph` of django because: failed to read x.py because: gone");
    }
}
