//! The object store: opens it, names its objects, and explains its errors.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Error, Result, anyhow, bail};
use cached_smoke::tooling::plain;
use opendal::layers::{RetryLayer, TimeoutLayer};
use opendal::{Buffer, Capability, ErrorKind, HttpTransporter, Metadata, Operator};
use opendal_http_transport_reqwest::ReqwestTransport;

use crate::url::{self, FOLDER, GITHUB, Location, REDIS};
use crate::{folder, redis};

/// A reachable server answers within one round trip, 0.3 s around the world.
const CONNECT: Duration = Duration::from_secs(3);
/// The limit for one piece of a transfer, or one request without a body, including retries. It is not the limit for one
/// read from the connection: nothing is read while a piece is sent.
const SILENCE: Duration = Duration::from_secs(30);
/// A busy server answers with an error, or closes the connection; a moment later it may not.
const RETRIES: usize = 2;
const RETRY_AFTER: Duration = Duration::from_millis(100);

/// The type of all objects: some servers require one.
pub(crate) const CONTENT_TYPE: &str = "application/octet-stream";
/// Services that do not use HTTP.
const WITHOUT_HTTP: [&str; 2] = [FOLDER, REDIS];
/// The maximum length of an error message, in characters.
const MAX_MESSAGE: usize = 500;

/// An object store.
#[derive(Clone, Debug)]
pub(crate) struct Service {
    /// Operations on objects. A written object appears complete.
    pub(crate) objects: Operator,
    /// Writes that fail if the object exists.
    conditional: Operator,
    /// The directory, if the service is a folder.
    folder: Option<PathBuf>,
}

impl Service {
    /// Returns what the service supports.
    pub(crate) fn can(&self) -> Capability {
        self.objects.info().capability()
    }

    /// Writes an object, in place of an existing one.
    pub(crate) async fn write(&self, path: &str, bytes: impl Into<Buffer>) -> opendal::Result<Metadata> {
        self.objects.write_with(path, bytes).content_type(CONTENT_TYPE).await
    }

    /// Writes an object unless it exists: then the error is one of [`is_taken`].
    pub(crate) async fn write_new(&self, path: &str, bytes: impl Into<Buffer>) -> opendal::Result<Metadata> {
        self.conditional.write_with(path, bytes).if_not_exists(true).content_type(CONTENT_TYPE).await
    }

    /// Returns `true` if an object can be replaced.
    pub(crate) fn replaces(&self) -> bool {
        self.objects.info().scheme() != GITHUB
    }

    /// Returns `true` if the client holds a whole object in memory before it returns the first byte.
    pub(crate) fn reads_whole_objects(&self) -> bool {
        self.objects.info().scheme() == REDIS
    }

    /// Returns the path of an entry.
    pub(crate) fn entry(&self, name: &str) -> Result<String> {
        self.path("v1/entries", name)
    }

    /// Returns the path of a blob.
    pub(crate) fn blob(&self, digest: &str) -> Result<String> {
        self.path(&format!("v1/blobs/{}", digest.get(..2).unwrap_or("00")), digest)
    }

    /// Returns the path of the lease of an entry.
    pub(crate) fn lease(&self, name: &str) -> Result<String> {
        self.path("v1/leases", name)
    }

    /// Returns a path for `remote status`. It is never that of an entry: no repository's name begins with a dot.
    pub(crate) fn probe(&self, name: &str) -> Result<String> {
        self.path("v1/.probe", name)
    }

    /// Fails for a name that is not [plain](is_plain), and for a path in a folder that leads out of it.
    fn path(&self, below: &str, name: &str) -> Result<String> {
        if !is_plain(name) {
            bail!("`{}` is not a valid name", name.escape_debug());
        }
        let path = format!("{below}/{name}");
        if let Some(root) = &self.folder {
            folder::check(root, &path)?;
        }
        Ok(path)
    }
}

