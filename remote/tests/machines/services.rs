//! The remote cache over every service that can run on this machine.

use std::process::Output;

use cached_smoke::Outcome;
use test_support::{Machine, World};

use crate::servers::{Azure, Gcs, GitHub, Redis, S3, WebDav, let_in};
use crate::{Reports, new_world};

/// One machine uploads, another fetches, and a third replaces. `remote status` shows the abilities of the service.
fn works(world: &World, machine: impl Fn() -> Machine, leases: &str) {
    let first = machine().passes("both");
    assert_eq!((first.outcome("words"), first.warnings()), (Outcome::Built, 0), "{}", first.stderr);
    let second = machine().passes("both");
    assert_eq!((second.outcome("words"), second.outcome("lengths")), (Outcome::Fetched, Outcome::Fetched));
    assert_eq!(second.warnings(), 0, "{}", second.stderr);
    let forced = machine().with("SMOKE_FORCE_REBUILD", "all").passes("both");
    assert_eq!((forced.outcome("words"), forced.warnings()), (Outcome::Forced, 0), "{}", forced.stderr);
    assert_eq!(machine().passes("both").outcome("lengths"), Outcome::Fetched);
    let status = machine().smoke_cache(&["remote", "status"]);
    let told = said(&status);
    assert!(status.status.success(), "{told}");
    assert!(told.contains("readable:  yes") && told.contains("writable:  yes"), "{told}");
    assert!(told.contains(leases), "{told}");
    assert!(world.path("bookshop").exists());
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

const ONE_BUILDS: &str = "leases:    yes, one machine builds for all";
const IGNORED: &str = "leases:    no: the service ignores `If-None-Match`";
const NO_CONDITIONS: &str = "leases:    no: the service has no conditional writes";

#[test]
fn a_folder() {
    let world = new_world();
    works(&world, || world.machine(&world.folder()), ONE_BUILDS);
}

#[test]
fn s3s_fs() {
    let Some(server) = S3::start_s3s() else { return };
    let world = new_world();
    works(&world, || let_in(world.machine(&server.url())), ONE_BUILDS);
}

#[test]
fn moto() {
    let Some(server) = S3::start_moto() else { return };
    let world = new_world();
    works(&world, || let_in(world.machine(&server.url())), ONE_BUILDS);
}

#[test]
fn redis() {
    let Some(server) = Redis::start() else { return };
    let world = new_world();
    works(&world, || world.machine(&server.url()), NO_CONDITIONS);
}

#[test]
fn redis_with_a_password() {
    let Some(server) = Redis::start_with_password("open sesame") else { return };
    let world = new_world();
    works(&world, || world.machine(&format!("{}?password=open%20sesame", server.url())), NO_CONDITIONS);
    let elsewhere = server.url().replace("/0/", "/99/");
    for (url, query, said) in [
        (server.url(), "?password=hush", "WRONGPASS"),
        (server.url(), "?username=ali&password=hush", "WRONGPASS"),
        (server.url(), "", "NOAUTH"),
        (elsewhere, "?password=open%20sesame", "DB index is out of range"),
    ] {
        let done = world.machine(&format!("{url}{query}")).passes("both");
        let error = done.report("words").remote_error.unwrap_or_default();
        assert!(error.contains(" answers: ") && error.contains(said), "{url}{query}: {error}");
        assert_eq!((done.outcome("words"), done.warnings()), (Outcome::Built, 1));
    }
}

#[test]
fn webdav_of_nginx() {
    let Some(server) = WebDav::start() else { return };
    let world = new_world();
    works(&world, || world.machine(&server.url()), NO_CONDITIONS);
}

#[test]
fn webdav_over_tls() {
    let Some(server) = WebDav::start_with_tls() else { return };
    let world = new_world();
    works(&world, || world.machine(&server.url()).with("SSL_CERT_FILE", server.certificate()), NO_CONDITIONS);
    let stranger = world.machine(&server.url()).with("SMOKE_REMOTE_BUDGET", "5s").passes("both");
    let report = stranger.report("words");
    assert_eq!(report.outcome, Outcome::Built);
    let error = report.remote_error.as_deref().unwrap_or_default();
    assert!(error.contains("certificate"), "{error}");
}

#[test]
fn gcp_storage_emulator() {
    let Some(server) = Gcs::start() else { return };
    let world = new_world();
    works(&world, || world.machine(&server.url()), IGNORED);
}

#[test]
fn cache_of_github_actions() {
    let server = GitHub::start();
    let world = new_world();
    works(&world, || server.let_in(world.machine("ghac:///v1/some/prefix")), NO_CONDITIONS);
    // This service replaces nothing. A machine that rebuilds a refused entry keeps the artifact. The one warning is
    // about the refusal.
    let other = "0202020202020202020202020202020202020202020202020202020202020202";
    let other = server.let_in(world.machine("ghac:///v1/some/prefix")).with("SMOKE_REMOTE_SIGNING_KEY", other);
    let refused = other.passes("only_words");
    assert_eq!((refused.outcome("words"), refused.warnings()), (Outcome::Built, 1), "{}", refused.stderr);
    let error = refused.report("words").remote_error.unwrap_or_default();
    assert!(error.contains("not trusted"), "{error}");
    // If several machines upload one entry at once, all but the first get the answer that it exists.
    let machines: Vec<_> =
        (0..4).map(|_| server.let_in(world.machine("ghac:///v1/another")).with(crate::subject::TAKES, "300")).collect();
    let runs: Vec<_> = machines.iter().map(|machine| machine.start("both")).collect();
    for run in runs {
        let done = run.done();
        assert!(done.passed && done.warnings() == 0, "{}", done.stderr);
    }
}

#[test]
fn azurite() {
    let Some(server) = Azure::start() else { return };
    let world = new_world();
    works(&world, || world.machine(&server.url()), ONE_BUILDS);
}
