//! Whether Redis can be reached: its client tries again for longer than anybody waits, and does not say why.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use opendal::OperatorUri;

const PORT: u16 = 6379;
/// Bytes of what it says.
const MOST_SAID: u64 = 300;

/// Connects, and shows the password if there is one; the error says what the server says. A server that is named by an option is left to the
/// client: it may be a cluster, or speak TLS.
pub(super) fn reach(uri: &OperatorUri, patience: Duration) -> Result<(), String> {
    let Some(authority) = uri.authority() else { return Ok(()) };
    if uri.option("endpoint").is_some() || uri.option("cluster_endpoints").is_some() {
        return Ok(());
    }
    let server = if authority.contains(':') { authority.to_owned() } else { format!("{authority}:{PORT}") };
    let answer = connect(&server, patience)
        .and_then(|stream| ask(stream, &greeting(uri), patience))
        .map_err(|error| format!("failed to connect to {server}: {error}"))?;
    if answer.is_empty() {
        return Err(format!("{server} closes the connection: it may want TLS, or be no Redis"));
    }
    match answer.strip_prefix('-') {
        Some(error) => Err(format!("Redis at {server} says: {error}")),
        None => Ok(()),
    }
}

fn connect(server: &str, patience: Duration) -> io::Result<TcpStream> {
    let mut error = io::Error::new(io::ErrorKind::NotFound, "it has no address");
    for address in server.to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, patience) {
            Ok(stream) => return Ok(stream),
            Err(why) => error = why,
        }
    }
    Err(error)
}

/// What it has to be told first.
fn greeting(uri: &OperatorUri) -> Vec<&str> {
    match (uri.option("username"), uri.option("password")) {
        (Some(user), Some(password)) => vec!["AUTH", user, password],
        (None, Some(password)) => vec!["AUTH", password],
        _ => vec!["PING"],
    }
}

/// One command, as the Redis serialization protocol writes it, and the first line of the answer.
fn ask(mut stream: TcpStream, words: &[&str], patience: Duration) -> io::Result<String> {
    stream.set_read_timeout(Some(patience))?;
    stream.set_write_timeout(Some(patience))?;
    let mut command = format!("*{}\r\n", words.len());
    for word in words {
        command += "$";
        command += &word.len().to_string();
        command += "\r\n";
        command += word;
        command += "\r\n";
    }
    stream.write_all(command.as_bytes())?;
    let mut answer = String::new();
    BufReader::new(stream.take(MOST_SAID)).read_line(&mut answer)?;
    Ok(answer.trim_end().to_owned())
}
