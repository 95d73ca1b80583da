//! Artifacts in benchmarks and examples, and the codecs of features, under cargo test and under nextest.

use test_support::{Project, passed};

const DEPENDENCIES: &str = r#"
criterion = { version = "0.8", default-features = false, features = ["cargo_bench_support"] }
rkyv = { version = "0.8", features = ["little_endian", "pointer_width_32"] }
serde = { version = "1", features = ["derive"] }

[[bench]]
name = "sums"
harness = false
"#;

/// The files of the project, and their text.
const FORMS: [(&str, &str); 3] = [
    ("benches/sums.rs", include_str!("target_forms/bench.rs")),
    ("examples/report.rs", include_str!("target_forms/example.rs")),
    ("tests/codecs.rs", include_str!("target_forms/codecs.rs")),
];

fn project() -> Project {
    let project = Project::new("target-forms", DEPENDENCIES);
    let manifest = std::fs::read_to_string(project.path("Cargo.toml")).unwrap();
    let dependency = manifest.lines().find(|line| line.starts_with("cached-smoke = ")).unwrap();
    let with_features = dependency.replace(" }", ", features = [\"postcard\", \"rkyv\"] }");
    project.write("Cargo.toml", &manifest.replace(dependency, &with_features));
    project.write("src/lib.rs", include_str!("project_lib.rs"));
    std::fs::remove_file(project.path("smoke.toml")).unwrap();
    for (name, text) in FORMS {
        std::fs::create_dir_all(project.path(name).parent().unwrap()).unwrap();
        project.write(name, text);
    }
    project
}

/// Returns the lines of the log, sorted.
fn log(project: &Project) -> Vec<String> {
    let mut lines = project.take_log();
    lines.sort();
    lines
}

/// One test, because compiling the project takes a while.
#[test]
fn benchmarks_examples_and_codecs_have_artifacts() {
    const BODIES: [&str; 5] = ["bench", "codecs::another", "codecs::compact", "codecs::mapped", "example::a_test"];
    let project = project();
    let all = ["--lib", "--benches", "--examples", "--tests"];
    let mut tests = project.command(env!("CARGO"));
    passed({
        tests.arg("test").args(all);
        tests
    });
    let builds = ["build of the benchmark", "build of the example"];
    assert_eq!(log(&project), [&BODIES[..1], &builds, &BODIES[1..]].concat());

    if let Some(nextest) = project.nextest(&["--benches", "--examples", "--tests"]) {
        passed(nextest);
        let mut bodies = log(&project);
        // nextest lists a benchmark by calling it.
        bodies.dedup();
        assert_eq!(bodies, BODIES, "nothing is built again");
    }
    // As a program: compiled without `cfg(test)`, so it has another key.
    let mut example = project.command(env!("CARGO"));
    example.args(["run", "--example", "report"]);
    let output = passed(example);
    assert!(output.starts_with("the sum is 4950\n"), "{output}");
    assert_eq!(log(&project), ["build of the example", "example"]);
}
