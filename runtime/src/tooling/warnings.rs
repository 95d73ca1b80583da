//! The warnings of a run.

use std::collections::HashSet;
use std::io;
use std::path::Path;

use crate::json_lines;
use crate::layout::Layout;

/// In the directory of a run: a JSON string a line.
const FILE: &str = "warnings";

/// Reads what the processes of a run warned of, each text once, in the order of their writing.
///
/// # Errors
/// Fails if the run's file cannot be read; a run without warnings has none, which is no error.
pub fn read_warnings(cache_dir: &Path, run: &str) -> io::Result<Vec<String>> {
    let mut warnings: Vec<String> = json_lines::read(&Layout::new(cache_dir).runs().join(run).join(FILE))?;
    let mut seen = HashSet::new();
    warnings.retain(|warning| seen.insert(warning.clone()));
    Ok(warnings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_warning_is_read_once_and_a_torn_line_is_left_out() {
        let cache = tempfile::tempdir().expect("a temporary directory");
        let run = cache.path().join(".runs/r");
        assert_eq!(read_warnings(cache.path(), "r").expect("no file is no error"), [""; 0]);
        std::fs::create_dir_all(&run).expect("made");
        let text = "\"b\"\n\"a\\nsecond line\"\n\"b\"\nno JSON\n{}\n\"torn";
        std::fs::write(run.join(FILE), text).expect("written");
        assert_eq!(read_warnings(cache.path(), "r").expect("readable"), ["b", "a\nsecond line"]);
    }
}
