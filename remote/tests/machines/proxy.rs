//! A proxy between a helper and a server that injects faults of networks and servers.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

/// The fault of each connection.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fault {
    /// No answer is ever sent.
    BlackHole,
    /// The connection ends after so many bytes of answers.
    ResetAfter(usize),
    /// Answers are sent one byte at a time.
    Slow,
    /// Every byte of an answer after so many is changed.
    WrongAfter(usize),
    /// Every answer has this status and this body.
    Status(u16, &'static str),
    /// Every write is refused.
    ReadOnly,
}

pub(crate) struct Proxy {
    port: u16,
    connections: Arc<AtomicUsize>,
}

impl Proxy {
    /// Starts a proxy before the server at the port `to`.
    pub(crate) fn start(to: u16, fault: Fault) -> Proxy {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let connections = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&connections);
        // Ends with the process of the test.
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                counted.fetch_add(1, Ordering::Relaxed);
                thread::spawn(move || serve(client, to, fault));
            }
        });
        Proxy { port, connections }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }
}

fn serve(mut client: TcpStream, to: u16, fault: Fault) {
    let mut buffer = vec![0; 64 << 10];
    match fault {
        Fault::BlackHole => while client.read(&mut buffer).is_ok_and(|read| read > 0) {},
        Fault::Status(status, body) => {
            // One answer for each end of a request head. No request body contains one.
            let mut seen = Vec::new();
            while let Ok(read @ 1..) = client.read(&mut buffer) {
                seen.extend_from_slice(&buffer[..read]);
                while let Some(end) = seen.windows(4).position(|window| window == b"\r\n\r\n") {
                    seen.drain(..end + 4);
                    let answer = format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\n\r\n{body}", body.len());
                    if client.write_all(answer.as_bytes()).is_err() {
                        return;
                    }
                }
            }
        }
        Fault::ReadOnly => {
            // One request for each connection. Its head shows what it is.
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                match client.read(&mut buffer[..1]) {
                    Ok(1) => head.push(buffer[0]),
                    _ => return,
                }
            }
            if !(head.starts_with(b"GET ") || head.starts_with(b"HEAD ")) {
                let body = "<Error><Code>AccessDenied</Code><Message>no</Message></Error>";
                let length = body.len();
                let answer = format!("HTTP/1.1 403 X\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}");
                let _ = client.write_all(answer.as_bytes());
                return;
            }
            let Ok(mut server) = TcpStream::connect((Ipv4Addr::LOCALHOST, to)) else { return };
            head.truncate(head.len() - 2);
            head.extend_from_slice(b"Connection: close\r\n\r\n");
            let _ = server.write_all(&head).and_then(|()| std::io::copy(&mut server, &mut client));
        }
        Fault::ResetAfter(_) | Fault::Slow | Fault::WrongAfter(_) => {
            let Ok(mut server) = TcpStream::connect((Ipv4Addr::LOCALHOST, to)) else { return };
            let (mut from, mut into) = (client.try_clone().unwrap(), server.try_clone().unwrap());
            thread::spawn(move || {
                let _ = std::io::copy(&mut from, &mut into);
                let _ = into.shutdown(Shutdown::Write);
            });
            let mut passed = 0;
            while let Ok(read @ 1..) = server.read(&mut buffer) {
                let bytes = &mut buffer[..read];
                let sent = match fault {
                    Fault::ResetAfter(most) => {
                        let left = most.saturating_sub(passed).min(read);
                        let sent = client.write_all(&bytes[..left]);
                        if left < read {
                            break;
                        }
                        sent
                    }
                    Fault::WrongAfter(most) => {
                        let first = most.saturating_sub(passed).min(read);
                        bytes[first..].iter_mut().for_each(|byte| *byte ^= 1);
                        client.write_all(bytes)
                    }
                    _ => bytes.chunks(1).try_for_each(|byte| {
                        thread::sleep(Duration::from_millis(20));
                        client.write_all(byte)
                    }),
                };
                if sent.is_err() {
                    break;
                }
                passed += read;
            }
            let _ = client.shutdown(Shutdown::Both);
            let _ = server.shutdown(Shutdown::Both);
        }
    }
}
