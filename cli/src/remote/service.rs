//! The object store: which one, how to reach it, and what it says when it cannot.

use std::path::PathBuf;
use std::time::Duration;

use opendal::layers::{RetryLayer, TimeoutLayer};
use opendal::{Buffer, Capability, ErrorKind, HttpTransporter, Metadata, Operator};
use opendal_http_transport_reqwest::ReqwestTransport;

use super::url::{self, FOLDER, GITHUB, Place, REDIS};
use super::{folder, redis};

/// A server that is there answers within one round trip, 0.3 s around the world.
const CONNECT: Duration = Duration::from_secs(3);
/// For one piece of what travels, and for what has none, with all that is tried again. Not for each read from the connection: while a piece is
/// sent, nothing is read.
const SILENCE: Duration = Duration::from_secs(30);
/// A busy server says so, or closes the connection; asked again a moment later it may not.
const RETRIES: usize = 2;
const RETRY_AFTER: Duration = Duration::from_millis(100);

/// Of everything: some servers want one.
pub(super) const CONTENT_TYPE: &str = "application/octet-stream";
/// Services that are reached otherwise than by HTTP.
const WITHOUT_HTTP: [&str; 2] = [FOLDER, REDIS];
/// An object store.
#[derive(Clone, Debug)]
pub(super) struct Service {
    /// For everything: what is written appears as a whole.
    pub(super) objects: Operator,
    /// For what only one may make: who makes it first is told so.
    conditional: Operator,
    /// Where it is, if it is a folder.
    folder: Option<PathBuf>,
}

impl Service {
    /// What can be done with it.
    pub(super) fn can(&self) -> Capability {
        self.objects.info().capability()
    }

    /// Keeps this in place of whatever is there.
    pub(super) async fn write(&self, path: &str, bytes: impl Into<Buffer>) -> opendal::Result<Metadata> {
        self.objects.write_with(path, bytes).content_type(CONTENT_TYPE).await
    }

    /// Keeps this if nothing is there; [`was_faster`] tells that something is.
    pub(super) async fn write_new(&self, path: &str, bytes: impl Into<Buffer>) -> opendal::Result<Metadata> {
        self.conditional.write_with(path, bytes).if_not_exists(true).content_type(CONTENT_TYPE).await
    }

    /// Whether what is there can be replaced.
    pub(super) fn replaces(&self) -> bool {
        self.objects.info().scheme() != GITHUB
    }

    /// Whether a value is in memory as a whole before the first byte of it is seen.
    pub(super) fn gives_whole_values(&self) -> bool {
        self.objects.info().scheme() == REDIS
    }

    /// Where an entry is kept.
    pub(super) fn entry(&self, name: &str) -> Result<String, String> {
        self.place("v1/entries", name)
    }

    /// Where a blob is kept.
    pub(super) fn blob(&self, digest: &str) -> Result<String, String> {
        self.place(&format!("v1/blobs/{}", digest.get(..2).unwrap_or("00")), digest)
    }

    /// Where it is kept who builds.
    pub(super) fn lease(&self, name: &str) -> Result<String, String> {
        self.place("v1/leases", name)
    }

    /// Where it is tried what can be done: never an entry, no repository's name begins with a dot.
    pub(super) fn probe(&self, name: &str) -> Result<String, String> {
        self.place("v1/.probe", name)
    }

    /// Fails for a name that leads elsewhere, and for a place in a folder that does.
    fn place(&self, below: &str, name: &str) -> Result<String, String> {
        if !is_plain(name) {
            return Err(format!("`{}` is no name", name.escape_debug()));
        }
        let place = format!("{below}/{name}");
        if let Some(root) = &self.folder {
            folder::check(root, &place)?;
        }
        Ok(place)
    }
}

