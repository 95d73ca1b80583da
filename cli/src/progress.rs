//! How far something is that takes a while: bars on a terminal, plain lines elsewhere.

use std::io::{IsTerminal, stderr};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

const TICK: Duration = Duration::from_millis(100);

/// How much of something is done, and what is being done.
pub(crate) struct Bar {
    bars: MultiProgress,
    total: ProgressBar,
    step: ProgressBar,
    is_terminal: bool,
}

impl Bar {
    /// `what` is being done to `count` things.
    pub(crate) fn new(what: &str, count: usize) -> Bar {
        let bars = match count {
            0 => MultiProgress::with_draw_target(ProgressDrawTarget::hidden()),
            _ => MultiProgress::new(),
        };
        let style =
            |template: &str| ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        let total = bars.add(ProgressBar::new(count as u64));
        total.set_style(style("{prefix} [{bar:30}] {pos}/{len} ({elapsed})"));
        total.set_prefix(what.to_owned());
        let step = bars.add(ProgressBar::new_spinner());
        step.set_style(style("{spinner} {wide_msg}"));
        if count > 0 {
            // The time goes on, also while nothing is done.
            total.enable_steady_tick(TICK);
            step.enable_steady_tick(TICK);
        }
        Bar { bars, total, step, is_terminal: stderr().is_terminal() }
    }

    /// What is being done now, on a terminal.
    pub(crate) fn at(&self, what: &str) {
        self.step.set_message(what.to_owned());
    }

    /// The line at which what is being done is shown, for who knows more of it.
    pub(crate) fn step(&self) -> &ProgressBar {
        &self.step
    }

    /// One more is done.
    pub(crate) fn done(&self) {
        self.total.inc(1);
    }

    /// A line above the bars, or a plain line where there are none.
    pub(crate) fn say(&self, line: &str) {
        if self.is_terminal {
            // Nothing is lost if the terminal has just gone away.
            let _ = self.bars.println(line);
        } else {
            eprintln!("{line}");
        }
    }

    /// Whether there are bars.
    pub(crate) fn is_terminal(&self) -> bool {
        self.is_terminal
    }

    pub(crate) fn finish(&self) {
        self.step.finish_and_clear();
        self.total.finish_and_clear();
    }
}
