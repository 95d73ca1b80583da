//! The command line: few enough words to need no library.

pub(crate) const HELP: &str = "\
cargo bench -p cached-smoke-macros --bench compile_cost -- [PART…] [--rounds N] [--tests N]

parts (default: both)
  expansion      a file of tests compiled anew: #[cached_smoke], #[rstest], and what is written by hand
  clean-build    a package that depends on cached-smoke, rstest, sqlx: built from nothing

  --rounds N     how often each is measured, in turns (default: 5)
  --tests N      how many tests the file holds (default: 500); with 1, what the file costs before its first test
";

/// What is to be measured.
pub(crate) struct Arguments {
    pub(crate) help: bool,
    pub(crate) expansion: bool,
    pub(crate) clean_build: bool,
    pub(crate) rounds: usize,
    pub(crate) tests: usize,
}

impl Arguments {
    /// # Errors
    ///
    /// What is wrong with them, as a text for people.
    pub(crate) fn parse(given: &[String]) -> Result<Self, String> {
        let mut arguments = Self { help: false, expansion: false, clean_build: false, rounds: 5, tests: 500 };
        let mut given = given.iter();
        while let Some(argument) = given.next() {
            match argument.as_str() {
                // From cargo.
                "--bench" => {}
                "--help" => arguments.help = true,
                "expansion" => arguments.expansion = true,
                "clean-build" => arguments.clean_build = true,
                "--rounds" => arguments.rounds = count(argument, given.next())?,
                "--tests" => arguments.tests = count(argument, given.next())?,
                unknown => return Err(format!("unknown argument `{unknown}`\n\n{HELP}")),
            }
        }
        if !arguments.expansion && !arguments.clean_build {
            (arguments.expansion, arguments.clean_build) = (true, true);
        }
        Ok(arguments)
    }
}

fn count(option: &str, value: Option<&String>) -> Result<usize, String> {
    let count = value.and_then(|value| value.parse().ok()).filter(|count| *count > 0);
    count.ok_or_else(|| format!("`{option}` takes a number, 1 or more"))
}
