//! Measures a clean build of a package with one dependency.

use crate::measure::{cpu_seconds, in_turns, output};
use crate::package::{Package, cached_smoke};
use std::collections::BTreeSet;
use std::fs;

/// The dependency with which the others are compared.
const REFERENCE: &str = "rstest";

/// The features for `#[sqlx::test]` with a pool: the macro, which needs `migrate`; a runtime; a database. `PostgreSQL`
/// is the database that compiles no C code.
const SQLX: &str = r#"sqlx = { version = "*", default-features = false, features = ["macros", "migrate", "runtime-tokio", "postgres"] }"#;

/// A package with one dependency, and the size of its dependency tree.
struct Subject {
    name: &'static str,
    package: Package,
    /// The number of dependencies; each version of a package counts.
    crates: usize,
    /// The number of compilations: libraries, macros, build scripts. Some packages are compiled both for the host and
    /// for the target.
    units: usize,
}

impl Subject {
    fn new(name: &'static str, dependency: &str) -> Result<Self, String> {
        let package = Package::new(&format!("[dependencies]\n{dependency}\n"));
        package.write("src/lib.rs", "");
        // Also downloads the dependencies.
        let tree = output(package.cargo(&["tree", "--edges", "normal,build", "--prefix", "none"]))?;
        let build = output(package.cargo(&["build", "--message-format", "json"]))?;
        let crates: BTreeSet<_> = tree.lines().map(|line| line.trim_end_matches(" (*)")).collect();
        let units = build.lines().filter(|line| line.starts_with(r#"{"reason":"compiler-artifact""#));
        // Without the package itself.
        Ok(Self { name, package, crates: crates.len() - 1, units: units.count() - 1 })
    }

    fn build(&self) -> f64 {
        fs::remove_dir_all(self.package.path("target")).unwrap();
        cpu_seconds(self.package.cargo(&["build"]))
    }
}

pub(crate) fn run(rounds: usize) {
    println!("\nclean build: cargo build of one dependency, CPU seconds as median (min..max), rounds: {rounds}");
    println!("with the features for #[sqlx::test]: {SQLX}\n");
    let dependencies =
        [("cached-smoke", cached_smoke()), (REFERENCE, "rstest = \"*\"".to_owned()), ("sqlx", SQLX.to_owned())];
    let mut subjects = Vec::new();
    for (name, dependency) in dependencies {
        match Subject::new(name, &dependency) {
            Ok(subject) => subjects.push(subject),
            Err(reason) => println!("skipped: {name}: {reason}"),
        }
    }
    let samples = in_turns(rounds, &subjects, Subject::build);
    let reference = subjects.iter().position(|subject| subject.name == REFERENCE).map(|index| &samples[index]);
    println!("{:<14}{:>8}{:>8}{:>24}{:>24}", "", "crates", "units", "CPU seconds", "/ rstest");
    for (Subject { name, crates, units, .. }, sample) in subjects.iter().zip(&samples) {
        let ratio = reference.map_or_else(String::new, |reference| sample.over(reference).to_string());
        println!("{name:<14}{crates:>8}{units:>8}{sample:>24}{ratio:>24}");
    }
}
