//! Real servers on loopback, each started for a test and stopped with it. If one is not installed, a line shows how to
//! get it.

mod azure;
mod gcs;
mod github;
mod nginx;
mod redis;
mod s3;

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

pub(crate) use azure::Azure;
pub(crate) use gcs::Gcs;
pub(crate) use github::GitHub;
pub(crate) use nginx::WebDav;
pub(crate) use redis::Redis;
pub(crate) use s3::{S3, let_in, url_at};

/// The longest time until a server listens. Some load an interpreter and a few hundred modules first.
const START: Duration = Duration::from_mins(1);

/// A process that listens until it is dropped.
struct Server {
    child: Child,
    port: u16,
    _directory: tempfile::TempDir,
}

impl Server {
    /// Starts a server and waits until it listens. `command` gets a directory and a port.
    ///
    /// Returns `None`, and prints a line with `how` to install it, if it is not installed.
    fn start(name: &str, how: &str, command: impl FnOnce(&Path, u16) -> Command) -> Option<Server> {
        let directory = tempfile::tempdir().unwrap();
        let port = free_port();
        let mut command = command(directory.path(), port);
        let spawned = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let Ok(child) = spawned else {
            eprintln!("skipped: {name} is not installed; {how}");
            return None;
        };
        let mut server = Server { child, port, _directory: directory };
        let begun = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            if let Some(status) = server.child.try_wait().unwrap() {
                panic!("{name} ended before it listened: {status}");
            }
            assert!(begun.elapsed() < START, "{name} does not listen");
            // No event announces that a server listens.
            thread::sleep(Duration::from_millis(5));
        }
        Some(server)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Returns a port that no process listens at.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}

/// Returns the program that `variable` names, or else `name`.
fn installed(name: &str, variable: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| name.to_owned())
}
