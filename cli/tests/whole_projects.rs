//! Whole projects, made for the test, compiled and run by cargo: what only shows from outside.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "../../tests/project/mod.rs"]
mod project;

use std::fs;
use std::process::Output;

use project::{Project, passed, text};

/// Two test binaries over one artifact, whose builds are logged.
const SUITE: &str = r#"
use cached_smoke::{Artifact, BuildContext, CodeFingerprint, LoadContext, Result, Suite, cached_smoke};
use std::io::Write;

struct Smoke;

impl Suite for Smoke {
    type Config = ();
    const CODE: CodeFingerprint = cached_smoke::code_fingerprint!("src");
}

struct Number(u32);

impl Artifact<Smoke> for Number {
    const NAME: &'static str = "number";
    fn build(_: &BuildContext<'_, Smoke>) -> Result<Self> {
        std::fs::File::options().create(true).append(true).open(concat!(env!("CARGO_MANIFEST_DIR"), "/log"))?.write_all(b"built\n")?;
        Ok(Number(project::number()))
    }
    fn save(&self, dir: &std::path::Path) -> Result<()> {
        Ok(std::fs::write(dir.join("number"), self.0.to_string())?)
    }
    fn load(cx: &LoadContext<'_, Smoke>) -> Result<Self> {
        Ok(Number(std::fs::read_to_string(cx.dir().join("number"))?.parse()?))
    }
}

#[cached_smoke(repo = "one")]
fn first(number: &Number) {
    assert_eq!(number.0, project::number());
}

#[cached_smoke]
fn each(number: &Number) {
    assert_eq!(number.0, project::number());
}
"#;

fn new_project(name: &str) -> Project {
    let project = Project::new(name, "");
    project.write("src/lib.rs", "pub fn number() -> u32 { 1 }\n");
    project.write("tests/a.rs", SUITE);
    project.write("tests/b.rs", SUITE);
    project
}

/// `cargo smoke-cache test`, as cargo calls it.
fn smoke(project: &Project, arguments: &[&str]) -> Output {
    let mut command = project.command(env!("CARGO_BIN_EXE_cargo-smoke-cache"));
    command.args(["smoke-cache", "test"]).args(arguments).output().unwrap()
}

#[test]
fn test_binaries_under_one_cargo_are_one_run() {
    let project = new_project("one-run");
    passed(project.cargo_test());
    assert_eq!(project.take_log().len(), 1, "two binaries, one artifact");
    passed(project.cargo_test());
    assert_eq!(project.take_log().len(), 0);
    for _ in 0..2 {
        let mut forced = project.cargo_test();
        forced.env("SMOKE_FORCE_REBUILD", "one");
        passed(forced);
        assert_eq!(project.take_log().len(), 1, "forced once per run");
    }
}

#[test]
fn an_edit_of_the_code_or_of_smoke_toml_compiles_the_tests_again() {
    let project = new_project("edited");
    let listed = |project: &Project| {
        let mut list = project.cargo_test();
        list.args(["--", "--list", "--format", "terse"]);
        passed(list).lines().filter(|line| line.starts_with("each::")).map(str::to_owned).collect::<Vec<_>>()
    };
    passed(project.cargo_test());
    assert_eq!(listed(&project), ["each::one: test"; 2]);
    assert_eq!(project.take_log().len(), 1);

    project.write("src/lib.rs", "pub fn number() -> u32 { 2 }\n");
    let mut shown = project.cargo_test();
    shown.args(["--", "--nocapture"]);
    let stdout = passed(shown);
    assert!(stdout.contains("reason=\"code changed: src\""), "{stdout}");
    assert_eq!(project.take_log().len(), 1);

    fs::create_dir(project.path("two")).unwrap();
    project.write("smoke.toml", "[repos.one]\npath = \"one\"\n[repos.two]\npath = \"two\"\n");
    assert_eq!(listed(&project), ["each::one: test", "each::two: test"].repeat(2));
}

#[test]
fn the_command_runs_the_tests_and_sums_up() {
    let project = new_project("summed-up");
    let lost = "[repos.one]\npath = \"one\"\n[repos.lost]\ngit = \"file:///nowhere/at/all\"\nrev = \"main\"\n";
    project.write("smoke.toml", &format!("{lost}[test]\nargs = [\"--test\", \"a\"]\n"));

    let cold = smoke(&project, &["--runner", "cargo", "--require-hits"]);
    let stdout = text(&cold.stdout);
    assert_eq!(cold.status.code(), Some(3), "{stdout}{}", text(&cold.stderr));
    assert!(stdout.contains("hit rate: 0 % (0 of 1 artifacts were there before the run; 3 tests)"), "{stdout}");
    assert!(stdout.contains("left out: lost: failed to "), "{stdout}");
    assert_eq!(project.take_log().len(), 1);

    let warm = smoke(&project, &["--runner", "cargo", "--require-hits"]);
    let stdout = text(&warm.stdout);
    assert_eq!(warm.status.code(), Some(0), "{stdout}{}", text(&warm.stderr));
    assert!(stdout.contains("hit rate: 100 % (1 of 1 artifacts were there before the run; 3 tests)"), "{stdout}");
    let row = stdout.lines().find(|line| line.trim_start().starts_with("one ")).unwrap();
    assert!(row.contains(" number ") && row.contains(" hit ") && row.contains(" one:files:"), "{row}");

    project.write("src/lib.rs", "pub fn number() -> u32 { panic!(\"told to\") }\n");
    let failing = smoke(&project, &["--runner", "cargo"]);
    assert_eq!(failing.status.code(), Some(101), "the runner's own status");
    assert!(text(&failing.stdout).contains("failed"), "{}", text(&failing.stdout));

    let unknown = smoke(&project, &["--repo", "oen"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(text(&unknown.stderr).contains("did you mean `one`?"), "{}", text(&unknown.stderr));
}
