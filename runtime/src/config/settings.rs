//! The table of all settings, from which `--help` and the reference page are generated.

/// One setting: a variable of the environment, and perhaps a key in `smoke.toml`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Setting {
    /// The variable.
    pub variable: &'static str,
    /// The key in `smoke.toml`, with its table: `defaults.cache-dir`.
    pub key: Option<&'static str>,
    /// The default.
    pub default: &'static str,
    /// The meaning, short enough for a line of `--help`.
    pub help: &'static str,
}

/// The variables that processes of this crate set for one another.
pub const INTERNAL_VARIABLES: &[&str] = &["SMOKE_AUDIT", "SMOKE_BUILDER"];

const NONE: &str = "none";

/// Returns all settings.
pub fn settings() -> &'static [Setting] {
    SETTINGS
}

const SETTINGS: &[Setting] = &[
    Setting {
        variable: "SMOKE_CACHE_DIR",
        key: Some("defaults.cache-dir"),
        default: "`~/.cdsagent-smoke-cache`",
        help: "Cache directory, an absolute path",
    },
    Setting {
        variable: "SMOKE_CACHE",
        key: Some("defaults.cache"),
        default: "`read-write`",
        help: "Use of the cache: `read-write`, `read-only` or `off`",
    },
    Setting {
        variable: "SMOKE_ON_MISS",
        key: Some("defaults.on-miss"),
        default: "`build`",
        help: "Reaction to a miss: `build`, `skip` or `fail`",
    },
    Setting {
        variable: "SMOKE_FORCE_REBUILD",
        key: Some("defaults.force-rebuild"),
        default: NONE,
        help: "Repositories to rebuild: names separated by commas, or `all`",
    },
    Setting {
        variable: "SMOKE_LEAVE_OUT",
        key: None,
        default: NONE,
        help: "Repositories whose tests are skipped: names separated by commas",
    },
    Setting {
        variable: "SMOKE_REPO_PATHS",
        key: None,
        default: NONE,
        help: "Local repositories: absolute directories separated by commas",
    },
    Setting {
        variable: "SMOKE_MAX_SIZE",
        key: Some("defaults.max-size"),
        default: "`10GB`",
        help: "Size limit of the cache: `500MB`, `5GB`, `5GiB`, or `none`",
    },
    Setting {
        variable: "SMOKE_LOCK_TIMEOUT",
        key: Some("defaults.lock-timeout"),
        default: "`1h`",
        help: "Longest wait for another process's build: `90s`, `20m`, `1h`",
    },
    Setting {
        variable: "SMOKE_STRICT",
        key: Some("defaults.strict"),
        default: "`0`",
        help: "`1`: read each repository's state in every process, not once a run",
    },
    Setting {
        variable: "SMOKE_DETACH",
        key: Some("defaults.detach"),
        default: "`1` under nextest, else `0`",
        help: "`1`: build in a separate process, which survives a killed test",
    },
    Setting {
        variable: "SMOKE_ANNOUNCE",
        key: Some("defaults.announce"),
        default: "`on`",
        help: "`off`: do not announce a build that takes more than 2 s",
    },
    Setting {
        variable: "SMOKE_HERMETIC",
        key: Some("defaults.hermetic"),
        default: "that of the suite",
        help: "`1`: builds read only what their keys cover; `0`: none is limited",
    },
    Setting {
        variable: "SMOKE_STOP_AFTER",
        key: None,
        default: NONE,
        help: "Stop tests after their `key` is computed, or their `fixture` is ready",
    },
    Setting {
        variable: "SMOKE_VERIFY",
        key: None,
        default: "`0`",
        help: "Share of hits to build again and compare: `1`, `1/16`, `1/16,vary`",
    },
    Setting {
        variable: "SMOKE_RUN_ID",
        key: None,
        default: "`NEXTEST_RUN_ID`, else derived from the cargo process",
        help: "Id of the run: processes with the same id belong to one run",
    },
    Setting {
        variable: "SMOKE_REMOTE",
        key: Some("remote.url"),
        default: NONE,
        help: "Remote cache: a URL such as `s3://bucket/prefix?region=…`, or `off`",
    },
    Setting {
        variable: "SMOKE_REMOTE_PUBLIC_KEYS",
        key: Some("remote.public-keys"),
        default: NONE,
        help: "Public keys of trusted writers: separated by commas, or a list",
    },
    Setting {
        variable: "SMOKE_REMOTE_SIGNING_KEY",
        key: None,
        default: NONE,
        help: "Secret key that signs uploads; never write it into a committed file",
    },
    Setting {
        variable: "SMOKE_REMOTE_UNSIGNED",
        key: Some("remote.unsigned"),
        default: "`0`",
        help: "`1`: accept entries of every writer, signed or not",
    },
    Setting {
        variable: "SMOKE_REMOTE_ACCESS",
        key: Some("remote.access"),
        default: "`read-write`",
        help: "Access: `read-write`, which needs a signing key, or `read-only`",
    },
    Setting {
        variable: "SMOKE_REMOTE_BUDGET",
        key: Some("remote.budget"),
        default: "the build time of the artifact",
        help: "Longest time for one artifact in total, such as `30s` or `2m`; not 0",
    },
    Setting {
        variable: "SMOKE_REMOTE_HELPER",
        key: Some("remote.helper"),
        default: "`cargo-smoke-cache-remote`",
        help: "Helper program and its arguments, or a JSON list of them",
    },
];

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::collections::BTreeSet;
    use std::ffi::OsString;

    use super::super::Config;
    use super::*;

    /// Reads a configuration, and returns the variables that it asks for.
    fn read(smoke_toml: &str) -> (Result<Config, String>, BTreeSet<String>) {
        let directory = tempfile::tempdir().expect("a temporary directory");
        std::fs::write(directory.path().join("smoke.toml"), smoke_toml).expect("smoke.toml is written");
        let asked = RefCell::new(BTreeSet::new());
        let environment = |name: &str| {
            asked.borrow_mut().insert(name.to_owned());
            // Otherwise the other settings of the remote cache are not read.
            (name == "SMOKE_REMOTE").then(|| OsString::from("s3://bucket"))
        };
        let home = Some(directory.path().to_owned());
        let config = Config::read(directory.path(), &environment, home);
        (config.map_err(|error| error.to_string()), asked.into_inner())
    }

    #[test]
    fn table_lists_the_variables_that_the_configuration_reads() {
        let (config, asked) = read("");
        config.expect("a valid configuration");
        let read: BTreeSet<&str> = asked.iter().map(String::as_str).filter(|name| name.starts_with("SMOKE_")).collect();
        let read: BTreeSet<&str> = read.into_iter().filter(|name| !INTERNAL_VARIABLES.contains(name)).collect();
        let listed: Vec<&str> = settings().iter().map(|setting| setting.variable).collect();
        assert_eq!(listed.iter().copied().collect::<BTreeSet<_>>(), read);
        assert_eq!(listed.len(), read.len(), "each once");
    }

    #[test]
    fn table_lists_the_keys_that_smoke_toml_may_have() {
        for (table, refused) in [("defaults", None), ("remote", Some("signing-key"))] {
            let error = read(&format!("[{table}]\nno-such-key = 1\n")).0.expect_err("an unknown key");
            let (_, expected) = error.split_once("expected one of").expect("the list of known keys");
            let known: BTreeSet<&str> =
                expected.split('`').skip(1).step_by(2).filter(|key| Some(*key) != refused).collect();
            let keys = settings().iter().filter_map(|setting| setting.key?.split_once('.'));
            let listed: BTreeSet<&str> = keys.filter(|(of, _)| *of == table).map(|(_, key)| key).collect();
            assert_eq!(listed, known, "[{table}]");
        }
    }
}
