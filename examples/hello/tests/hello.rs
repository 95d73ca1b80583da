//! Two tests that share one slow fixture.

use std::{fs, path::Path, thread, time::Duration};

use cached_smoke::{Artifact, BuildContext, CodeFingerprint, LoadContext, Result, Suite};
use cached_smoke::{cached_smoke, code_fingerprint};

/// The suite: once per project.
struct Smoke;

impl Suite for Smoke {
    type Config = (); // the settings of a build; part of the key
    const CODE: CodeFingerprint = code_fingerprint!("src", "tests"); // the code that builds
}

/// The fixture: the names of the source files.
struct Sources(Vec<String>);

impl Artifact<Smoke> for Sources {
    const NAME: &'static str = "sources";

    // Slow. Runs on a miss.
    fn build(cx: &BuildContext<'_, Smoke>) -> Result<Self> {
        thread::sleep(Duration::from_secs(3));
        let mut names = Vec::new();
        for file in fs::read_dir(cx.repo().path())? {
            names.push(file?.file_name().to_string_lossy().into_owned());
        }
        Ok(Sources(names))
    }

    // Writes the files to keep, after a build.
    fn save(&self, dir: &Path) -> Result<()> {
        Ok(fs::write(dir.join("names"), self.0.join("\n"))?)
    }

    // Fast. Runs in every test process.
    fn load(cx: &LoadContext<'_, Smoke>) -> Result<Self> {
        let names = fs::read_to_string(cx.dir().join("names"))?;
        Ok(Sources(names.lines().map(str::to_owned).collect()))
    }
}

#[cached_smoke(repo = "sources")]
fn finds_a_source_file(sources: &Sources) {
    assert!(!sources.0.is_empty());
}

#[cached_smoke(repo = "sources")]
fn finds_a_rust_file(sources: &Sources) {
    assert!(sources.0.iter().any(|name| name == "lib.rs"));
}
