//! The arguments of the command line, parsed by hand because there are few.

pub(crate) const HELP: &str = "\
cargo bench -p cached-smoke-macros --bench compile_cost -- [PART…] [--rounds N] [--tests N]

parts (default: both)
  expansion      compile a file of tests: #[cached_smoke], #[rstest], and plain tests
  clean-build    build a package that depends on cached-smoke, rstest or sqlx from nothing

  --rounds N     the number of measurements of each, in turns (default: 5)
  --tests N      the number of tests in the file (default: 500); 1 shows the cost of the file without its tests
";

/// The parsed arguments.
pub(crate) struct Arguments {
    pub(crate) help: bool,
    pub(crate) expansion: bool,
    pub(crate) clean_build: bool,
    pub(crate) rounds: usize,
    pub(crate) tests: usize,
}

impl Arguments {
    /// Parses the arguments.
    ///
    /// # Errors
    ///
    /// A message that names the wrong argument.
    pub(crate) fn parse(given: &[String]) -> Result<Self, String> {
        let mut arguments = Self { help: false, expansion: false, clean_build: false, rounds: 5, tests: 500 };
        let mut given = given.iter();
        while let Some(argument) = given.next() {
            match argument.as_str() {
                // Cargo adds it.
                "--bench" => {}
                "--help" => arguments.help = true,
                "expansion" => arguments.expansion = true,
                "clean-build" => arguments.clean_build = true,
                "--rounds" => arguments.rounds = count(argument, given.next())?,
                "--tests" => arguments.tests = count(argument, given.next())?,
                unknown => return Err(format!("error: unknown argument `{unknown}`\n\n{HELP}")),
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
    count.ok_or_else(|| format!("error: invalid value for `{option}`\nhelp: give a number, 1 or more"))
}
