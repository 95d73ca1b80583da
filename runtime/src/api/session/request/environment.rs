//! The environment of this process, for the manifest of what it builds.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::Path;

use crate::digest::Parts;
use crate::key::fingerprint::tool;
use crate::ordered;
use crate::store::manifest::Environment;
use crate::text;

/// The beginnings of variables that differ from test to test, from run to run, from one test runner to the other, or
/// from shell to shell.
const OF_THE_RUN: [&str; 12] = [
    "CARGO_BIN_",
    "CARGO_CRATE_NAME",
    "CARGO_MANIFEST_",
    "CARGO_PKG_",
    "CARGO_PRIMARY_PACKAGE",
    "CARGO_TARGET_TMPDIR",
    "NEXTEST",
    "OLDPWD",
    "SHLVL",
    "__NEXTEST",
    "SMOKE_",
    "_",
];
/// Parts of the names of variables that hold secrets. A short secret could be guessed from its digest, and a CI system
/// may carry the cache to machines of others.
const SECRET: [&str; 12] =
    ["AUTH", "COOKIE", "CREDENTIAL", "DSN", "KEY", "PASS", "PRIVATE", "SECRET", "SESSION", "TOKEN", "URI", "URL"];
/// Stands for the value of a variable that may hold a secret.
const IS_SET: &str = "set";
/// The length of a digest in the record: one change of 65,536 is not seen, and many values have one digest. So a guess
/// of a value cannot be confirmed.
const DIGITS: usize = 4;

/// Returns the environment of this process.
pub(super) fn of_this_process() -> Environment {
    let named = std::env::vars_os().map(|(name, value)| (text::name(&name), value));
    let variables = ordered::collect(named.filter(|(name, _)| !is_of_the_run(name)).map(|(name, value)| {
        let record = if is_secret(&name) { IS_SET.to_owned() } else { digest("variable", value.as_encoded_bytes()) };
        (name, record)
    }));
    let mut facts = BTreeMap::new();
    let mut fact = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            facts.insert(name.to_owned(), value);
        }
    };
    fact("time zone", time_zone());
    fact("locale", ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(variable));
    fact("number of cores", std::thread::available_parallelism().ok().map(|cores| cores.to_string()));
    fact("system", Some(format!("{} {}", std::env::consts::OS, std::env::consts::ARCH)));
    fact("umask", umask());
    let mut private = BTreeMap::new();
    let mut secret = |name: &str, value: Option<Vec<u8>>| {
        if let Some(value) = value {
            private.insert(name.to_owned(), digest(name, &value));
        }
    };
    let directory = std::env::current_dir().ok();
    secret("working directory", directory.as_ref().map(|path| path.as_os_str().as_encoded_bytes().to_vec()));
    secret("user", Some(user()));
    secret("host", host());
    secret("git", directory.as_deref().and_then(git));
    Environment { variables, facts, private, dependencies: BTreeMap::new() }
}

fn is_of_the_run(name: &str) -> bool {
    OF_THE_RUN.iter().any(|prefix| if *prefix == "_" { name == "_" } else { name.starts_with(prefix) })
}

fn is_secret(name: &str) -> bool {
    let name = name.to_uppercase();
    SECRET.iter().any(|part| name.contains(part))
}

fn digest(what: &str, value: &[u8]) -> String {
    let mut parts = Parts::default();
    parts.add(what).add(value);
    let mut digest = parts.finish();
    digest.truncate(DIGITS);
    digest
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Returns the name of the time zone: the variable, or the file that the link of the system names.
fn time_zone() -> Option<String> {
    variable("TZ").or_else(|| {
        let file = std::fs::read_link("/etc/localtime").ok()?;
        let text = file.to_str()?;
        Some(text.split_once("zoneinfo/").map_or(text, |(_, zone)| zone).to_owned())
    })
}

#[cfg(target_os = "linux")]
fn umask() -> Option<String> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|line| line.strip_prefix("Umask:")).map(|mask| mask.trim().to_owned())
}

/// Returns nothing: the mask cannot be read without changing it.
#[cfg(not(target_os = "linux"))]
fn umask() -> Option<String> {
    None
}

#[cfg(unix)]
fn user() -> Vec<u8> {
    rustix::process::geteuid().as_raw().to_le_bytes().to_vec()
}

#[cfg(not(unix))]
fn user() -> Vec<u8> {
    std::env::var_os("USERNAME").unwrap_or_default().as_encoded_bytes().to_vec()
}

fn host() -> Option<Vec<u8>> {
    #[cfg(target_os = "linux")]
    let name = std::fs::read("/proc/sys/kernel/hostname").ok();
    #[cfg(not(target_os = "linux"))]
    let name = ["HOSTNAME", "COMPUTERNAME"].into_iter().find_map(variable).map(String::into_bytes);
    name
}

/// Returns the path, size and time of git. To ask git for its version would take longer than many builds.
fn git(directory: &Path) -> Option<Vec<u8>> {
    let git = tool::resolve(OsStr::new("git"), directory)?;
    let metadata = git.metadata().ok()?;
    let modified = metadata.modified().ok()?;
    Some(format!("{} {} {modified:?}", git.display(), metadata.len()).into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn record_has_no_values_and_nothing_of_secrets_and_runs() {
        for secret in ["GITHUB_TOKEN", "DB_PASSWORD", "AWS_SECRET_ACCESS_KEY", "npm_config__auth", "DATABASE_URL"] {
            assert!(is_secret(secret), "{secret}");
        }
        assert!(is_of_the_run("SMOKE_RUN_ID") && is_of_the_run("NEXTEST_ATTEMPT") && is_of_the_run("_"));
        assert!(is_of_the_run("CARGO_PKG_README") && !is_of_the_run("CARGO_HOME"));
        assert!(!is_of_the_run("_X") && !is_secret("TZ"));
        let environment = of_this_process();
        let path = std::env::var("PATH").expect("set");
        let recorded = &environment.variables["PATH"];
        assert!(recorded.len() == DIGITS && *recorded != path, "{recorded}");
        assert_eq!(environment, of_this_process());
    }
}
