//! A server for builds that read from the network.

use std::io::Write;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

/// A server on this machine. It sends its text to each connection, and closes it.
///
/// It ends when it is dropped.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    text: Arc<Mutex<String>>,
    end: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    pub(crate) fn start(text: &str) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let text = Arc::new(Mutex::new(text.to_owned()));
        let shared = Arc::clone(&text);
        let (end, ended) = mpsc::channel::<()>();
        let thread = thread::spawn(move || {
            for connection in listener.incoming() {
                if ended.try_recv() == Err(mpsc::TryRecvError::Disconnected) {
                    return;
                }
                // A client may have gone.
                let text = shared.lock().unwrap_or_else(PoisonError::into_inner).clone();
                let _ = connection.and_then(|mut stream| stream.write_all(text.as_bytes()));
            }
        });
        Server { address, text, end: Some(end), thread: Some(thread) }
    }

    /// Sends another text from now on.
    pub(crate) fn change(&self, text: &str) {
        text.clone_into(&mut self.text.lock().unwrap());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end = None;
        // The thread waits for a connection.
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
