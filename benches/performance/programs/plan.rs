//! The plan: the obvious first implementation of a fixture cache, with which this project began.
//!
//! It asks git twice, computes a SHA-256 key, unpacks two archives, decodes the graph, builds its maps, and opens the
//! index.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::BufReader;
use std::path::Path;
use std::process::Command;

use code_index::{DependencyGraph, EdgeKind, SparseIndex};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{QUERY_SETS, find};

const REPO_PATH: &str = "repo-path";

/// A graph in the form that serde serializes.
#[derive(Serialize, Deserialize)]
struct PlainGraph {
    nodes: Vec<PlainNode>,
    edges: Vec<PlainEdge>,
}

#[derive(Serialize, Deserialize)]
struct PlainNode {
    id: String,
    kind: u8,
    lines: Option<(u32, u32)>,
    text: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct PlainEdge {
    source: u32,
    kind: u8,
    target: u32,
    alias: Option<String>,
}

/// A graph with the maps that its queries use.
struct Maps {
    graph: PlainGraph,
    by_id: HashMap<String, u32>,
    outgoing: Vec<Vec<u32>>,
    incoming: Vec<Vec<u32>>,
}

impl PlainGraph {
    fn of(graph: &DependencyGraph) -> PlainGraph {
        let number = |node: code_index::Node<'_>| u32::try_from(node.number().index()).unwrap();
        let nodes = graph.nodes().map(|node| PlainNode {
            id: node.id().to_owned(),
            kind: node.kind() as u8,
            lines: node.start_line().zip(node.end_line()),
            text: (node.kind() == code_index::NodeKind::File).then(|| node.source().map(str::to_owned)).flatten(),
        });
        let edges = graph.edges().map(|edge| PlainEdge {
            source: number(edge.source()),
            kind: edge.kind() as u8,
            target: number(edge.target()),
            alias: edge.alias().map(str::to_owned),
        });
        PlainGraph { nodes: nodes.collect(), edges: edges.collect() }
    }

    fn with_maps(self) -> Maps {
        let by_id = self.nodes.iter().zip(0..).map(|(node, number)| (node.id.clone(), number)).collect();
        let mut outgoing = vec![Vec::new(); self.nodes.len()];
        let mut incoming = vec![Vec::new(); self.nodes.len()];
        for (edge, number) in self.edges.iter().zip(0..) {
            outgoing[edge.source as usize].push(number);
            incoming[edge.target as usize].push(number);
        }
        Maps { graph: self, by_id, outgoing, incoming }
    }
}

impl Maps {
    fn ask(&self) {
        let set = self.by_id[QUERY_SETS[0]];
        let contains = |&&edge: &&u32| self.graph.edges[edge as usize].kind == EdgeKind::Contains as u8;
        assert!(self.outgoing[set as usize].iter().filter(contains).count() > 0);
        assert!(!self.incoming[set as usize].is_empty());
    }
}

/// The cache of the plan: a directory with the name of the key, which holds the two archives.
pub(crate) struct PlanCache<'a> {
    pub(crate) repo: &'a Path,
    pub(crate) graph: &'a DependencyGraph,
    pub(crate) index: &'a Path,
}

impl PlanCache<'_> {
    pub(crate) fn write(&self, files: &Path) {
        fs::write(files.join(REPO_PATH), self.repo.to_str().unwrap()).unwrap();
        let entry = files.join(key(self.repo));
        fs::create_dir_all(&entry).unwrap();
        let bytes = postcard::to_stdvec(&PlainGraph::of(self.graph)).unwrap();
        let pack = |name: &str, fill: &dyn Fn(&mut tar::Builder<zstd::Encoder<'static, File>>)| {
            let encoder = zstd::Encoder::new(File::create(entry.join(name)).unwrap(), 3).unwrap();
            let mut archive = tar::Builder::new(encoder);
            fill(&mut archive);
            archive.into_inner().unwrap().finish().unwrap();
        };
        pack("graph.tar.zst", &|archive| {
            let mut header = tar::Header::new_gnu();
            header.set_size(bytes.len() as u64);
            header.set_mode(0o644);
            archive.append_data(&mut header, "graph.bin", bytes.as_slice()).unwrap();
        });
        pack("sparse_index.tar.zst", &|archive| archive.append_dir_all("sparse_index", self.index).unwrap());
    }
}

/// Computes the key from the commit, the changed files and the configuration.
fn key(repo: &Path) -> String {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").arg("-C").arg(repo).args(arguments).output().unwrap();
        assert!(output.status.success());
        output.stdout
    };
    let mut hasher = Sha256::new();
    hasher.update(git(&["rev-parse", "HEAD"]));
    hasher.update(git(&["status", "--porcelain"]));
    hasher.update("the configuration");
    format!("{:x}", u128::from_be_bytes(*hasher.finalize().first_chunk().unwrap()))
}

pub(super) fn run(files: &Path) {
    let entry = files.join(key(Path::new(&fs::read_to_string(files.join(REPO_PATH)).unwrap())));
    let unpacked = tempfile::tempdir().unwrap();
    for name in ["graph.tar.zst", "sparse_index.tar.zst"] {
        let decoder = zstd::Decoder::new(File::open(entry.join(name)).unwrap()).unwrap();
        tar::Archive::new(BufReader::new(decoder)).unpack(unpacked.path()).unwrap();
    }
    let graph: PlainGraph = postcard::from_bytes(&fs::read(unpacked.path().join("graph.bin")).unwrap()).unwrap();
    let index = SparseIndex::from_dir(unpacked.path().join("sparse_index")).unwrap();
    graph.with_maps().ask();
    find(&index, QUERY_SETS[0]);
}
