//! A file of tests, compiled anew when all that it depends on is there.

use crate::measure::{cpu_seconds, in_turns, output};
use crate::package::{Package, cached_smoke};
use std::fmt::Write;
use std::fs::File;
use std::time::SystemTime;

const FILE: &str = "tests/many.rs";

/// The two ways to compile a file of tests, and what people call them.
const COMMANDS: [(&str, &[&str]); 2] = [("check", &["check", "--tests"]), ("test build", &["test", "--no-run"])];

/// What anybody would write without a macro: the baseline.
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

/// A file of tests that differ in nothing but their names.
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

    /// A package with these tests, compiled once with all that they depend on.
    fn package(&self, count: usize, dependency: &str) -> Result<Package, String> {
        let package = Package::new(&format!("[dev-dependencies]\n{dependency}\n"));
        package.write(FILE, &self.text(count));
        package.write("smoke.toml", "[repos.one]\npath = \"one\"\n");
        for (_, command) in COMMANDS {
            output(package.cargo(command))?;
        }
        Ok(package)
    }
}

pub(crate) fn run(count: usize, rounds: usize) {
    println!("\nexpansion: a file of {count} tests compiled anew, CPU seconds as median (min..max), rounds: {rounds}");
    let subjects = [(PLAIN, String::new()), (RSTEST, "rstest = \"*\"".to_owned()), (CACHED_SMOKE, cached_smoke())];
    let mut packages = Vec::new();
    for (tests, dependency) in subjects {
        match tests.package(count, &dependency) {
            Ok(package) => packages.push((tests.name, package)),
            Err(reason) => println!("left out: {}: {reason}", tests.name),
        }
    }
    for (name, command) in COMMANDS {
        println!();
        let samples = in_turns(rounds, &packages, |(_, package)| compile(package, command));
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

/// Compiles the file of tests, and nothing else.
fn compile(package: &Package, command: &[&str]) -> f64 {
    File::options().append(true).open(package.path(FILE)).unwrap().set_modified(SystemTime::now()).unwrap();
    cpu_seconds(package.cargo(command))
}
