//! Type errors, which only the compiler can see: their messages, and the token that each is reported at.

use test_support::{Project, text};

const MISTAKES: &str = include_str!("mistakes.rs");

/// The function, the wrong token in it or in its attribute, and the message.
const EXPECTED: [(&str, &str, &str); 31] = [
    ("no_artifact", "Stranger) {}", "a smoke test cannot have a parameter of type `&Stranger`"),
    ("no_artifact_of_the_suite", "Stranger) {}", "a smoke test cannot have a parameter of type `&Stranger`"),
    ("of_two_suites", "Vec<u8>", "a smoke test cannot have a parameter of type `&Vec<u8>`"),
    ("of_any_suite", "Shared) {}", "type annotations needed"),
    ("no_suite", "Graph)]", "`Graph` is not a suite of smoke tests"),
    ("session_of_another", "Session<Second>", "a smoke test cannot have a parameter of type `&Session<Second>`"),
    ("no_artifact_by_value", "Stranger) {}", "a smoke test cannot have a parameter of type `Stranger`"),
    ("no_artifact_in_a_copy", "Scratch<", "a smoke test cannot have a parameter of type `Scratch<Stranger>`"),
    ("no_artifact_in_each", "Each<", "a smoke test cannot have a parameter of type `&Each<Stranger>`"),
    ("function_of_another_suite", "Limited) {}", "a smoke test cannot have a parameter of type `&Limited`"),
    ("of_two_functions", "Twice) {}", "type annotations needed"),
    ("names_another_function", "Twice) {}", "a smoke test cannot have a parameter of type `&Twice`"),
    ("names_no_function", "third_of_two)]", "cannot find type `third_of_two` in this scope"),
    (
        "names_a_function_for_the_repository",
        "cached_smoke::Repo) {}",
        "the parameter is not an artifact, so the function `first_of_two` cannot build it",
    ),
    ("misnamed", "#[cached_smoke", "a smoke test cannot return `MyResult`"),
    ("no_termination", "u8 {", "the trait bound `u8: Termination` is not satisfied"),
    ("no_debug", "std::result::Result<(), Stranger>", "`Stranger` doesn't implement `Debug`"),
    ("config_of_another_type", "3)]", "mismatched types"),
    ("no_artifact_async", "Stranger, graph", "a smoke test cannot have a parameter of type `&Stranger`"),
    ("not_serializable", "Opaque {", "the trait bound `Opaque: serde::Serialize` is not satisfied"),
    ("no_input", "Stranger) ->", "an artifact function cannot have a parameter of type `&Stranger`"),
    ("no_input_by_value", "Stranger) ->", "an artifact function cannot have a parameter of type `Stranger`"),
    ("input_of_a_suite", "Limited) ->", "`limited` is not an artifact of the suite `__AnySuite`"),
    ("missing_field", "limits:", "no field `limits` on type `&Config`"),
    ("field_of_another_type", "limit:", "mismatched types"),
    ("configuration_of_no_suite", "Config) ->", "an artifact function cannot have a parameter of type `&Config`"),
    (
        "configuration_of_another_suite",
        "OtherConfig)",
        "an artifact function cannot have a parameter of type `&OtherConfig`",
    ),
    ("no_suite_of_a_function", "Limited)]", "`Limited` is not a suite of smoke tests"),
    ("no_codec", "Stranger)]", "the codec `Stranger` cannot store `f64`"),
    ("loads_another_type", "|dir:", "`{integer}` is neither `Vec<u16>` nor a `Result` with it"),
    ("no_error", "Vec<u32>, Stranger>", "the trait bound `Stranger: StdError` is not satisfied"),
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
        "serde = { version = \"1\", features = [\"derive\"] }\n\
         tokio = { version = \"1\", default-features = false, features = [\"macros\", \"rt-multi-thread\", \"test-util\"] }\n",
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
        let is_expected = !(token.starts_with("#[cached_smoke") || token.starts_with("#[artifact"))
            // Beside the errors at the codec, rustc reports one at the whole attribute.
            || *function == "no_codec"
            || EXPECTED.iter().any(|(of, at, _)| of == function && token.starts_with(at));
        assert!(is_expected, "{function}: not about a token of it: {message}\n{stderr}");
    }
    let artifacts = MISTAKES.split_once("// Mistakes of artifacts.").unwrap().1.matches("#[artifact").count();
    let tests = MISTAKES.matches("#[cached_smoke(").count();
    assert_eq!(tests + artifacts, EXPECTED.len(), "each mistake is expected");
}
