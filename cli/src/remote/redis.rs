//! Whether Redis can be reached: its client tries again for longer than anybody waits, and does not say why.

use std::fmt::Write as _;
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
    let answers = connect(&server, patience)
        .and_then(|stream| ask(stream, &greeting(uri), patience))
        .map_err(|error| format!("failed to connect to {server}: {error}"))?;
    if answers.last().is_none_or(String::is_empty) {
        return Err(format!("{server} closes the connection: it may want TLS, or be no Redis"));
    }
    match answers.iter().find_map(|answer| answer.strip_prefix('-')) {
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

/// What it has to be told first: who we are, and which of its databases is meant.
fn greeting(uri: &OperatorUri) -> Vec<Vec<&str>> {
    let mut commands = Vec::new();
    match (uri.option("username"), uri.option("password")) {
        (Some(user), Some(password)) => commands.push(vec!["AUTH", user, password]),
        (None, Some(password)) => commands.push(vec!["AUTH", password]),
        _ => {}
    }
    let database = uri.root().and_then(|path| path.split('/').next()).filter(|first| first.parse::<i64>().is_ok());
    commands.push(vec!["SELECT", database.unwrap_or("0")]);
    commands
}

/// Commands, as the Redis serialization protocol writes them, and a line for each answer.
fn ask(mut stream: TcpStream, commands: &[Vec<&str>], patience: Duration) -> io::Result<Vec<String>> {
    stream.set_read_timeout(Some(patience))?;
    stream.set_write_timeout(Some(patience))?;
    let mut text = String::new();
    for words in commands {
        // Writing to a string does not fail.
        let _ = write!(text, "*{}\r\n", words.len());
        for word in words {
            let _ = write!(text, "${}\r\n{word}\r\n", word.len());
        }
    }
    stream.write_all(text.as_bytes())?;
    let mut lines = BufReader::new(stream.take(MOST_SAID)).lines();
    commands.iter().map(|_| lines.next().unwrap_or_else(|| Ok(String::new()))).collect()
}
