//! Real servers on loopback, started for a test and stopped with it. Where one is not installed, a line says how to get it.

use std::fs;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::machine::Machine;

const KEY: &str = "AKIAIOSFODNN7EXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
pub(crate) const BUCKET: &str = "smoke";
/// An interpreter and a few hundred modules are read first.
const START: Duration = Duration::from_mins(1);

/// A process that listens, until it is dropped.
struct Server {
    child: Child,
    port: u16,
    _directory: tempfile::TempDir,
}

impl Server {
    /// Starts it, and waits until it listens. `command` is told a directory and a port.
    fn start(name: &str, how: &str, command: impl FnOnce(&Path, u16) -> Command) -> Option<Server> {
        let directory = tempfile::tempdir().unwrap();
        let port = free_port();
        let mut command = command(directory.path(), port);
        let spawned = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let Ok(child) = spawned else {
            eprintln!("left out: {name} is not installed; {how}");
            return None;
        };
        let mut server = Server { child, port, _directory: directory };
        let begun = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            if let Some(status) = server.child.try_wait().unwrap() {
                panic!("{name} has ended at once: {status}");
            }
            assert!(begun.elapsed() < START, "{name} does not listen");
            // Nothing tells when a server begins to listen.
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

/// One that nobody listens at.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}

/// A program by one of its names.
fn installed(name: &str, variable: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| name.to_owned())
}

/// An S3 server with a bucket.
pub(crate) struct S3 {
    server: Server,
}

impl S3 {
    /// Whichever there is.
    pub(crate) fn start() -> Option<S3> {
        S3::start_s3s().or_else(S3::start_moto)
    }

    /// It checks signatures, and keeps to conditions.
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

    /// It accepts any credentials, and keeps to conditions.
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

/// The bucket behind any port: that of the server, or of a proxy before it.
pub(crate) fn url_at(port: u16) -> String {
    format!("s3://{BUCKET}/some/prefix?region=us-east-1&endpoint=http://127.0.0.1:{port}")
}

/// With the credentials.
pub(crate) fn let_in(machine: Machine) -> Machine {
    machine.with("AWS_ACCESS_KEY_ID", KEY).with("AWS_SECRET_ACCESS_KEY", SECRET)
}

/// By a request of its own: moto asks for no signature.
fn make_bucket(port: u16) {
    use std::io::{Read, Write};
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

/// Keeps everything in memory.
pub(crate) struct Redis {
    server: Server,
}

impl Redis {
    pub(crate) fn start() -> Option<Redis> {
        let server = Server::start("redis-server", "apt-get install redis-server", |directory, port| {
            let mut command = Command::new(installed("redis-server", "TEST_REDIS_SERVER"));
            command.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]);
            command.arg("--dir").arg(directory);
            command
        })?;
        Some(Redis { server })
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/0/some/prefix", self.server.port)
    }
}

/// nginx with its modules for `WebDAV`.
pub(crate) struct WebDav {
    server: Server,
}

impl WebDav {
    pub(crate) fn start() -> Option<WebDav> {
        let module =
            ["/usr/lib/nginx/modules/ngx_http_dav_ext_module.so"].into_iter().find(|path| Path::new(path).exists());
        let Some(module) = module else {
            eprintln!("left out: nginx has no WebDAV; apt-get install nginx libnginx-mod-http-dav-ext");
            return None;
        };
        let server = Server::start("nginx", "apt-get install nginx libnginx-mod-http-dav-ext", |directory, port| {
            for name in ["files", "temporary"] {
                fs::create_dir(directory.join(name)).unwrap();
            }
            let directory = directory.display();
            let root = if is_root() { "user root;" } else { "" };
            let config = format!(
                "{root}\nload_module {module};\ndaemon off;\nmaster_process off;\npid {directory}/pid;\nerror_log stderr;\n\
                 events {{}}\nhttp {{ access_log off; client_max_body_size 0;\n\
                 client_body_temp_path {directory}/temporary; proxy_temp_path {directory}/temporary;\n\
                 fastcgi_temp_path {directory}/temporary; uwsgi_temp_path {directory}/temporary; scgi_temp_path {directory}/temporary;\n\
                 server {{ listen 127.0.0.1:{port}; root {directory}/files;\n\
                 location / {{ dav_methods PUT DELETE MKCOL COPY MOVE; dav_ext_methods PROPFIND OPTIONS; create_full_put_path on; }} }} }}\n"
            );
            let path = format!("{directory}/nginx.conf");
            fs::write(&path, config).unwrap();
            let mut command = Command::new(installed("nginx", "TEST_NGINX"));
            command.args(["-c", &path, "-p", &directory.to_string()]);
            command
        })?;
        Some(WebDav { server })
    }

    pub(crate) fn url(&self) -> String {
        format!("webdav+http://127.0.0.1:{}/", self.server.port)
    }
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}
