//! The table of settings, for `--help` and for the book.

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
    use std::path::{Path, PathBuf};

    use fs_err as fs;

    use super::*;

    const END: &str = "<!-- /settings -->";

    type IsIncluded = fn(&Setting) -> bool;

    /// Returns the table of some settings in Markdown. A variable with a section on the page is a link.
    fn markdown(page: &str, is_included: impl Fn(&Setting) -> bool) -> String {
        let row = |Setting { variable, key, default, help, .. }: &Setting| {
            let mut name = format!("`{variable}`");
            if page.contains(&format!("### {variable}\n")) {
                name = format!("[{name}](#{})", variable.to_lowercase());
            }
            let key = key.map_or_else(String::new, |key| format!("`{key}`"));
            format!("| {name} | {key} | {help} | {default} |\n")
        };
        let rows: String = settings().iter().filter(|setting| is_included(setting)).map(row).collect();
        format!("| variable | `smoke.toml` | meaning | default |\n| --- | --- | --- | --- |\n{rows}")
    }

    /// Returns the Markdown file below a directory that contains a text.
    fn find(directory: &Path, text: &str) -> Option<PathBuf> {
        let mut paths = fs::read_dir(directory).expect("a directory").map(|entry| entry.expect("an entry").path());
        paths.find_map(|path| {
            if path.is_dir() {
                return find(&path, text);
            }
            fs::read_to_string(&path).is_ok_and(|page| page.contains(text)).then_some(path)
        })
    }

    /// `UPDATE_EXPECT=1` writes the tables.
    #[test]
    fn book_contains_the_tables_of_settings() {
        let is_remote = |setting: &Setting| setting.variable.starts_with("SMOKE_REMOTE");
        let tables: [(&str, IsIncluded); 2] =
            [("<!-- settings -->\n", |_| true), ("<!-- settings of [remote] -->\n", is_remote)];
        for (begin, is_included) in tables {
            let path = find(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs"), begin).expect(begin);
            let page = fs::read_to_string(&path).expect("a page");
            let (before, rest) = page.split_once(begin).expect(begin);
            let (_, after) = rest.split_once(END).expect(END);
            let expected = format!("{before}{begin}{}{END}{after}", markdown(&page, is_included));
            expect_test::expect_file![path].assert_eq(&expected);
        }
    }

    #[test]
    fn help_fits_a_terminal() {
        let help = help();
        assert!(help.lines().all(|line| line.chars().count() <= 80), "{help}");
    }
}
