// Two test binaries are made of this: one artifact, whose builds are logged, and tests that take it.

use cached_smoke::{Artifact, BuildContext, CodeFingerprint, LoadContext, Result, Suite, cached_smoke};
use std::io::Write;

struct Smoke;

impl Suite for Smoke {
    type Config = ();
    const CODE: CodeFingerprint = cached_smoke::code_fingerprint!("src");
}

struct Number(u32);

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

#[cached_smoke(repo = "one")]
fn first(number: &Number) {
    assert_eq!(number.0, project::number());
}

#[cached_smoke]
fn each(number: &Number) {
    assert_eq!(number.0, project::number());
}
