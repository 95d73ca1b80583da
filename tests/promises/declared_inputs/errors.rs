//! A declared input that cannot be read is an error with help.

use super::Fixture;

#[test]
fn missing_input_is_an_error_that_names_it() {
    for (inputs, path) in [
        ("file data/modle.bin", "data/modle.bin"),
        ("directory dota", "dota"),
        ("file data/model.bin/below", "data/model.bin/below"),
    ] {
        let fixture = Fixture::new(inputs);
        let error = fixture.error();
        let path = fixture.path(path);
        let expected = format!("cannot use the declared {inputs}: {} does not exist", path.display());
        assert!(error.contains(&expected), "{error}");
        assert!(error.contains("create it, or fix the path in `Artifact::key`"), "{error}");
    }
}

#[test]
fn input_of_another_kind_is_an_error_that_names_it() {
    let error = Fixture::new("file data").error();
    assert!(error.contains("cannot use the declared file data: ") && error.contains(" is a directory"), "{error}");
    assert!(error.contains("declare it with `KeyBuilder::directory`"), "{error}");
    let error = Fixture::new("directory data/model.bin").error();
    assert!(error.contains("cannot use the declared directory data/model.bin: "), "{error}");
    assert!(error.contains("declare it with `KeyBuilder::file`"), "{error}");
}

#[cfg(unix)]
#[test]
fn pipe_or_broken_link_is_an_error_without_a_wait() {
    let fixture = Fixture::new("file pipe");
    test_support::make_pipe(&fixture.path("pipe"));
    let error = fixture.error();
    assert!(error.contains("is neither a file nor a directory"), "{error}");
    let fixture = Fixture::new("file link");
    std::os::unix::fs::symlink("nowhere", fixture.path("link")).unwrap();
    let error = fixture.error();
    assert!(error.contains("is a broken link"), "{error}");
    let fixture = Fixture::new("directory data");
    test_support::make_pipe(&fixture.path("data/pipe"));
    fixture.run().passes();
}
