//! The schemas of types of the library, which has no need of them itself.
//!
//! Tests of the commands validate real outputs, and so find a field that these types lack.
#![expect(dead_code, reason = "only their schemas are used")]

use std::collections::BTreeMap;

use schemars::JsonSchema;

/// A test that used the cache.
#[derive(JsonSchema)]
pub(crate) struct Record {
    /// The id of the run.
    run: String,
    /// The path of the test in its crate.
    test: String,
    /// The name of the test's executable.
    binary: String,
    /// The id of the test's process.
    pid: u32,
    /// The number of the test in its process, from 0.
    number: u32,
    /// The time of the report, in milliseconds since 1970.
    time: u64,
    /// The name of the repository; `-` for none.
    repo: String,
    /// The artifacts that the test requested, in this order.
    artifacts: Vec<Obtained>,
}

/// An artifact that a test requested.
#[derive(JsonSchema)]
pub(crate) struct Obtained {
    /// The name of the artifact; empty if the test ended before it requested any.
    artifact: String,
    outcome: Outcome,
    /// The reason for the miss; empty if the artifact was restored.
    reason: String,
    /// Repository, revision, and the first digits of the digest.
    key: String,
    /// The size of the plain files, in bytes.
    bytes: u64,
    /// The numbers that the build recorded, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    metrics: BTreeMap<String, f64>,
    /// The seconds that this test spent to build, save and publish the artifact.
    rebuild_seconds: f64,
    /// The seconds that the build took, in whichever test or machine.
    build_seconds: f64,
    /// The seconds that this test spent to find, check and load the artifact.
    restore_seconds: f64,
    /// The seconds that this test waited for another process or thread.
    wait_seconds: f64,
    /// The seconds that this test used the remote cache.
    remote_seconds: f64,
    /// The bytes that this test fetched from the remote cache.
    remote_bytes: u64,
    /// The error of the remote cache, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    remote_error: Option<String>,
    /// The result of building the artifact again, if `SMOKE_VERIFY` selected it.
    #[serde(skip_serializing_if = "Option::is_none")]
    verified: Option<Rebuilt>,
    /// The times of these activities.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    spans: Vec<Span>,
}

/// The result of building a stored artifact again.
#[derive(JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Rebuilt {
    Same,
    Unverified,
    NotDeterministic,
    Varies,
    Fails,
    Stale,
}

/// The way in which a test obtained an artifact.
#[derive(JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Outcome {
    Hit,
    Fetched,
    Shared,
    Bypassed,
    Built,
    Forced,
    Skipped,
    Failed,
    Interrupted,
}

/// A period that a test spent on an artifact.
#[derive(JsonSchema)]
pub(crate) struct Span {
    activity: Activity,
    /// The beginning, in microseconds since 1970.
    begun_micros: u64,
    seconds: f64,
}

/// The activity during a period.
#[derive(JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Activity {
    Restore,
    Wait,
    Build,
    Remote,
}

/// A request to the remote cache.
#[derive(JsonSchema)]
pub(crate) struct Request {
    repo: String,
    /// The SHA-256 of the key, in hexadecimal.
    key: String,
    artifact: String,
    /// The id of the process.
    pid: u32,
    operation: Operation,
    outcome: Answer,
    /// The number of bytes that were transferred.
    bytes: u64,
    seconds: f64,
    /// The reason for an outcome that is not a success.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// The kind of a request.
#[derive(JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Operation {
    Fetch,
    Check,
    Lease,
    Share,
    Release,
}

/// The outcome of a request.
#[derive(JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Answer {
    Done,
    Absent,
    Refused,
    Held,
    Found,
    TimedOut,
    Unsupported,
    Failed,
}

/// The size of the cache.
#[derive(JsonSchema)]
pub(crate) struct CacheSize {
    /// The size on disk, in bytes.
    bytes: u64,
    /// The number of artifacts.
    artifacts: usize,
}

/// A named value of a key.
#[derive(JsonSchema)]
pub(crate) struct KeyInput {
    name: String,
    value: String,
    /// The digest of the value.
    digest: String,
    /// An explanation for people.
    #[serde(skip_serializing_if = "String::is_empty")]
    note: String,
}
