//! The progress of a long operation: bars on a terminal, plain lines elsewhere.

use std::io::{IsTerminal, stderr};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::{options, output};

const TICK: Duration = Duration::from_millis(100);

/// Two lines: a bar that counts items, and a spinner with the current step.
pub(crate) struct Bar {
    bars: MultiProgress,
    total: ProgressBar,
    step: ProgressBar,
    is_terminal: bool,
}

impl Bar {
    /// Creates the bar of an operation on `count` items; it is hidden if `count` is 0.
    pub(crate) fn new(operation: &str, count: usize) -> Bar {
        let bars = match count {
            _ if options::get().is_quiet() => MultiProgress::with_draw_target(ProgressDrawTarget::hidden()),
            0 => MultiProgress::with_draw_target(ProgressDrawTarget::hidden()),
            _ => MultiProgress::new(),
        };
        let style =
            |template: &str| ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        let total = bars.add(ProgressBar::new(count as u64));
        total.set_style(style("{prefix} [{bar:30}] {pos}/{len} ({elapsed})"));
        total.set_prefix(operation.to_owned());
        let step = bars.add(ProgressBar::new_spinner());
        step.set_style(style("{spinner} {wide_msg}"));
        if count > 0 {
            // The elapsed time advances also while no item ends.
            total.enable_steady_tick(TICK);
            step.enable_steady_tick(TICK);
        }
        Bar { bars, total, step, is_terminal: stderr().is_terminal() && !options::get().is_quiet() }
    }

    /// Shows the current step, on a terminal only.
    pub(crate) fn set_step(&self, step: &str) {
        self.step.set_message(step.to_owned());
    }

    /// Returns the spinner, for an operation that reports its own steps.
    pub(crate) fn step(&self) -> &ProgressBar {
        &self.step
    }

    /// Counts one more item.
    pub(crate) fn done(&self) {
        self.total.inc(1);
    }

    /// Prints a line above the bars, or a plain line without a terminal.
    pub(crate) fn print(&self, line: &str) {
        if self.is_terminal {
            // Fails only if the terminal is gone.
            let _ = self.bars.println(line);
        } else {
            output::progress(line);
        }
    }

    /// Returns `true` if bars are drawn.
    pub(crate) fn is_terminal(&self) -> bool {
        self.is_terminal
    }

    pub(crate) fn finish(&self) {
        self.step.finish_and_clear();
        self.total.finish_and_clear();
    }
}
