//! `test`.

use crate::project::{Project, text};
use crate::{json, smoke_cache};

#[test]
fn the_command_runs_the_tests_and_sums_up() {
    let project = Project::with_suite("summed-up");
    let lost = "[repos.one]\npath = \"one\"\n[repos.lost]\ngit = \"file:///nowhere/at/all\"\nrev = \"main\"\n";
    project.write("smoke.toml", &format!("{lost}[test]\nargs = [\"--test\", \"a\"]\n"));

    let cold = smoke_cache(&project, &["test", "--runner", "cargo", "--require-hits"]);
    let stdout = text(&cold.stdout);
    assert_eq!(cold.status.code(), Some(3), "{stdout}{}", text(&cold.stderr));
    assert!(stdout.contains("hit rate: 0 % (0 of 1 artifacts were there before the run; 3 tests; "), "{stdout}");
    assert!(stdout.contains("left out: lost: failed to "), "{stdout}");
    assert_eq!(project.take_log().len(), 1);

    let warm = smoke_cache(&project, &["test", "--runner", "cargo", "--require-hits"]);
    let stdout = text(&warm.stdout);
    assert_eq!(warm.status.code(), Some(0), "{stdout}{}", text(&warm.stderr));
    assert!(stdout.contains("hit rate: 100 % (1 of 1 artifacts were there before the run; 3 tests; "), "{stdout}");
    let row = stdout.lines().find(|line| line.trim_start().starts_with("one ")).unwrap();
    assert!(row.contains(" number ") && row.contains(" hit ") && row.contains(" one:files:"), "{row}");

    let told = json(&smoke_cache(&project, &["test", "--runner", "cargo", "--json"]));
    assert_eq!((&told["hits"], &told["artifacts"], &told["tests"]), (&1.into(), &1.into(), &3.into()), "{told}");
    let row = told["rows"].as_array().unwrap().iter().find(|row| row["repo"] == "one").unwrap();
    assert_eq!((&row["artifact"], &row["outcome"]), (&"number".into(), &"hit".into()));
    assert_eq!(told["left_out"], serde_json::json!(["lost"]));

    project.write("src/lib.rs", "pub fn number() -> u32 { panic!(\"told to\") }\n");
    let failing = smoke_cache(&project, &["test", "--runner", "cargo"]);
    assert_eq!(failing.status.code(), Some(101), "the runner's own status");
    assert!(text(&failing.stdout).contains("failed"), "{}", text(&failing.stdout));

    let unknown = smoke_cache(&project, &["test", "--repo", "oen"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(text(&unknown.stderr).contains("did you mean `one`?"), "{}", text(&unknown.stderr));
}
