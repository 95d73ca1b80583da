//! Azure Blob Storage, by the emulator of Microsoft.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::process::Command;

use data_encoding::BASE64;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::{Server, installed};

/// The account and key of every such emulator.
const ACCOUNT: &str = "devstoreaccount1";
const KEY: &str = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";
const CONTAINER: &str = "smoke";

/// A server that checks signatures and supports conditions.
pub(crate) struct Azure {
    server: Server,
}

impl Azure {
    pub(crate) fn start() -> Option<Azure> {
        let server = Server::start("azurite-blob", "npm install --global azurite", |directory, port| {
            let mut command = Command::new(installed("azurite-blob", "TEST_AZURITE_BLOB"));
            command.args(["--silent", "--inMemoryPersistence", "--disableTelemetry", "--skipApiVersionCheck"]);
            command.args(["--blobHost", "127.0.0.1", "--blobPort", &port.to_string()]).current_dir(directory);
            command
        })?;
        make_container(server.port);
        Some(Azure { server })
    }

    pub(crate) fn url(&self) -> String {
        // These characters of the key have a meaning in a URL.
        let key = KEY.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
        format!(
            "azblob://{CONTAINER}/some/prefix?endpoint=http://127.0.0.1:{}/{ACCOUNT}&account_name={ACCOUNT}&account_key={key}",
            self.server.port
        )
    }
}

/// Creates the container. Azure documents the signature under "Authorize with Shared Key".
fn make_container(port: u16) {
    let own = "x-ms-date:Thu, 01 Jan 2026 00:00:00 GMT\nx-ms-version:2021-08-06\n";
    // The values of twelve standard headers follow the verb. All are empty.
    let signed = format!("PUT{}{own}/{ACCOUNT}/{ACCOUNT}/{CONTAINER}\nrestype:container", "\n".repeat(12));
    let key = BASE64.decode(KEY.as_bytes()).unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
    mac.update(signed.as_bytes());
    let signature = BASE64.encode(&mac.finalize().into_bytes());
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
    let request = format!(
        "PUT /{ACCOUNT}/{CONTAINER}?restype=container HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: 0\r\n\
         Connection: close\r\n{}Authorization: SharedKey {ACCOUNT}:{signature}\r\n\r\n",
        own.replace('\n', "\r\n")
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
}
