//! Measures `cargo smoke-cache list` with a thousand entries.

use std::fs;
use std::process::{Command, Stdio};

use crate::programs::REPO;
use crate::samples::{Values, timed};
use crate::setup::Setup;
use crate::table::{Goal, Table};

pub(super) fn run(setup: &Setup, table: &mut Table) {
    println!("\na thousand entries:");
    let cache = setup.path("thousand");
    let entries = || fs::read_dir(cache.join("tiny")).map_or(0, Iterator::count);
    if entries() != 1000 {
        let _ = fs::remove_dir_all(&cache);
        setup.program("thousand").set(REPO, "tiny").set("SMOKE_CACHE_DIR", &cache).run();
    }
    assert_eq!(entries(), 1000);
    let built = Command::new(env!("CARGO"))
        .current_dir(crate::WORKSPACE)
        .args(["build", "--release", "--package", "cargo-smoke-cache"])
        .status();
    assert!(built.unwrap().success());
    let tool = setup.release.executable.parent().and_then(|deps| deps.parent()).unwrap().join("cargo-smoke-cache");
    let list = || {
        let mut command = Command::new(&tool);
        command.args(["smoke-cache", "list"]).current_dir(setup.path("")).env("SMOKE_CACHE_DIR", &cache);
        assert!(command.stdout(Stdio::null()).status().unwrap().success());
    };
    let seconds = Values::new((0..setup.rounds).map(|_| timed(list).as_secs_f64())).print("`cargo smoke-cache list`");
    table.value("`cargo smoke-cache list` over 1,000 entries", seconds * 1000.0, "ms", Goal::AtMost(50.0));
}
