//! What a test process and its helper say to each other: one JSON object a line, each request answered before the next is sent.
//!
//! `docs/remote/protocol.md` describes it for authors of other helpers.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// The name of the protocol, in the helper's first line.
pub const PROTOCOL: &str = "cached-smoke-remote";
/// Raised when a helper of an earlier version would misunderstand. A new command does not raise it: a helper answers
/// [`Outcome::Unsupported`] to what it does not know.
pub const VERSION: u32 = 1;

/// The helper's first line, before it is asked anything.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Greeting {
    /// [`PROTOCOL`].
    pub protocol: String,
    /// [`VERSION`].
    pub version: u32,
    /// Whether anything may be written: else it is asked for `find`, `fetch` and `lease` only.
    #[serde(default)]
    pub writable: bool,
    /// Why it can do nothing: settings that mean nothing, a service that it does not know. It ends after this line, then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl Greeting {
    /// That of a helper that is ready.
    pub fn ready(writable: bool) -> Greeting {
        Greeting { protocol: PROTOCOL.to_owned(), version: VERSION, writable, error: None }
    }

    /// That of a helper that can do nothing.
    pub fn failed(error: impl Into<String>) -> Greeting {
        Greeting { error: Some(error.into()), ..Greeting::ready(false) }
    }
}

/// A line to the helper.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Request {
    /// Repeated in the answer.
    pub id: u64,
    /// What is wanted.
    #[serde(flatten)]
    pub command: Command,
}

/// Bytes by what they are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blob {
    /// In bytes.
    pub size: u64,
    /// BLAKE3, in hexadecimal.
    pub blake3: String,
}

/// What is wanted. Paths are absolute; what is written to does not exist yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Command {
    /// Write the entry of this name to a file, if it is there and to be trusted. `Done`, `Absent`, `Refused` or `Failed`.
    Find {
        /// `repository/key/artifact`.
        name: String,
        /// The file.
        into: PathBuf,
    },
    /// Write a blob to a file. `Done`, `Absent` or `Failed`. Its bytes are checked by whoever asks.
    Fetch {
        /// Which.
        blob: Blob,
        /// The file.
        into: PathBuf,
    },
    /// Wait until nobody else is building the entry of this name, at most so long. `Held`: it is now ours to build, until `Release` or
    /// the helper's end. `Absent`: nobody is building it, and it could not be made ours. `Found`: it has been published, and is not what
    /// `Find` gave or refused before. `TimedOut`,
    /// `Unsupported` or `Failed`.
    Lease {
        /// As of `Find`.
        name: String,
        /// Milliseconds.
        limit: u64,
    },
    /// Let others build what was ours. `Done`, `Failed`, or `Absent`: it was somebody else's already, so that two have built it.
    Release {
        /// As of `Lease`.
        name: String,
    },
    /// Keep a file's bytes as a blob, unless it is there. `Done` or `Failed`.
    Store {
        /// Which.
        blob: Blob,
        /// The file.
        from: PathBuf,
        /// Also if it is there: what is there was found to be something else.
        replace: bool,
    },
    /// Sign a file's bytes and keep them as the entry of this name, in place of any other. `Done` or `Failed`.
    Publish {
        /// As of `Find`.
        name: String,
        /// The file.
        from: PathBuf,
    },
}

/// A line from the helper.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Answer {
    /// That of the request.
    pub id: u64,
    /// What came of it. None: this is only about how far it is, and more lines follow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// Why; or how far it is. For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Bytes that went over the network for it, or would have without a blob that was there already.
    #[serde(default)]
    pub bytes: u64,
}

/// What came of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Outcome {
    /// All of it.
    Done,
    /// It is not there.
    Absent,
    /// It is there, and not signed by anybody who is trusted.
    Refused,
    /// It is ours to build.
    Held,
    /// Somebody has published it.
    Found,
    /// Somebody was still at it when the time was over.
    TimedOut,
    /// The service, or the helper, cannot do such a thing.
    Unsupported,
    /// The service could not be asked, or did not do it.
    Failed,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_are_the_documented_ones() {
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
    }
}
