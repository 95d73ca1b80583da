//! The code that builds an artifact is a part of its key: what it consists of, and not where it lies.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "../project/mod.rs"]
mod project;

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use project::{Project, passed};

/// A repository outside of the project, so that it stays where it is when the project moves.
struct Repository(tempfile::TempDir);

impl Repository {
    /// Names it in the project's `smoke.toml`.
    fn of(project: &Project) -> Repository {
        let repository = Repository(tempfile::tempdir().unwrap());
        let one = repository.0.path().join("one");
        fs::create_dir(&one).unwrap();
        project.write("smoke.toml", &format!("[repos.one]\npath = '{}'\n", one.display()));
        repository
    }
}

/// Runs the tests: why the artifact was built, if it was.
#[track_caller]
fn reason_to_build(project: &Project, mut tests: Command) -> Option<String> {
    tests.args(["--", "--nocapture", "--test-threads=1"]);
    let stdout = passed(tests);
    let builds = project.take_log();
    assert!(builds.len() < 2, "{stdout}");
    let line = stdout.lines().find(|line| line.contains("cache_miss=1"));
    assert_eq!(builds.len(), line.iter().count(), "{stdout}");
    let reason =
        |line: &str| line.split_once("reason=").unwrap().1.split(" key=").next().unwrap().trim_matches('"').to_owned();
    line.map(reason)
}

#[track_caller]
fn is_built_for(project: &Project, reason: &str) {
    assert_eq!(reason_to_build(project, project.cargo_test()).as_deref(), Some(reason));
}

#[track_caller]
fn is_restored(project: &Project) {
    assert_eq!(reason_to_build(project, project.cargo_test()), None);
}

/// Versions of two packages that are fetched from nowhere: what stands for their source lies in the project.
const FETCHED: [&str; 2] = ["used", "unused"];

/// A project that is compiled with a package, and whose tests alone are compiled with another.
fn with_dependencies(name: &str) -> Project {
    let git = |package: &str| format!("{package} = {{ git = \"https://example.org/{package}\" }}\n");
    let project = Project::with_suite_and(name, &(git("used") + "\n[dev-dependencies]\n" + &git("unused")));
    fs::remove_file(project.path("tests/b.rs")).unwrap();
    let mut configuration = vec!["[source.vendored]\ndirectory = \"vendored\"\n".to_owned()];
    for package in FETCHED {
        let url = format!("https://example.org/{package}");
        configuration.push(format!("[source.\"git+{url}\"]\ngit = \"{url}\"\nreplace-with = \"vendored\"\n"));
        fs::create_dir_all(project.path(&format!("vendored/{package}/src"))).unwrap();
        project.write(&format!("vendored/{package}/src/lib.rs"), "");
        project.write(&format!("vendored/{package}/.cargo-checksum.json"), "{\"files\":{}}");
        set_version(&project, package, 0);
        let source = format!("git+{url}#{:040}", 0);
        let locked = format!("\n[[package]]\nname = \"{package}\"\nversion = \"1.0.0\"\nsource = \"{source}\"\n");
        let lock = fs::read_to_string(project.path("Cargo.lock")).unwrap();
        project.write("Cargo.lock", &(lock + &locked));
    }
    fs::create_dir(project.path(".cargo")).unwrap();
    project.write(".cargo/config.toml", &configuration.concat());
    project
}

/// As if this version of the package were there, and the lock file named it.
fn set_version(project: &Project, package: &str, patch: u32) {
    let manifest = format!("[package]\nname = \"{package}\"\nversion = \"1.0.{patch}\"\nedition = \"2024\"\n");
    project.write(&format!("vendored/{package}/Cargo.toml"), &manifest);
    let lock = fs::read_to_string(project.path("Cargo.lock")).unwrap();
    let name = format!("name = \"{package}\"\nversion = \"1.0.");
    let Some((before, after)) = lock.split_once(&name) else { return };
    let rest = after.split_once('"').unwrap().1;
    let commit = format!("example.org/{package}#");
    let (source, after) = rest.split_once(&commit).unwrap();
    project.write("Cargo.lock", &format!("{before}{name}{patch}\"{source}{commit}{patch:040}{}", &after[40..]));
}

#[test]
fn edits_new_files_and_dependencies_that_are_compiled_in_count() {
    let project = with_dependencies("code");
    is_built_for(&project, "first build");
    is_restored(&project);

    project.write("src/lib.rs", "pub fn number() -> u32 { 1 + 0 }\n");
    is_built_for(&project, "code changed: src");
    project.write("src/lib.rs", "mod more;\npub fn number() -> u32 { more::MORE }\n");
    project.write("src/more.rs", "pub(crate) const MORE: u32 = 1;\n");
    is_built_for(&project, "code changed: src");
    project.write("src/more.rs", "pub(crate) const MORE: u32 = 1 + 0;\n");
    is_built_for(&project, "code changed: src");
    fs::remove_file(project.path("src/more.rs")).unwrap();
    project.write("src/lib.rs", "pub fn number() -> u32 { 1 }\n");
    is_restored(&project);

    set_version(&project, "used", 1);
    is_built_for(&project, "code changed: src");
    set_version(&project, "used", 0);
    is_restored(&project);
    set_version(&project, "unused", 1);
    is_restored(&project);
}

/// All of a project but what cargo made, at another place; the first place is gone.
fn moved(project: Project) -> Project {
    let target = Project::empty();
    let copied = Command::new("cp").arg("-R").arg(project.path(".")).arg(target.path(".")).status().unwrap();
    assert!(copied.success());
    drop(project);
    target
}

#[test]
fn the_place_of_the_crate_does_not_count() {
    let project = Project::with_suite("moved");
    fs::remove_file(project.path("tests/b.rs")).unwrap();
    let _repository = Repository::of(&project);
    is_built_for(&project, "first build");
    let first: PathBuf = project.path("");
    let project = moved(project);
    assert!(!first.exists() && project.path("src/lib.rs").exists());
    is_restored(&project);
}

#[test]
fn an_archive_of_nextest_has_its_key_with_it() {
    let project = Project::with_suite("archived");
    fs::remove_file(project.path("tests/b.rs")).unwrap();
    let _repository = Repository::of(&project);
    is_built_for(&project, "first build");
    let Some(mut archive) = project.nextest_of("archive", &["--archive-file", "tests.tar.zst"]) else { return };
    assert!(archive.status().unwrap().success());

    // Elsewhere, where the code is another one by now: it is not what runs.
    let project = moved(project);
    project.write("src/lib.rs", "pub fn number() -> u32 { 2 }\n");
    let run = |project: &Project| {
        let mut run = project.nextest(&["--archive-file", "tests.tar.zst", "--no-capture"]).unwrap();
        run.arg("--workspace-remap").arg(project.path(""));
        passed(run)
    };
    let stdout = run(&project);
    assert_eq!(stdout.matches("cache_hit=1 cache_miss=0").count(), 2, "{stdout}");
}
