//! Selects the flags of the compiler that can change what code does.
//!
//! Debug information, optimization, instrumentation and the linker change how a program runs, but not its results: they
//! do not count here. A library that counts as compiled depends on all flags, by its metadata.

use super::command_line::CommandLine;
use super::digest;
use crate::message;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The flags of the current crate that count.
#[derive(Debug, Default)]
pub(super) struct Flags {
    pub(super) target: String,
    pub(super) features: BTreeSet<String>,
    /// All other `--cfg` options, such as those that a build script printed.
    pub(super) cfgs: BTreeSet<String>,
    /// The names and values of the other flags.
    pub(super) behaviour: BTreeMap<String, String>,
}

/// The codegen options that can change results, besides those that [`Flags::of`] gives a default.
const BEHAVIOUR: &[&str] = &["llvm-args", "soft-float", "target-cpu", "target-feature"];

/// The unstable options that change only messages or the speed of the compiler.
const HARMLESS: &[&str] =
    &["codegen-backend", "macro-backtrace", "no-parallel-backend", "self-profile", "share-generics"];
/// The prefixes of further such options.
const HARMLESS_PREFIXES: &[&str] = &["dump-", "print-", "threads", "time-", "ui-testing", "unstable-options"];

impl Flags {
    /// Selects the flags in a command line.
    ///
    /// # Errors
    ///
    /// Returns a message if the description of a custom target cannot be read.
    pub(super) fn of(line: &CommandLine) -> Result<Self, String> {
        let mut flags = Self { target: target(line.target.as_deref())?, ..Self::default() };
        for cfg in &line.cfgs {
            match cfg.strip_prefix("feature=") {
                Some(feature) => drop(flags.features.insert(feature.trim_matches('"').to_owned())),
                None => drop(flags.cfgs.insert(cfg.clone())),
            }
        }
        let is_unoptimized = line.codegen("opt-level").is_none_or(|level| level == "0");
        let has_assertions = line.codegen("debug-assertions").map_or(is_unoptimized, is_on);
        let has_checks = line.codegen("overflow-checks").map_or(has_assertions, is_on);
        let mut add = |name: &str, value: &str| drop(flags.behaviour.insert(name.to_owned(), value.to_owned()));
        add("debug-assertions", on(has_assertions));
        add("overflow-checks", on(has_checks));
        add("edition", line.edition.as_deref().unwrap_or("2015"));
        add("panic", line.codegen("panic").unwrap_or("unwind"));
        for name in BEHAVIOUR {
            let values: Vec<&str> = line
                .codegen
                .iter()
                .filter(|(given, _)| given == name)
                .map(|(_, value)| value.as_deref().unwrap_or("on"))
                .collect();
            if !values.is_empty() {
                add(name, &values.join(","));
            }
        }
        for option in &line.unstable {
            let (name, value) = option.split_once('=').unwrap_or((option, "on"));
            let name = name.replace('_', "-");
            let is_harmless = HARMLESS.contains(&&*name) || HARMLESS_PREFIXES.iter().any(|one| name.starts_with(one));
            if !is_harmless {
                add(&format!("Z {name}"), value);
            }
        }
        if !line.linked.is_empty() {
            add("l", &line.linked.join(","));
        }
        Ok(flags)
    }
}

/// Returns the target: the host without `--target`. For a target in a file, the digest of the file is included.
fn target(given: Option<&str>) -> Result<String, String> {
    let Some(given) = given else { return Ok(host()) };
    let path = Path::new(given);
    if path.extension().is_some_and(|extension| extension == "json") {
        let digest = digest::of_file(path).map_err(|error| message::unreadable(path, &error))?;
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        return Ok(format!("{name} {digest}"));
    }
    Ok(given.to_owned())
}

fn host() -> String {
    let environment = if cfg!(target_env = "musl") {
        "musl"
    } else if cfg!(target_env = "msvc") {
        "msvc"
    } else if cfg!(target_env = "gnu") {
        "gnu"
    } else {
        "-"
    };
    format!("host {} {} {environment}", std::env::consts::ARCH, std::env::consts::OS)
}

fn is_on(value: &str) -> bool {
    matches!(value, "" | "y" | "yes" | "on" | "true")
}

fn on(is_on: bool) -> &'static str {
    if is_on { "on" } else { "off" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsString;

    fn flags(arguments: &[&str]) -> Flags {
        let line = ["--crate-name", "t"].iter().chain(arguments).map(OsString::from);
        Flags::of(&CommandLine::parse(line).expect("a command line")).expect("readable")
    }

    #[test]
    fn assertions_follow_optimization_unless_set() {
        let assertions = |arguments: &[&str]| {
            let flags = flags(arguments);
            [&flags.behaviour["debug-assertions"], &flags.behaviour["overflow-checks"]].map(|value| value == "on")
        };
        assert_eq!(assertions(&[]), [true, true]);
        assert_eq!(assertions(&["-O"]), [false, false]);
        assert_eq!(assertions(&["-Copt-level=3", "-Cdebug-assertions=on"]), [true, true]);
        assert_eq!(assertions(&["-Copt-level=3", "-Coverflow-checks"]), [false, true]);
    }

    #[test]
    fn flags_without_effect_on_results_do_not_count() {
        let plain = flags(&[]).behaviour;
        let harmless = ["-Cdebuginfo=2", "-Cinstrument-coverage", "-Clinker=mold", "-Zthreads=8", "-Cincremental=/x"];
        assert_eq!(flags(&harmless).behaviour, plain);
        for arguments in
            [["-Cpanic=abort"], ["-Ctarget-cpu=native"], ["-Zrandomize-layout"], ["--edition=2021"], ["-lfoo"]]
        {
            assert_ne!(flags(&arguments).behaviour, plain, "{arguments:?}");
        }
    }

    #[test]
    fn features_and_other_configuration_are_separate() {
        let flags = flags(&["--cfg", "feature=\"fancy\"", "--cfg", "has_foo", "--test"]);
        assert_eq!(flags.features.iter().collect::<Vec<_>>(), ["fancy"]);
        assert_eq!(flags.cfgs.iter().collect::<Vec<_>>(), ["has_foo", "test"]);
        assert_ne!(target(Some("x86_64-unknown-linux-musl")), target(None));
    }
}
