//! The table of results and goals.

use std::fmt;

#[derive(Default)]
pub(crate) struct Table {
    rows: Vec<Row>,
}

struct Row {
    what: String,
    value: f64,
    unit: &'static str,
    goal: Goal,
}

#[derive(Clone, Copy)]
pub(crate) enum Goal {
    AtMost(f64),
    AtLeast(f64),
    /// The value is for comparison only.
    None,
}

impl Table {
    /// Adds a ratio of two medians.
    pub(crate) fn ratio(&mut self, what: impl Into<String>, value: f64, goal: Goal) {
        self.value(what, value, "", goal);
    }

    pub(crate) fn value(&mut self, what: impl Into<String>, value: f64, unit: &'static str, goal: Goal) {
        let row = Row { what: what.into(), value, unit, goal };
        println!("  {row}");
        self.rows.push(row);
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (goal, is_met) = match self.goal {
            Goal::AtMost(most) => (format!("≤ {most} {}", self.unit), self.value <= most),
            Goal::AtLeast(least) => (format!("≥ {least} {}", self.unit), self.value >= least),
            Goal::None => ("–".to_owned(), true),
        };
        let miss = if is_met { "" } else { "MISSED" };
        write!(f, "| {} | {:.3} {} | {} | {miss} |", self.what, self.value, self.unit, goal.trim_end())
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| what | measured | goal | |\n| --- | --- | --- | --- |")?;
        self.rows.iter().try_for_each(|row| writeln!(f, "{row}"))
    }
}
