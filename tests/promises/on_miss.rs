//! `SMOKE_ON_MISS`: build, skip or fail.

use cached_smoke::Outcome;
use test_support::Sandbox;

use crate::Reports;

#[test]
fn skip_passes_says_so_and_builds_nothing() {
    let sandbox = Sandbox::new();
    for test in [
        "both",
        "waits_for_a_panic",
        "waits_for_any_panic",
        "only_lengths",
        "asks_for_more",
        "beneath",
        "over_two::bookshop",
    ] {
        let done = sandbox.run(test).env("SMOKE_ON_MISS", "skip").passes();
        assert!(done.stdout.contains(&format!("skipped subject::{test} over bookshop: ")), "{}", done.stdout);
        assert_eq!(done.reports()[0].outcome(), Some(Outcome::Skipped));
    }
    assert_eq!(sandbox.take_log(), [""; 0]);
    sandbox.run("both").passes();
    assert_eq!(sandbox.run("both").env("SMOKE_ON_MISS", "skip").passes().outcome("words"), Outcome::Hit);
}

#[test]
fn fail_fails_with_the_reason() {
    let sandbox = Sandbox::new();
    let done = sandbox.run("both").env("SMOKE_ON_MISS", "fail").fails();
    assert!(done.stderr.contains("`words` of bookshop is not in the cache (first build)"), "{}", done.stderr);
    assert_eq!(sandbox.take_log(), [""; 0]);
}

#[test]
fn variable_overrides_the_default_in_the_file() {
    let sandbox = Sandbox::new();
    sandbox.write_smoke_toml("[defaults]\non-miss = \"fail\"\n");
    sandbox.run("only_words").fails();
    sandbox.run("only_words").env("SMOKE_ON_MISS", "build").passes();
}

#[test]
fn repository_in_smoke_leave_out_is_skipped() {
    let sandbox = Sandbox::without_repository();
    let done = sandbox.run("both").env("SMOKE_LEAVE_OUT", "bookshop").passes();
    assert!(done.stdout.contains("skipped subject::both over bookshop"), "{}", done.stdout);
    assert_eq!(done.reports().len(), 1);
}
