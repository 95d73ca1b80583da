//! Inputs that are edited while a run is in flight.

use cached_smoke::Outcome;
use test_support::Done;

use super::Fixture;
use crate::Reports;

#[test]
fn build_from_an_edited_input_is_not_kept() {
    for (inputs, subject) in [
        ("file data/model.bin", "file data/model.bin"),
        ("directory data", "directory data"),
        ("variable HOME\nfile data/../data/model.bin", "file data/../data/model.bin"),
    ] {
        let fixture = Fixture::new(inputs);
        let edited = fixture.run().env("SUBJECT_EDIT", fixture.path("data/model.bin")).passes();
        assert_eq!(edited.outcome("declared"), Outcome::Bypassed);
        let reason = format!("{subject} changed while it was being read");
        assert_eq!(edited.reason("declared"), reason);
        let warning = format!("`declared` of bookshop: {reason}; the result is used once and not kept");
        assert!(edited.stderr.contains(&warning), "{}", edited.stderr);
        assert!(fixture.sandbox.entry_files().is_empty());
        assert_eq!(fixture.run().passes().outcome("declared"), Outcome::Built);
    }
}

#[test]
fn build_from_an_edited_input_of_a_dependency_is_not_kept() {
    let fixture = Fixture::new("file data/model.bin");
    fixture.run().passes();
    let run = fixture.sandbox.run("only_needs_declared").env("SUBJECT_INPUTS", fixture.inputs);
    let edited = run.env("SUBJECT_EDIT", fixture.path("data/model.bin")).passes();
    assert_eq!(edited.reason("needs_declared"), "file data/model.bin changed while it was being read");
}

#[test]
fn run_is_one_snapshot_of_inputs_unless_strict() {
    for inputs in ["file data/model.bin", "directory data"] {
        let fixture = Fixture::new(inputs);
        let in_run = |strict| -> Done {
            let run = fixture.sandbox.run_within("one", "only_declared").env("SUBJECT_INPUTS", inputs);
            run.env("SMOKE_STRICT", strict).passes()
        };
        in_run("0");
        fixture.write("data/model.bin", "two");
        fixture.sandbox.take_log();
        in_run("0");
        assert_eq!(fixture.sandbox.take_builds(), [""; 0], "the run has its snapshot");
        in_run("1");
        assert_eq!(fixture.sandbox.take_builds(), ["build declared"], "strict mode sees the edit");
    }
}
