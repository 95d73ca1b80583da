//! The options of cargo among the arguments of a test runner: those that decide what is compiled, and how.

/// The options with a value that both runners have.
const WITH_VALUE: [&str; 16] = [
    "--package",
    "-p",
    "--exclude",
    "--bin",
    "--test",
    "--example",
    "--bench",
    "--features",
    "-F",
    "--target",
    "--target-dir",
    "--manifest-path",
    "--config",
    "-Z",
    "--lockfile-path",
    "--color",
];
/// The options with a value that one runner has, with their names in cargo.
const OF_CARGO: [(&str, &str); 3] = [("--profile", "--profile"), ("--jobs", "--jobs"), ("-j", "--jobs")];
const OF_NEXTEST: [(&str, &str); 2] = [("--cargo-profile", "--profile"), ("--build-jobs", "--jobs")];
const WITHOUT_VALUE: [&str; 17] = [
    "--workspace",
    "--all",
    "--lib",
    "--bins",
    "--tests",
    "--examples",
    "--benches",
    "--all-targets",
    "--release",
    "-r",
    "--all-features",
    "--no-default-features",
    "--locked",
    "--offline",
    "--frozen",
    "--ignore-rust-version",
    "--future-incompat-report",
];
/// The options that select test binaries: targets of cargo, and the expressions and archives of nextest.
const SELECTING: [&str; 15] = [
    "--lib",
    "--bin",
    "--bins",
    "--test",
    "--tests",
    "--example",
    "--examples",
    "--bench",
    "--benches",
    "--all-targets",
    "--doc",
    "-E",
    "--filterset",
    "--filter-expr",
    "--archive-file",
];

/// Returns the options with which `cargo test --no-run` compiles what the runner compiles with these arguments.
pub(super) fn build_options(arguments: &[String], is_nextest: bool) -> Vec<String> {
    let renamed: &[(&str, &str)] = if is_nextest { &OF_NEXTEST } else { &OF_CARGO };
    let mut options = Vec::new();
    let mut rest = of_runner(arguments);
    while let Some(argument) = rest.next() {
        let (name, value) = split(argument);
        let renamed = renamed.iter().find(|(known, _)| *known == name).map(|(_, of_cargo)| *of_cargo);
        let with_value = renamed.or_else(|| WITH_VALUE.into_iter().find(|known| *known == name));
        if let Some(name) = with_value {
            options.extend(value.or_else(|| rest.next()).into_iter().flat_map(|value| [name, value]));
        } else if WITHOUT_VALUE.contains(&argument) {
            options.push(argument);
        }
    }
    options.into_iter().map(str::to_owned).collect()
}

/// Returns `true` if the arguments select test binaries. Names of tests do not.
pub(super) fn select_binaries(arguments: &[String]) -> bool {
    has_option(arguments, &SELECTING)
}

/// Returns `true` if one of these options is among the arguments of the runner itself.
pub(super) fn has_option(arguments: &[String], names: &[&str]) -> bool {
    of_runner(arguments).any(|argument| names.contains(&split(argument).0))
}

/// Returns the arguments before `--`. Those after it belong to the test harness.
fn of_runner(arguments: &[String]) -> impl Iterator<Item = &str> {
    arguments.iter().map(String::as_str).take_while(|argument| *argument != "--")
}

/// Splits `--name=value`, `-n=value` and `-nvalue`.
fn split(argument: &str) -> (&str, Option<&str>) {
    let is_short = argument.starts_with('-') && !argument.starts_with("--");
    match argument.split_at_checked(2) {
        Some((name, value)) if is_short && !value.is_empty() => (name, Some(value.strip_prefix('=').unwrap_or(value))),
        _ => argument.split_once('=').map_or((argument, None), |(name, value)| (name, Some(value))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn options_of_the_build_are_found_among_others() {
        for (given, is_nextest, expected) in [
            ("--release name -- --ignored --lib", false, "--release"),
            ("-pa -p b --package=c", false, "-p a -p b --package c"),
            ("--test smoke --retries 2 -F x,y", true, "--test smoke -F x,y"),
            ("--profile ci --cargo-profile fast -j 2 --build-jobs 3", true, "--profile fast --jobs 3"),
            ("--profile fast -j2", false, "--profile fast --jobs 2"),
            ("-E test(/x/) --locked", true, "--locked"),
            // Without its value, the runner reports the mistake.
            ("--test", false, ""),
        ] {
            assert_eq!(build_options(&words(given), is_nextest), words(expected), "{given}");
        }
    }

    #[test]
    fn names_of_tests_select_no_binaries() {
        for (given, expected) in [
            ("name --release", false),
            ("--test smoke", true),
            ("-E test(/x/)", true),
            ("-Etest(/x/)", true),
            ("--test=smoke", true),
            ("-- --test", false),
        ] {
            assert_eq!(select_binaries(&words(given)), expected, "{given}");
        }
    }
}
