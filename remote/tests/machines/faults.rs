//! A faulty service fails no test: each passes in bounded time, on its own build if necessary, with one warning.

use cached_smoke::Outcome;
use test_support::{Machine, World};

use crate::proxy::{Fault, Proxy};
use crate::servers::{S3, free_port, let_in, url_at};
use crate::{Reports, new_world};

fn machine(world: &World, port: u16) -> Machine {
    let_in(world.machine(&url_at(port))).with("SMOKE_REMOTE_BUDGET", "2s")
}

#[track_caller]
fn passes_on_its_own(machine: &Machine, what: &str) -> String {
    let done = machine.passes("both");
    assert_eq!((done.outcome("words"), done.outcome("lengths")), (Outcome::Built, Outcome::Built), "{what}");
    assert_eq!(done.warnings(), 1, "{what}: {}", done.stderr);
    assert!(done.reports()[0].cache_miss(), "{what}");
    // The record has a miss, and beside it an error.
    let error = done.report("words").remote_error.clone();
    error.unwrap_or_else(|| panic!("{what}: {}", done.stdout))
}

#[test]
fn tests_pass_if_connections_are_refused() {
    let world = new_world();
    let error = passes_on_its_own(&machine(&world, free_port()), "refused");
    assert!(error.contains("failed to read from the service"), "{error}");
}

#[test]
fn tests_pass_if_redis_refuses_connections() {
    let world = new_world();
    let port = free_port();
    let machine = world.machine(&format!("redis://127.0.0.1:{port}/0")).with("SMOKE_REMOTE_BUDGET", "2s");
    let error = passes_on_its_own(&machine, "refused");
    assert!(error.contains(&format!("failed to connect to 127.0.0.1:{port}: ")), "{error}");
}

#[test]
fn tests_pass_if_no_answer_ever_comes() {
    let world = new_world();
    let proxy = Proxy::start(0, Fault::BlackHole);
    let error = passes_on_its_own(&machine(&world, proxy.port()), "black hole");
    assert!(error.contains("no answer came in time"), "{error}");
    assert!(proxy.connections() > 0);
}

#[test]
fn tests_pass_on_error_statuses() {
    for (status, body, expected) in [
        (403, "<Error><Code>AccessDenied</Code><Message>no</Message></Error>", "check the credentials"),
        // The clock of the server, or of this machine, is wrong.
        (
            403,
            "<Error><Code>RequestTimeTooSkewed</Code><Message>skewed</Message></Error>",
            "failed to read from the service",
        ),
        (429, "", "the service answers with HTTP status 429"),
        (500, "<Error><Code>InternalError</Code></Error>", "failed to read from the service"),
        (503, "<Error><Code>SlowDown</Code></Error>", "failed to read from the service"),
    ] {
        let world = new_world();
        let proxy = Proxy::start(0, Fault::Status(status, body));
        let error = passes_on_its_own(&machine(&world, proxy.port()), &format!("{status} {body}"));
        assert!(error.contains(expected), "{status}: {error}");
    }
}

/// Starts a server with the upload of one machine, and a proxy with a fault before it.
fn after_sharing(fault: Fault) -> Option<(World, S3, Proxy)> {
    let server = S3::start()?;
    let world = new_world();
    let honest = let_in(world.machine(&server.url()));
    assert_eq!(honest.passes("both").outcome("words"), Outcome::Built);
    let proxy = Proxy::start(server.port(), fault);
    Some((world, server, proxy))
}

#[test]
fn machine_without_write_access_still_fetches() {
    let Some((world, _server, proxy)) = after_sharing(Fault::ReadOnly) else { return };
    // The machine has a signing key, but may not write: it cannot upload another version, and can fetch the uploaded
    // one.
    let machine = machine(&world, proxy.port()).with("SMOKE_REMOTE_BUDGET", "20s");
    let machine = machine.with(crate::subject::VERSION, "2");
    let failed = machine.run_within("one", "both").done();
    assert!(failed.passed && failed.warnings() == 1, "{}", failed.stderr);
    assert_eq!(failed.outcome("words"), Outcome::Built);
    let error = failed.report("words").remote_error.unwrap_or_default();
    assert!(error.contains("failed to write to the service") && error.contains("check the credentials"), "{error}");
    let done = machine.with(crate::subject::VERSION, "").run_within("one", "both").done();
    for artifact in ["words", "lengths"] {
        assert_eq!(done.last_report(artifact).outcome, Outcome::Fetched, "{artifact}");
    }
}

#[test]
fn tests_pass_if_connections_are_reset_halfway() {
    for bytes in [1, 200, 700, 1200, 2500] {
        let Some((world, _server, proxy)) = after_sharing(Fault::ResetAfter(bytes)) else { return };
        let done = machine(&world, proxy.port()).passes("both");
        assert!(done.warnings() <= 1, "{bytes}: {}", done.stderr);
        assert!(
            done.reports()[0].cache_miss() == done.report("words").remote_error.is_some(),
            "{bytes}: {}",
            done.stdout
        );
    }
}

#[test]
fn tests_pass_if_answers_are_slow() {
    let Some((world, _server, proxy)) = after_sharing(Fault::Slow) else { return };
    let done = machine(&world, proxy.port()).with("SMOKE_REMOTE_BUDGET", "1s").passes("both");
    assert_eq!((done.outcome("words"), done.warnings()), (Outcome::Built, 1), "{}", done.stderr);
}

#[test]
fn tests_pass_if_answers_are_corrupt() {
    for bytes in [0, 300, 600, 1000, 1800] {
        let Some((world, _server, proxy)) = after_sharing(Fault::WrongAfter(bytes)) else { return };
        let done = machine(&world, proxy.port()).passes("both");
        assert!(done.warnings() <= 1, "{bytes}: {}", done.stderr);
    }
}

#[test]
fn tests_pass_with_wrong_credentials() {
    let Some(server) = S3::start_s3s() else { return };
    let world = new_world();
    let machine = machine(&world, server.port()).with("AWS_SECRET_ACCESS_KEY", "another");
    passes_on_its_own(&machine, "wrong credentials");
}

#[test]
fn tests_pass_without_credentials() {
    let Some(server) = S3::start_s3s() else { return };
    let world = new_world();
    // Without this, a machine of a cloud would request credentials from its metadata service.
    let machine = world.machine(&url_at(server.port())).with("AWS_EC2_METADATA_DISABLED", "true");
    passes_on_its_own(&machine.with("SMOKE_REMOTE_BUDGET", "2s"), "no credentials");
}
