//! The object store: which one, how to reach it, and what it says when it cannot.

use std::path::{Path, PathBuf};
use std::time::Duration;

use opendal::layers::{RetryLayer, TimeoutLayer};
use opendal::{Capability, ErrorKind, HttpTransporter, Operator};
use opendal_http_transport_reqwest::ReqwestTransport;

/// A server that is there answers within one round trip, 0.3 s around the world.
const CONNECT: Duration = Duration::from_secs(3);
/// For one piece of what travels, and for what has none. Not for each read from the connection: while a piece is sent, nothing is read.
const SILENCE: Duration = Duration::from_secs(30);
/// A busy server says so, or closes the connection; asked again a moment later it may not.
const RETRIES: usize = 2;
const RETRY_AFTER: Duration = Duration::from_millis(100);

/// What a folder is called there.
const FOLDER: &str = "fs";
const REDIS: &str = "redis";
/// Services that are reached otherwise.
const WITHOUT_HTTP: [&str; 3] = ["fs://", "file://", "redis"];
/// Plain HTTP: the service's own scheme means HTTPS.
const PLAIN_WEBDAV: &str = "webdav+http://";
/// What people know it by.
const ALIASES: [(&str, &str); 3] = [("gs://", "gcs://"), ("azure://", "azblob://"), ("file://", "fs://")];
/// Services that are compiled in.
pub(super) const KNOWN: &str = "s3, gcs, azblob, ghac, redis, webdav, webdav+http, fs";

/// An object store.
#[derive(Clone, Debug)]
pub(super) struct Service {
    /// For everything: what is written appears as a whole.
    pub(super) objects: Operator,
    /// For what only one may make: who makes it first is told so.
    pub(super) conditional: Operator,
    /// Where it is, if it is a folder.
    folder: Option<PathBuf>,
}

impl Service {
    /// What can be done with it.
    pub(super) fn can(&self) -> Capability {
        self.objects.info().capability()
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
            let path = root.join(&place);
            let own = path.ancestors().take_while(|above| above != root);
            if let Some(link) = own.filter(|path| path.is_symlink()).last() {
                return Err(format!("{} is a link, and what it leads to is left alone", link.display()));
            }
        }
        Ok(place)
    }
}

/// Connects to nothing yet.
pub(super) fn open(url: &str) -> Result<Service, String> {
    opendal::init_default_registry();
    if !WITHOUT_HTTP.iter().any(|scheme| url.starts_with(scheme)) {
        prepare_http()?;
    }
    let unusable = |error: opendal::Error| match error.kind() {
        ErrorKind::Unsupported => {
            let scheme = url.split("://").next().unwrap_or(url);
            format!("the URL of the shared tier cannot be used: `{scheme}` is no service; services: {KNOWN}")
        }
        ErrorKind::ConfigInvalid => format!("the URL of the shared tier cannot be used: {}", error.message()),
        _ => explain("open it", &error),
    };
    let folder = folder(url)?;
    let conditional = operator(url).map_err(unusable)?;
    let objects =
        if conditional.info().scheme() == FOLDER { whole_files(&conditional) } else { Ok(conditional.clone()) };
    let timeout = TimeoutLayer::new().with_timeout(SILENCE).with_io_timeout(SILENCE);
    // Redis' client tries again by itself, for seconds.
    let retries = if conditional.info().scheme() == REDIS { 0 } else { RETRIES };
    let retry = RetryLayer::new().with_max_times(retries).with_min_delay(RETRY_AFTER).with_jitter();
    let patient = |operator: Operator| operator.layer(timeout.clone()).layer(retry.clone());
    Ok(Service { objects: patient(objects.map_err(unusable)?), conditional: patient(conditional), folder })
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

/// The folder of a URL that names one. It has to be there: an empty one in the place of what was not mounted is no shared tier.
fn folder(url: &str) -> Result<Option<PathBuf>, String> {
    let Some(path) = ["fs://", "file://"].iter().find_map(|scheme| url.strip_prefix(scheme)) else { return Ok(None) };
    let path = path.split('?').next().unwrap_or(path);
    if !path.starts_with('/') {
        return Err(format!("the URL of the shared tier needs an absolute folder, with three slashes: fs:///{path}"));
    }
    let decoded = percent_encoding::percent_decode_str(path)
        .decode_utf8()
        .map_err(|_| "the URL of the shared tier is not UTF-8")?;
    let folder = PathBuf::from(&*decoded);
    match folder.canonicalize() {
        Ok(folder) if folder.is_dir() => Ok(Some(folder)),
        Ok(_) => Err(format!("the shared tier's folder {} is none", folder.display())),
        Err(error) => {
            Err(format!("the shared tier's folder {} cannot be used: {error}; make it, or mount it", folder.display()))
        }
    }
}

/// A folder whose files appear under their names when they are complete. It cannot tell who is first, then.
fn whole_files(folder: &Operator) -> opendal::Result<Operator> {
    let root = folder.info().root();
    let unfinished = Path::new(&*root).join(".unfinished").display().to_string();
    let options = [("root", root), ("atomic_write_dir", unfinished)];
    Operator::via_iter(FOLDER, options.into_iter().map(|(name, value)| (name.to_owned(), value)))
}

fn operator(url: &str) -> opendal::Result<Operator> {
    let authority = url.split_once("://").map_or("", |(_, rest)| rest.split(['/', '?']).next().unwrap_or(rest));
    if authority.contains('@') {
        // It would be passed over.
        let message = "a user and a password go into the query, `?username=…&password=…`, not before the host";
        return Err(opendal::Error::new(ErrorKind::ConfigInvalid, message));
    }
    if let Some(rest) = url.strip_prefix(PLAIN_WEBDAV) {
        let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, root) = place.split_once('/').unwrap_or((place, ""));
        let more = if query.is_empty() { String::new() } else { format!("&{query}") };
        return Operator::from_uri(format!("webdav:///{root}?endpoint=http://{authority}{more}").as_str());
    }
    for (alias, scheme) in ALIASES {
        if let Some(rest) = url.strip_prefix(alias) {
            return Operator::from_uri(format!("{scheme}{rest}").as_str());
        }
    }
    Operator::from_uri(url)
}

/// Characters of what a service says.
const MOST_SAID: usize = 500;

/// What went wrong, for people: what was wanted, what it said, and what may help.
pub(super) fn explain(wanted: &str, error: &opendal::Error) -> String {
    let hint = match error.kind() {
        ErrorKind::PermissionDenied => " (are the credentials those of somebody who may?)",
        ErrorKind::NotFound => " (is there a bucket of that name?)",
        ErrorKind::RateLimited => " (it is asked too often)",
        _ => "",
    };
    let mut text = format!("failed to {wanted}: {}{hint}", error.message());
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

    #[test]
    fn services_are_told_by_their_url() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let url = format!("file://{}", directory.path().display());
        assert_eq!(open(&url).expect("a folder").objects.info().scheme(), "fs");
        assert_eq!(open("webdav+http://127.0.0.1:1/dav").expect("a server").objects.info().scheme(), "webdav");
        assert_eq!(open("redis://127.0.0.1:1/0/prefix").expect("a server").objects.info().scheme(), "redis");
        let refused = open("redis://user:hush@127.0.0.1:1").expect_err("it would be passed over");
        assert!(refused.contains("go into the query") && !refused.contains("hush"), "{refused}");
        let refused = open("ftp://server/prefix").expect_err("not compiled in");
        assert!(refused.contains("services: s3, "), "{refused}");
    }
}
