//! `code-index`: look at a Python repository's graph, or search it.

use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};
use code_index::{
    AnalyzerConfig, DependencyGraph, Edge, EdgeKind, Error, GraphBuilder, Hit, Node, NodeKind, SparseIndex,
};
use serde::Serialize;

/// Look at the code graph of a Python repository, or search it.
#[derive(Parser)]
#[command(name = "code-index", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build the graph of a repository and show it
    Graph(GraphArgs),
    /// Build graph and index of a repository and search them
    Search(SearchArgs),
}

#[derive(Args)]
struct GraphArgs {
    /// The repository's root
    path: PathBuf,
    /// All nodes and edges as JSON, instead of their counts
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
struct SearchArgs {
    /// The repository's root
    path: PathBuf,
    /// A name, the beginning of one, or words
    query: String,
    /// How many results at most, one a file
    #[arg(long, default_value_t = 10)]
    limit: usize,
    /// Only nodes of this kind; may be given more than once
    #[arg(long, value_enum)]
    kind: Vec<KindArg>,
    /// The results as JSON, one a line
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum KindArg {
    Directory,
    File,
    Class,
    Function,
}

impl From<KindArg> for NodeKind {
    fn from(kind: KindArg) -> Self {
        match kind {
            KindArg::Directory => Self::Directory,
            KindArg::File => Self::File,
            KindArg::Class => Self::Class,
            KindArg::Function => Self::Function,
        }
    }
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli.command) {
        Ok(()) => ExitCode::SUCCESS,
        // Who reads our output has seen enough: `code-index … | head`.
        Err(Failure::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(failure) => {
            // Nothing is left to be done where not even this can be written.
            let _ = writeln!(io::stderr(), "error: failed to {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<(), Failure> {
    // Unlike `println!` this gives an error on a closed pipe, not a panic.
    let mut out = BufWriter::new(io::stdout().lock());
    match command {
        Command::Graph(args) => show_graph(&mut out, &args)?,
        Command::Search(args) => search(&mut out, &args)?,
    }
    Ok(out.flush()?)
}

fn show_graph(out: &mut impl Write, args: &GraphArgs) -> Result<(), Failure> {
    let graph = GraphBuilder::new(&args.path).build()?;
    if args.json {
        serde_json::to_writer(&mut *out, &GraphJson::of(&graph)).map_err(io::Error::from)?;
        return Ok(writeln!(out)?);
    }
    writeln!(out, "{}", graph.statistics())?;
    for (path, reason) in graph.skipped() {
        writeln!(out, "  {path}: {reason}")?;
    }
    Ok(())
}

fn search(out: &mut impl Write, args: &SearchArgs) -> Result<(), Failure> {
    let graph = GraphBuilder::new(&args.path).build()?;
    let index = SparseIndex::in_memory(&graph, &AnalyzerConfig::default())?;
    let kinds = args.kind.iter().copied().map(NodeKind::from).collect::<Vec<_>>();
    let hits = index.search(&args.query, args.limit, &kinds)?;
    if hits.is_empty() {
        // Not on stdout: a script that counts lines counts results.
        let _ = writeln!(io::stderr(), "nothing found for {:?}", args.query);
    }
    for hit in hits {
        if args.json {
            serde_json::to_writer(&mut *out, &hit).map_err(io::Error::from)?;
            writeln!(out)?;
        } else {
            writeln!(out, "{}", line(&hit))?;
        }
    }
    Ok(())
}

/// One hit for people: `exact   class     path/file.py:Name  path/file.py:3-20`.
fn line(hit: &Hit) -> String {
    let place = match (hit.start_line, hit.end_line) {
        (Some(start), Some(end)) => format!("{}:{start}-{end}", hit.file),
        _ => hit.file.clone(),
    };
    let matched = format!("{:?}", hit.matched).to_lowercase();
    format!("{matched:6} {:6.2} {:9} {}  {place}", hit.score, hit.kind, hit.id)
}

/// What ends the command early.
enum Failure {
    Index(Error),
    Output(io::Error),
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Index(error) => error.fmt(f),
            Self::Output(error) => write!(f, "write the output: {error}"),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Index(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

/// A graph as JSON.
#[derive(Serialize)]
struct GraphJson<'g> {
    nodes: Vec<NodeJson<'g>>,
    edges: Vec<EdgeJson<'g>>,
}

#[derive(Serialize)]
struct NodeJson<'g> {
    id: &'g str,
    r#type: NodeKind,
    start_line: Option<u32>,
    end_line: Option<u32>,
}

#[derive(Serialize)]
struct EdgeJson<'g> {
    source: &'g str,
    target: &'g str,
    r#type: EdgeKind,
    alias: Option<&'g str>,
}

impl<'g> GraphJson<'g> {
    fn of(graph: &'g DependencyGraph) -> Self {
        Self { nodes: graph.nodes().map(NodeJson::of).collect(), edges: graph.edges().map(EdgeJson::of).collect() }
    }
}

impl<'g> NodeJson<'g> {
    fn of(node: Node<'g>) -> Self {
        Self { id: node.id(), r#type: node.kind(), start_line: node.start_line(), end_line: node.end_line() }
    }
}

impl<'g> EdgeJson<'g> {
    fn of(edge: Edge<'g>) -> Self {
        Self { source: edge.source().id(), target: edge.target().id(), r#type: edge.kind(), alias: edge.alias() }
    }
}
