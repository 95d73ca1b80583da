//! The records of what the cache did for each test.
//!
//! Each test prints one line and writes records into the directory of its run; the command line reads them.
//!
//! ```text
//! telemetry.jsonl       one report for each test that has ended
//! under-way/            one file for each test that has not
//! keys.jsonl            in a run with SMOKE_STOP_AFTER=key: one record for each artifact that a test requests
//! key-failures.jsonl    in such a run: one record for each key that could not be computed
//! verifications.jsonl   in a run with SMOKE_VERIFY: one record for each artifact that was built again
//! under-way-keys/       in such a run: one file for each test that has not recorded its keys
//! ```
//!
//! - `report`: the report of a test
//! - `span`: the times at which a test was busy with an artifact
//! - `line`: a report as the line that a test prints
//! - `records`, `keys`, `key_failures`, `verifications`: the writers
//! - `in_flight`: the tests without a record, whose process may be killed
//! - `reader`: the readers

mod audits;
mod in_flight;
mod key_failures;
mod keys;
mod line;
mod reader;
mod records;
mod report;
mod span;
mod verifications;

pub use audits::Audit;
#[cfg(feature = "audit")]
pub use audits::read_audits;
pub(crate) use audits::{AUDITS, TRACES};
pub(crate) use in_flight::InFlight;
pub use key_failures::KeyFailure;
pub use keys::KeyReport;
pub(crate) use keys::append as append_key;
pub use reader::{read_key_failures, read_keys, read_reports, read_verifications};
pub use report::{ArtifactReport, CacheReport, Outcome};
pub(crate) use report::{executable, next_number};
pub use span::{Activity, Span};
pub use verifications::{Rebuilt, Verification};

#[cfg(test)]
mod tests;
