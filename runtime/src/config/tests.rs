use std::ffi::OsString;

use super::*;
use crate::name::check_name;

/// Returns a path that is absolute on this system.
fn absolute(path: &str) -> PathBuf {
    Path::new(if cfg!(windows) { "C:/" } else { "/" }).join(path)
}

fn home() -> PathBuf {
    absolute("home/someone")
}

fn read(toml: &str, environment: &[(&str, &str)]) -> Result<Config, String> {
    let directory = tempfile::tempdir().expect("a temporary directory");
    std::fs::write(directory.path().join("smoke.toml"), toml).expect("smoke.toml is written");
    let below = directory.path().join("crates/a");
    std::fs::create_dir_all(&below).expect("a package below");
    let lookup = |name: &str| environment.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value));
    Config::read(&below, &lookup, Some(home())).map_err(|error| error.to_string())
}

const REPOS: &str = r#"
[repos.django]
pypi = "Django==5.2.8"
[repos.mine]
path = "fixtures/mine"
[repos.other]
git = "https://example.org/other"
rev = "v1"
"#;

#[test]
fn defaults_apply_without_file_or_variables() {
    let config = read("", &[]).expect("valid");
    assert_eq!(config.cache_dir, absolute("home/someone/.cdsagent-smoke-cache"));
    assert_eq!((config.mode, config.on_miss, config.strict), (Mode::ReadWrite, OnMiss::Build, false));
    assert_eq!(config.force, Force::None);
}

#[test]
fn variables_override_the_file() {
    let toml = "[defaults]\ncache = \"off\"\non-miss = \"skip\"\ncache-dir = \"here\"\nstrict = true";
    let config = read(toml, &[("SMOKE_CACHE", "read-only"), ("SMOKE_STRICT", "0")]).expect("valid");
    assert_eq!((config.mode, config.on_miss, config.strict), (Mode::ReadOnly, OnMiss::Skip, false));
    assert_eq!(config.cache_dir, config.smoke_toml().parent().expect("a directory").join("here"));
}

#[test]
fn sources_determine_the_paths_of_repositories() {
    let cache = absolute("cache");
    let config = read(REPOS, &[("SMOKE_CACHE_DIR", cache.to_str().expect("UTF-8"))]).expect("valid");
    assert_eq!(config.repos["django"].path, cache.join(".repos/django/Django-5.2.8"));
    assert_eq!(config.repos["other"].path, cache.join(".repos/other/v1"));
    assert!(config.repos["mine"].path.ends_with("fixtures/mine"));
    assert_eq!(config.repos["other"].rev.as_deref(), Some("v1"));
}

#[test]
fn repo_paths_override_the_file() {
    let (django, new) = (absolute("a/django"), absolute("b/new"));
    let paths = format!("{},{}", django.display(), new.display());
    let config = read(REPOS, &[("SMOKE_REPO_PATHS", &paths)]).expect("valid");
    assert_eq!((&config.repos["django"].path, &config.repos["new"].path), (&django, &new));
}

#[test]
fn an_invalid_variable_is_reported_with_the_allowed_values() {
    let two = &format!("{},{}", absolute("a/x").display(), absolute("b/x").display());
    for (variable, value, expected) in [
        ("SMOKE_CACHE", "on", "SMOKE_CACHE is `on`, but must be `read-write` or `read-only` or `off`"),
        ("SMOKE_ON_MISS", "ignore", "must be `build` or `skip` or `fail`"),
        ("SMOKE_STRICT", "yes", "must be `0` or `1`"),
        ("SMOKE_FORCE_REBUILD", "djnago", "`all`, or names among: django, mine, other"),
        ("SMOKE_LEAVE_OUT", "djnago", "names among: django, mine, other"),
        ("SMOKE_REPO_PATHS", two.as_str(), "each with a different repository's name"),
        ("SMOKE_LOCK_TIMEOUT", "soon", "a number of seconds"),
        ("SMOKE_RUN_ID", "../x", "without a dot at the beginning"),
        ("SMOKE_CACHE_DIR", "relative", "an absolute path"),
        ("SMOKE_REPO_PATHS", "relative", "absolute directories"),
    ] {
        let error = read(REPOS, &[(variable, value)]).expect_err(variable);
        assert!(error.contains(expected) && error.contains(variable) && error.contains(value), "{error}");
    }
}

