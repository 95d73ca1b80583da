//! The report as a page for a browser: one file without scripts or requests.
//!
//! - `figures`, `misses`: the numbers, before they are drawn
//! - `sections`, `charts`, `metrics`, `table`: the parts of the page
//! - `line_chart`, `scale`, `bars`: drawings. Chart crates draw in fixed sizes and colours; these follow the width of
//!   the screen and its light or dark scheme
//! - `number`: numbers and units as texts

mod bars;
mod charts;
mod figures;
mod line_chart;
mod metrics;
mod misses;
mod number;
mod scale;
mod sections;
mod table;

use cached_smoke::tooling::{PastRun, StoredArtifact};
use maud::{DOCTYPE, PreEscaped, html};

use figures::Figures;

/// Forbids scripts and requests, also if a text should get past the escaping.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/// Returns the page about these runs, of which the latest is the last. The stored artifacts have the configurations.
pub(crate) fn page(runs: &[PastRun], stored: &[StoredArtifact]) -> String {
    let figures = Figures::new(runs, stored);
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { "Smoke cache" }
                style { (PreEscaped(include_str!("html/style.css"))) }
            }
            body {
                header { h1 { "Smoke cache" } p { (figures.span()) } }
                main {
                    (sections::overview(&figures))
                    div.pair {
                        (charts::hit_rate(&figures.runs))
                        (charts::cache_size(&figures.runs))
                        (charts::repositories(&figures.repositories))
                        (charts::artifacts(&figures.artifacts))
                    }
                    (metrics::charts(&figures.runs))
                    (sections::misses(&figures.misses))
                    (sections::latest(&figures.runs))
                    (sections::all(&figures.runs))
                }
            }
        }
    };
    // HTML forbids control characters. Messages may contain the colours of a terminal.
    let replace = |character: char| if character.is_control() && character != '\n' { '\u{fffd}' } else { character };
    page.into_string().chars().map(replace).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn page_without_runs_has_a_text_for_each_section() {
        let page = page(&[], &[]);
        for words in ["No run was selected.", "No run used an artifact.", "No run recorded the size", "No misses."] {
            assert!(page.contains(words), "{words}: {page}");
        }
        assert!(!page.contains("<svg") && !page.contains("<table"), "{page}");
    }
}
