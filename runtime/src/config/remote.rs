//! The settings of the remote cache: its URL, the trusted keys, and the budget.

use std::time::Duration;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::values::{Setting, choice, duration, switch};
use crate::error::Error;
use crate::json;

/// The program that is the default helper, and the package that installs it.
pub const HELPER: &str = "cargo-smoke-cache-remote";
/// The value that disables the remote cache of `smoke.toml`.
const OFF: &str = "off";

/// `[remote]` in `smoke.toml`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct RemoteTable {
    url: Option<String>,
    public_keys: Option<Vec<String>>,
    unsigned: Option<bool>,
    access: Option<String>,
    budget: Option<String>,
    helper: Option<Vec<String>>,
    /// Not allowed in the file. It is parsed because the error about an unknown field would show its value.
    signing_key: Option<IgnoredAny>,
}

/// Parses the budget, which must not be zero: no artifact could be fetched in that time.
fn budget(setting: Setting) -> Result<Duration, Error> {
    let budget = duration(setting.clone())?;
    if budget.is_zero() {
        return Err(
            setting.reject("a time above zero, such as `30s`; set SMOKE_REMOTE to `off` to disable the remote cache")
        );
    }
    Ok(budget)
}

/// Returns the part of a URL, or of an invalid URL, that contains no secrets.
fn public(url: &str) -> String {
    match url.split_once(':') {
        // The end of a password is unknown without rules for the scheme.
        Some((scheme, rest)) if rest.contains('@') => format!("{scheme}:…"),
        None if url.contains('@') => "…".to_owned(),
        _ => url.split(['?', '#']).next().unwrap_or_default().to_owned(),
    }
}

/// Returns the value of a variable, or else the given value of `smoke.toml`.
type Texts<'a> = &'a dyn Fn(&'static str, Option<&String>) -> Result<Option<Setting>, Error>;

/// The settings of the remote cache.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Remote {
    /// The URL, such as `s3://bucket/prefix?region=eu-central-1`.
    pub url: String,
    /// The trusted keys: ed25519 public keys, in hexadecimal.
    pub public_keys: Vec<String>,
    /// `true` if entries without a signature are trusted.
    pub unsigned: bool,
    /// The key that signs entries: an ed25519 secret key, in hexadecimal.
    pub signing_key: Option<String>,
    /// `true` if this process must not write to the remote cache.
    pub read_only: bool,
    /// The limit on the time for one artifact. By default, the time that its build took.
    pub budget: Option<Duration>,
    /// The helper and its arguments, if it is not [`HELPER`].
    pub helper: Option<Vec<String>>,
    /// The helper that is used if `helper` is `None`.
    pub(crate) default_helper: String,
}

impl Remote {
    /// Returns the URL without parts that may be secret: a query, or a user and a password.
    pub fn place(&self) -> String {
        public(&self.url)
    }

    /// Returns the command of the helper: a program and its arguments.
    pub fn helper(&self) -> Vec<String> {
        self.helper.clone().unwrap_or_else(|| vec![self.default_helper.clone()])
    }

    /// Returns the settings for a helper, as variables, so that it need not read `smoke.toml`. A signing key is already
    /// in its environment.
    pub(crate) fn variables(&self) -> [(&'static str, String); 4] {
        [
            ("SMOKE_REMOTE", self.url.clone()),
            ("SMOKE_REMOTE_PUBLIC_KEYS", self.public_keys.join(",")),
            ("SMOKE_REMOTE_UNSIGNED", switch(self.unsigned)),
            ("SMOKE_REMOTE_ACCESS", if self.read_only { "read-only" } else { "read-write" }.to_owned()),
        ]
    }

    /// Reads the settings. Returns `None` if no remote cache is configured.
    pub(super) fn read(table: &RemoteTable, text: Texts<'_>) -> Result<Option<Remote>, Error> {
        let url = match text("SMOKE_REMOTE", table.url.as_ref())? {
            Some(setting) if setting.value == OFF => return Ok(None),
            Some(setting) if setting.value.contains("://") => setting.value,
            Some(setting) => {
                let setting = Setting { value: public(&setting.value), ..setting };
                return Err(
                    setting.reject(format!("`{OFF}`, or a URL such as `s3://bucket/prefix?region=eu-central-1`"))
                );
            }
            None => return Ok(None),
        };
        if table.signing_key.is_some() {
            let (name, value) = ("signing-key in `[remote]` of smoke.toml".to_owned(), "…".to_owned());
            return Err(Setting { name, value }
                .reject("set only in the environment, as SMOKE_REMOTE_SIGNING_KEY: it is secret"));
        }
        let words = |setting: Option<Setting>, is_between: fn(char) -> bool| -> Vec<String> {
            let value = setting.map(|setting| setting.value).unwrap_or_default();
            value.split(is_between).filter(|word| !word.is_empty()).map(str::to_owned).collect()
        };
        let joined = |list: &Option<Vec<String>>, with: &str| list.as_ref().map(|list| list.join(with));
        let public_keys = text("SMOKE_REMOTE_PUBLIC_KEYS", joined(&table.public_keys, ",").as_ref())?;
        let public_keys = words(public_keys, |character| character == ',' || character.is_whitespace());
        let unsigned = table.unsigned.map(switch);
        let helper = match text("SMOKE_REMOTE_HELPER", None)? {
            // A list, for words with spaces.
            Some(setting) if setting.value.starts_with('[') => json::parse(&setting.value)
                .map(Some)
                .map_err(|_| setting.reject("a program and its arguments, separated by spaces or as a JSON list"))?,
            Some(setting) => Some(words(Some(setting), |character| character == ' ')),
            None => table.helper.clone(),
        };
        if helper.as_ref().is_some_and(Vec::is_empty) {
            let (name, value) = ("the helper of the remote cache".to_owned(), "[]".to_owned());
            return Err(Setting { name, value }.reject("a program and its arguments"));
        }
        Ok(Some(Remote {
            url,
            public_keys,
            unsigned: choice(text("SMOKE_REMOTE_UNSIGNED", unsigned.as_ref())?, &[("0", false), ("1", true)])?,
            signing_key: text("SMOKE_REMOTE_SIGNING_KEY", None)?.map(|setting| setting.value),
            read_only: choice(
                text("SMOKE_REMOTE_ACCESS", table.access.as_ref())?,
                &[("read-write", false), ("read-only", true)],
            )?,
            budget: text("SMOKE_REMOTE_BUDGET", table.budget.as_ref())?.map(budget).transpose()?,
            helper,
            default_helper: HELPER.to_owned(),
        }))
    }
}
