//! The command `audit`: builds each artifact under a tracer, and lists the inputs that its key does not cover.

mod strace;

use std::fs;
use std::process::{ExitCode, Output};

use anyhow::{Context, anyhow, bail};
use cached_smoke::tooling::audit::{self, Audit, Finding, Kind, Question, ThisMachine, Trace, findings, read_audits};
use cached_smoke::tooling::{Config, KeyReport, NO_REPO};
use clap::Args;
use serde::Serialize;

use crate::fetch::fetch_missing;
use crate::fill::check_writable;
use crate::progress::Bar;
use crate::runner::{Runner, RunnerArguments, failed_to_start};
use crate::selection::{Selection, names_of, print_errors, unavailable};
use crate::{exit, interrupt, json, keys, output};

/// The most findings of one artifact in the text. JSON has all.
const MOST_SHOWN: usize = 50;
/// Inputs that no tracer sees.
const NOT_WATCHED: &[&str] = &[
    "environment variables",
    "the clock and the time zone of `TZ`",
    "the order of directories and of hash maps",
    "ignored files of a repository that a build only finds, and does not read",
    "artifacts that a test requests from a `Session`",
];

#[derive(Args, Debug)]
pub(crate) struct AuditArguments {
    /// Select repositories; all of smoke.toml if none is named.
    repos: Vec<String>,

    /// Print JSON.
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    runner: RunnerArguments,
}

/// The output of `audit --json`.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Document {
    artifacts: Vec<AuditedRow>,
    /// Inputs that no audit finds.
    not_watched: &'static [&'static str],
}

impl json::Document for Document {
    const COMMAND: &'static str = "audit";
}

/// One audited artifact.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "AuditedArtifact"))]
struct AuditedRow {
    repo: String,
    artifact: String,
    /// Repository, revision, and the first digits of the digest.
    key: String,
    /// The reason why there is no result.
    failure: Option<String>,
    findings: Vec<FindingRow>,
    /// Questions of the build to the system whose answers no key covers. They may not matter.
    questions: Vec<&'static str>,
    /// The duration of the build under the tracer, in seconds.
    seconds: f64,
}

/// An input that the key does not cover.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "AuditFinding"))]
struct FindingRow {
    /// `missing`, `found`, `read`, `listed`, `executed` or `connected`.
    kind: &'static str,
    /// The path, the program or the address.
    subject: String,
    /// The program that uses it, unless it is the test itself.
    program: Option<String>,
    /// The line for `Artifact::key`, if a key can cover it.
    line: Option<String>,
    /// The action that helps if no line does.
    help: Option<String>,
    /// The build lacks a permission for it.
    is_denied: bool,
    /// The number of paths that this finding stands for.
    count: usize,
}

impl From<Finding> for FindingRow {
    fn from(finding: Finding) -> FindingRow {
        let Finding { kind, subject, program, line, help, is_denied, count, .. } = finding;
        FindingRow { kind: name(kind), subject, program, line, help, is_denied, count }
    }
}

pub(super) fn run(config: &Config, arguments: &AuditArguments) -> anyhow::Result<ExitCode> {
    let tracer = strace::command()?;
    check_writable(config)?;
    let selected = Selection::new(config, &arguments.repos)?;
    let unfetched = fetch_missing(config, &selected.repos);
    let unavailable = unavailable(config, &arguments.repos, &unfetched);
    let names = names_of(&unfetched, &unavailable);
    let mut rows = Vec::new();
    let mut unaudited = Vec::new();
    if selected.has_tests(config, &names) {
        let runner = Runner::new(config, &arguments.runner, &selected.skipped(config, &names))?.compile()?;
        let keys = keys::compute(config, &runner)?;
        let audits = trace(config, runner, &tracer, keys.len())?;
        unaudited = without_audit(&keys, &audits);
        rows = audits.into_iter().map(row).collect::<anyhow::Result<_>>()?;
    }
    let is_complete = unavailable.is_empty() && rows.iter().all(|row| row.failure.is_none() && row.findings.is_empty());
    if arguments.json {
        json::print(&Document { artifacts: rows, not_watched: NOT_WATCHED });
    } else {
        print(&rows, &unaudited);
        for skipped in &unfetched {
            output::sentence(format_args!("skipped: {skipped}"));
        }
    }
    print_errors(&unavailable);
    Ok(exit::success_if(is_complete))
}

/// Runs the tests until they have audited their artifacts. Missing artifacts are built first.
fn trace(config: &Config, runner: Runner, tracer: &[String], count: usize) -> anyhow::Result<Vec<Audit>> {
    let runner = runner.in_another_run("a");
    let mut command = runner.stopping_after("fixture", "build");
    command.env(audit::VARIABLE, serde_json::to_string(tracer)?);
    let bar = Bar::new("auditing artifacts", count);
    let (child, forwarding) = interrupt::start(&mut command).with_context(|| failed_to_start(&command))?;
    let output = child.wait_with_output();
    bar.finish();
    let is_interrupted = forwarding.end();
    let output = output.with_context(|| failed_to_start(&command))?;
    if is_interrupted {
        bail!("interrupted before all artifacts were audited");
    }
    let unreadable = || format!("failed to read the audits in {}", config.cache_dir().display());
    let audits = read_audits(config.cache_dir(), runner.run()).with_context(unreadable)?;
    if !output.status.success() || runner.unfinished(&output).is_some() {
        let Output { stdout, stderr, .. } = &output;
        eprint!("{}{}", String::from_utf8_lossy(stdout), String::from_utf8_lossy(stderr));
        return Err(anyhow!("a test failed before its artifacts were audited\nhelp: fix the failure shown above"));
    }
    Ok(audits)
}

