//! The table of settings, for `--help` and for the reference page.

use cached_smoke::tooling::{Setting, settings};

/// Lists the variables, for `--help`.
pub(crate) fn help() -> String {
    let line = |Setting { variable, help, default, .. }: &Setting| {
        format!("\n  {variable} [default: {}]\n          {help}", default.replace('`', ""))
    };
    let variables: String = settings().iter().map(line).collect();
    format!("Settings come from these variables, and from the nearest smoke.toml:\n{variables}")
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::{Path, PathBuf};

    use super::*;

    const BEGIN: &str = "<!-- settings -->\n";
    const END: &str = "<!-- /settings -->";

    /// Returns the table in Markdown.
    fn markdown() -> String {
        let row = |Setting { variable, key, default, help, details, .. }: &Setting| {
            let key = key.map_or_else(|| "–".to_owned(), |key| format!("`{key}`"));
            let stop = if details.is_empty() { "." } else { ". " };
            format!("| `{variable}` | {key} | {default} | {help}{stop}{details} |\n")
        };
        let rows: String = settings().iter().map(row).collect();
        format!("| Variable | `smoke.toml` | Default | Meaning |\n| --- | --- | --- | --- |\n{rows}")
    }

    /// Returns the Markdown file below a directory that contains the markers.
    fn page(directory: &Path) -> Option<PathBuf> {
        let paths = fs::read_dir(directory).expect("a directory").map(|entry| entry.expect("an entry").path());
        paths.into_iter().find_map(|path| {
            if path.is_dir() {
                return page(&path);
            }
            let is_page = path.extension().is_some_and(|extension| extension == "md")
                && fs::read_to_string(&path).is_ok_and(|text| text.contains(BEGIN));
            is_page.then_some(path)
        })
    }

    /// `UPDATE_EXPECT=1` writes the table.
    #[test]
    fn reference_page_contains_the_table() {
        let page = page(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs")).expect("a page with the markers");
        let text = fs::read_to_string(&page).expect("a page");
        let (before, rest) = text.split_once(BEGIN).expect("the first marker");
        let (_, after) = rest.split_once(END).expect("the second marker");
        let expected = format!("{before}{BEGIN}{}{END}{after}", markdown());
        expect_test::expect_file![page].assert_eq(&expected);
    }

    #[test]
    fn help_fits_a_terminal() {
        let help = help();
        assert!(help.lines().all(|line| line.chars().count() <= 80), "{help}");
    }
}