/// Opens the service of a URL. Connects to nothing, except to check whether Redis can be reached.
pub(crate) fn open(url: &str) -> Result<Service> {
    opendal::init_default_registry();
    let unusable = |error: opendal::Error| match error.kind() {
        // The message of OpenDAL is for programmers.
        ErrorKind::ConfigInvalid if error.message().starts_with("region is missing") => {
            url::unusable("it names no region: add `?region=…`, or set AWS_REGION")
        }
        ErrorKind::ConfigInvalid => url::unusable(error.message()),
        _ => explain("open the service", &error),
    };
    let location = Location::parse(url)?;
    if !WITHOUT_HTTP.contains(&location.scheme()) {
        prepare_http()?;
    }
    if location.scheme() == REDIS {
        redis::reach(&location.uri, CONNECT)?;
    }
    let conditional = Operator::from_uri(&location.uri).map_err(unusable)?;
    let objects = match &location.folder {
        Some(folder) => folder::whole_files(folder)?.map_err(unusable)?,
        None => conditional.clone(),
    };
    let timeout = TimeoutLayer::new().with_timeout(SILENCE).with_io_timeout(SILENCE);
    // The client of Redis retries by itself, for seconds.
    let retries = if location.scheme() == REDIS { 0 } else { RETRIES };
    let retry = RetryLayer::new().with_max_times(retries).with_min_delay(RETRY_AFTER).with_jitter();
    let patient = |operator: Operator| operator.layer(retry.clone()).layer(timeout.clone());
    let (objects, conditional) = (patient(objects), patient(conditional));
    Ok(Service { objects, conditional, folder: location.folder })
}

/// Installs the client for HTTP and TLS, which needs the certificates of the system.
fn prepare_http() -> Result<()> {
    // ring instead of aws-lc: it compiles with a C compiler only, in a fifth of the time.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().connect_timeout(CONNECT).build();
    let client =
        client.context("failed to prepare HTTPS; install the certificates of the system (`ca-certificates`)")?;
    HttpTransporter::install_default(ReqwestTransport::new(client));
    Ok(())
}

/// Returns `true` if a write was refused because the object exists.
pub(crate) fn is_taken(error: &opendal::Error) -> bool {
    // GitHub gives no reason; this is the message of `OpenDAL`.
    const ON_GITHUB: &str = "create cache entry returns non-ok";
    matches!(error.kind(), ErrorKind::ConditionNotMatch | ErrorKind::AlreadyExists | ErrorKind::Conflict)
        || error.message() == ON_GITHUB
}

/// Returns an error for people, on one line: what failed, the message of the service, and a hint.
pub(crate) fn explain(action: &str, error: &opendal::Error) -> Error {
    let hint = match error.kind() {
        ErrorKind::PermissionDenied => {
            " (check the credentials; S3 also denies access to a missing object if they do not allow to list the bucket)"
        }
        ErrorKind::NotFound => " (check the name of the bucket)",
        ErrorKind::RateLimited => " (too many requests)",
        _ => "",
    };
    let message = if error.message().is_empty() { status(error) } else { error.message().to_owned() };
    let mut text = format!("failed to {action}: {message}{hint}");
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        let message = cause.to_string();
        if !text.contains(&message) {
            text = format!("{text}: {}", message.lines().next().unwrap_or_default());
        }
        source = cause.source();
    }
    anyhow!(plain(&text).chars().take(MAX_MESSAGE).collect::<String>())
}

/// Returns the HTTP status of an error without a message. `OpenDAL` has it in the text of the whole error only.
fn status(error: &opendal::Error) -> String {
    let text = error.to_string();
    let number = text.split_once("status: ").and_then(|(_, rest)| rest.get(..3));
    let number = number.filter(|number| number.parse::<u16>().is_ok());
    number.map_or_else(|| error.kind().to_string(), |number| format!("the service answers with HTTP status {number}"))
}

/// Returns `true` if a name or digest is a relative path that cannot leave its directory.
pub(crate) fn is_plain(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 512
        && name.split('/').all(|part| !part.is_empty() && !part.starts_with('.'))
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-/".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_leave_their_directory() {
        for good in ["django/0a1b/graph", "a.b/c_d-e"] {
            assert!(is_plain(good), "{good}");
        }
        for bad in ["", "/a", "a//b", "../a", "a/..", "a/.b", "a b", "a\nb", "a%2e"] {
            assert!(!is_plain(bad), "{bad}");
        }
    }
}
