//! The `code-index` command: shows the graph of a Python repository, or searches it.

mod json;

use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};
use code_index::{AnalyzerConfig, Error, GraphBuilder, Hit, NodeKind, SparseIndex};
use serde::Serialize;

use json::GraphJson;

/// Show the code graph of a Python repository, or search it.
#[derive(Parser)]
#[command(name = "code-index", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build the graph of a repository and print its size
    Graph(GraphArgs),
    /// Build the graph and the index of a repository and search them
    Search(SearchArgs),
}

#[derive(Args)]
struct GraphArgs {
    /// The root directory of the repository
    path: PathBuf,
    /// Print all nodes and edges as JSON, instead of their counts
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
struct SearchArgs {
    /// The root directory of the repository
    path: PathBuf,
    /// A name, the beginning of a name, or words; `-` reads queries from standard input, one per line
    query: String,
    /// The maximum number of results; each file has at most one
    #[arg(long, default_value_t = 10)]
    limit: usize,
    /// Find only nodes of this kind; can be repeated
    #[arg(long, value_enum)]
    kind: Vec<KindArg>,
    /// Print the results as JSON, one per line; for `-` an array for each query
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
        // The reader of the output has closed it, as `code-index … | head` does.
        Err(Failure::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(failure) => {
            report(&failure);
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<(), Failure> {
    // Unlike `println!`, this gives an error on a closed pipe, not a panic.
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
        return print_json(out, &GraphJson::of(&graph));
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
    if args.query != "-" {
        let hits = index.search(&args.query, args.limit, &kinds)?;
        return print_hits(out, &args.query, &hits, args.json);
    }
    for query in io::stdin().lines() {
        let query = query.map_err(Failure::Input)?;
        let hits = index.search(&query, args.limit, &kinds)?;
        if args.json {
            print_json(out, &hits)?;
        } else {
            print_hits(out, &query, &hits, false)?;
        }
    }
    Ok(())
}

fn print_hits(out: &mut impl Write, query: &str, hits: &[Hit], json: bool) -> Result<(), Failure> {
    if hits.is_empty() {
        // On stderr, so that the lines of stdout are exactly the results.
        let _ = writeln!(io::stderr(), "nothing found for {query:?}");
    }
    for hit in hits {
        if json {
            print_json(out, hit)?;
        } else {
            writeln!(out, "{}", line(hit))?;
        }
    }
    Ok(())
}

/// Prints a value as one line of JSON.
fn print_json(out: &mut impl Write, value: &(impl Serialize + ?Sized)) -> Result<(), Failure> {
    serde_json::to_writer(&mut *out, value).map_err(io::Error::from)?;
    Ok(writeln!(out)?)
}

/// Formats a hit for the terminal: `exact    1.00 class     path/file.py:Name  path/file.py:3-20`.
fn line(hit: &Hit) -> String {
    let lines = match (hit.start_line, hit.end_line) {
        (Some(start), Some(end)) => format!(":{start}-{end}"),
        _ => String::new(),
    };
    let matched = format!("{:?}", hit.matched).to_lowercase();
    format!("{matched:6} {:6.2} {:9} {}  {}{lines}", hit.score, hit.kind, hit.id, hit.file)
}

/// An error that ends the command.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Index(#[from] Error),
    #[error("failed to read the queries: {0}")]
    Input(#[source] io::Error),
    #[error("failed to write the output: {0}")]
    Output(#[from] io::Error),
}

/// Prints a failure and, if there is one, the action that fixes it.
fn report(failure: &Failure) {
    let help = match failure {
        Failure::Index(error) => error.help(),
        Failure::Input(_) => Some("give queries in UTF-8, one per line"),
        Failure::Output(_) => None,
    };
    let help = help.map_or_else(String::new, |help| format!("\nhelp: {help}"));
    // A failure to write to stderr cannot be reported anywhere.
    let _ = writeln!(io::stderr(), "error: {failure}{help}");
}
