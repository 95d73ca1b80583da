//! `list`, `verify`, `gc`, `clean` and `dir`: the content of the cache.

use std::fs;
use std::path::PathBuf;

use test_support::{Project, SUITE, text};

use crate::{json, out, project, smoke_cache, smoke_cache_with};

/// Returns the only file of that name in the entries.
fn entry_file(project: &Project, name: &str) -> PathBuf {
    let entries = fs::read_dir(project.path("cache/one")).unwrap().flatten();
    let mut found: Vec<PathBuf> = entries.map(|entry| entry.path().join(name)).filter(|path| path.is_file()).collect();
    assert_eq!(found.len(), 1);
    found.remove(0)
}

#[test]
fn stored_artifacts_are_listed_and_verified() {
    let project = project("listed");
    assert!(out(&smoke_cache(&project, &["list"]), 0).starts_with("0 artifacts, 0 B in "));
    out(&smoke_cache(&project, &["populate"]), 0);
    let rows = json(&smoke_cache(&project, &["list", "--json"]));
    let key = json(&smoke_cache(&project, &["key", "--json"]));
    assert_eq!(rows.as_array().unwrap().len(), 1);
    assert_eq!(
        (&rows[0]["repo"], &rows[0]["artifact"], &rows[0]["state"]),
        (&"one".into(), &"number".into(), &"ok".into())
    );
    assert_eq!(rows[0]["key"], key[0]["key"]);
    assert!(rows[0]["bytes"].as_u64().unwrap() > 0);
    let root = project.path("").canonicalize().unwrap();
    assert_eq!(rows[0]["project"].as_str(), root.to_str());
    let verified = out(&smoke_cache(&project, &["verify", "one"]), 0);
    assert!(verified.contains(": 0 damaged\n"), "{verified}");

    for (name, change, damage) in [
        ("number.tar.zst", (|bytes| bytes[0] ^= 1) as fn(&mut Vec<u8>), "the digest of its archive does not match"),
        ("number.json", |bytes| bytes.truncate(20), "its manifest cannot be read"),
    ] {
        let path = entry_file(&project, name);
        let mut bad = fs::read(&path).unwrap();
        change(&mut bad);
        fs::remove_file(&path).unwrap();
        fs::write(&path, bad).unwrap();
        let damaged = out(&smoke_cache(&project, &["verify"]), 1);
        let expected = format!("number of one: {damage}");
        assert!(damaged.contains(&expected) && damaged.contains(": 1 damaged\n"), "{damaged}");
        // Although the unpacked files are intact, and no test would read the archive.
        let again = out(&smoke_cache(&project, &["populate"]), 0);
        assert_eq!(again, "1 of 1 artifacts are in the cache; 1 were built now\n");
        assert!(out(&smoke_cache(&project, &["verify"]), 0).contains(": 0 damaged\n"));
    }
    let unpacked = fs::read_dir(project.path("cache/.unpacked/one")).unwrap().flatten().next().unwrap().path();
    fs::remove_file(unpacked.join("number/number")).unwrap();
    fs::write(unpacked.join("number/number"), "2").unwrap();
    let damaged = out(&smoke_cache(&project, &["verify"]), 1);
    assert!(damaged.contains("its file number was changed after it was stored"), "{damaged}");
}

