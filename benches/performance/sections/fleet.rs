//! Measures a fleet of machines, each with its own cache, with and without a remote cache.

use std::fs;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::programs::{BUILT, BYTES, REPO};
use crate::samples::{Program, Values, timed};
use crate::setup::Setup;
use crate::table::{Goal, Table};

const MACHINES: usize = 20;
/// The maximum number of rounds. A round takes many builds.
const MAX_ROUNDS: usize = 3;
/// A signing key for this benchmark only.
const SIGNING_KEY: &str = "0101010101010101010101010101010101010101010101010101010101010101";

pub(super) fn run(setup: &Setup, table: &mut Table) {
    println!("\na fleet of {MACHINES} machines, each with its own cache, all on this machine:");
    let Some(helper) = helper() else {
        println!("  skipped: the helper does not compile");
        return;
    };
    let Some(server) = Server::start(&setup.path("bucket")) else {
        println!("  skipped: s3s-fs is not installed; run `cargo install s3s-fs --version 0.14.1 --features binary`");
        return;
    };
    let with_remote = |program: &Program, url: &str| {
        let program = program.set("SMOKE_REMOTE", url).set("SMOKE_REMOTE_HELPER", &helper);
        let program = program.set("SMOKE_REMOTE_SIGNING_KEY", SIGNING_KEY);
        program.set("AWS_ACCESS_KEY_ID", KEY).set("AWS_SECRET_ACCESS_KEY", SECRET)
    };
    let with_server = |program: &Program| with_remote(program, &server.url());

    for repo in ["django", "scikit-learn"] {
        if setup.repo(repo).is_none() {
            println!("  skipped: the repository {repo} is missing; run `cargo smoke-cache fetch {repo}`");
            continue;
        }
        let alone = setup.program("fleet").set(REPO, repo);
        server.empty();
        let without = [fleet(setup, &alone)];
        print_fleets(&format!("{repo}, cold, without a remote cache"), &without);
        let mut cold = Vec::new();
        for _ in 0..setup.rounds.min(MAX_ROUNDS) {
            server.empty();
            cold.push(fleet(setup, &with_server(&alone)));
        }
        print_fleets(&format!("{repo}, cold, with a remote cache"), &cold);
        let warm: Vec<Fleet> = (0..setup.rounds.min(MAX_ROUNDS)).map(|_| fleet(setup, &with_server(&alone))).collect();
        print_fleets(&format!("{repo}, with a full remote cache"), &warm);
        table.value(
            format!("{repo}: builds of a cold fleet, without a remote cache"),
            without[0].built,
            "",
            Goal::None,
        );
        table.value(
            format!("{repo}: builds of a cold fleet, with a remote cache"),
            median(&cold, |fleet| fleet.built),
            "",
            Goal::AtMost(2.0),
        );
        let ratio = median(&cold, |fleet| fleet.seconds) / median(&without, |fleet| fleet.seconds);
        table.ratio(format!("{repo}: a cold fleet with ÷ without"), ratio, Goal::None);

        // One machine without other load.
        let one = |program: &Program| {
            Values::new((0..setup.rounds.min(MAX_ROUNDS)).map(|_| machine(setup, 0, program).seconds))
        };
        let rebuild = one(&alone).print(&format!("{repo}: one machine builds graph and index"));
        let fetch = one(&with_server(&alone)).print(&format!("{repo}: one machine fetches both"));
        table.ratio(format!("{repo}: restore from the remote cache ÷ rebuild"), fetch / rebuild, Goal::None);
    }

    println!("  an unavailable service, for a test whose build takes almost no time:");
    let tiny = setup.program("sized").set(REPO, "tiny").set(BYTES, "8");
    let refused = format!("s3://smoke/p?region=x&endpoint=http://127.0.0.1:{}", free_port());
    let hole = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let hole_url = format!("s3://smoke/p?region=x&endpoint=http://{}", hole.local_addr().unwrap());
    let cost = |what: &str, program: &Program| {
        let values = (0..setup.rounds.min(MAX_ROUNDS)).map(|_| {
            let cache = setup.path("machine-0");
            let _ = fs::remove_dir_all(&cache);
            program.set("SMOKE_CACHE_DIR", &cache).run().inside
        });
        Values::new(values).print(what)
    };
    let none = cost("a miss, without a remote cache", &tiny);
    let unavailable = |url: &str| with_remote(&tiny, url);
    let refused = cost("the first miss of a run, connections refused", &unavailable(&refused));
    let black = cost("the first miss of a run, a black hole", &unavailable(&hole_url));
    let again = {
        // After two failures, the run does not contact the service again.
        let cache = setup.path("machine-0");
        let _ = fs::remove_dir_all(&cache);
        let program = unavailable(&hole_url).set("SMOKE_CACHE_DIR", &cache);
        let values: Vec<f64> =
            [8, 16, 24, 32, 40].map(|bytes: u32| program.set(BYTES, bytes.to_string()).run().inside).into();
        Values::new(values[2..].iter().copied()).print("the third miss of a run and later ones, a black hole")
    };
    table.value("connections refused: added to a run's first miss", (refused - none) * 1e3, "ms", Goal::None);
    table.value("a black hole: added to a run's first miss", (black - none) * 1e3, "ms", Goal::AtMost(6000.0));
    table.value("a black hole: added to a run's third miss and later ones", (again - none) * 1e3, "ms", Goal::None);
    for number in 0..MACHINES {
        let _ = fs::remove_dir_all(setup.path(&format!("machine-{number}")));
    }
}