#[test]
fn an_invalid_default_is_reported_with_the_file() {
    let error = read("[defaults]\non-miss = \"perhaps\"", &[]).expect_err("invalid");
    assert!(error.contains("on-miss in ") && error.contains("smoke.toml"), "{error}");
}

#[test]
fn the_size_limit_has_a_default_and_can_be_none() {
    let limit = |variables: &[(&str, &str)]| read("", variables).map(|config| (config.max_bytes(), config.size_limit));
    assert_eq!(limit(&[]), Ok((Some(10_000_000_000), SizeLimit::Default)));
    assert_eq!(limit(&[("SMOKE_MAX_SIZE", "1MB")]), Ok((Some(1_000_000), SizeLimit::Bytes(1_000_000))));
    assert_eq!(limit(&[("SMOKE_MAX_SIZE", "none")]), Ok((None, SizeLimit::None)));
    assert!(
        limit(&[("SMOKE_MAX_SIZE", "5XB")])
            .expect_err("no size")
            .contains("such as `500MB`, `5GB` or `5GiB`, or `none`")
    );
}

#[test]
fn the_list_phase_of_nextest_is_not_a_run() {
    let run = |more: &[(&str, &str)]| {
        let variables = [&[("NEXTEST", "1"), ("NEXTEST_RUN_ID", "a")], more].concat();
        read("", &variables).expect("valid").run_id
    };
    assert_eq!(run(&[("NEXTEST_TEST_PHASE", "list")]), None);
    assert_eq!(run(&[("NEXTEST_TEST_PHASE", "run")]), Some("a".to_owned()));
    assert_eq!(run(&[]), Some("a".to_owned()), "a setup script has no phase");
    assert_eq!(run(&[("NEXTEST_TEST_PHASE", "list"), ("SMOKE_RUN_ID", "b")]), Some("b".to_owned()));
}

#[test]
fn settings_may_be_in_the_manifest() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let manifest = "[workspace]\n[workspace.metadata.cached-smoke.defaults]\ncache-dir = \"here\"\n";
    std::fs::write(directory.path().join("Cargo.toml"), manifest).expect("written");
    let read = || Config::read(directory.path(), &|_| None, Some(home())).map_err(|error| error.to_string());
    assert_eq!(read().expect("valid").cache_dir, directory.path().join("here"));
    let unknown = manifest.replace("cache-dir", "cache-dri");
    std::fs::write(directory.path().join("Cargo.toml"), unknown).expect("written");
    let error = read().expect_err("an unknown key");
    assert!(error.contains("Cargo.toml: ") && error.contains("unknown field `cache-dri`"), "{error}");
    std::fs::write(directory.path().join("Cargo.toml"), manifest).expect("written");
    std::fs::create_dir(directory.path().join(".config")).expect("a directory");
    std::fs::write(directory.path().join(".config/smoke.toml"), "").expect("written");
    let error = read().expect_err("two places");
    assert!(
        error.contains("smoke.toml: [workspace.metadata.cached-smoke] of ") && error.contains("\nhelp: keep "),
        "{error}"
    );
}

#[test]
fn paths_in_the_config_directory_start_above_it() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    std::fs::create_dir(directory.path().join(".config")).expect("a directory");
    let text = "[defaults]\ncache-dir = \"here\"\n[repos.mine]\npath = \"mine\"\n";
    std::fs::write(directory.path().join(".config/smoke.toml"), text).expect("written");
    let config = Config::read(directory.path(), &|_| None, None).expect("valid");
    assert_eq!(config.cache_dir, directory.path().join("here"));
    assert_eq!(config.repos["mine"].path, directory.path().join("mine"));
}

