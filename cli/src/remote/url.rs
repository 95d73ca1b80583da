//! The URL of the shared tier: the service that it names, and what it says of it.

use std::path::PathBuf;

use opendal::OperatorUri;
use opendal::services::{AzblobConfig, GcsConfig, GhacConfig, RedisConfig, S3Config, WebdavConfig};
use serde_aux::serde_introspection::serde_introspect;

/// What a folder is called there.
pub(super) const FOLDER: &str = "fs";
pub(super) const REDIS: &str = "redis";
/// The cache of GitHub Actions.
pub(super) const GITHUB: &str = "ghac";
/// Over plain HTTP: the service's own scheme means HTTPS.
const PLAIN_WEBDAV: &str = "webdav+http";
/// What people know it by.
const ALIASES: [(&str, &str); 3] = [("gs", "gcs"), ("azure", "azblob"), ("file", FOLDER)];
/// What is no option here: what comes before `?` says it.
const IN_THE_PATH: [&str; 3] = ["bucket", "container", "root"];
/// Services whose place is a bucket, or container.
const IN_BUCKETS: [&str; 3] = ["s3", "gcs", "azblob"];
/// Services that are compiled in.
const KNOWN: &str = "s3, gcs, azblob, ghac, redis, webdav, webdav+http, fs";

/// Where the shared tier is.
#[derive(Debug)]
pub(super) struct Place {
    /// As `OpenDAL` reads it.
    pub(super) uri: OperatorUri,
    /// The folder, if it is one.
    pub(super) folder: Option<PathBuf>,
}

impl Place {
    /// The error says what is wrong with the URL.
    pub(super) fn of(url: &str) -> Result<Place, String> {
        let (scheme, rest) = url
            .split_once("://")
            .ok_or_else(|| unusable("it names no service; one that does is s3://bucket/prefix?region=eu-central-1"))?;
        let (location, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = location.split_once('/').unwrap_or((location, ""));
        // Both would be passed over.
        if authority.contains('@') {
            return Err(unusable(
                "a user and a password go into the query, `?username=…&password=…`, not before the host",
            ));
        }
        if rest.contains('#') {
            return Err(unusable("what comes after `#` is no part of it; a `#` that is meant is written `%23`"));
        }
        let scheme = scheme.to_ascii_lowercase();
        let own = match ALIASES.iter().find(|(alias, _)| *alias == scheme) {
            _ if scheme == PLAIN_WEBDAV => format!("webdav:///{path}?endpoint=http://{authority}&{query}"),
            Some((_, own)) => format!("{own}://{rest}"),
            None => url.to_owned(),
        };
        let uri = OperatorUri::new(&own, []).map_err(|_| unusable("it is no URL"))?;
        let options =
            options(uri.scheme()).ok_or_else(|| unusable(&format!("`{scheme}` is no service; services: {KNOWN}")))?;
        let is_option = |name: &str| options.contains(&name) && !IN_THE_PATH.contains(&name);
        if let Some(unknown) = uri.options().keys().filter(|name| !is_option(name)).min() {
            return Err(unusable(&match options {
                [] => format!("`{scheme}` has no options, so there can be no `{unknown}`"),
                _ if IN_THE_PATH.contains(&unknown.as_str()) => format!("`{unknown}` goes before the `?`"),
                options => format!("`{scheme}` has no option `{unknown}`; it has: {}", options.join(", ")),
            }));
        }
        if IN_BUCKETS.contains(&uri.scheme()) && authority.is_empty() {
            return Err(unusable(&format!("it names no bucket; one that does is {scheme}://bucket/prefix")));
        }
        let folder = if uri.scheme() == FOLDER { Some(folder(authority, path)?) } else { None };
        Ok(Place { uri, folder })
    }

    pub(super) fn scheme(&self) -> &str {
        self.uri.scheme()
    }
}

/// What can be said of a service, besides its place; nothing for those that are not compiled in.
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

/// The folder of a URL that names one. It has to be there: an empty one in the place of what was not mounted is no shared tier.
fn folder(authority: &str, path: &str) -> Result<PathBuf, String> {
    if !authority.is_empty() {
        return Err(unusable(&format!("it needs an absolute folder, with three slashes: fs:///{authority}/{path}")));
    }
    if path.trim_matches('/').is_empty() {
        return Err(unusable("it names no folder; one that does is fs:///absolute/folder"));
    }
    let decoded = percent_encoding::percent_decode_str(path).decode_utf8().map_err(|_| unusable("it is not UTF-8"))?;
    let folder = PathBuf::from(format!("/{decoded}"));
    match folder.canonicalize() {
        Ok(folder) if folder.is_dir() => Ok(folder),
        Ok(_) => Err(format!("the shared tier's folder {} is none", folder.display())),
        Err(error) => {
            Err(format!("the shared tier's folder {} cannot be used: {error}; make it, or mount it", folder.display()))
        }
    }
}

pub(super) fn unusable(why: &str) -> String {
    format!("the URL of the shared tier cannot be used: {why}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn scheme(url: &str) -> String {
        Place::of(url).unwrap_or_else(|error| panic!("{url}: {error}")).scheme().to_owned()
    }

    #[track_caller]
    fn refusal(url: &str) -> String {
        Place::of(url).expect_err(url)
    }

    #[test]
    fn services_are_told_by_their_names() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        for url in ["fs", "file"].map(|scheme| format!("{scheme}://{}", directory.path().display())) {
            assert_eq!(scheme(&url), "fs");
            let folder = Place::of(&url).expect("a folder").folder;
            assert_eq!(folder, Some(directory.path().canonicalize().expect("it is there")));
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
    fn plain_http_is_said_by_the_name() {
        let place = Place::of("webdav+http://127.0.0.1:1/dav/below?username=a").expect("a server");
        assert_eq!(place.uri.option("endpoint"), Some("http://127.0.0.1:1"));
        assert_eq!((place.uri.root(), place.uri.option("username")), (Some("dav/below"), Some("a")));
        assert!(place.uri.authority().is_none());
    }

    #[test]
    fn nothing_is_passed_over() {
        let refused = refusal("redis://user:hush@127.0.0.1:1");
        assert!(refused.contains("go into the query") && !refused.contains("hush"), "{refused}");
        assert!(refusal("s3://bucket/a#b?region=x").contains("`%23`"));
        assert!(refusal("ftp://server/prefix").contains("`ftp` is no service; services: s3, "));
        assert!(refusal("/a/folder").contains("it names no service"));
        let refused = refusal("s3://bucket?regoin=x&region=y");
        assert!(
            refused.contains("`s3` has no option `regoin`; it has: ") && refused.contains(", region, "),
            "{refused}"
        );
        assert!(refusal("fs:///?root=/elsewhere").contains("`fs` has no options, so there can be no `root`"));
        assert!(refusal("s3://bucket/a?root=b&region=x").contains("`root` goes before the `?`"));
        assert!(refusal("fs://relative/folder").contains("fs:///relative/folder"));
        assert!(refusal("fs:///").contains("it names no folder"));
        for url in ["s3:///bucket?region=x", "gs:///bucket", "azure:///container"] {
            assert!(refusal(url).contains("it names no bucket"), "{url}");
        }
        assert!(refusal("fs:///does/not/exist").contains("make it, or mount it"));
    }
}