/// The result of a fleet's run, or of one machine's.
struct Fleet {
    seconds: f64,
    built: f64,
    bytes: f64,
}

fn median(fleets: &[Fleet], of: impl Fn(&Fleet) -> f64) -> f64 {
    Values::new(fleets.iter().map(of)).median()
}

fn print_fleets(what: &str, fleets: &[Fleet]) {
    let (seconds, built, bytes) = (
        median(fleets, |fleet| fleet.seconds),
        median(fleets, |fleet| fleet.built),
        median(fleets, |fleet| fleet.bytes),
    );
    println!("  {what:<44} {seconds:>7.2} s, {built} artifacts built, {:.1} MB fetched", bytes / 1e6);
}

/// Runs all machines at once, each with an empty cache.
fn fleet(setup: &Setup, program: &Program) -> Fleet {
    let begun = Instant::now();
    let all: Vec<Fleet> = thread::scope(|scope| {
        let machines: Vec<_> =
            (0..MACHINES).map(|number| scope.spawn(move || machine(setup, number, program))).collect();
        machines.into_iter().map(|machine| machine.join().unwrap()).collect()
    });
    let sum = |of: fn(&Fleet) -> f64| all.iter().map(of).sum();
    Fleet { seconds: begun.elapsed().as_secs_f64(), built: sum(|one| one.built), bytes: sum(|one| one.bytes) }
}

/// Runs one machine with an empty cache.
fn machine(setup: &Setup, number: usize, program: &Program) -> Fleet {
    let cache = setup.path(&format!("machine-{number}"));
    let _ = fs::remove_dir_all(&cache);
    let program = program.set("SMOKE_CACHE_DIR", &cache);
    let mut text = String::new();
    let seconds = timed(|| text = program.output()).as_secs_f64();
    let counts = text.lines().find_map(|line| line.strip_prefix(BUILT)).unwrap();
    let (built, bytes) = counts.split_once(' ').unwrap();
    Fleet { seconds, built: built.parse().unwrap(), bytes: bytes.parse().unwrap() }
}

/// Compiles the helper in release mode, as users install it, and returns its command line as JSON.
fn helper() -> Option<String> {
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(crate::WORKSPACE).args(["build", "--release", "--package", "cargo-smoke-cache-remote"]);
    command.status().ok().filter(std::process::ExitStatus::success)?;
    let this = std::env::current_exe().unwrap();
    let program = this.ancestors().nth(2)?.join("cargo-smoke-cache-remote");
    serde_json::to_string(&[program.to_str()?]).ok()
}

const KEY: &str = "AKIAIOSFODNN7EXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

/// An S3 server with a bucket, which ends when it is dropped.
struct Server {
    child: Child,
    port: u16,
    directory: PathBuf,
}

impl Server {
    fn start(directory: &Path) -> Option<Server> {
        let _ = fs::remove_dir_all(directory);
        fs::create_dir_all(directory.join("smoke")).unwrap();
        let port = free_port();
        let mut command = Command::new("s3s-fs");
        command.args(["--access-key", KEY, "--secret-key", SECRET, "--host", "127.0.0.1", "--port", &port.to_string()]);
        command.arg(directory).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let server = Server { child: command.spawn().ok()?, port, directory: directory.to_owned() };
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            thread::sleep(Duration::from_millis(5));
        }
        Some(server)
    }

    fn url(&self) -> String {
        format!("s3://smoke/fleet?region=us-east-1&endpoint=http://127.0.0.1:{}", self.port)
    }

    fn empty(&self) {
        let _ = fs::remove_dir_all(self.directory.join("smoke/fleet"));
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.directory);
    }
}

fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}
