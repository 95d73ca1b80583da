//! The URL of the remote cache: the service, its location, and its options.

use std::fmt::Display;
use std::path::PathBuf;

use anyhow::{Error, Result, anyhow, bail};
use opendal::OperatorUri;
use opendal::services::{AzblobConfig, GcsConfig, GhacConfig, RedisConfig, S3Config, WebdavConfig};
use serde_aux::serde_introspection::serde_introspect;
use url::{ParseError, Position, Url};

/// The scheme of a folder.
pub(crate) const FOLDER: &str = "fs";
pub(crate) const REDIS: &str = "redis";
/// The cache of GitHub Actions.
pub(crate) const GITHUB: &str = "ghac";
/// `WebDAV` over plain HTTP. The scheme `webdav` means HTTPS.
const PLAIN_WEBDAV: &str = "webdav+http";
/// Common names of schemes.
const ALIASES: [(&str, &str); 3] = [("gs", "gcs"), ("azure", "azblob"), ("file", FOLDER)];
/// Options that stand before the `?`.
const IN_THE_PATH: [&str; 3] = ["bucket", "container", "root"];
/// Services whose location begins with a bucket, or container.
const IN_BUCKETS: [&str; 3] = ["s3", "gcs", "azblob"];
/// The services that are compiled in; see [`options`].
const KNOWN: &str = "s3, gcs, azblob, ghac, redis, webdav, webdav+http, fs";

/// The location of the remote cache.
#[derive(Debug)]
pub(crate) struct Location {
    /// The URL as `OpenDAL` expects it.
    pub(crate) uri: OperatorUri,
    /// The directory, if the service is a folder.
    pub(crate) folder: Option<PathBuf>,
}

impl Location {
    pub(crate) fn parse(text: &str) -> Result<Location> {
        let url = Url::parse(text).map_err(|error| match error {
            ParseError::RelativeUrlWithoutBase => {
                unusable("it names no service; an example is s3://bucket/prefix?region=eu-central-1")
            }
            error => unusable(error),
        })?;
        // OpenDAL ignores a user and a fragment.
        if url.authority().contains('@') {
            return Err(unusable(
                "a user and a password belong into the query, `?username=…&password=…`, not before the host",
            ));
        }
        if url.fragment().is_some() {
            return Err(unusable("it has a fragment, which means nothing here; write `%23` for a literal `#`"));
        }
        let scheme = url.scheme();
        let own = match ALIASES.iter().find(|(alias, _)| *alias == scheme) {
            _ if scheme == PLAIN_WEBDAV => {
                let query = url.query().unwrap_or_default();
                format!("webdav://{}?endpoint=http://{}&{query}", url.path(), url.authority())
            }
            Some((_, own)) => format!("{own}{}", &url[Position::AfterScheme..]),
            None => text.to_owned(),
        };
        let uri = OperatorUri::new(&own, []).map_err(unusable)?;
        let options =
            options(uri.scheme()).ok_or_else(|| unusable(format!("unknown service `{scheme}`; services: {KNOWN}")))?;
        let is_option = |name: &str| options.contains(&name) && !IN_THE_PATH.contains(&name);
        if let Some(unknown) = uri.options().keys().filter(|name| !is_option(name)).min() {
            return Err(unusable(match options {
                [] => format!("`{scheme}` has no option `{unknown}`: it has no options"),
                _ if IN_THE_PATH.contains(&unknown.as_str()) => format!("`{unknown}` belongs before the `?`"),
                options => format!("`{scheme}` has no option `{unknown}`; it has: {}", options.join(", ")),
            }));
        }
        if IN_BUCKETS.contains(&uri.scheme()) && url.authority().is_empty() {
            return Err(unusable(format!("it names no bucket; an example is {scheme}://bucket/prefix")));
        }
        let folder = if uri.scheme() == FOLDER { Some(folder(&url)?) } else { None };
        Ok(Location { uri, folder })
    }

    pub(crate) fn scheme(&self) -> &str {
        self.uri.scheme()
    }
}

/// Returns the options of a service; `None` for a service that is not compiled in.
fn options(scheme: &str) -> Option<&'static [&'static str]> {
    match scheme {
        "s3" => Some(serde_introspect::<S3Config>()),
        "gcs" => Some(serde_introspect::<GcsConfig>()),
        "azblob" => Some(serde_introspect::<AzblobConfig>()),
        GITHUB => Some(serde_introspect::<GhacConfig>()),
        REDIS => Some(serde_introspect::<RedisConfig>()),
        "webdav" => Some(serde_introspect::<WebdavConfig>()),
        FOLDER => Some(&[]),
        _ => None,
    }
}