#[test]
fn force_takes_names_or_all() {
    let force = |value| read(REPOS, &[("SMOKE_FORCE_REBUILD", value)]).expect("valid").force;
    assert_eq!(force("all"), Force::All);
    assert_eq!(force("django, mine,"), Force::Repos(vec!["django".into(), "mine".into()]));
    assert_eq!(force(""), Force::None);
    assert!(force("django").covers("django") && !force("django").covers("mine"));
}

#[test]
fn timeouts_are_seconds_or_durations() {
    let timeout = |value| read("", &[("SMOKE_LOCK_TIMEOUT", value)]).expect("valid").lock_timeout;
    assert_eq!(timeout("90"), Duration::from_secs(90));
    assert_eq!(timeout("2m"), Duration::from_secs(2 * 60));
}

#[test]
fn detach_is_set_by_variable_then_file_then_runner() {
    let detach = |text: &str, variables: &[(&str, &str)]| read(text, variables).expect("valid").detach;
    let off = "[defaults]\ndetach = false\n";
    assert!(!detach("", &[]) && detach("", &[("NEXTEST", "1")]));
    assert!(!detach(off, &[("NEXTEST", "1")]) && detach("[defaults]\ndetach = true\n", &[]));
    assert!(detach(off, &[("SMOKE_DETACH", "1")]));
}

#[test]
fn announcements_are_set_by_variable_then_file() {
    let announce = |text: &str, variables: &[(&str, &str)]| read(text, variables).expect("valid").announce;
    let off = "[defaults]\nannounce = false\n";
    assert!(announce("", &[]) && !announce(off, &[]));
    assert!(announce(off, &[("SMOKE_ANNOUNCE", "on")]) && !announce("", &[("SMOKE_ANNOUNCE", "off")]));
}

#[test]
fn an_invalid_repo_table_is_reported_with_the_reason() {
    for (table, expected) in [
        ("path = \"a\"\npypi = \"b==1\"", "exactly one of"),
        ("rev = \"a\"", "exactly one of"),
        ("git = \"u\"", "needs a `rev`"),
        ("pypi = \"Django\"", "must name one version"),
        ("path = \"a\"\nsha256 = \"0\"", "is only for `pypi`"),
        ("pth = \"a\"", "unknown field"),
        ("git = \"u\"\nrev = \"\"", "an empty text is not a valid value"),
    ] {
        let error = read(&format!("[repos.x]\n{table}"), &[]).expect_err(table);
        assert!(error.contains(expected), "{table}: {error}");
    }
}

#[test]
fn a_directory_named_smoke_toml_is_skipped() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let package = directory.path().join("package");
    std::fs::create_dir_all(package.join("smoke.toml")).expect("a directory of that name");
    std::fs::write(directory.path().join("smoke.toml"), "[repos.far]\npath = \"far\"").expect("smoke.toml");
    let config = Config::read(&package, &|_| None, Some(home())).expect("valid");
    assert!(config.repos.contains_key("far"), "{config:?}");
}

#[test]
fn names_are_valid_file_names() {
    for name in ["", ".hidden", "a/b", "a b", "ä", &"x".repeat(65)] {
        assert!(check_name("repository", name).is_err(), "{name}");
    }
    assert!(check_name("repository", "scikit-learn_1.x").is_ok());
}

