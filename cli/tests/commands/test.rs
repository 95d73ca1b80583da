//! `test`: runs the tests and prints a summary.

use std::fs;

use test_support::{Project, text};

#[cfg(unix)]
use crate::project_that_waits;
use crate::{json, out, project, smoke_cache, smoke_cache_with};

#[test]
fn command_runs_the_tests_and_prints_a_summary() {
    let project = Project::with_suite("summed-up");
    let lost = "[repos.one]\npath = \"one\"\n[repos.lost]\ngit = \"file:///nowhere/at/all\"\nrev = \"main\"\n";
    project.write("smoke.toml", &format!("{lost}[test]\nargs = [\"--test\", \"a\"]\n"));

    let cold = smoke_cache(&project, &["test", "--runner", "cargo", "--require-hits"]);
    let stdout = text(&cold.stdout);
    assert_eq!(cold.status.code(), Some(3), "{stdout}{}", text(&cold.stderr));
    assert!(stdout.contains("built 1 artifact in "), "{stdout}");
    assert!(stdout.contains("skipped: lost: failed to "), "{stdout}");
    assert_eq!(project.take_log().len(), 1);

    let warm = smoke_cache(&project, &["test", "--runner", "cargo", "--require-hits"]);
    let stdout = text(&warm.stdout);
    assert_eq!(warm.status.code(), Some(0), "{stdout}{}", text(&warm.stderr));
    assert!(
        stdout.contains("3 tests: ") && stdout.contains("\nhit rate: 100 %: 1 of 1 artifact restored in "),
        "{stdout}"
    );
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

/// Returns a project with two unavailable repositories: one that cannot be fetched, and one with a wrong path.
fn project_with_absent_repositories(name: &str) -> Project {
    let project = Project::with_suite(name);
    let lost = "[repos.lost]\ngit = \"file:///nowhere/at/all\"\nrev = \"main\"\n[repos.gone]\npath = \"gone\"\n";
    project.write("smoke.toml", &format!("[repos.one]\npath = \"one\"\n{lost}[test]\nargs = [\"--test\", \"a\"]\n"));
    project
}

#[test]
fn unavailable_selected_repository_fails_the_run() {
    let project = project_with_absent_repositories("named");
    let run = |variables: &[(&str, &str)], repos: &[&str], others: &[&str]| {
        let named = repos.iter().flat_map(|repo| ["--repo", repo]);
        let arguments: Vec<&str> =
            ["test", "--runner", "cargo"].into_iter().chain(named).chain(others.iter().copied()).collect();
        let done = smoke_cache_with(&project, variables, &arguments);
        (done.status.code(), text(&done.stdout), text(&done.stderr))
    };

    let (status, stdout, stderr) = run(&[], &["one", "lost", "gone"], &[]);
    assert_eq!(status, Some(2), "{stdout}{stderr}");
    assert!(stdout.contains("\nbuilt 1 artifact in "), "the others run: {stdout}");
    assert_eq!(project.take_log().len(), 1);
    assert!(stderr.contains("\nerror: lost: failed to "), "{stderr}");
    assert!(stderr.contains("\nhelp: run `cargo smoke-cache fetch lost` when its source is reachable\n"), "{stderr}");
    assert!(stderr.contains(&format!("\nerror: gone: directory {} does not exist\n", project.path("gone").display())));
    assert!(stderr.contains("\nhelp: fix the `path` of [repos.gone] in smoke.toml, or SMOKE_REPO_PATHS\n"));

    // Its status has precedence over that of a miss, and a failed test has precedence over it.
    assert_eq!(run(&[], &["one", "lost"], &["--require-hits"]).0, Some(2));
    assert_eq!(run(&[], &["lost"], &[]).0, Some(2));
    assert_eq!(run(&[], &["one"], &["--require-hits"]).0, Some(0));
    assert_eq!(run(&[("SMOKE_LEAVE_OUT", "gone")], &[], &[]).0, Some(0), "`lost` was not named");

    let (status, _, stderr) = run(&[("SMOKE_LEAVE_OUT", "one")], &["one"], &[]);
    assert_eq!(status, Some(2));
    assert!(stderr.contains("error: one: skipped by SMOKE_LEAVE_OUT\nhelp: remove `one` from"), "{stderr}");

    project.write("src/lib.rs", "pub fn number() -> u32 { panic!(\"told to\") }\n");
    let (status, _, stderr) = run(&[], &["one", "lost"], &[]);
    assert_eq!(status, Some(101), "the runner's own status");
    assert!(stderr.contains("\nerror: lost: failed to "), "{stderr}");
}

#[test]
fn unavailable_selected_repository_fails_each_command() {
    let project = project_with_absent_repositories("named-elsewhere");
    fs::create_dir(project.path("bucket")).unwrap();
    let url = format!("fs://{}", project.path("bucket").display());
    let variables = [("SMOKE_REMOTE", url.as_str()), ("SMOKE_REMOTE_UNSIGNED", "1")];
    for (arguments, status) in [
        (&["fetch", "one", "NAME"][..], 1),
        (&["populate", "one", "NAME"], 1),
        (&["populate", "NAME"], 1),
        (&["pull", "one", "NAME"], 1),
        (&["pull", "NAME"], 1),
        (&["key", "one", "NAME"], 2),
        (&["key", "NAME", "--hash"], 2),
        (&["explain", "NAME"], 2),
    ] {
        for name in ["lost", "gone"] {
            let arguments: Vec<&str> =
                arguments.iter().map(|argument| if *argument == "NAME" { name } else { argument }).collect();
            let done = smoke_cache_with(&project, &variables, &arguments);
            let stderr = text(&done.stderr);
            assert_eq!(done.status.code(), Some(status), "{arguments:?}: {}{stderr}", text(&done.stdout));
            assert!(
                stderr.contains(&format!("error: {name}: ")) && stderr.contains("\nhelp: "),
                "{arguments:?}: {stderr}"
            );
        }
    }
    assert_eq!(project.take_log().len(), 1, "`populate one` has built");
    for (arguments, status) in [(["populate", "one"], 1), (["pull", "one"], 1), (["key", "one"], 2)] {
        let variables = [&variables[..], &[("SMOKE_LEAVE_OUT", "one")]].concat();
        let done = smoke_cache_with(&project, &variables, &arguments);
        assert_eq!(done.status.code(), Some(status), "{arguments:?}");
        assert!(text(&done.stderr).contains("error: one: skipped by SMOKE_LEAVE_OUT\n"), "{arguments:?}");
    }
}

/// Ctrl-C on a terminal reaches all processes: the runner ends the tests, and the command prints the summary.
#[cfg(unix)]
#[test]
fn interrupt_ends_the_runner_and_the_summary_follows() {
    use std::os::unix::process::CommandExt;
    use std::process::{Command, Stdio};

    for (signal, everybody) in [("-INT", true), ("-TERM", false)] {
        let project = Project::with_suite(if everybody { "interrupted" } else { "terminated" });
        let pipe = project.path("pipe");
        test_support::make_pipe(&pipe);
        let suite = fs::read_to_string(project.path("tests/a.rs")).unwrap();
        let body = "    std::fs::read(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/pipe\")).unwrap();\n}\n";
        project.write("tests/a.rs", &(suite + "\n#[cached_smoke(repo = \"one\")]\nfn waits(_: &Number) {\n" + body));
        project.write("smoke.toml", "[repos.one]\npath = \"one\"\n[test]\nargs = [\"--test\", \"a\"]\n");

        let mut command = project.command(env!("CARGO_BIN_EXE_cargo-smoke-cache"));
        command.args(["smoke-cache", "test", "--runner", "cargo"]).process_group(0);
        let mut running = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        // The open returns when the test has opened the other end.
        let held = fs::File::options().write(true).open(&pipe).unwrap();
        let whom = if everybody { format!("-{}", running.id()) } else { running.id().to_string() };
        assert!(Command::new("kill").args([signal, "--", &whom]).status().unwrap().success());
        // Only the command gets the other signal, and forwards it to cargo. cargo ends, and its test goes on until the
        // pipe is closed. The pipe must not be closed earlier: cargo would end without the signal.
        running.wait().unwrap();
        drop(held);
        let done = running.wait_with_output().unwrap();
        assert_eq!(done.status.code(), Some(1), "no status is told of a runner that was killed");
        let stdout = text(&done.stdout);
        assert!(stdout.contains("\nbuilt 1 artifact in "), "{stdout}");
    }
}

#[test]
fn tests_announce_no_builds_that_the_command_shows() {
    let project = project("unannounced");
    let tests = fs::read_to_string(project.path("tests/a.rs")).unwrap();
    let test =
        "#[test]\nfn is_told() {\n    assert_eq!(std::env::var(\"SMOKE_ANNOUNCE\").as_deref(), Ok(\"off\"));\n}\n";
    project.write("tests/a.rs", &(tests + "\n" + test));
    let status = |announce: &str| {
        let variables = [("SMOKE_ANNOUNCE", announce)];
        smoke_cache_with(&project, &variables, &["test", "--runner", "cargo"]).status.code()
    };
    assert_eq!((status(""), status("on")), (Some(0), Some(101)), "what the user sets has precedence");
}

/// nextest does not show the output of a test while it runs.
#[cfg(unix)]
#[test]
fn builds_in_flight_are_shown_while_the_runner_runs() {
    use std::io::{BufRead, BufReader};
    use std::process::Stdio;

    const AT: &str = "building number of one: 1 of 3 numbers (";
    let (project, pipe) = project_that_waits("shown");
    let mut command = project.command(env!("CARGO_BIN_EXE_cargo-smoke-cache"));
    command.args(["smoke-cache", "test", "--repo", "one"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut running = command.spawn().unwrap();
    let mut lines = BufReader::new(running.stderr.take().unwrap()).lines().map_while(Result::ok);
    let line = lines.find(|line| line.starts_with(&format!("[smoke-cache] {AT}"))).expect("it ended without a word");
    let seconds: f64 = line.rsplit_once('(').unwrap().1.split_once(" s, process ").unwrap().0.parse().unwrap();
    assert!(seconds >= 5.0, "{line}");

    let listed = out(&smoke_cache(&project, &["list"]), 0);
    assert!(listed.starts_with(AT) && listed.contains("\n0 artifacts, 0 B in "), "{listed}");
    let rows = json(&smoke_cache(&project, &["list", "one", "--json"]));
    assert_eq!((&rows[0]["state"], &rows[0]["artifact"]), (&"building".into(), &"number".into()), "{rows}");
    assert_eq!(rows[0]["key"], json(&smoke_cache(&project, &["key", "--json"]))[0]["key"]);

    // The build goes on.
    fs::write(pipe, "").unwrap();
    lines.for_each(drop);
    let done = running.wait_with_output().unwrap();
    assert!(done.status.success(), "{}", text(&done.stdout));
    assert!(!out(&smoke_cache(&project, &["list"]), 0).contains("building"));
    let warm = smoke_cache(&project, &["test", "--repo", "one"]);
    assert!(warm.status.success() && !text(&warm.stderr).contains("building"), "{}", text(&warm.stderr));
}

#[test]
fn summary_ends_with_the_warnings_of_the_run() {
    let project = project("warned");
    let notes = project.path("cache/.runs/warned");
    fs::create_dir_all(&notes).unwrap();
    fs::write(notes.join("warnings.jsonl"), "\"the \\u001bsky falls\"\n\"beware\"\n\"the \\u001bsky falls\"\n")
        .unwrap();
    let run = |arguments: &[&str]| smoke_cache_with(&project, &[("SMOKE_RUN_ID", "warned")], arguments);
    let summary = out(&run(&["test"]), 0);
    assert!(summary.ends_with("\nwarning: the  sky falls\nwarning: beware\n"), "{summary}");
    let told = json(&run(&["test", "--json"]));
    assert_eq!(told["warnings"], serde_json::json!(["the \u{1b}sky falls", "beware"]));
    assert!(!out(&smoke_cache(&project, &["test"]), 0).contains("warning: "), "another run had none");
}

/// docs/guide/running.md has the recipe.
#[test]
fn nextest_recipe_runs_the_warming_tests_first() {
    let page = include_str!("../../../docs/guide/running.md");
    let step = page.split_once("## nextest\n").unwrap().1;
    let recipe = step.split_once("```toml\n").unwrap().1.split_once("```").unwrap().0;
    let warm = step.split_once("```rust,ignore\n").unwrap().1.split_once("```").unwrap().0;

    let project = project("recipe");
    fs::create_dir_all(project.path(".config")).unwrap();
    project.write(".config/nextest.toml", recipe);
    let warm = warm.replace("_: &DependencyGraph, _: &SparseIndex", "_: &Number");
    let tests = fs::read_to_string(project.path("tests/a.rs")).unwrap();
    fs::remove_file(project.path("tests/a.rs")).unwrap();
    project.write("tests/smoke_multi_repo.rs", &(tests + "\n#[test]\nfn a_plain_one() {}\n" + &warm));
    fs::create_dir(project.path("two")).unwrap();
    project.write("two/file", "content");
    project.write("smoke.toml", "[repos.one]\npath = \"one\"\n[repos.two]\npath = \"two\"\n");
    let Some(mut nextest) = project.nextest(&["--run-ignored", "all", "--test-threads", "1"]) else { return };
    let done = nextest.output().unwrap();
    let stderr = text(&done.stderr);
    assert!(done.status.success() && !stderr.contains("unknown configuration"), "{stderr}");
    let passed: Vec<&str> = stderr.lines().filter(|line| line.trim_start().starts_with("PASS ")).collect();
    let is_warm = |line: &&str| line.contains(" warm::");
    assert!(passed[..2].iter().all(is_warm) && !passed[2..6].iter().any(is_warm), "{stderr}");
    let lines = |name: &str| stderr.lines().filter(|line| line.contains(name)).count();
    assert_eq!((lines("warm::one"), lines("warm::two"), lines("[smoke-cache]")), (1, 1, 0), "{stderr}");
}
