//! `list`, `verify`, `gc`, `clean` and `dir`: what lies in the cache.

use std::fs;
use std::path::PathBuf;

use crate::project::{Project, text};
use crate::{json, out, project, smoke_cache, smoke_cache_with};

/// The one file of that name in the cache's entries.
fn entry_file(project: &Project, name: &str) -> PathBuf {
    let entries = fs::read_dir(project.path("cache/one")).unwrap().flatten();
    let mut found: Vec<PathBuf> = entries.map(|entry| entry.path().join(name)).filter(|path| path.is_file()).collect();
    assert_eq!(found.len(), 1);
    found.remove(0)
}

#[test]
fn what_is_stored_is_listed_and_verified_byte_by_byte() {
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
    let verified = out(&smoke_cache(&project, &["verify", "one"]), 0);
    assert!(verified.contains(": 0 damaged\n"), "{verified}");

    for (name, change, damage) in [
        ("number.tar.zst", (|bytes| bytes[0] ^= 1) as fn(&mut Vec<u8>), "its archive is not the one that was written"),
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
        // Although its unpacked files are good, and no test would look at its archive.
        let again = out(&smoke_cache(&project, &["populate"]), 0);
        assert_eq!(again, "1 of 1 artifacts are in the cache; 1 were built now\n");
        assert!(out(&smoke_cache(&project, &["verify"]), 0).contains(": 0 damaged\n"));
    }
    let unpacked = fs::read_dir(project.path("cache/.unpacked/one")).unwrap().flatten().next().unwrap().path();
    fs::remove_file(unpacked.join("number/number")).unwrap();
    fs::write(unpacked.join("number/number"), "2").unwrap();
    let damaged = out(&smoke_cache(&project, &["verify"]), 1);
    assert!(damaged.contains("its file number is not what was written"), "{damaged}");
}

#[test]
fn limits_and_names_say_what_goes() {
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
fn the_directory_is_printed_for_scripts() {
    let project = project("located");
    let expected = format!("{}\n", project.path("cache").display());
    assert_eq!(out(&smoke_cache(&project, &["dir"]), 0), expected);
}
