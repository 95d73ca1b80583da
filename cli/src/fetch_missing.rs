//! Getting every repository that is named and not there.

use std::io::{IsTerminal, stderr};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use cached_smoke::tooling::{Config, RepoSource, Source};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::fetch::fetch;

/// A repository that could not be fetched.
#[derive(Debug)]
pub(crate) struct LeftOut {
    pub(crate) repo: String,
    pub(crate) reason: String,
}

/// The command `fetch`.
pub(crate) fn run(config: &Config, names: &[String]) -> Result<ExitCode, String> {
    let selected = select(config, names)?;
    let left_out = fetch_missing(config, &selected);
    let mut is_complete = left_out.is_empty();
    for (name, repo) in &selected {
        if repo.path.is_dir() {
            println!("{name}: {}", repo.path.display());
        } else if matches!(repo.source, Source::Path(_)) {
            eprintln!("error: {name} is not at {}; correct its `path`, or SMOKE_REPO_PATHS", repo.path.display());
            is_complete = false;
        }
    }
    Ok(if is_complete { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The repositories of these names; all for none.
pub(crate) fn select<'a>(config: &'a Config, names: &[String]) -> Result<Vec<(&'a str, &'a RepoSource)>, String> {
    if names.is_empty() {
        return Ok(config.repos().iter().map(|(name, repo)| (name.as_str(), repo)).collect());
    }
    let mut selected = Vec::new();
    for name in names {
        let repo = config.repo(name).map_err(|error| error.report())?;
        if let Some((name, _)) = config.repos().get_key_value(name) {
            selected.push((name.as_str(), repo));
        }
    }
    Ok(selected)
}

/// Fetches those that are missing and says which could not be.
pub(crate) fn fetch_missing(config: &Config, repos: &[(&str, &RepoSource)]) -> Vec<LeftOut> {
    let missing: Vec<_> =
        repos.iter().filter(|(_, repo)| !matches!(repo.source, Source::Path(_)) && !repo.path.is_dir()).collect();
    let mut left_out = Vec::new();
    let screen = Screen::new(missing.len() as u64);
    for (name, repo) in missing {
        let begun = Instant::now();
        screen.begin(name, &repo.source);
        match fetch(&repo.source, &repo.path, &config.workshop(), &screen.step) {
            Ok(fetched) => {
                let seconds = begun.elapsed().as_secs_f64();
                screen.say(&format!("fetched {name} at {} in {seconds:.1} s", fetched.revision));
            }
            Err(error) => {
                let reason = with_causes(&error);
                screen.say(&format!("left out: {name}: failed to {reason}"));
                left_out.push(LeftOut { repo: (*name).to_owned(), reason });
            }
        }
        screen.total.inc(1);
    }
    screen.finish();
    left_out
}

fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

/// Two bars on a terminal; plain lines elsewhere.
struct Screen {
    bars: MultiProgress,
    total: ProgressBar,
    step: ProgressBar,
    is_terminal: bool,
}

impl Screen {
    fn new(count: u64) -> Screen {
        let bars = MultiProgress::new();
        let style = |template| ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        let total = bars.add(ProgressBar::new(count));
        total.set_style(style("fetching repositories [{bar:30}] {pos}/{len} ({elapsed})"));
        let step = bars.add(ProgressBar::new_spinner());
        step.set_style(style("{spinner} {prefix}: {msg} {elapsed}"));
        if count == 0 {
            bars.set_draw_target(indicatif::ProgressDrawTarget::hidden());
        } else {
            step.enable_steady_tick(Duration::from_millis(100));
        }
        Screen { bars, total, step, is_terminal: stderr().is_terminal() }
    }

    fn begin(&self, name: &str, source: &Source) {
        self.step.set_prefix(name.to_owned());
        self.step.reset_elapsed();
        if !self.is_terminal {
            let from = match source {
                Source::Git { url, .. } => url,
                Source::Pypi { requirement, .. } => requirement,
                Source::Path(_) => name,
            };
            self.say(&format!("fetching {name} ({from})"));
        }
    }

    /// A line above the bars, or a plain line where there are none.
    fn say(&self, line: &str) {
        if self.is_terminal {
            // Nothing is lost if the terminal has just gone away.
            let _ = self.bars.println(line);
        } else {
            eprintln!("{line}");
        }
    }

    fn finish(&self) {
        self.step.finish_and_clear();
        self.total.finish_and_clear();
    }
}
