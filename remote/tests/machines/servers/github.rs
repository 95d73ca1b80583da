//! The cache of GitHub Actions. GitHub has no server that a test could start, so this is ours, of the known part of the
//! protocol.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use ghac::v1::{
    CreateCacheEntryRequest, CreateCacheEntryResponse, FinalizeCacheEntryUploadRequest,
    FinalizeCacheEntryUploadResponse, GetCacheEntryDownloadUrlRequest, GetCacheEntryDownloadUrlResponse,
};
use prost::Message;
use test_support::Machine;

const TOKEN: &str = "a token of the job";

/// An entry of the cache, which is written once and never replaced.
#[derive(Default)]
struct Entry {
    blocks: HashMap<String, Vec<u8>>,
    content: Vec<u8>,
    is_final: bool,
}

type Entries = Arc<Mutex<HashMap<String, Entry>>>;

/// A server that ends with the process of the test.
pub(crate) struct GitHub {
    port: u16,
}

struct Request {
    method: String,
    /// The path and the query.
    target: String,
    headers: HashMap<String, String>,
    body: Vec<u8>,
}

impl GitHub {
    pub(crate) fn start() -> GitHub {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let entries = Entries::default();
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let entries = Arc::clone(&entries);
                thread::spawn(move || serve(&client, port, &entries));
            }
        });
        GitHub { port }
    }

    /// Sets the variables that a runner sets for the actions of a job.
    pub(crate) fn let_in(&self, machine: Machine) -> Machine {
        let machine = machine.with("ACTIONS_RUNTIME_TOKEN", TOKEN).with("ACTIONS_CACHE_SERVICE_V2", "true");
        machine.with("ACTIONS_RESULTS_URL", &format!("http://127.0.0.1:{}/", self.port))
    }
}

fn serve(mut client: &TcpStream, port: u16, entries: &Entries) {
    let mut input = BufReader::new(client);
    while let Some(request) = read(&mut input) {
        let (status, headers, body) = answer(&request, port, &mut entries.lock().unwrap());
        let head = format!("HTTP/1.1 {status} X\r\n{headers}Content-Length: {}\r\n\r\n", body.len());
        if client.write_all(&[head.as_bytes(), &body].concat()).is_err() {
            return;
        }
    }
}

fn read(input: &mut impl BufRead) -> Option<Request> {
    let mut line = String::new();
    let mut next = |input: &mut dyn BufRead| {
        line.clear();
        input.read_line(&mut line).ok()?;
        Some(line.trim_end().to_owned())
    };
    let first = next(input)?;
    let mut words = first.split(' ').map(str::to_owned);
    let (method, target) = (words.next()?, words.next()?);
    let mut headers = HashMap::new();
    while let Some((name, value)) = next(input)?.split_once(": ") {
        headers.insert(name.to_ascii_lowercase(), value.to_owned());
    }
    let length = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    input.read_exact(&mut body).ok()?;
    Some(Request { method, target, headers, body })
}

type Answer = (u16, String, Vec<u8>);

fn answer(request: &Request, port: u16, entries: &mut HashMap<String, Entry>) -> Answer {
    // The path of an entry is its key in hexadecimal, so that no key is below another.
    let url =
        |key: &str| format!("http://127.0.0.1:{port}/blobs/{}?sig=x", data_encoding::HEXLOWER.encode(key.as_bytes()));
    let plain = |status| (status, String::new(), Vec::new());
    let said = |message: Vec<u8>| (200, "Content-Type: application/protobuf\r\n".to_owned(), message);
    if let Some(call) = request.target.strip_prefix("/twirp/github.actions.results.api.v1.CacheService/") {
        if request.headers.get("authorization").is_none_or(|token| *token != format!("Bearer {TOKEN}")) {
            return plain(401);
        }
        let body = &request.body[..];
        return match call {
            "CreateCacheEntry" => {
                let key = CreateCacheEntryRequest::decode(body).unwrap().key;
                let ok = !entries.contains_key(&key);
                let signed_upload_url = url(&key);
                entries.entry(key).or_default();
                said(CreateCacheEntryResponse { ok, signed_upload_url }.encode_to_vec())
            }
            "FinalizeCacheEntryUpload" => {
                let asked = FinalizeCacheEntryUploadRequest::decode(body).unwrap();
                let entry = entries.get_mut(&asked.key).unwrap();
                entry.is_final = i64::try_from(entry.content.len()).unwrap() == asked.size_bytes;
                said(FinalizeCacheEntryUploadResponse { ok: entry.is_final, entry_id: 1 }.encode_to_vec())
            }
            "GetCacheEntryDownloadURL" => {
                let key = GetCacheEntryDownloadUrlRequest::decode(body).unwrap().key;
                let ok = entries.get(&key).is_some_and(|entry| entry.is_final);
                let signed_download_url = url(&key);
                said(GetCacheEntryDownloadUrlResponse { ok, signed_download_url, matched_key: key }.encode_to_vec())
            }
            _ => plain(404),
        };
    }
    let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
    let key = path.strip_prefix("/blobs/").and_then(|key| data_encoding::HEXLOWER.decode(key.as_bytes()).ok());
    let Some(entry) = key.and_then(|key| entries.get_mut(std::str::from_utf8(&key).unwrap())) else {
        return plain(404);
    };
    let of_query = |name: &str| query.split('&').find_map(|part| part.strip_prefix(name)?.strip_prefix('='));
    match (request.method.as_str(), of_query("comp")) {
        ("PUT", None) => entry.content.clone_from(&request.body),
        ("PUT", Some("block")) => {
            let id = of_query("blockid").unwrap().replace("%3D", "=").replace("%2B", "+").replace("%2F", "/");
            entry.blocks.insert(id, request.body.clone());
        }
        ("PUT", Some("blocklist")) => {
            let list = std::str::from_utf8(&request.body).unwrap();
            let ids = list.split("<Latest>").skip(1).map(|rest| rest.split('<').next().unwrap());
            entry.content = ids.flat_map(|id| entry.blocks[id].clone()).collect();
        }
        ("GET", None) => return part(entry, request.headers.get("range").map(String::as_str)),
        _ => return plain(405),
    }
    plain(201)
}

fn part(entry: &Entry, range: Option<&str>) -> Answer {
    let all = &entry.content;
    let Some((from, to)) = range.and_then(|range| range.strip_prefix("bytes=")?.split_once('-')) else {
        return (200, String::new(), all.clone());
    };
    let from: usize = from.parse().unwrap();
    let to = to.parse().map_or(all.len(), |to: usize| (to + 1).min(all.len()));
    if from >= to {
        return (416, String::new(), Vec::new());
    }
    (206, format!("Content-Range: bytes {from}-{}/{}\r\n", to - 1, all.len()), all[from..to].to_vec())
}
