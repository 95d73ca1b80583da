//! Redis.

use std::process::Command;

use super::{Server, installed};

/// A server that keeps everything in memory.
pub(crate) struct Redis {
    server: Server,
}

impl Redis {
    pub(crate) fn start() -> Option<Redis> {
        Redis::start_with(&[])
    }

    /// Starts a server that requires a password.
    pub(crate) fn start_with_password(password: &str) -> Option<Redis> {
        Redis::start_with(&["--requirepass", password])
    }

    fn start_with(more: &[&str]) -> Option<Redis> {
        let server = Server::start("redis-server", "apt-get install redis-server", |directory, port| {
            let mut command = Command::new(installed("redis-server", "TEST_REDIS_SERVER"));
            command.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]);
            command.args(more).arg("--dir").arg(directory);
            command
        })?;
        Some(Redis { server })
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/0/some/prefix", self.server.port)
    }
}
