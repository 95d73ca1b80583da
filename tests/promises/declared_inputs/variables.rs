//! Declared environment variables change the key by their value.

use std::fs;

use cached_smoke::Outcome;

use super::Fixture;
use crate::Reports;

#[test]
fn variable_set_changed_emptied_or_unset_is_a_miss() {
    let fixture = Fixture::new("variable SCHEMA\nvariable SUBJECT_OTHER");
    let run = |value: Option<&str>| match value {
        Some(value) => fixture.run().env("SCHEMA", value).passes(),
        None => fixture.run().without_env("SCHEMA").passes(),
    };
    let values =
        [None, Some("one"), Some("two"), Some(""), Some("a\"b\n→"), Some("\\xff"), Some("b\"\\xff\""), Some(" one")];
    for (index, value) in values.iter().enumerate() {
        assert_eq!(run(*value).outcome("declared"), Outcome::Built, "{value:?}");
        for earlier in &values[..=index] {
            assert_eq!(run(*earlier).outcome("declared"), Outcome::Hit, "{earlier:?}");
        }
    }
    for (old, new, reason) in [
        (Some("one"), Some("two"), "variable SCHEMA changed: \"one\" → \"two\""),
        (Some("one"), None, "variable SCHEMA is no longer set"),
        (None, Some("one"), "variable SCHEMA is now set: \"one\""),
        (Some("one"), Some(""), "variable SCHEMA changed: \"one\" → \"\""),
    ] {
        fs::remove_dir_all(fixture.sandbox.cache()).unwrap();
        run(old);
        assert_eq!(run(new).reason("declared"), reason);
    }
}

#[cfg(unix)]
#[test]
fn values_that_are_not_utf8_have_different_keys() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let fixture = Fixture::new("variable SCHEMA");
    let run = |value: &[u8]| fixture.run().env("SCHEMA", OsStr::from_bytes(value)).passes();
    run(b"\xff");
    let other = run(b"\xfe");
    assert_eq!(other.reason("declared"), "variable SCHEMA changed: b\"\\xff\" → b\"\\xfe\"");
    assert_eq!(run(b"\xef\xbf\xbd").outcome("declared"), Outcome::Built, "what a lossy text would be");
    assert_eq!(run(b"\xff").outcome("declared"), Outcome::Hit);
}

#[test]
fn processes_of_one_run_use_their_own_variables() {
    let fixture = Fixture::new("variable SCHEMA");
    for (value, builds) in [("one", 1), ("two", 1), ("one", 0)] {
        let run = fixture.sandbox.run_within("one", "only_declared").env("SUBJECT_INPUTS", fixture.inputs);
        run.env("SCHEMA", value).passes();
        assert_eq!(fixture.sandbox.take_builds().len(), builds, "{value}");
    }
}
