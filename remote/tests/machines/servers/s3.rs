//! S3, by two servers.

use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::process::Command;

use super::{Server, installed};
use test_support::Machine;

const KEY: &str = "AKIAIOSFODNN7EXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const BUCKET: &str = "smoke";

/// An S3 server with a bucket.
pub(crate) struct S3 {
    server: Server,
}

impl S3 {
    /// Starts the first server that is installed.
    pub(crate) fn start() -> Option<S3> {
        S3::start_s3s().or_else(S3::start_moto)
    }

    /// Starts s3s-fs, which checks signatures and supports conditions.
    pub(crate) fn start_s3s() -> Option<S3> {
        let how = "cargo install s3s-fs --version 0.14.1 --features binary";
        let server = Server::start("s3s-fs", how, |directory, port| {
            fs::create_dir(directory.join(BUCKET)).unwrap();
            let mut command = Command::new(installed("s3s-fs", "TEST_S3S_FS"));
            command.args(["--access-key", KEY, "--secret-key", SECRET, "--host", "127.0.0.1"]);
            command.args(["--port", &port.to_string()]).arg(directory);
            command
        })?;
        Some(S3 { server })
    }

    /// Starts moto, which accepts any credentials and supports conditions.
    pub(crate) fn start_moto() -> Option<S3> {
        let how = "pip install 'moto[server]'";
        let server = Server::start("moto_server", how, |_, port| {
            let mut command = Command::new(installed("moto_server", "TEST_MOTO_SERVER"));
            command.args(["-H", "127.0.0.1", "-p", &port.to_string()]);
            command
        })?;
        make_bucket(server.port);
        Some(S3 { server })
    }

    pub(crate) fn port(&self) -> u16 {
        self.server.port
    }

    pub(crate) fn url(&self) -> String {
        url_at(self.server.port)
    }
}

/// Returns the URL of the bucket at a port: that of the server, or of a proxy before it.
pub(crate) fn url_at(port: u16) -> String {
    format!("s3://{BUCKET}/some/prefix?region=us-east-1&endpoint=http://127.0.0.1:{port}")
}

/// Sets the credentials.
pub(crate) fn let_in(machine: Machine) -> Machine {
    machine.with("AWS_ACCESS_KEY_ID", KEY).with("AWS_SECRET_ACCESS_KEY", SECRET)
}

/// Creates the bucket. moto does not require a signature.
fn make_bucket(port: u16) {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
    let request = format!(
        "PUT /{BUCKET} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: 0\r\nConnection: close\r\n\
         Authorization: AWS4-HMAC-SHA256 Credential={KEY}/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}
