//! Many machines, each with a cache of its own: with a shared tier, and without.

use std::fs;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::place::Place;
use crate::programs::{BUILT, BYTES, REPO};
use crate::samples::{Program, Values, timed};
use crate::table::{Goal, Table};

const MACHINES: usize = 20;
/// Each takes many builds.
const MOST_ROUNDS: usize = 3;
/// A key of nobody's.
const SIGNING_KEY: &str = "0101010101010101010101010101010101010101010101010101010101010101";

pub(super) fn run(place: &Place, table: &mut Table) {
    println!("\na fleet of {MACHINES} machines, a cache each, on this one:");
    let Some(helper) = helper() else {
        println!("  left out: the helper does not compile");
        return;
    };
    let Some(server) = Server::start(&place.path("bucket")) else {
        println!("  left out: cargo install s3s-fs --version 0.14.1 --features binary");
        return;
    };
    let with_tier = |program: &Program, url: &str| {
        let program = program.set("SMOKE_REMOTE", url).set("SMOKE_REMOTE_HELPER", &helper);
        let program = program.set("SMOKE_REMOTE_SIGNING_KEY", SIGNING_KEY);
        program.set("AWS_ACCESS_KEY_ID", KEY).set("AWS_SECRET_ACCESS_KEY", SECRET)
    };
    let shared = |program: &Program| with_tier(program, &server.url());

    for repo in ["django", "scikit-learn"] {
        if place.repo(repo).is_none() {
            println!("  left out: {repo} is not there: cargo smoke-cache fetch {repo}");
            continue;
        }
        let alone = place.program("fleet").set(REPO, repo);
        server.empty();
        let without: Vec<Fleet> = (0..1).map(|_| fleet(place, &alone)).collect();
        tell(&format!("{repo}, cold, without a shared tier"), &without);
        let mut cold = Vec::new();
        for _ in 0..place.rounds.min(MOST_ROUNDS) {
            server.empty();
            cold.push(fleet(place, &shared(&alone)));
        }
        tell(&format!("{repo}, cold, with one"), &cold);
        let warm: Vec<Fleet> = (0..place.rounds.min(MOST_ROUNDS)).map(|_| fleet(place, &shared(&alone))).collect();
        tell(&format!("{repo}, the bucket filled"), &warm);
        table.value(format!("{repo}: builds of a cold fleet, without"), without[0].built, "", Goal::None);
        table.value(
            format!("{repo}: builds of a cold fleet, with a shared tier"),
            median(&cold, |fleet| fleet.built),
            "",
            Goal::AtMost(2.0),
        );
        let ratio = median(&cold, |fleet| fleet.seconds) / median(&without, |fleet| fleet.seconds);
        table.ratio(format!("{repo}: a cold fleet with ÷ without"), ratio, Goal::None);

        // One machine, and nobody else at it.
        let one = |program: &Program| {
            Values::new((0..place.rounds.min(MOST_ROUNDS)).map(|_| machine(place, 0, program).seconds))
        };
        let rebuild = one(&alone).say(&format!("{repo}: one machine builds graph and index"));
        let fetch = one(&shared(&alone)).say(&format!("{repo}: one machine fetches both"));
        table.ratio(format!("{repo}: restore from the shared tier ÷ rebuild"), fetch / rebuild, Goal::None);
    }

    println!("  a service that is dead, for a test whose build takes next to nothing:");
    let tiny = place.program("sized").set(REPO, "tiny").set(BYTES, "8");
    let refused = format!("s3://smoke/p?region=x&endpoint=http://127.0.0.1:{}", free_port());
    let hole = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let hole_url = format!("s3://smoke/p?region=x&endpoint=http://{}", hole.local_addr().unwrap());
    let cost = |what: &str, program: &Program| {
        let values = (0..place.rounds.min(MOST_ROUNDS)).map(|_| {
            let cache = place.path("machine-0");
            let _ = fs::remove_dir_all(&cache);
            program.set("SMOKE_CACHE_DIR", &cache).run().inside
        });
        Values::new(values).say(what)
    };
    let none = cost("a miss, without a shared tier", &tiny);
    let dead = |url: &str| with_tier(&tiny, url);
    let refused = cost("the first miss of a run, connections refused", &dead(&refused));
    let black = cost("the first miss of a run, a black hole", &dead(&hole_url));
    let again = {
        // After two failures nobody asks.
        let cache = place.path("machine-0");
        let _ = fs::remove_dir_all(&cache);
        let program = dead(&hole_url).set("SMOKE_CACHE_DIR", &cache);
        let values: Vec<f64> =
            [8, 16, 24, 32, 40].map(|bytes: u32| program.set(BYTES, bytes.to_string()).run().inside).into();
        Values::new(values[2..].iter().copied()).say("the third miss of a run and later ones, a black hole")
    };
    table.value("a dead service, refused: added to a run's first miss", (refused - none) * 1e3, "ms", Goal::None);
    table.value(
        "a dead service, a black hole: added to a run's first miss",
        (black - none) * 1e3,
        "ms",
        Goal::AtMost(6000.0),
    );
    table.value("a dead service: added to a run's third miss and later ones", (again - none) * 1e3, "ms", Goal::None);
    for number in 0..MACHINES {
        let _ = fs::remove_dir_all(place.path(&format!("machine-{number}")));
    }
}

