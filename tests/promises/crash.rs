//! A builder that is killed leaves an artifact or none, and what it leaves behind is swept.

use std::fs;

use cached_smoke::Outcome;

use crate::sandbox::Sandbox;

#[cfg(unix)]
#[test]
fn killed_in_its_build_it_leaves_nothing_and_the_next_run_sweeps() {
    let sandbox = Sandbox::new();
    let pipe = sandbox.pipe();
    let builder = sandbox.run("only_words").env("SUBJECT_WAIT_FOR", "words").env("SUBJECT_PIPE", &pipe).start();
    let _held = fs::File::options().write(true).open(&pipe).unwrap();
    builder.kill();
    let staged = || fs::read_dir(sandbox.cache().join(".staging")).unwrap().count();
    assert_eq!(sandbox.entry_files().len(), 0);
    assert_eq!(staged(), 2, "the directory and its lock");

    assert_eq!(sandbox.run("only_words").passes().outcome("words"), Outcome::Built);
    assert_eq!(staged(), 0);
}

#[test]
fn files_without_their_manifest_are_built_again() {
    let sandbox = Sandbox::new();
    sandbox.run("both").passes();
    // As if the machine had stopped right before the commit.
    for manifest in ["words.json", "lengths.json"] {
        fs::remove_file(sandbox.entry_file(manifest)).unwrap();
    }
    let done = sandbox.run("both").passes();
    assert_eq!((done.outcome("words"), done.outcome("lengths")), (Outcome::Built, Outcome::Built));
    assert_eq!(sandbox.run("both").passes().outcome("words"), Outcome::Hit);
}