/// Returns the folder of a URL. It must exist: an empty directory where a mount failed is not the remote cache.
fn folder(url: &Url) -> Result<PathBuf> {
    if !url.authority().is_empty() {
        let (host, path) = (url.authority(), url.path());
        return Err(unusable(format!("a folder must be absolute, with three slashes: fs:///{host}{path}")));
    }
    if url.path().trim_matches('/').is_empty() {
        return Err(unusable("it names no folder; an example is fs:///absolute/folder"));
    }
    let folder = url.to_file_path().ok().filter(|folder| folder.to_str().is_some());
    let folder = folder.ok_or_else(|| unusable("its path is not a path of this system, in UTF-8"))?;
    match folder.canonicalize() {
        Ok(folder) if folder.is_dir() => Ok(folder),
        Ok(_) => bail!("the folder of the remote cache, {}, is not a directory", folder.display()),
        Err(error) => {
            bail!("cannot use the folder of the remote cache, {}: {error}; create or mount it", folder.display())
        }
    }
}

pub(crate) fn unusable(reason: impl Display) -> Error {
    anyhow!("invalid URL of the remote cache: {reason}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn scheme(url: &str) -> String {
        Location::parse(url).unwrap_or_else(|error| panic!("{url}: {error}")).scheme().to_owned()
    }

    #[track_caller]
    fn refusal(url: &str) -> String {
        Location::parse(url).expect_err(url).to_string()
    }

    #[test]
    fn schemes_name_services() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        for url in ["fs", "file"].map(|scheme| format!("{scheme}://{}", directory.path().display())) {
            assert_eq!(scheme(&url), "fs");
            let folder = Location::parse(&url).expect("a folder").folder;
            assert_eq!(folder, Some(directory.path().canonicalize().expect("it exists")));
        }
        assert_eq!(scheme("s3://bucket/prefix?region=x"), "s3");
        assert_eq!(scheme("S3://bucket?aws_region=x&endpoint=http%3A%2F%2Flocalhost"), "s3");
        assert_eq!(scheme("gs://bucket/prefix"), "gcs");
        assert_eq!(scheme("azure://container?account_name=a"), "azblob");
        assert_eq!(scheme("webdav+http://127.0.0.1:1/dav?username=a&password=b"), "webdav");
        assert_eq!(scheme("redis://127.0.0.1:1/0/prefix"), "redis");
        assert_eq!(scheme("ghac:///v1/prefix"), "ghac");
    }

    #[test]
    fn path_of_a_folder_is_percent_decoded() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let folder = directory.path().join("a b#c");
        std::fs::create_dir(&folder).expect("a folder");
        for scheme in ["fs", "file"] {
            let url = format!("{scheme}://{}/a%20b%23c", directory.path().display());
            let found = Location::parse(&url).expect("a folder").folder;
            assert_eq!(found, Some(folder.canonicalize().expect("it exists")));
        }
    }

    #[test]
    fn scheme_selects_plain_http() {
        let location = Location::parse("webdav+http://127.0.0.1:1/dav/below?username=a").expect("a server");
        assert_eq!(location.uri.option("endpoint"), Some("http://127.0.0.1:1"));
        assert_eq!((location.uri.root(), location.uri.option("username")), (Some("dav/below"), Some("a")));
        assert!(location.uri.authority().is_none());
    }

    #[test]
    fn no_part_of_a_url_is_ignored() {
        let refused = refusal("redis://user:hush@127.0.0.1:1");
        assert!(refused.contains("belong into the query") && !refused.contains("hush"), "{refused}");
        assert!(refusal("s3://bucket/a#b?region=x").contains("`%23`"));
        assert!(refusal("ftp://server/prefix").contains("unknown service `ftp`; services: s3, "));
        assert!(refusal("/a/folder").contains("it names no service"));
        let refused = refusal("s3://bucket?regoin=x&region=y");
        assert!(
            refused.contains("`s3` has no option `regoin`; it has: ") && refused.contains(", region, "),
            "{refused}"
        );
        assert!(refusal("fs:///?root=/elsewhere").contains("`fs` has no option `root`: it has no options"));
        assert!(refusal("s3://bucket/a?root=b&region=x").contains("`root` belongs before the `?`"));
        assert!(refusal("fs://relative/folder").contains("fs:///relative/folder"));
        assert!(refusal("fs:///").contains("it names no folder"));
        for url in ["s3:///bucket?region=x", "gs:///bucket", "azure:///container"] {
            assert!(refusal(url).contains("it names no bucket"), "{url}");
        }
        assert!(refusal("fs:///does/not/exist").contains("create or mount it"));
    }
}
