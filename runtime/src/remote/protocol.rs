//! The protocol between a test process and its helper.
//!
//! Each line is a JSON object. A request is sent after the answer to the one before.
//!
//! `docs/remote/protocol.md` describes it for authors of other helpers.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::text::plain;

/// The name of the protocol, in the helper's first line.
pub const PROTOCOL: &str = "cached-smoke-remote";
/// The version of the protocol. Every change that an earlier helper would misunderstand raises it.
///
/// A new command does not raise it, because helpers answer [`Outcome::Unsupported`] to unknown commands.
pub const VERSION: u32 = 1;
/// The reason why nothing is uploaded without the right to write.
pub const READ_ONLY: &str =
    "the remote cache is read-only: there is no signing key, or SMOKE_REMOTE_ACCESS forbids to write";

/// The helper's first line, which it writes before the first request.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Greeting {
    /// [`PROTOCOL`].
    pub protocol: String,
    /// [`VERSION`].
    pub version: u32,
    /// `true` if the helper can write to the service. If not, it only receives `find`, `fetch` and `lease`.
    #[serde(default)]
    pub writable: bool,
    /// The reason why the helper cannot work, such as a wrong setting or an unknown service. The helper then ends after
    /// this line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// An action that resolves the error, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

impl Greeting {
    /// Returns the greeting of a helper that is ready.
    pub fn ready(writable: bool) -> Greeting {
        Greeting { protocol: PROTOCOL.to_owned(), version: VERSION, writable, error: None, help: None }
    }

    /// Returns the greeting of a helper that cannot work. The error may have a second line, `help: …`.
    pub fn failed(error: &str) -> Greeting {
        let (error, help) = error.split_once("\nhelp: ").map_or((error, None), |(error, help)| (error, Some(help)));
        Greeting { error: Some(plain(error)), help: help.map(plain), ..Greeting::ready(false) }
    }
}

/// A line to the helper.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Request {
    /// The id of the request, which the answer repeats.
    pub id: u64,
    /// The command.
    #[serde(flatten)]
    pub command: Command,
}

/// A reference to bytes by their content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blob {
    /// The size in bytes.
    pub size: u64,
    /// The BLAKE3 digest, in hexadecimal.
    pub blake3: String,
}

/// The command of a request. Paths are absolute. Files to write do not exist yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Command {
    /// Write an entry to a file, if the entry exists and is trusted.
    ///
    /// Outcomes: `Done`, `Absent`, `Refused`, `Failed`.
    Find {
        /// The name of the entry: `repository/key/artifact`.
        name: String,
        /// The file to write.
        into: PathBuf,
    },
    /// Write a blob to a file. The test process checks the bytes.
    ///
    /// Outcomes: `Done`, `Absent`, `Failed`.
    Fetch {
        /// The blob.
        blob: Blob,
        /// The file to write.
        into: PathBuf,
    },
    /// Take the lease of an entry, or wait until the machine that holds it publishes the entry or releases the lease.
    ///
    /// Outcomes: `Held` if the lease is taken, until `Release` or the end of the helper; `Absent` if no machine holds
    /// the lease, but it cannot be taken; `Found` if an entry was published that is not the one that `Find` returned or
    /// refused before; `TimedOut`, `Unsupported`, `Failed`.
    Lease {
        /// The name of the entry, as in `Find`.
        name: String,
        /// The maximum wait in milliseconds.
        limit: u64,
    },
    /// Release a lease.
    ///
    /// Outcomes: `Done`, `Failed`; `Absent` if another machine has already taken it over, so that two machines have
    /// built the artifact.
    Release {
        /// The name of the entry, as in `Lease`.
        name: String,
    },
    /// Store the bytes of a file as a blob, unless the blob exists.
    ///
    /// Outcomes: `Done`, `Failed`.
    Store {
        /// The blob.
        blob: Blob,
        /// The file to read.
        from: PathBuf,
        /// Replace an existing blob too, because its bytes are wrong.
        replace: bool,
    },
    /// Sign the bytes of a file, and store them as an entry, which replaces any entry of this name.
    ///
    /// Outcomes: `Done`, `Failed`.
    Publish {
        /// The name of the entry, as in `Find`.
        name: String,
        /// The file to read.
        from: PathBuf,
    },
    /// Remove an entry, so that no machine fetches it. Its blob stays, because other entries may have the same one.
    ///
    /// Outcomes: `Done`, `Absent`, `Unsupported`, `Failed`.
    Withdraw {
        /// The name of the entry, as in `Find`.
        name: String,
    },
    /// Check which operations the service allows, for people. Each progress line is a finding, as `name: text`.
    ///
    /// Outcomes: `Done` if the service is usable, `Unsupported`, `Failed`.
    Probe,
}

/// A line from the helper.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Answer {
    /// The id of the request.
    pub id: u64,
    /// The outcome; `None` in a progress line, after which more lines follow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// The reason for the outcome, or the progress, as text for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The number of transferred bytes. Bytes of a blob that already existed count too.
    #[serde(default)]
    pub bytes: u64,
}

/// The outcome of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Outcome {
    /// The request succeeded.
    Done,
    /// The entry, blob or lease does not exist.
    Absent,
    /// The entry exists, but has no trusted signature.
    Refused,
    /// The lease is taken, so this machine builds the artifact.
    Held,
    /// Another machine has published the entry.
    Found,
    /// Another machine still held the lease at the end of the maximum wait.
    TimedOut,
    /// The service or the helper does not support the command.
    Unsupported,
    /// The service cannot be reached, or failed.
    Failed,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_match_the_documented_protocol() {
        let blob = Blob { size: 3, blake3: "ab".to_owned() };
        let request = Request { id: 7, command: Command::Fetch { blob, into: "/f".into() } };
        let line = serde_json::to_string(&request).expect("it can be written");
        assert_eq!(line, r#"{"id":7,"command":"fetch","blob":{"size":3,"blake3":"ab"},"into":"/f"}"#);
        let read: Request = serde_json::from_str(&line).expect("it can be read");
        assert_eq!(read.command, request.command);
        let answer: Answer = serde_json::from_str(r#"{"id":7,"outcome":"timed-out","new":1}"#).expect("it can be read");
        assert_eq!((answer.outcome, answer.bytes), (Some(Outcome::TimedOut), 0));
        assert_eq!(
            serde_json::to_string(&Greeting::ready(true)).expect("it can be written"),
            r#"{"protocol":"cached-smoke-remote","version":1,"writable":true}"#
        );
        assert_eq!(
            serde_json::to_string(&Greeting::failed("no\nkey\nhelp: make one")).expect("it can be written"),
            r#"{"protocol":"cached-smoke-remote","version":1,"writable":false,"error":"no key","help":"make one"}"#
        );
    }
}
