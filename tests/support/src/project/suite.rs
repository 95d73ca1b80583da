// The suite of the test binaries `a` and `b`: one artifact. Each build is a line of the log.

use cached_smoke::{Artifact, BuildContext, CodeFingerprint, LoadContext, Result, Suite};
use std::io::Write;

pub struct Smoke;

impl Suite for Smoke {
    type Config = ();
    const CODE: CodeFingerprint = cached_smoke::code_fingerprint!("src");
}

pub struct Number(pub u32);

impl Artifact<Smoke> for Number {
    const NAME: &'static str = "number";
    fn build(_: &BuildContext<'_, Smoke>) -> Result<Self> {
        std::fs::File::options().create(true).append(true).open(concat!(env!("CARGO_MANIFEST_DIR"), "/log"))?.write_all(b"built\n")?;
        Ok(Number(project::number()))
    }
    fn save(&self, dir: &std::path::Path) -> Result<()> {
        Ok(std::fs::write(dir.join("number"), self.0.to_string())?)
    }
    fn load(cx: &LoadContext<'_, Smoke>) -> Result<Self> {
        Ok(Number(std::fs::read_to_string(cx.dir().join("number"))?.parse()?))
    }
}
