//! Reading the warnings of a run.

use std::collections::HashSet;
use std::io;
use std::path::Path;

use crate::json_lines;
use crate::layout::Layout;
use crate::run::WARNINGS;

/// Reads the warnings of the processes of a run, each text once, in the order in which they were written.
///
/// A run without warnings is not an error.
///
/// # Errors
/// Fails if the run's file cannot be read.
pub fn read_warnings(cache_dir: &Path, run: &str) -> io::Result<Vec<String>> {
    let mut warnings: Vec<String> = json_lines::read(&Layout::new(cache_dir).runs().join(run).join(WARNINGS))?;
    let mut seen = HashSet::new();
    warnings.retain(|warning| seen.insert(warning.clone()));
    Ok(warnings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_warning_is_read_once_without_truncated_lines() {
        let cache = tempfile::tempdir().expect("a temporary directory");
        let run = cache.path().join(".runs/r");
        assert_eq!(read_warnings(cache.path(), "r").expect("a missing file is not an error"), [""; 0]);
        std::fs::create_dir_all(&run).expect("created");
        let text = "\"b\"\n\"a\\nsecond line\"\n\"b\"\nno JSON\n{}\n\"torn";
        std::fs::write(run.join(WARNINGS), text).expect("written");
        assert_eq!(read_warnings(cache.path(), "r").expect("readable"), ["b", "a\nsecond line"]);
    }
}
