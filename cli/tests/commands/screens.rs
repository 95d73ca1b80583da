//! The screens of the book: what the commands print over a small project, at 80 and at 120 columns.

use std::fs;
use std::time::{Duration, SystemTime};

use expect_test::expect_file;
use serde_json::Value;
use test_support::{Project, files_below, out, text};

const HEAD: &str = "\
# Screens

The commands over a project with two repositories, on a terminal of 80 columns. [Wider screens](#at-120-columns) have
the columns that a narrow table drops. The output of the test runner is not shown.

A test runs the commands, and compares this page with what they print. It replaces times, digests and directories by
fixed values; `UPDATE_EXPECT=1` rewrites the page.
";
/// The name of the project's directory on the page, as long as that of a temporary directory.
const DIRECTORY: &str = "smoke-demo";

/// Two artifacts over each repository.
const TESTS: &str = "\
use cached_smoke::{Repo, artifact, cached_smoke};

#[artifact]
fn dependency_graph(repo: &Repo) -> Vec<u64> {
    vec![repo.path().join(\"a.txt\").metadata().map_or(0, |file| file.len())]
}

#[artifact]
fn search_index(graph: &Vec<u64>) -> String {
    format!(\"{graph:?}\")
}

#[cached_smoke]
fn has_nodes(graph: &Vec<u64>) {
    assert!(!graph.is_empty());
}

#[cached_smoke]
fn finds_a_word(index: &String) {
    assert!(!index.is_empty());
}
";

fn demo() -> Project {
    let project = Project::new("demo", "");
    project.write("src/lib.rs", "");
    project.write("tests/smoke.rs", TESTS);
    for repo in ["bookshop", "cinema"] {
        fs::create_dir(project.path(repo)).unwrap();
        project.write(&format!("{repo}/a.txt"), "a novel of manners\n");
    }
    project.write("smoke.toml", "[repos.bookshop]\npath = \"bookshop\"\n[repos.cinema]\npath = \"cinema\"\n");
    project
}

/// Returns a command in a terminal of this width.
fn command(project: &Project, width: usize, arguments: &[&str]) -> std::process::Command {
    let mut command = project.command(env!("CARGO_BIN_EXE_cargo-smoke-cache"));
    command.env("COLUMNS", width.to_string()).arg("smoke-cache").args(arguments);
    command
}

/// Returns what a command prints on standard output.
fn screen(project: &Project, width: usize, arguments: &[&str]) -> String {
    normal(project, &out(&command(project, width, arguments).output().unwrap(), 0))
}

/// Returns the error of a command.
fn error(project: &Project, arguments: &[&str]) -> String {
    let output = command(project, 80, arguments).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    normal(project, &text(&output.stderr))
}

/// Replaces digests and directories by fixed values of the same length.
fn normal(project: &Project, screen: &str) -> String {
    let root = project.path("");
    let root = root.to_str().unwrap().trim_end_matches('/');
    let name = root.rsplit('/').next().unwrap();
    assert_eq!(name.len(), DIRECTORY.len());
    // The project has its cache in the directory that `init` proposes.
    let canonical = project.path("").canonicalize().unwrap();
    let screen = screen.replace(canonical.to_str().unwrap(), root);
    let screen = screen.replace(&format!("{root}/cache"), "/home/ann/smoke-demo/.smoke-cache");
    let screen = screen.replace(root, "/home/ann/smoke-demo").replace(name, DIRECTORY);
    // A long name of the temporary directory has its own line.
    let screen = screen.replace("\n    /home/ann/", " /home/ann/");
    let is_digest = |word: &str| word.len() >= 12 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let mut normal = String::new();
    for word in screen.split_inclusive(|character: char| !character.is_ascii_alphanumeric()) {
        let (word, end) = word.split_at(word.trim_end_matches(|last: char| !last.is_ascii_alphanumeric()).len());
        if is_digest(word) {
            normal.extend("4b1d0c6a1be2f95e".chars().cycle().take(word.len()));
        } else {
            normal.push_str(word);
        }
        normal.push_str(end);
    }
    normal.trim().to_owned()
}

/// Returns the time of a build on the page.
fn seconds_of(artifact: &Value) -> f64 {
    if artifact == "dependency_graph" { 8.4 } else { 2.1 }
}

/// Runs the tests, and returns their summary with fixed times.
fn summary(project: &Project, run: &str, width: usize) -> String {
    let records = project.path("cache/.runs").join(run).join("telemetry.jsonl");
    let report = |width: usize| {
        let report = out(&command(project, width, &["report", "--run", run]).output().unwrap(), 0);
        report.split_once('\n').unwrap().1.to_owned()
    };
    if !records.exists() {
        let arguments = ["test", "--quiet", "--runner", "cargo", "--", "--", "--test-threads=1"];
        let tests = command(project, 80, &arguments).env("SMOKE_RUN_ID", run).output().unwrap();
        let printed = out(&tests, 0);
        assert!(printed.ends_with(&format!("\n\n{}", report(80))), "`report` prints the same summary: {printed}");
        let lines = fs::read_to_string(&records).unwrap();
        let fixed = lines.lines().map(|line| {
            let mut record: Value = serde_json::from_str(line).unwrap();
            for artifact in record["artifacts"].as_array_mut().unwrap() {
                let seconds = seconds_of(&artifact["artifact"]);
                let is_built = artifact["outcome"] == "built";
                artifact["rebuild_seconds"] = if is_built { seconds } else { 0.0 }.into();
                artifact["build_seconds"] = seconds.into();
                artifact["restore_seconds"] = 0.004.into();
                artifact["wait_seconds"] = 0.0.into();
                artifact["spans"] = Value::Array(Vec::new());
            }
            record.to_string() + "\n"
        });
        fs::write(&records, fixed.collect::<String>()).unwrap();
    }
    normal(project, &report(width))
}

/// Makes the last uses of all artifacts three days old, in a fixed order.
fn fix_last_uses(project: &Project) {
    let entries = ["bookshop", "cinema"].map(|repo| files_below(&project.path("cache").join(repo)));
    for path in entries.iter().flatten().filter(|path| path.extension().is_some_and(|extension| extension == "json")) {
        let manifest: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        // The digest in the path depends on the compiler. Two versions of one artifact differ in their sizes or not at
        // all on the page.
        let of_artifact = if manifest["artifact"] == "search_index" { 1000 } else { 0 };
        let order = of_artifact + manifest["archive"]["size"].as_u64().unwrap();
        let age = Duration::from_hours(76) + Duration::from_millis(order);
        let manifest = fs::File::options().write(true).open(path).unwrap();
        manifest.set_modified(SystemTime::now() - age).unwrap();
    }
}

/// Returns the output of `list` with fixed times of the builds. All times below a minute have the same width.
fn listed(project: &Project, width: usize) -> String {
    let screen = screen(project, width, &["list"]);
    let at = screen.find("build").unwrap();
    let with_time = |line: &str| match line.get(at + 5..) {
        Some(after) if line.contains(" ok ") => {
            let time = if line.contains("dependency_graph") { "8.4 s" } else { "2.1 s" };
            format!("{}{time}{after}", &line[..at])
        }
        _ => line.to_owned(),
    };
    screen.lines().map(with_time).collect::<Vec<_>>().join("\n")
}

/// Returns what `populate` prints when it ends, in a fixed order: builds run side by side.
fn populated(project: &Project) -> String {
    let output = command(project, 80, &["populate", "--runner", "cargo"]).output().unwrap();
    let stderr = text(&output.stderr);
    let built = stderr.lines().filter_map(|line| line.split_once(": built in "));
    let mut lines: Vec<String> = built
        .map(|(artifact, _)| {
            format!("{artifact}: built in {}", if artifact.starts_with("dependency_graph") { "8.4 s" } else { "2.1 s" })
        })
        .collect();
    lines.sort();
    lines.push(out(&output, 0));
    normal(project, &lines.join("\n"))
}

#[test]
fn book_shows_what_the_commands_print() {
    let project = demo();
    let nowhere = Project::empty();
    let mut page = vec![HEAD.to_owned()];
    let mut section = |title: &str, words: &str, screens: &[(&str, String)]| {
        page.push(format!("\n## {title}\n\n{words}"));
        for (command, screen) in screens {
            page.push(format!("\n```console\n$ cargo smoke-cache {command}\n{screen}\n```\n"));
        }
    };
    let explain = ["explain", "-q", "cinema", "--runner", "cargo"];

    let cold = summary(&project, "cold", 80);
    section(
        "A cold run",
        "The cache is empty. Each test counts once, and each artifact has a row.\n",
        &[("test", cold)],
    );
    let warm = summary(&project, "warm", 80);
    section("A warm run", "Every artifact is restored.\n", &[("test", warm)]);
    project.write("tests/smoke.rs", &TESTS.replace("{graph:?}", "{graph:?}!"));
    let changed = summary(&project, "changed", 80);
    section("After a change", "A miss has a reason.\n", &[("test", changed)]);
    fix_last_uses(&project);
    section("The cache", "`list` shows each artifact with its project.\n", &[("list", listed(&project, 80))]);
    let explained = screen(&project, 80, &explain);
    section(
        "A key",
        "`explain` shows the key inputs, and how other entries differ.\n",
        &[("explain cinema", explained)],
    );

    let wide = [
        ("test", summary(&project, "cold", 120)),
        ("list", listed(&project, 120)),
        ("explain cinema", screen(&project, 120, &explain)),
    ];
    let cleaned = screen(&project, 80, &["clean"]);
    let populated = populated(&project);
    section("Fill the cache", "No test runs.\n", &[("clean", cleaned), ("populate", populated)]);
    let errors = [
        ("test nosuchtest", error(&project, &["test", "nosuchtest"])),
        ("list bokshop", error(&project, &["list", "bokshop"])),
        ("gc --max-size 5XB", error(&project, &["gc", "--max-size", "5XB"])),
        ("fetch", error(&nowhere, &["fetch"])),
        ("report", error(&nowhere, &["report"])),
        ("push", error(&project, &["push"])),
    ];
    section("Errors", "An error says what to do.\n", &errors);
    section("At 120 columns", "The same artifacts, with their keys.\n", &wide);
    expect_file!["../../../docs/reference/screens.md"].assert_eq(&page.concat());
}
