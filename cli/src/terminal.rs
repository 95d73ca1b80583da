//! The width that output is designed for.

use std::env;

use console::Term;

/// The width without a terminal, such as in a pipe or in the log of a CI system.
const DEFAULT_WIDTH: usize = 80;
/// Narrower values are a mistake of the terminal.
const MIN_WIDTH: usize = 20;

/// Returns the number of columns: that of the variable `COLUMNS`, else that of the terminal, else 80.
pub(crate) fn width() -> usize {
    let variable = env::var("COLUMNS").ok().and_then(|text| text.trim().parse().ok());
    let terminal = || Term::stdout().size_checked().map(|(_, columns)| usize::from(columns));
    width_of(variable, terminal)
}

fn width_of(variable: Option<usize>, terminal: impl FnOnce() -> Option<usize>) -> usize {
    let is_usable = |width: &usize| *width >= MIN_WIDTH;
    variable.filter(is_usable).or_else(|| terminal().filter(is_usable)).unwrap_or(DEFAULT_WIDTH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn width_is_that_of_the_variable_or_of_the_terminal() {
        assert_eq!(width_of(Some(120), || Some(40)), 120);
        assert_eq!(width_of(None, || Some(40)), 40);
        assert_eq!(width_of(Some(0), || Some(0)), DEFAULT_WIDTH);
        assert_eq!(width_of(None, || None), DEFAULT_WIDTH);
    }
}
