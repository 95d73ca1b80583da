//! Google Cloud Storage, by an emulator.

use std::process::Command;

use super::{Server, installed};

const BUCKET: &str = "smoke";

/// A server without credentials, conditions and multipart uploads.
pub(crate) struct Gcs {
    server: Server,
}

impl Gcs {
    pub(crate) fn start() -> Option<Gcs> {
        let server = Server::start("gcp-storage-emulator", "pip install gcp-storage-emulator", |directory, port| {
            let mut command = Command::new(installed("gcp-storage-emulator", "TEST_GCP_STORAGE_EMULATOR"));
            command.args(["start", "--host", "127.0.0.1", "--port", &port.to_string()]);
            command.args(["--in-memory", "--quiet", "--default-bucket", BUCKET]).current_dir(directory);
            command
        })?;
        Some(Gcs { server })
    }

    pub(crate) fn url(&self) -> String {
        let port = self.server.port;
        format!("gs://{BUCKET}/some/prefix?endpoint=http://127.0.0.1:{port}&skip_signature=true")
    }
}
