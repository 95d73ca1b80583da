//! Measures the compilation of a file of tests whose dependencies are already compiled.

use crate::measure::{cpu_seconds, in_turns, output};
use crate::package::{Package, cached_smoke};
use std::fmt::Write;
use std::fs::File;
use std::time::SystemTime;

const FILE: &str = "tests/many.rs";

/// A function that compiles a package and returns the seconds.
type Measure = fn(&Package) -> f64;

/// The names and functions of the measurements.
const MEASURES: [(&str, Measure); 3] = [("expansion", expand), ("check", check), ("test build", build)];

/// The baseline: tests without a macro.
const PLAIN: Tests = Tests {
    name: "plain",
    head: "struct Number(u32);\n\nfn number() -> Number {\n    Number(1)\n}\n",
    attribute: "#[test]",
    parameters: "",
    body: "let number = number(); assert!(number.0 > 0)",
};

const RSTEST: Tests = Tests {
    name: "rstest",
    head: "use rstest::{fixture, rstest};\n\nstruct Number(u32);\n\n#[fixture]\nfn number() -> Number {\n    Number(1)\n}\n",
    attribute: "#[rstest]",
    parameters: "number: Number",
    body: "assert!(number.0 > 0)",
};

const CACHED_SMOKE: Tests = Tests {
    name: "cached_smoke",
    head: r#"use cached_smoke::{Artifact, BuildContext, CodeFingerprint, LoadContext, Result, Suite, cached_smoke};
use std::path::Path;

struct Smoke;

impl Suite for Smoke {
    type Config = ();
    const CODE: CodeFingerprint = cached_smoke::code_fingerprint!("tests");
}

struct Number(u32);

impl Artifact<Smoke> for Number {
    const NAME: &'static str = "number";
    fn build(_: &BuildContext<'_, Smoke>) -> Result<Self> {
        Ok(Number(1))
    }
    fn save(&self, dir: &Path) -> Result<()> {
        Ok(std::fs::write(dir.join("number"), self.0.to_string())?)
    }
    fn load(cx: &LoadContext<'_, Smoke>) -> Result<Self> {
        Ok(Number(std::fs::read_to_string(cx.dir().join("number"))?.parse()?))
    }
}
"#,
    attribute: "#[cached_smoke(repo = \"one\")]",
    parameters: "number: &Number",
    body: "assert!(number.0 > 0)",
};

/// A file of tests that differ only in their names.
struct Tests {
    name: &'static str,
    head: &'static str,
    attribute: &'static str,
    parameters: &'static str,
    body: &'static str,
}

impl Tests {
    fn text(&self, count: usize) -> String {
        let Self { head, attribute, parameters, body, .. } = self;
        (0..count).fold(head.to_string(), |mut text, number| {
            writeln!(text, "\n{attribute}\nfn t{number:03}({parameters}) {{\n    {body}\n}}").unwrap();
            text
        })
    }

    /// Creates a package with these tests, and compiles it once with all dependencies.
    fn package(&self, count: usize, dependency: &str) -> Result<Package, String> {
        let package = Package::new(&format!("[dev-dependencies]\n{dependency}\n"));
        package.write(FILE, &self.text(count));
        package.write("smoke.toml", "[repos.one]\npath = \"one\"\n");
        for command in [CHECK, BUILD] {
            output(package.cargo(command))?;
        }
        Ok(package)
    }
}

pub(crate) fn run(count: usize, rounds: usize) {
    println!("\ncompiling a file of {count} tests, CPU seconds as median (min..max), rounds: {rounds}");
    println!("(expansion: wall-clock seconds of that compiler pass)");
    let subjects = [(PLAIN, String::new()), (RSTEST, "rstest = \"*\"".to_owned()), (CACHED_SMOKE, cached_smoke())];
    let mut packages = Vec::new();
    for (tests, dependency) in subjects {
        match tests.package(count, &dependency) {
            Ok(package) => packages.push((tests.name, package)),
            Err(reason) => println!("skipped: {}: {reason}", tests.name),
        }
    }
    for (name, measure) in MEASURES {
        println!();
        let samples = in_turns(rounds, &packages, |(_, package)| measure(package));
        for ((subject, _), sample) in packages.iter().zip(&samples) {
            println!("{name:<12}{subject:<40}{sample:>24}");
        }
        if let [plain, rstest, cached_smoke] = &samples[..] {
            let ratios = [
                ("cached_smoke / rstest", cached_smoke.over(rstest)),
                ("(cached_smoke - plain) / (rstest - plain)", cached_smoke.minus(plain).over(&rstest.minus(plain))),
            ];
            for (subject, ratio) in ratios {
                println!("{name:<12}{subject:<40}{ratio:>24}");
            }
        }
    }
}

const CHECK: &[&str] = &["check", "--tests"];
const BUILD: &[&str] = &["test", "--no-run"];

/// Measures the compiler pass in which macros run, as wall-clock time that the compiler reports.
///
/// `-Ztime-passes` needs a nightly compiler or `RUSTC_BOOTSTRAP`.
fn expand(package: &Package) -> f64 {
    touch(package);
    let mut command = package.cargo(&["rustc", "--test", "many", "--", "-Ztime-passes"]);
    // In its own target directory: some dependencies depend on RUSTC_BOOTSTRAP, and would be compiled again for each
    // measurement.
    command.env("RUSTC_BOOTSTRAP", "1").env("CARGO_TARGET_DIR", package.path("target-of-expansion"));
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    let line = text.lines().find(|line| line.ends_with("\tmacro_expand_crate")).unwrap();
    line.trim_start_matches("time:").split(';').next().unwrap().trim().parse().unwrap()
}

fn check(package: &Package) -> f64 {
    touch(package);
    cpu_seconds(package.cargo(CHECK))
}

fn build(package: &Package) -> f64 {
    touch(package);
    cpu_seconds(package.cargo(BUILD))
}

/// Changes the modification time of the file of tests, so that only that file is compiled again.
fn touch(package: &Package) {
    File::options().append(true).open(package.path(FILE)).unwrap().set_modified(SystemTime::now()).unwrap();
}
