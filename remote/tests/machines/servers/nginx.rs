//! `WebDAV`, by nginx, with and without TLS.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Server, installed};

/// nginx with its modules for `WebDAV`.
pub(crate) struct WebDav {
    server: Server,
    /// The certificate that the server uses, if it uses TLS.
    certificate: Option<PathBuf>,
}

impl WebDav {
    pub(crate) fn start() -> Option<WebDav> {
        WebDav::start_with(false)
    }

    /// Starts the server with a self-signed certificate.
    pub(crate) fn start_with_tls() -> Option<WebDav> {
        WebDav::start_with(true)
    }

    fn start_with(tls: bool) -> Option<WebDav> {
        let module =
            ["/usr/lib/nginx/modules/ngx_http_dav_ext_module.so"].into_iter().find(|path| Path::new(path).exists());
        let Some(module) = module else {
            eprintln!("skipped: nginx has no WebDAV; apt-get install nginx libnginx-mod-http-dav-ext");
            return None;
        };
        let mut certificate = None;
        let server = Server::start("nginx", "apt-get install nginx libnginx-mod-http-dav-ext", |directory, port| {
            for name in ["files", "temporary"] {
                fs::create_dir(directory.join(name)).unwrap();
            }
            let mut listen = format!("listen 127.0.0.1:{port}");
            if tls {
                let path = certify(directory);
                let _ = write!(listen, " ssl; ssl_certificate {0}; ssl_certificate_key {0}", path.display());
                certificate = Some(path);
            }
            let directory = directory.display();
            let root = if is_root() { "user root;" } else { "" };
            let config = format!(
                "{root}\nload_module {module};\ndaemon off;\nmaster_process off;\npid {directory}/pid;\nerror_log stderr;\n\
                 events {{}}\nhttp {{ access_log off; client_max_body_size 0;\n\
                 client_body_temp_path {directory}/temporary; proxy_temp_path {directory}/temporary;\n\
                 fastcgi_temp_path {directory}/temporary; uwsgi_temp_path {directory}/temporary; \
                 scgi_temp_path {directory}/temporary;\n\
                 server {{ {listen}; root {directory}/files;\n\
                 location / {{ dav_methods PUT DELETE MKCOL COPY MOVE; dav_ext_methods PROPFIND OPTIONS; \
                 create_full_put_path on; }} }} }}\n"
            );
            let path = format!("{directory}/nginx.conf");
            fs::write(&path, config).unwrap();
            let mut command = Command::new(installed("nginx", "TEST_NGINX"));
            command.args(["-c", &path, "-p", &directory.to_string()]);
            command
        })?;
        Some(WebDav { server, certificate })
    }

    pub(crate) fn url(&self) -> String {
        let scheme = if self.certificate.is_some() { "webdav" } else { "webdav+http" };
        format!("{scheme}://127.0.0.1:{}/", self.server.port)
    }

    /// Returns the file with the certificate.
    pub(crate) fn certificate(&self) -> &str {
        self.certificate.as_deref().and_then(Path::to_str).unwrap()
    }
}

/// Creates a file with a new certificate and its key.
fn certify(directory: &Path) -> PathBuf {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let path = directory.join("certificate.pem");
    fs::write(&path, made.cert.pem() + &made.signing_key.serialize_pem()).unwrap();
    path
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}