/// Connects to nothing yet, but to see whether Redis is there.
pub(super) fn open(url: &str) -> Result<Service, String> {
    opendal::init_default_registry();
    let unusable = |error: opendal::Error| match error.kind() {
        // What it says is for who writes programs.
        ErrorKind::ConfigInvalid if error.message().starts_with("region is missing") => {
            url::unusable("it names no region: `?region=…`, or AWS_REGION")
        }
        ErrorKind::ConfigInvalid => url::unusable(error.message()),
        _ => explain("open it", &error),
    };
    let place = Place::of(url)?;
    if !WITHOUT_HTTP.contains(&place.scheme()) {
        prepare_http()?;
    }
    if place.scheme() == REDIS {
        redis::reach(&place.uri, CONNECT)?;
    }
    let conditional = Operator::from_uri(&place.uri).map_err(unusable)?;
    let objects = match &place.folder {
        Some(folder) => folder::whole_files(folder)?.map_err(unusable)?,
        None => conditional.clone(),
    };
    let timeout = TimeoutLayer::new().with_timeout(SILENCE).with_io_timeout(SILENCE);
    // Redis' client tries again by itself, for seconds.
    let retries = if place.scheme() == REDIS { 0 } else { RETRIES };
    let retry = RetryLayer::new().with_max_times(retries).with_min_delay(RETRY_AFTER).with_jitter();
    let patient = |operator: Operator| operator.layer(retry.clone()).layer(timeout.clone());
    let (objects, conditional) = (patient(objects), patient(conditional));
    Ok(Service { objects, conditional, folder: place.folder })
}

/// Sets up what speaks HTTP and TLS, which needs the certificates of the system.
fn prepare_http() -> Result<(), String> {
    // ring, and not aws-lc: it needs no more than a C compiler, and a fifth of its time.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().connect_timeout(CONNECT).build().map_err(|error| {
        format!("failed to prepare HTTPS: {error}; are the certificates of the system installed (`ca-certificates`)?")
    })?;
    HttpTransporter::install_default(ReqwestTransport::new(client));
    Ok(())
}

/// Whether a write was refused because somebody else had written there first.
pub(super) fn was_faster(error: &opendal::Error) -> bool {
    // What `OpenDAL` makes of GitHub's answer, which gives no reason.
    const ON_GITHUB: &str = "create cache entry returns non-ok";
    matches!(error.kind(), ErrorKind::ConditionNotMatch | ErrorKind::AlreadyExists | ErrorKind::Conflict)
        || error.message() == ON_GITHUB
}

/// Characters of what a service says.
const MOST_SAID: usize = 500;

/// What went wrong, for people: what was wanted, what it said, and what may help.
pub(super) fn explain(wanted: &str, error: &opendal::Error) -> String {
    let hint = match error.kind() {
        ErrorKind::PermissionDenied => {
            " (are the credentials those of somebody who may? S3 says so of what is not there, too, to whoever may not list the bucket)"
        }
        ErrorKind::NotFound => " (is there a bucket of that name?)",
        ErrorKind::RateLimited => " (it is asked too often)",
        _ => "",
    };
    let said = if error.message().is_empty() { status(error) } else { error.message().to_owned() };
    let mut text = format!("failed to {wanted}: {said}{hint}");
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(cause_text.lines().next().unwrap_or_default());
        }
        source = cause.source();
    }
    text.chars().map(|character| if character.is_control() { ' ' } else { character }).take(MOST_SAID).collect()
}

/// For a service that says no word; the number is only in what `OpenDAL` says of the whole error.
fn status(error: &opendal::Error) -> String {
    const NAMED: &str = "status: ";
    let all = error.to_string();
    let number =
        all.split_once(NAMED).and_then(|(_, rest)| rest.get(..3)).filter(|number| number.parse::<u16>().is_ok());
    number.map_or_else(|| error.kind().to_string(), |number| format!("the service answers with HTTP status {number}"))
}

/// Whether a name or digest leads nowhere else.
pub(super) fn is_plain(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 512
        && name.split('/').all(|part| !part.is_empty() && !part.starts_with('.'))
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-/".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_nowhere_else() {
        for good in ["django/0a1b/graph", "a.b/c_d-e"] {
            assert!(is_plain(good), "{good}");
        }
        for bad in ["", "/a", "a//b", "../a", "a/..", "a/.b", "a b", "a\nb", "a%2e"] {
            assert!(!is_plain(bad), "{bad}");
        }
    }
}
