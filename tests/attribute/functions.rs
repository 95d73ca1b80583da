//! The forms of `#[artifact]`, under cargo test and under nextest.

use test_support::{Project, passed};

macro_rules! forms {
    ($($name:literal),*) => { [$(($name, include_str!(concat!("function_forms/", $name)))),*] };
}

/// The files of the test binary, and their text.
const FORMS: [(&str, &str); 9] = forms![
    "main.rs",
    "arguments.rs",
    "configuration.rs",
    "inputs.rs",
    "mixed.rs",
    "places.rs",
    "returned.rs",
    "same_type.rs",
    "tests.rs"
];
const FRONT_DOOR: &str = include_str!("function_forms/front_door.rs");

const DEPENDENCIES: &str = r#"
member = { path = "member" }
serde = { version = "1", features = ["derive"] }
tokio = { version = "1", default-features = false, features = ["macros", "rt-multi-thread", "test-util"] }
"#;

/// Tests over every repository although they need none: the sources of the crate and of its library do not say so.
const UNKNOWN: [(&str, &str); 9] = [
    ("arguments::codecs", "a codec loads another type"),
    ("configuration::the_default", "a function takes the whole configuration"),
    ("mixed::a_suite_without_a_repository", "it implements the trait"),
    ("places::a_parameter_with_the_name_of_the_function", "a macro writes a function"),
    ("places::below::in_a_module", "a macro writes a function"),
    ("places::by_macros", "a macro writes a function"),
    ("places::keywords", "a macro writes a function"),
    ("returned::an_alias", "an alias"),
    ("tests::of_another_crate", "a function of another package"),
];

fn project_with_forms() -> Project {
    let project = Project::new("function-forms", DEPENDENCIES);
    for directory in ["tests/functions", "member/src", "scikit-learn"] {
        std::fs::create_dir_all(project.path(directory)).unwrap();
    }
    project.write("src/lib.rs", include_str!("function_forms/lib.rs"));
    project.write("member/src/lib.rs", include_str!("function_forms/member.rs"));
    let manifest = std::fs::read_to_string(project.path("Cargo.toml")).unwrap();
    let runtime = manifest.lines().find(|line| line.starts_with("cached-smoke = ")).unwrap();
    let member = format!(
        "[package]\nname = \"member\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[dependencies]\n{runtime}\n\
         serde = {{ version = \"1\", features = [\"derive\"] }}\n"
    );
    project.write("member/Cargo.toml", &member);
    for (name, text) in FORMS {
        project.write(&format!("tests/functions/{name}"), text);
    }
    project.write("scikit-learn/file", "content");
    project.write("smoke.toml", "[repos.one]\npath = \"one\"\n[repos.scikit-learn]\npath = \"scikit-learn\"\n");
    project
}

/// Returns the names of the tests in the text of a file.
fn logged(text: &str) -> impl Iterator<Item = String> {
    text.split("project::log(\"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned())
}

/// Returns the lines of all test bodies and of those builds that log, sorted.
fn expected_log() -> Vec<String> {
    let mut lines: Vec<String> = FORMS.iter().flat_map(|(_, text)| logged(text)).collect();
    lines.extend(UNKNOWN.map(|(test, _)| test.to_owned()));
    lines.extend(["one", "scikit-learn"].map(|repo| format!("tests::every over {repo}")));
    // A dependency reads the repository.
    lines.push("tests::every_by_a_dependency".to_owned());
    lines.push("build of model".to_owned());
    lines.sort();
    lines
}

fn sorted(mut lines: Vec<String>) -> Vec<String> {
    lines.sort();
    lines
}

/// One test, because compiling the project takes a while.
#[test]
fn functions_are_artifacts_in_every_form() {
    let project = project_with_forms();
    passed(project.cargo_test());
    assert_eq!(sorted(project.take_log()), expected_log());
    if let Some(nextest) = project.nextest(&[]) {
        passed(nextest);
        let tests = |lines: Vec<String>| lines.into_iter().filter(|line| !line.starts_with("build ")).collect();
        let (log, expected): (Vec<_>, Vec<_>) = (tests(sorted(project.take_log())), tests(expected_log()));
        assert_eq!(log, expected);
    }
    needs_no_smoke_toml(&project);
}

fn needs_no_smoke_toml(project: &Project) {
    std::fs::remove_file(project.path("smoke.toml")).unwrap();
    std::fs::remove_dir_all(project.path("tests/functions")).unwrap();
    project.write("tests/front_door.rs", FRONT_DOOR);
    let mut expected: Vec<String> = logged(FRONT_DOOR).collect();
    expected.sort();
    let mut command = project.cargo_test();
    command.env("SMOKE_CACHE_DIR", project.path("empty"));
    passed(command);
    // Another test of the binary calls the function.
    let with_the_call = [&["build of model".to_owned(), "build of squares".to_owned()][..], &expected].concat();
    assert_eq!(sorted(project.take_log()), with_the_call);
    if let Some(nextest) = project.nextest(&[]) {
        passed(nextest);
        expected.retain(|line| !line.starts_with("build "));
        let tests: Vec<String> = project.take_log().into_iter().filter(|line| !line.starts_with("build ")).collect();
        assert_eq!(sorted(tests), expected);
    }
}
