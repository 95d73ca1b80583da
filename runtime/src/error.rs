//! The one error type: every variant says what failed, where, and what to do about it.
//!
//! Messages are lower-case fragments that read well after "failed to …:"; causes are reached through
//! [`source`](std::error::Error::source), and [`Error::report`] prints the whole chain.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::shared::suggestion::nearest;

/// Any error, boxed: what the functions of an [`Artifact`](crate::Artifact) may return, so that `?` works on whatever
/// the code under test returns.
pub type BoxError = Box<dyn std::error::Error + Send + Sync + 'static>;

/// `Result` with [`BoxError`] unless said otherwise.
pub type Result<T, E = BoxError> = std::result::Result<T, E>;

/// What was under way for an artifact when its fixture failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// Computing the key.
    Key,
    /// `Artifact::build`.
    Build,
    /// `Artifact::save`, or what it left for storing.
    Save,
    /// `Artifact::load`.
    Load,
    /// What the cache does around these: making room, publishing, unpacking.
    Store,
}

impl Step {
    fn help(self, artifact: &str) -> String {
        match self {
            Step::Key => {
                "correct what that says of the artifact: its `key`, its `NAME`, or the configuration that it is given"
                    .to_owned()
            }
            Step::Build => format!(
                "correct `Artifact::build` of `{artifact}`, or what it reads; the next run tries again, this one does not"
            ),
            Step::Save => format!(
                "correct `Artifact::save` of `{artifact}`, or what it writes: plain files, with names for every system"
            ),
            Step::Load => format!(
                "let `Artifact::load` of `{artifact}` read what its `save` writes; what was stored has been built anew already"
            ),
            Step::Store => {
                "make room on the disk, let the cache directory be written to, or point SMOKE_CACHE_DIR and \
                            TMPDIR elsewhere"
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

/// Why a session could not be opened or an artifact could not be had.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// A variable of the environment, or its default in `smoke.toml`, has a value that means nothing.
    Setting {
        /// The variable, or the key in `smoke.toml`.
        name: String,
        /// Its value.
        value: String,
        /// What would be valid.
        allowed: String,
    },
    /// `smoke.toml` cannot be read or does not say what it should.
    SmokeToml {
        /// The file.
        path: PathBuf,
        /// The parser's or the check's own words.
        message: String,
    },
    /// A repository that neither `smoke.toml` nor `SMOKE_REPO_PATHS` names.
    UnknownRepo {
        /// The name asked for.
        name: String,
        /// The names that are known.
        known: Vec<String>,
        /// Where repositories are named, or would be.
        smoke_toml: PathBuf,
    },
    /// A repository is not where it should be.
    RepoMissing {
        /// Its name.
        name: String,
        /// Where it should be.
        path: PathBuf,
        /// How to get it.
        help: String,
    },
    /// A repository is at another revision than the one pinned by `rev`.
    WrongRevision {
        /// Its name.
        name: String,
        /// Where it is.
        path: PathBuf,
        /// The pin.
        expected: String,
        /// What is checked out.
        found: String,
        /// The action that resolves it.
        help: String,
    },
    /// `git` failed on a repository.
    Git {
        /// The repository.
        path: PathBuf,
        /// What was run, without the program's name.
        command: String,
        /// What git said, or why it could not be started.
        message: String,
    },
    /// A file or directory could not be used.
    Io {
        /// What was being done, as in "failed to {doing} {path}".
        doing: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// An input that [`Artifact::key`](crate::Artifact::key) declares is missing, unreadable, or of another kind.
    Input {
        /// Its kind and name, as in "file data/model.bin".
        input: String,
        /// The reason, with the absolute path.
        reason: String,
        /// The action that resolves it.
        help: String,
    },
    /// An artifact's `key`, `build`, `save` or `load` failed, or what the cache does around them.
    Fixture {
        /// The repository.
        repo: String,
        /// The artifact's name.
        artifact: String,
        /// Which of them.
        step: Step,
        /// Its own error.
        source: BoxError,
    },
    /// The build failed earlier in this run, perhaps in another process, and is not tried again.
    FailedEarlier {
        /// The repository.
        repo: String,
        /// The artifact's name.
        artifact: String,
        /// What the build said.
        message: String,
    },
    /// The build failed in a process of its own.
    Elsewhere {
        /// What it said: what failed, and why.
        message: String,
        /// The action that resolves it.
        help: String,
    },
    /// The entry is not there and `SMOKE_ON_MISS=fail` forbids building it.
    NotCached {
        /// The repository.
        repo: String,
        /// The artifact's name.
        artifact: String,
        /// Why it is a miss.
        reason: String,
    },
    /// The test was skipped: its artifact is not there and `SMOKE_ON_MISS=skip`, or its repository was left out.
    Skipped {
        /// The repository.
        repo: String,
        /// Why.
        reason: String,
    },
    /// A message of its own, for causes that have no type.
    Message(String),
}

impl Error {
    pub(crate) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
        let path = path.to_owned();
        move |source| Error::Io { doing, path, source }
    }

    /// The message and those of all its causes, one a line, indented.
    pub fn report(&self) -> String {
        use std::fmt::Write;
        let mut text = self.to_string();
        let mut cause = std::error::Error::source(self);
        let mut depth = 1;
        while let Some(error) = cause {
            // A message of several lines stays together.
            let margin = " ".repeat(depth * 2);
            let message = error.to_string().replace('\n', &format!("\n{margin}  "));
            let _ = write!(text, "\n{margin}because: {message}");
            cause = error.source();
            depth += 1;
        }
        text
    }

    /// [`report`](Self::report), for a place that has one line.
    pub(crate) fn report_line(&self) -> String {
        self.report().lines().map(str::trim_start).collect::<Vec<_>>().join(" ")
    }

    /// Tells which artifact the error is about, and what was under way, unless it says so itself.
    pub(crate) fn about(self, repo: &str, artifact: &str, step: Step) -> Error {
        match self {
            Error::Io { .. } | Error::Input { .. } | Error::Message(_) => {
                Error::Fixture { repo: repo.to_owned(), artifact: artifact.to_owned(), step, source: Box::new(self) }
            }
            error => error,
        }
    }

    /// The action that resolves it, where the messages do not say so themselves. The innermost artifact knows best: one that only
    /// needs it fails with it.
    pub(crate) fn help(&self) -> Option<String> {
        let inner = std::error::Error::source(self).and_then(|source| source.downcast_ref::<Error>());
        if let Some(help) = inner.and_then(Error::help) {
            return Some(help);
        }
        match self {
            Error::Fixture { artifact, step, .. } => Some(step.help(artifact)),
            Error::Elsewhere { help, .. } | Error::Input { help, .. } => Some(help.clone()),
            Error::FailedEarlier { .. } => Some(
                "see the test of this run that failed first; this run does not try again, the next one does".to_owned(),
            ),
            _ => None,
        }
    }

    /// Returns the error of the system at the end of the chain.
    pub(crate) fn io_cause(&self) -> Option<&io::Error> {
        self.causes().find_map(|error| error.downcast_ref::<io::Error>())
    }

    /// Returns `true` if it says that a file could not be written to for want of a permission. Libraries often keep only
    /// the text of the system's error.
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

    /// Whether the disk of the cache is the trouble: then a build elsewhere may still succeed.
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
                write!(f, "no repository is called `{name}`")?;
                if let Some(near) = nearest(name, known.iter().map(String::as_str)) {
                    write!(f, " (did you mean `{near}`?)")?;
                }
                if known.is_empty() {
                    let start = smoke_toml.parent().unwrap_or(smoke_toml);
                    write!(
                        f,
                        "; none is known: there is no smoke.toml in {} or above it that names one",
                        start.display()
                    )?;
                } else {
                    write!(f, "; known: {}", known.join(", "))?;
                }
                write!(
                    f,
                    "; add a table [repos.{name}] to {}, or its directory to SMOKE_REPO_PATHS",
                    smoke_toml.display()
                )
            }
            Error::RepoMissing { name, path, help } => {
                write!(f, "the repository `{name}` is not at {}; {help}", path.display())
            }
            Error::WrongRevision { name, path, expected, found, help } => write!(
                f,
                "the repository `{name}` at {} is at revision {found}, but smoke.toml pins {expected}; {help}",
                path.display()
            ),
            Error::Git { path, command, message } => {
                write!(f, "`git {command}` failed in {}: {message}", path.display())
            }
            Error::Io { doing, path, .. } => write!(f, "failed to {doing} {}", path.display()),
            Error::Input { input, reason, .. } => write!(f, "cannot use the declared {input}: {reason}"),
            Error::Fixture { repo, artifact, step, .. } => write!(f, "failed to {step} `{artifact}` of {repo}"),
            Error::FailedEarlier { repo, artifact, message } => write!(
                f,
                "the build of `{artifact}` of {repo} failed earlier in this run and is not tried again: {message}"
            ),
            Error::NotCached { repo, artifact, reason } => write!(
                f,
                "`{artifact}` of {repo} is not in the cache ({reason}) and SMOKE_ON_MISS=fail forbids building it; \
                 populate the cache first, or unset SMOKE_ON_MISS"
            ),
            Error::Skipped { repo, reason } => write!(f, "skipped for {repo}: {reason}"),
            Error::Message(message) | Error::Elsewhere { message, .. } => f.write_str(message),
        }
    }
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
    fn unknown_repo_names_the_near_one_and_where_to_add_it() {
        let error = Error::UnknownRepo {
            name: "djnago".into(),
            known: vec!["django".into(), "requests".into()],
            smoke_toml: "smoke.toml".into(),
        };
        let text = error.to_string();
        assert!(text.contains("did you mean `django`?"), "{text}");
        assert!(text.contains("[repos.djnago]"), "{text}");
    }

    #[test]
    fn suggestions_ignore_case() {
        let known = vec!["django".to_owned()];
        let error = Error::UnknownRepo { name: "DJANGO".into(), known, smoke_toml: "/w/smoke.toml".into() };
        assert!(error.to_string().contains("did you mean `django`?"), "{error}");
    }

    #[test]
    fn report_prints_every_cause() {
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