#[test]
fn remote_variables_override_the_file() {
    let toml = "[remote]\nurl = \"s3://bucket/prefix\"\npublic-keys = [\"a\", \"b\"]\nunsigned = true\nbudget = \"20s\"\naccess = \
                \"read-only\"\nhelper = [\"my helper\", \"--fast\"]";
    let remote = read(toml, &[]).expect("valid").remote.expect("configured");
    assert_eq!((remote.url.as_str(), remote.unsigned, remote.read_only), ("s3://bucket/prefix", true, true));
    assert_eq!(remote.helper(), ["my helper", "--fast"]);
    assert_eq!((remote.public_keys, remote.budget), (vec!["a".into(), "b".into()], Some(Duration::from_secs(20))));
    assert_eq!(remote.signing_key, None);

    let variables = [
        ("SMOKE_REMOTE", "fs:///folder"),
        ("SMOKE_REMOTE_PUBLIC_KEYS", "c, d,\r\n"),
        ("SMOKE_REMOTE_SIGNING_KEY", "e"),
        ("SMOKE_REMOTE_UNSIGNED", "0"),
        ("SMOKE_REMOTE_BUDGET", "3"),
        ("SMOKE_REMOTE_ACCESS", "read-write"),
        ("SMOKE_REMOTE_HELPER", "helper --slow"),
    ];
    let remote = read(toml, &variables).expect("valid").remote.expect("configured");
    assert_eq!((remote.url.as_str(), remote.unsigned, remote.read_only), ("fs:///folder", false, false));
    assert_eq!(remote.helper(), ["helper", "--slow"]);
    assert_eq!((remote.public_keys, remote.budget), (vec!["c".into(), "d".into()], Some(Duration::from_secs(3))));
    assert_eq!(remote.signing_key, Some("e".into()));
    let listed = [("SMOKE_REMOTE_HELPER", "[\"my helper\", \"x\"]")];
    assert_eq!(read(toml, &listed).expect("valid").remote.expect("configured").helper(), ["my helper", "x"]);
}

#[test]
fn the_remote_can_be_off_and_invalid_values_are_reported() {
    let toml = "[remote]\nurl = \"s3://bucket\"";
    assert!(read(toml, &[("SMOKE_REMOTE", "off")]).expect("valid").remote.is_none());
    assert!(read("", &[]).expect("valid").remote.is_none());
    assert_eq!(read(toml, &[]).expect("valid").remote.expect("configured").helper(), ["cargo-smoke-cache-remote"]);
    for (variable, value, expected) in [
        ("SMOKE_REMOTE", "bucket", "`off`, or a URL such as `s3://"),
        ("SMOKE_REMOTE_BUDGET", "soon", "a number of seconds, or a duration"),
        ("SMOKE_REMOTE_BUDGET", "0s", "set SMOKE_REMOTE to `off` to disable the remote cache"),
        ("SMOKE_REMOTE_BUDGET", "0", "set SMOKE_REMOTE to `off` to disable the remote cache"),
        ("SMOKE_REMOTE_ACCESS", "write", "`read-write` or `read-only`"),
        ("SMOKE_REMOTE_UNSIGNED", "yes", "`0` or `1`"),
        ("SMOKE_REMOTE_HELPER", "[1]", "as a JSON list"),
    ] {
        let error = read(toml, &[(variable, value)]).expect_err(value);
        assert!(error.contains(variable) && error.contains(expected), "{error}");
    }
    let error = read("", &[("SMOKE_REMOTE", "redis:/host?password=hush")]).expect_err("one slash is missing");
    assert!(error.contains("`redis:/host`") && !error.contains("hush"), "{error}");
    for helper in ["[]", " "] {
        let error = read(toml, &[("SMOKE_REMOTE_HELPER", helper)]).expect_err("no program");
        assert!(error.contains("a program and its arguments"), "{error}");
    }
    let secret = read("[remote]\nurl = \"s3://b\"\nsigning-key = \"hush\"", &[]).expect_err("it is secret");
    assert!(secret.contains("as SMOKE_REMOTE_SIGNING_KEY") && !secret.contains("hush"), "{secret}");
    let error = read("[remote]\nurl = \"bucket\"", &[]).expect_err("not a URL");
    assert!(error.contains("url of [remote] in "), "{error}");
    let error = read("[remote]\nurl = \"s3://b\"\nbudget = \"x\"", &[]).expect_err("not a duration");
    assert!(error.contains("budget of [remote] in "), "{error}");
}

#[test]
fn the_remote_is_shown_without_secrets() {
    for (url, place) in [
        ("s3://bucket/prefix?secret_access_key=x", "s3://bucket/prefix"),
        ("s3://bucket/prefix#x", "s3://bucket/prefix"),
        // The end of a password is unknown.
        ("redis://user:wo/rd@host:1/0", "redis:…"),
        ("redis://user:wo#rd@host:1/0?x=y", "redis:…"),
    ] {
        assert_eq!(read("", &[("SMOKE_REMOTE", url)]).expect("valid").remote.expect("configured").place(), place);
    }
}
