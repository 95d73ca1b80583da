//! Type errors, which only the compiler can see: their messages, and the token that each is reported at.

use test_support::{Project, text};

const MISTAKES: &str = include_str!("mistakes.rs");

/// The function, the wrong token in it or in its attribute, and the message.
const EXPECTED: [(&str, &str, &str); 11] = [
    ("no_artifact", "Stranger) {}", "a smoke test cannot have a parameter of type `&Stranger`"),
    ("no_artifact_of_the_suite", "Stranger) {}", "a smoke test cannot have a parameter of type `&Stranger`"),
    ("of_two_suites", "Vec<u8>", "a smoke test cannot have a parameter of type `&Vec<u8>`"),
    ("of_any_suite", "Shared) {}", "type annotations needed"),
    ("no_suite", "Graph)]", "`Graph` is not a suite of smoke tests"),
    ("session_of_another", "Session<Second>", "a smoke test cannot have a parameter of type `&Session<Second>`"),
    ("misnamed", "#[cached_smoke", "a smoke test cannot return `MyResult`"),
    ("no_termination", "u8 {", "the trait bound `u8: Termination` is not satisfied"),
    ("no_debug", "std::result::Result<(), Stranger>", "`Stranger` doesn't implement `Debug`"),
    ("config_of_another_type", "3)]", "mismatched types"),
    ("no_artifact_async", "Stranger, graph", "a smoke test cannot have a parameter of type `&Stranger`"),
];

/// An error, and its location.
struct Complaint<'a> {
    function: &'a str,
    token: &'a str,
    message: &'a str,
}

/// Parses `tests/mistakes.rs:24:42: error[E0277]: it is wrong: longer explanation`.
fn complaint(line: &str) -> Option<Complaint<'_>> {
    let (place, message) = line.strip_prefix("tests/mistakes.rs:")?.split_once(": error")?;
    let (row, column) = place.split_once(':')?;
    let lines: Vec<&str> = MISTAKES.lines().collect();
    let row = row.parse::<usize>().ok()? - 1;
    let function = lines[row..].iter().find_map(|line| line.split_once("fn ")?.1.split('(').next())?;
    let (_, message) = message.split_once(": ")?;
    Some(Complaint { function, token: &lines[row][column.parse::<usize>().ok()? - 1..], message })
}

#[test]
fn type_errors_are_reported_at_the_wrong_token() {
    let project = Project::new(
        "mistakes",
        "tokio = { version = \"1\", default-features = false, features = [\"macros\", \"rt-multi-thread\", \"test-util\"] }\n",
    );
    project.write("src/lib.rs", "pub struct Graph;\npub struct Shared;\npub struct Stranger;\n");
    project.write("tests/mistakes.rs", MISTAKES);
    let output = project.cargo_test().args(["--no-run", "--message-format", "short"]).output().unwrap();
    assert!(!output.status.success());
    let stderr = text(&output.stderr);
    let complaints: Vec<Complaint<'_>> = stderr.lines().filter_map(complaint).collect();
    for (function, token, message) in EXPECTED {
        let is_said = complaints.iter().any(|complaint| {
            complaint.function == function
                && complaint.token.starts_with(token)
                && complaint.message.starts_with(message)
        });
        assert!(is_said, "{function}: {token}: {message}\n{stderr}");
    }
    for Complaint { function, token, message } in &complaints {
        let is_expected = !token.starts_with("#[cached_smoke")
            || EXPECTED.iter().any(|(of, at, _)| of == function && token.starts_with(at));
        assert!(is_expected, "{function}: not about a token of it: {message}\n{stderr}");
    }
    let functions = MISTAKES.lines().filter(|line| line.contains("#[cached_smoke(")).count();
    assert_eq!(functions, EXPECTED.len(), "each mistake is expected");
}
