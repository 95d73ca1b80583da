//! A service on a bad day hurts nobody: every test passes, on a build of its own if need be, with one warning, in bounded time.

use cached_smoke::Outcome;

use crate::machine::{Machine, World};
use crate::proxy::{Fault, Proxy};
use crate::servers::{S3, free_port, let_in, url_at};

fn machine(world: &World, port: u16) -> Machine {
    let_in(world.machine(&url_at(port))).with("SMOKE_REMOTE_BUDGET", "2s")
}

#[track_caller]
fn passes_on_its_own(machine: &Machine, what: &str) -> String {
    let done = machine.passes("both");
    assert_eq!((done.outcome("words"), done.outcome("lengths")), (Outcome::Built, Outcome::Built), "{what}");
    assert_eq!(done.warnings(), 1, "{what}: {}", done.stderr);
    assert!(done.reports[0].cache_miss(), "{what}");
    // A miss, and, apart from that, an error.
    let error = done.report("words").remote_error.clone();
    error.unwrap_or_else(|| panic!("{what}: {}", done.stdout))
}

#[test]
fn refused_connections() {
    let world = World::new();
    let error = passes_on_its_own(&machine(&world, free_port()), "refused");
    assert!(error.contains("failed to read from the service"), "{error}");
}

#[test]
fn refused_connections_to_redis() {
    let world = World::new();
    let port = free_port();
    let machine = world.machine(&format!("redis://127.0.0.1:{port}/0")).with("SMOKE_REMOTE_BUDGET", "2s");
    let error = passes_on_its_own(&machine, "refused");
    assert!(error.contains(&format!("failed to connect to 127.0.0.1:{port}: ")), "{error}");
}

#[test]
fn a_black_hole() {
    let world = World::new();
    let proxy = Proxy::start(0, Fault::BlackHole);
    let error = passes_on_its_own(&machine(&world, proxy.port()), "black hole");
    assert!(error.contains("no answer came in time"), "{error}");
    assert!(proxy.connections() > 0);
}

#[test]
fn answers_that_mean_no() {
    for (status, body, expected) in [
        (403, "<Error><Code>AccessDenied</Code><Message>no</Message></Error>", "check the credentials"),
        // Its clock, or ours, is wrong.
        (403, "<Error><Code>RequestTimeTooSkewed</Code><Message>skewed</Message></Error>", "failed to read from the service"),
        (429, "", "the service answers with HTTP status 429"),
        (500, "<Error><Code>InternalError</Code></Error>", "failed to read from the service"),
        (503, "<Error><Code>SlowDown</Code></Error>", "failed to read from the service"),
    ] {
        let world = World::new();
        let proxy = Proxy::start(0, Fault::Status(status, body));
        let error = passes_on_its_own(&machine(&world, proxy.port()), &format!("{status} {body}"));
        assert!(error.contains(expected), "{status}: {error}");
    }
}

/// Machines before a proxy, after an honest one has shared what it built.
fn after_sharing(fault: Fault) -> Option<(World, S3, Proxy)> {
    let server = S3::start()?;
    let world = World::new();
    let honest = let_in(world.machine(&server.url()));
    assert_eq!(honest.passes("both").outcome("words"), Outcome::Built);
    let proxy = Proxy::start(server.port(), fault);
    Some((world, server, proxy))
}

#[test]
fn who_may_not_write_still_reads() {
    let Some((world, _server, proxy)) = after_sharing(Fault::ReadOnly) else { return };
    // With a key, as if it could: two artifacts of another version that it cannot share, and then those that are there.
    let machine = machine(&world, proxy.port()).with("SMOKE_REMOTE_BUDGET", "20s");
    let machine = machine.with(crate::subject::VERSION, "2");
    let failed = machine.start_within("one", "both").done();
    assert!(failed.passed && failed.warnings() == 1, "{}", failed.stderr);
    assert_eq!(failed.outcome("words"), Outcome::Built);
    let error = failed.report("words").remote_error.as_deref().unwrap_or_default();
    assert!(error.contains("failed to write to the service") && error.contains("check the credentials"), "{error}");
    let done = machine.with(crate::subject::VERSION, "").start_within("one", "both").done();
    assert_eq!((done.outcome("words"), done.outcome("lengths")), (Outcome::Fetched, Outcome::Fetched));
}

#[test]
fn connections_that_are_reset_halfway() {
    for bytes in [1, 200, 700, 1200, 2500] {
        let Some((world, _server, proxy)) = after_sharing(Fault::ResetAfter(bytes)) else { return };
        let done = machine(&world, proxy.port()).passes("both");
        assert!(done.warnings() <= 1, "{bytes}: {}", done.stderr);
        assert!(
            done.reports[0].cache_miss() == done.report("words").remote_error.is_some(),
            "{bytes}: {}",
            done.stdout
        );
    }
}

#[test]
fn a_byte_at_a_time() {
    let Some((world, _server, proxy)) = after_sharing(Fault::Slow) else { return };
    let done = machine(&world, proxy.port()).with("SMOKE_REMOTE_BUDGET", "1s").passes("both");
    assert_eq!((done.outcome("words"), done.warnings()), (Outcome::Built, 1), "{}", done.stderr);
}

#[test]
fn wrong_bytes() {
    for bytes in [0, 300, 600, 1000, 1800] {
        let Some((world, _server, proxy)) = after_sharing(Fault::WrongAfter(bytes)) else { return };
        let done = machine(&world, proxy.port()).passes("both");
        assert!(done.warnings() <= 1, "{bytes}: {}", done.stderr);
    }
}

#[test]
fn wrong_credentials_where_they_are_checked() {
    let Some(server) = S3::start_s3s() else { return };
    let world = World::new();
    let machine = machine(&world, server.port()).with("AWS_SECRET_ACCESS_KEY", "another");
    passes_on_its_own(&machine, "wrong credentials");
}

#[test]
fn no_credentials_at_all() {
    let Some(server) = S3::start_s3s() else { return };
    let world = World::new();
    // On no machine of a cloud is anybody asked for some.
    let machine = world.machine(&url_at(server.port())).with("AWS_EC2_METADATA_DISABLED", "true");
    passes_on_its_own(&machine.with("SMOKE_REMOTE_BUDGET", "2s"), "no credentials");
}
