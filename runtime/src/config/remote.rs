//! The shared tier behind the cache: where it is, whom to trust, how long to wait.

use std::time::Duration;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::{Setting, choice, switch};
use crate::error::Error;

/// What starts the helper where nothing says otherwise.
const HELPER: [&str; 3] = ["cargo-smoke-cache", "smoke-cache", "remote-helper"];
/// Turns off what `smoke.toml` says.
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
    /// Has no place there; the error for what is unknown would show it.
    signing_key: Option<IgnoredAny>,
}

/// Without any time, each artifact would be one more that could not be fetched in time.
fn budget(setting: Setting) -> Result<Duration, Error> {
    let budget = super::duration(setting.clone())?;
    if budget.is_zero() {
        return Err(setting.reject("some time, such as `30s`; where nobody is to be asked, SMOKE_REMOTE is `off`"));
    }
    Ok(budget)
}

/// What of a URL, or of what should be one, may be shown to everybody.
fn public(url: &str) -> String {
    match url.split_once(':') {
        // Where a password ends cannot be told from here.
        Some((scheme, rest)) if rest.contains('@') => format!("{scheme}:…"),
        None if url.contains('@') => "…".to_owned(),
        _ => url.split(['?', '#']).next().unwrap_or_default().to_owned(),
    }
}

/// Gives a variable's text, or else the given one of `smoke.toml`.
type Texts<'a> = &'a dyn Fn(&'static str, Option<&String>) -> Result<Option<Setting>, Error>;

/// The shared tier.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Remote {
    /// Such as `s3://bucket/prefix?region=eu-central-1`.
    pub url: String,
    /// Whose entries are believed: ed25519 public keys, in hexadecimal.
    pub public_keys: Vec<String>,
    /// Whether entries that nobody has signed are believed.
    pub unsigned: bool,
    /// What entries are signed with: an ed25519 secret key, in hexadecimal.
    pub signing_key: Option<String>,
    /// Whether it is only read, even by who could write.
    pub read_only: bool,
    /// How long an artifact may take in all; as long as building it took, if nothing is said.
    pub budget: Option<Duration>,
    /// The helper, and its arguments, if another than `cargo smoke-cache` is named.
    pub helper: Option<Vec<String>>,
    /// The helper where `helper` names none.
    pub(crate) default_helper: Vec<String>,
}

impl Remote {
    /// Where it is, without what may be secret: a query, or a user and a password.
    pub fn place(&self) -> String {
        public(&self.url)
    }

    /// What starts the helper: a program, and its arguments.
    pub fn helper(&self) -> Vec<String> {
        self.helper.as_ref().unwrap_or(&self.default_helper).clone()
    }

    /// What a helper has to know, as variables: it need not read `smoke.toml`. What it signs with is in its environment already, or nowhere.
    pub(crate) fn variables(&self) -> [(&'static str, String); 4] {
        [
            ("SMOKE_REMOTE", self.url.clone()),
            ("SMOKE_REMOTE_PUBLIC_KEYS", self.public_keys.join(",")),
            ("SMOKE_REMOTE_UNSIGNED", switch(self.unsigned)),
            ("SMOKE_REMOTE_ACCESS", if self.read_only { "read-only" } else { "read-write" }.to_owned()),
        ]
    }

    /// Nothing if there is none.
    pub(super) fn read(table: &RemoteTable, text: Texts<'_>) -> Result<Option<Remote>, Error> {
        let url = match text("SMOKE_REMOTE", table.url.as_ref())? {
            Some(setting) if setting.value == OFF => return Ok(None),
            Some(setting) if setting.value.contains("://") => setting.value,
            Some(setting) => {
                let setting = Setting { value: public(&setting.value), ..setting };
                return Err(setting
                    .reject(format!("`{OFF}`, or where it is, such as `s3://bucket/prefix?region=eu-central-1`")));
            }
            None => return Ok(None),
        };
        if table.signing_key.is_some() {
            let (name, value) = ("signing-key in `[remote]` of smoke.toml".to_owned(), "…".to_owned());
            return Err(
                Setting { name, value }.reject("only in the environment, as SMOKE_REMOTE_SIGNING_KEY: it is secret")
            );
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
            // Words with spaces need a list.
            Some(setting) if setting.value.starts_with('[') => serde_json::from_str(&setting.value)
                .map(Some)
                .map_err(|_| setting.reject("a program and its arguments, with spaces between, or as a JSON list"))?,
            Some(setting) => Some(words(Some(setting), |character| character == ' ')),
            None => table.helper.clone(),
        };
        if helper.as_ref().is_some_and(Vec::is_empty) {
            let (name, value) = ("the helper of the shared tier".to_owned(), "[]".to_owned());
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
            default_helper: HELPER.map(str::to_owned).to_vec(),
        }))
    }
}