/// Returns the artifacts that tests request in another way than by a parameter.
fn without_audit(keys: &[KeyReport], audits: &[Audit]) -> Vec<String> {
    let is_audited =
        |key: &&KeyReport| audits.iter().any(|audit| (&audit.artifact, &audit.key) == (&key.artifact, &key.key));
    keys.iter().filter(|key| !is_audited(key)).map(|key| subject(&key.artifact, &key.repo)).collect()
}

fn row(audit: Audit) -> anyhow::Result<AuditedRow> {
    let mut row = AuditedRow {
        repo: audit.repo,
        artifact: audit.artifact,
        key: audit.key,
        failure: audit.failure,
        findings: Vec::new(),
        questions: Vec::new(),
        seconds: audit.seconds,
    };
    if let Some(cover) = audit.cover.filter(|_| row.failure.is_none()) {
        let text = fs::read(&audit.trace).with_context(|| format!("failed to read {}", audit.trace.display()))?;
        let trace = Trace::read(&String::from_utf8_lossy(&text), &cover.directory);
        if !trace.is_complete() {
            row.failure = Some("its trace has no begin or no end".to_owned());
        }
        row.findings = findings(&cover, &trace, &ThisMachine).into_iter().map(FindingRow::from).collect();
        row.questions = trace.questions().iter().map(|question| words(*question)).collect();
    }
    // It may be as large as the artifact.
    let _ = fs::remove_file(&audit.trace);
    Ok(row)
}

fn print(rows: &[AuditedRow], unaudited: &[String]) {
    for row in rows {
        let is_namesake = |other: &&AuditedRow| (&other.artifact, &other.repo) == (&row.artifact, &row.repo);
        let mut subject = subject(&row.artifact, &row.repo);
        // Artifacts with several configurations differ in their keys.
        if rows.iter().filter(is_namesake).count() > 1 {
            subject.push_str(", key ");
            subject.push_str(&row.key);
        }
        if let Some(failure) = &row.failure {
            output::line(format_args!("{subject}: not audited: {}", output::plain_lines(failure)));
        } else if row.findings.is_empty() {
            output::line(format_args!("{subject}: no undeclared input"));
        } else {
            let count = row.findings.len();
            output::line(format_args!("{subject}: {count} undeclared {}", if count == 1 { "input" } else { "inputs" }));
        }
        for finding in row.findings.iter().take(MOST_SHOWN) {
            print_finding(finding);
        }
        if let Some(more) = row.findings.len().checked_sub(MOST_SHOWN).filter(|more| *more > 0) {
            output::line(format_args!("  and {more} more, which `--json` lists"));
        }
    }
    let is_found = |row: &&AuditedRow| !row.findings.is_empty();
    if let Some(row) = rows.iter().find(is_found) {
        output::sentence(format_args!(
            "help: add the lines to `Artifact::key` of `{0}`, or write `#[artifact(key = |key| …)]` at its function",
            row.artifact
        ));
    }
    let number = |count: usize| if count == 1 { "1 artifact".to_owned() } else { format!("{count} artifacts") };
    output::sentence(format_args!(
        "{}: {} with undeclared inputs, {} not audited",
        number(rows.len()),
        rows.iter().filter(is_found).count(),
        rows.iter().filter(|row| row.failure.is_some()).count() + unaudited.len()
    ));
    for subject in unaudited {
        output::sentence(format_args!("not audited: {subject}: no parameter of a test requests it"));
    }
    let asked: Vec<&str> = {
        let mut asked: Vec<&str> = rows.iter().flat_map(|row| row.questions.iter().copied()).collect();
        asked.sort_unstable();
        asked.dedup();
        asked
    };
    if !asked.is_empty() {
        output::sentence(format_args!("asked for, and perhaps used: {}", asked.join(", ")));
    }
    output::sentence(format_args!("not watched: {}", NOT_WATCHED.join("; ")));
    output::sentence("help: `cargo smoke-cache verify --rebuild --vary` finds builds that depend on these");
}

fn print_finding(finding: &FindingRow) {
    let verb = match finding.kind {
        "missing" => "does not find",
        "found" => "finds",
        "read" => "reads",
        "listed" => "lists",
        "executed" => "starts",
        _ => "connects to",
    };
    let by = finding.program.as_ref().map_or_else(String::new, |program| format!(", by {program}"));
    let denied = if finding.is_denied { ", and lacks the permission" } else { "" };
    let more = finding.count.saturating_sub(1);
    let more = if more == 0 { String::new() } else { format!(", with {more} paths below it") };
    output::line(format_args!("  {verb} {}{more}{by}{denied}", finding.subject));
    match (&finding.line, &finding.help) {
        (Some(line), _) => output::line(format_args!("      {line};")),
        (None, Some(help)) => {
            output::line(output::wrapped(&format!("help: {help}"), crate::terminal::width(), "      "));
        }
        (None, None) => {}
    }
}

fn subject(artifact: &str, repo: &str) -> String {
    if repo == NO_REPO { artifact.to_owned() } else { format!("{artifact} of {repo}") }
}

fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::Missing => "missing",
        Kind::Found => "found",
        Kind::Read => "read",
        Kind::Listed => "listed",
        Kind::Executed => "executed",
        Kind::Connected => "connected",
    }
}

fn words(question: Question) -> &'static str {
    match question {
        Question::Cores => "number of cores",
        Question::Host => "host name and system",
        Question::Randomness => "random bytes",
        Question::Invisible => "input and output that no trace shows (io_uring, file handles, chroot or mounts)",
    }
}
