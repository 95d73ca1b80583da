//! The report as a page for a browser: one file that needs nothing else, and runs nothing.

mod bar_chart;
#[cfg(test)]
mod drawing;
mod escaped;
mod figures;
mod line_chart;
mod misses;
mod number;
mod scale;
mod sections;
mod table;

use std::path::Path;

use cached_smoke::tooling::PastRun;

use figures::Figures;

/// Nothing is fetched and nothing runs, also if somebody should find a way past the escaping.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/// Writes it to a file, over whatever that held.
///
/// # Errors
/// The file cannot be written.
pub(super) fn write(runs: &[PastRun], file: &Path) -> Result<(), String> {
    std::fs::write(file, of(runs)).map_err(|error| format!("failed to write {}: {error}", file.display()))
}

/// The page about these runs, the latest of which is last.
fn of(runs: &[PastRun]) -> String {
    let figures = Figures::new(runs);
    let runs = &figures.runs[..];
    let span = match runs {
        [] => String::new(),
        [run] => format!("1 run, {} (UTC)", number::moment(run.begun)),
        [first, .., last] => {
            format!("{} runs, {} to {} (UTC)", runs.len(), number::moment(first.begun), number::moment(last.begun))
        }
    };
    [
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n",
        &format!("<meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n"),
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n",
        "<meta name=\"color-scheme\" content=\"light dark\">\n<title>Smoke cache</title>\n<style>\n",
        include_str!("html/style.css"),
        "</style>\n</head>\n<body>\n<header><h1>Smoke cache</h1>",
        &format!("<p>{}</p></header>\n<main>\n", escaped::Escaped(&span)),
        &sections::overview(&figures),
        "<div class=\"pair\">\n",
        &sections::hit_rate(runs),
        &sections::cache_size(runs),
        &sections::repositories(&figures.repositories),
        &sections::times(&figures),
        "</div>\n",
        &sections::misses(&figures.misses),
        &sections::latest(runs),
        &sections::all(runs),
        "</main>\n</body>\n</html>\n",
    ]
    .concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_about_nothing_says_so() {
        let page = of(&[]);
        for words in
            ["No run was chosen.", "No run asked for an artifact.", "No run noted the size", "There was no miss."]
        {
            assert!(page.contains(words), "{words}: {page}");
        }
        assert!(!page.contains("<svg") && !page.contains("<table"), "{page}");
    }
}
