// The suite of each workspace. Each build is a line of the log. A test fails if its artifact is not what a build
// returns now.

use cached_smoke::{Artifact, BuildContext, CodeFingerprint, LoadContext, Result, Suite};
use std::io::Write;

pub struct Smoke;

impl Suite for Smoke {
    type Config = ();
    const CODE: CodeFingerprint = cached_smoke::code_fingerprint!(/*names*/);
}

pub struct Answer(pub String);

pub fn now() -> String {
    /*now*/
}

impl Artifact<Smoke> for Answer {
    const NAME: &'static str = "answer";
    const RELOCATABLE: bool = true;
    fn build(_: &BuildContext<'_, Smoke>) -> Result<Self> {
        let log = std::env::var("SUBJECT_LOG")?;
        std::fs::File::options().create(true).append(true).open(log)?.write_all(b"built\n")?;
        Ok(Answer(now()))
    }
    fn save(&self, dir: &std::path::Path) -> Result<()> {
        Ok(std::fs::write(dir.join("answer"), &self.0)?)
    }
    fn load(cx: &LoadContext<'_, Smoke>) -> Result<Self> {
        Ok(Answer(std::fs::read_to_string(cx.dir().join("answer"))?))
    }
}