/// What a fleet's run, or one machine's, came to.
struct Fleet {
    seconds: f64,
    built: f64,
    bytes: f64,
}

fn median(fleets: &[Fleet], of: impl Fn(&Fleet) -> f64) -> f64 {
    Values::new(fleets.iter().map(of)).median()
}

fn tell(what: &str, fleets: &[Fleet]) {
    let (seconds, built, bytes) = (
        median(fleets, |fleet| fleet.seconds),
        median(fleets, |fleet| fleet.built),
        median(fleets, |fleet| fleet.bytes),
    );
    println!("  {what:<44} {seconds:>7.2} s, {built} artifacts built, {:.1} MB fetched", bytes / 1e6);
}

/// All machines at once, each on an empty cache.
fn fleet(place: &Place, program: &Program) -> Fleet {
    let begun = Instant::now();
    let all: Vec<Fleet> = thread::scope(|scope| {
        let machines: Vec<_> =
            (0..MACHINES).map(|number| scope.spawn(move || machine(place, number, program))).collect();
        machines.into_iter().map(|machine| machine.join().unwrap()).collect()
    });
    let sum = |of: fn(&Fleet) -> f64| all.iter().map(of).sum();
    Fleet { seconds: begun.elapsed().as_secs_f64(), built: sum(|one| one.built), bytes: sum(|one| one.bytes) }
}

fn machine(place: &Place, number: usize, program: &Program) -> Fleet {
    let cache = place.path(&format!("machine-{number}"));
    let _ = fs::remove_dir_all(&cache);
    let program = program.set("SMOKE_CACHE_DIR", &cache);
    let mut text = String::new();
    let seconds = timed(|| text = program.say()).as_secs_f64();
    let told = text.lines().find_map(|line| line.strip_prefix(BUILT)).unwrap();
    let (built, bytes) = told.split_once(' ').unwrap();
    Fleet { seconds, built: built.parse().unwrap(), bytes: bytes.parse().unwrap() }
}

/// The command line of the helper, compiled as a user would have it.
fn helper() -> Option<String> {
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).args(["build", "--release", "--package", "cargo-smoke-cache"]);
    command.status().ok().filter(std::process::ExitStatus::success)?;
    let this = std::env::current_exe().unwrap();
    let program = this.ancestors().nth(2)?.join("cargo-smoke-cache");
    serde_json::to_string(&[program.to_str()?, "smoke-cache", "remote-helper"]).ok()
}

const KEY: &str = "AKIAIOSFODNN7EXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

/// An S3 server with a bucket, until it is dropped.
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
