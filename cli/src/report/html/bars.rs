//! Durations of several subjects, as bars below their names.

use maud::{Markup, html};

use super::number::{hundredths, sane};
use crate::duration::duration;

/// The largest number of subjects in a chart.
const MAX_ROWS: usize = 8;

/// One subject.
pub(super) struct Bars {
    pub(super) name: String,
    /// The text beside the name.
    pub(super) value: String,
    /// Bars below one another. Each consists of parts side by side.
    pub(super) lanes: Vec<Vec<Part>>,
}

/// A part of a bar: its name, which is also the class that sets its colour, and seconds.
pub(super) type Part = (&'static str, f64);

/// Returns the length of a part. A negative duration has none; the table shows its number.
fn length((_, seconds): &Part) -> f64 {
    sane(*seconds).max(0.0)
}

/// Returns the chart of some subjects. `title` describes it for screen readers.
pub(super) fn bar_chart(title: &str, rows: &[Bars]) -> Markup {
    let shown = &rows[..rows.len().min(MAX_ROWS)];
    let lanes = shown.iter().flat_map(|row| &row.lanes);
    let max = lanes.map(|lane| lane.iter().map(length).sum()).fold(0.0, f64::max);
    html! {
        div.chart role="img" aria-label=(title) {
            @for Bars { name, value, lanes } in shown {
                p title=(name) { span.name { (name) } span.number { (value) } }
                @for lane in lanes {
                    div.bar {
                        @for part in lane {
                            @let tooltip = format!("{name}: {} {}", part.0, duration(part.1));
                            (stripe(part.0, length(part) / max, &tooltip))
                        }
                    }
                }
            }
            @if rows.len() > shown.len() { p.more { (rows.len() - shown.len()) " more are in the table" } }
        }
    }
}

/// Returns a stripe of a bar, as long as this share of it.
pub(super) fn stripe(class: &str, share: f64, tooltip: &str) -> Markup {
    let width = hundredths(100.0 * sane(share).clamp(0.0, 1.0));
    html! { i class=(class) style={ "width:" (width) } title=(tooltip) {} }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(rows: &[(&str, &[f64])]) -> String {
        let row = |(name, seconds): &(&str, &[f64])| Bars {
            name: (*name).to_owned(),
            value: "1s".to_owned(),
            lanes: vec![seconds.iter().map(|seconds| ("restore", *seconds)).collect()],
        };
        bar_chart("a", &rows.iter().map(row).collect::<Vec<_>>()).into_string()
    }

    /// Returns the length of each part, in hundredths of the width.
    fn widths(chart: &str) -> Vec<f64> {
        let widths = chart.split("width:").skip(1).map(|rest| rest.split('%').next().unwrap_or_default());
        widths.map(|width| width.parse().expect("a number")).collect()
    }

    #[test]
    fn any_number_of_subjects_and_any_duration_fits_the_width() {
        let odd = [f64::NAN, f64::INFINITY, -3.0, 0.0, 1e300, 1e-300];
        let many = vec![("<b>", &odd[..]); 40];
        for (rows, bars) in [(&[][..], 0), (&[("a", &[][..])], 0), (&[("a", &[0.0][..])], 1), (&many, 8 * 6)] {
            let chart = chart(rows);
            let widths = widths(&chart);
            assert_eq!(widths.len(), bars, "{chart}");
            assert!(widths.iter().all(|width| (0.0..=100.0).contains(width)), "{chart}");
            assert!(!chart.contains("<b>"), "{chart}");
        }
        assert!(chart(&many).contains("32 more are in the table"));
    }

    #[test]
    fn parts_are_relative_to_the_longest_bar() {
        let chart = chart(&[("short", &[1.0]), ("long", &[2.0, 6.0])]);
        assert_eq!(format!("{:?}", widths(&chart)), "[12.5, 25.0, 75.0]");
        assert!(chart.contains("title=\"long: restore 6.0 s\""), "{chart}");
    }
}