#[test]
fn limits_and_names_select_what_is_removed() {
    let project = project("collected");
    out(&smoke_cache(&project, &["populate"]), 0);
    project.write("src/lib.rs", "pub fn number() -> u32 { 1 + 0 }\n");
    out(&smoke_cache(&project, &["populate"]), 0);
    let count = |project: &Project| json(&smoke_cache(project, &["list", "--json"])).as_array().unwrap().len();
    assert_eq!(count(&project), 2);

    let dry = out(&smoke_cache(&project, &["gc", "--max-versions", "1", "--dry-run"]), 0);
    assert!(dry.contains("would remove one/files-") && dry.contains("would remove 1 artifacts ("), "{dry}");
    assert_eq!(count(&project), 2);
    let told = json(&smoke_cache(&project, &["gc", "--max-versions", "1", "--json"]));
    assert_eq!(
        (told["removed"].as_array().unwrap().len(), &told["in_use"], &told["dry_run"]),
        (1, &0.into(), &false.into())
    );
    assert_eq!(count(&project), 1);
    assert!(out(&smoke_cache(&project, &["gc", "--max-age", "30d"]), 0).starts_with("removed 0 artifacts"));
    assert_eq!(count(&project), 1);
    assert!(out(&smoke_cache(&project, &["gc"]), 0).starts_with("removed 0 artifacts"), "there is no limit");
    assert!(
        out(&smoke_cache_with(&project, &[("SMOKE_MAX_SIZE", "1B")], &["gc", "--dry-run"]), 0)
            .contains("would remove 1 ")
    );

    let dry = out(&smoke_cache(&project, &["clean", "--dry-run"]), 0);
    assert!(dry.contains("would remove 1 artifacts"), "{dry}");
    let unknown = smoke_cache(&project, &["clean", "oen"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(text(&unknown.stderr).contains("did you mean `one`?"));
    assert!(out(&smoke_cache(&project, &["clean", "one"]), 0).starts_with("removed 1 artifacts ("));
    assert_eq!(count(&project), 0);
    assert_eq!(fs::read_dir(project.path("cache/.trash")).unwrap().count(), 0, "it is gone");
}

#[test]
fn artifacts_of_other_projects_stay() {
    let (own, other) = (project("own"), project("foreign"));
    let shared = tempfile::tempdir().unwrap();
    let run = |project: &Project, arguments: &[&str]| {
        out(&smoke_cache_with(project, &[("SMOKE_CACHE_DIR", shared.path().to_str().unwrap())], arguments), 0)
    };
    for project in [&own, &other] {
        run(project, &["populate"]);
    }
    let note = "\n1 artifacts of other projects stay; `--all-projects` includes them\n";
    let dry = run(&own, &["clean", "--dry-run"]);
    assert!(dry.contains("would remove 1 artifacts (") && dry.ends_with(note), "{dry}");
    let collected = run(&own, &["gc", "--max-size", "1B"]);
    assert!(collected.contains("removed 1 artifacts (") && collected.ends_with(note), "{collected}");
    assert!(run(&own, &["clean", "one"]).starts_with("removed 0 artifacts ("));
    assert!(run(&other, &["populate"]).contains("; 0 were built now"));
    let all = run(&own, &["clean", "--all-projects"]);
    assert!(all.contains("removed 1 artifacts (") && !all.contains("other projects"), "{all}");
}

/// Returns a project over one artifact in two configurations. The test `of_other` has the second.
fn project_with_two_configurations(name: &str) -> Project {
    let project = project(name);
    let suite = fs::read_to_string(project.path(SUITE)).unwrap();
    let config =
        "#[derive(Clone, Default, serde::Serialize)]\npub struct Config { pub size: u32, pub mode: Option<String> }";
    project.write(SUITE, &(suite.replace("type Config = ();", "type Config = Config;") + config));
    let tests = fs::read_to_string(project.path("tests/a.rs")).unwrap();
    let other = "#[cached_smoke(repo = \"one\", config = suite::Config { size: 5, ..Default::default() })]\nfn of_other(_: &Number) {}\n";
    project.write("tests/a.rs", &(tests + other));
    let manifest = fs::read_to_string(project.path("Cargo.toml")).unwrap();
    project.write("Cargo.toml", &(manifest + "serde = { version = \"1\", features = [\"derive\"] }\n"));
    project
}

#[test]
fn versions_are_counted_for_each_configuration() {
    let project = project_with_two_configurations("configured");
    for number in 1..=2 {
        project.write("src/lib.rs", &format!("pub fn number() -> u32 {{ {number} }}\n"));
        assert!(out(&smoke_cache(&project, &["populate"]), 0).starts_with("2 of 2 artifacts are in the cache; 2 were"));
    }
    let collected = out(&smoke_cache(&project, &["gc", "--max-versions", "1"]), 0);
    assert!(collected.contains("removed 2 artifacts ("), "{collected}");
    let keys = json(&smoke_cache(&project, &["key", "--json"]));
    assert!(keys.as_array().unwrap().iter().all(|key| key["is_there"] == true), "{keys}");
}

#[test]
fn rows_show_how_their_configurations_differ() {
    let project = project_with_two_configurations("told-apart");
    out(&smoke_cache(&project, &["populate"]), 0);
    for command in ["key", "list"] {
        let table = out(&smoke_cache(&project, &[command]), 0);
        assert!(table.lines().next().unwrap().contains(" configuration "), "{table}");
        assert!(table.contains(" size=0 ") && table.contains(" size=5 ") && !table.contains("mode"), "{table}");
        let rows = json(&smoke_cache(&project, &[command, "--json"]));
        let sizes: Vec<u64> =
            rows.as_array().unwrap().iter().map(|row| row["config"][0]["size"].as_u64().unwrap()).collect();
        assert!(sizes.contains(&0) && sizes.contains(&5), "{rows}");
        assert!(rows[0]["suite"].as_str().unwrap().ends_with("suite::Smoke"), "{rows}");
    }
    // One configuration is not shown.
    let single = self::project("told-alone");
    out(&smoke_cache(&single, &["populate"]), 0);
    for command in ["key", "list"] {
        let table = out(&smoke_cache(&single, &[command]), 0);
        assert!(!table.contains("configuration"), "{table}");
        assert_eq!(json(&smoke_cache(&single, &[command, "--json"]))[0]["config"], serde_json::json!([null]));
    }
}

#[test]
fn cache_directory_is_printed_for_scripts() {
    let project = project("located");
    let expected = format!("{}\n", project.path("cache").display());
    assert_eq!(out(&smoke_cache(&project, &["dir"]), 0), expected);
}
