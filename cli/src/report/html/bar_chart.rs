//! Durations of several subjects, as bars below their names.
//!
//! Horizontal lengths are relative to the width, as in the line chart.

use maud::{Markup, html};

use super::number::{self, duration, float, hundredths, pixels, sane};
use super::scale::Scale;

/// Heights, in pixels.
const NAME: f64 = 20.0;
const LANE: f64 = 11.0;
const GAP: f64 = 3.0;
const BELOW_ROW: f64 = 9.0;
const BELOW_ALL: f64 = 36.0;
/// The largest number of subjects.
const MAX_ROWS: usize = 8;
/// The maximum length of a name. A longer one would overlap the number beside it on a phone.
const MAX_CHARACTERS: usize = 30;

/// One subject.
pub(super) struct Bars {
    pub(super) name: String,
    /// The text beside the name.
    pub(super) value: String,
    /// Bars below one another. Each consists of parts side by side.
    pub(super) lanes: Vec<Vec<Part>>,
}

/// A part of a bar.
pub(super) struct Part {
    /// The name of the part, and the class that sets its colour.
    pub(super) kind: &'static str,
    pub(super) seconds: f64,
}

impl Bars {
    /// Returns the length of the longest bar, in seconds.
    fn length(&self) -> f64 {
        let lane = |parts: &Vec<Part>| parts.iter().map(Part::length).sum();
        self.lanes.iter().map(lane).fold(0.0, f64::max)
    }

    fn height(&self) -> f64 {
        NAME + float(self.lanes.len() as u64) * (LANE + GAP) + BELOW_ROW
    }

    fn svg(&self, scale: &Scale, top: f64) -> Markup {
        html! {
            g {
                title { (self.name) }
                text.name x="0" y=(pixels(top + NAME - 7.0)) { (shortened(&self.name)) }
                text.number x="100%" y=(pixels(top + NAME - 7.0)) text-anchor="end" { (self.value) }
                @for (index, lane) in self.lanes.iter().enumerate() {
                    @let y = top + NAME + float(index as u64) * (LANE + GAP);
                    @for (part, begin) in lane.iter().zip(begins(lane)) {
                        @let (x, width) = (scale.part(begin), scale.part(part.length()));
                        rect class=(part.kind) x=(hundredths(100.0 * x)) y=(pixels(y))
                            width=(hundredths(100.0 * width.min(1.0 - x))) height=(pixels(LANE)) rx="2" {
                            title { (self.name) ": " (part.kind) " " (number::seconds(part.seconds)) }
                        }
                    }
                }
            }
        }
    }
}

impl Part {
    /// Returns the length of the part. A negative duration has no bar; the table shows its number.
    fn length(&self) -> f64 {
        sane(self.seconds).max(0.0)
    }
}

/// Returns the beginning of each part, in seconds.
fn begins(lane: &[Part]) -> impl Iterator<Item = f64> {
    lane.iter().scan(0.0, |end, part| {
        let begin = *end;
        *end += part.length();
        Some(begin)
    })
}

/// A chart of at least one subject.
pub(super) struct BarChart<'a> {
    /// Describes the chart for screen readers.
    pub(super) title: String,
    /// The name of the axis.
    pub(super) axis: &'a str,
    /// The subjects. The axis names the number of those that are not drawn.
    pub(super) rows: Vec<Bars>,
}

impl BarChart<'_> {
    pub(super) fn svg(&self) -> Markup {
        let rows = &self.rows[..self.rows.len().min(MAX_ROWS)];
        let scale = Scale::seconds(rows.iter().map(Bars::length).fold(0.0, f64::max));
        let bottom = rows.iter().map(Bars::height).fold(0.0, |sum, height| sum + height);
        let tops = rows.iter().scan(0.0, |bottom, row| {
            let top = *bottom;
            *bottom += row.height();
            Some(top)
        });
        html! {
            svg class="chart" role="img" width="100%" height=(pixels(bottom + BELOW_ALL)) {
                title { (self.title) }
                (self.axis(&scale, bottom))
                @for (row, top) in rows.iter().zip(tops) { (row.svg(&scale, top)) }
            }
        }
    }

    fn axis(&self, scale: &Scale, bottom: f64) -> Markup {
        let ticks = scale.ticks();
        let hidden = self.rows.len().saturating_sub(MAX_ROWS);
        html! {
            @for (index, tick) in ticks.iter().enumerate() {
                @let x = hundredths(100.0 * scale.part(*tick));
                line.grid x1=(x) x2=(x) y1="0" y2=(pixels(bottom)) {}
                // A phone has no room for more labels.
                @if index % 2 == 0 || ticks.len() < 5 {
                    @let anchor = match index {
                        0 => "start",
                        _ if index + 1 == ticks.len() => "end",
                        _ => "middle",
                    };
                    text.tick x=(x) y=(pixels(bottom + 14.0)) text-anchor=(anchor) { (duration(*tick)) }
                }
            }
            text.axis x="0" y=(pixels(bottom + 32.0)) {
                (self.axis)
                @if hidden > 0 { "; " (hidden) " more are in the table" }
            }
        }
    }
}

fn shortened(name: &str) -> String {
    if name.chars().count() <= MAX_CHARACTERS {
        return name.to_owned();
    }
    name.chars().take(MAX_CHARACTERS - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::super::line_chart::assert_drawn;
    use super::*;

    fn chart(rows: &[(&str, &[f64])]) -> String {
        let row = |(name, seconds): &(&str, &[f64])| Bars {
            name: (*name).to_owned(),
            value: "1 s".to_owned(),
            lanes: vec![seconds.iter().map(|seconds| Part { kind: "restore", seconds: *seconds }).collect()],
        };
        let chart = BarChart { title: "a".to_owned(), axis: "time", rows: rows.iter().map(row).collect() };
        chart.svg().into_string()
    }

    #[test]
    fn any_number_of_subjects_and_any_duration_is_drawn_in_the_frame() {
        let odd = [f64::NAN, f64::INFINITY, -3.0, 0.0, 1e300, 1e-300];
        let many = vec![("<b>", &odd[..]); 40];
        for (rows, bars) in [(&[][..], 0), (&[("a", &[][..])], 0), (&[("a", &[0.0][..])], 1), (&many, 8 * 6)] {
            let svg = chart(rows);
            assert_drawn(&svg);
            assert_eq!(svg.matches("<rect ").count(), bars, "{svg}");
            assert!(!svg.contains("<b>"), "{svg}");
        }
        assert!(chart(&many).contains("time; 32 more are in the table"));
    }

    #[test]
    fn parts_follow_one_another_on_the_axis_of_the_longest() {
        let svg = chart(&[("short", &[1.0]), ("long", &[2.0, 6.0])]);
        for part in [
            "x=\"0.00%\" y=\"20.0\" width=\"12.50%\"",
            "x=\"0.00%\" y=\"63.0\" width=\"25.00%\"",
            "x=\"25.00%\" y=\"63.0\" width=\"75.00%\"",
        ] {
            assert!(svg.contains(part), "{part}: {svg}");
        }
        assert!(svg.contains("<title>long: restore 6.000 s</title>"), "{svg}");
    }

    #[test]
    fn long_name_is_cut_in_the_chart_and_whole_in_the_tooltip() {
        let name = "ä".repeat(40);
        let svg = chart(&[(&name, &[1.0])]);
        assert!(svg.contains(&format!(">{}…</text>", "ä".repeat(29))), "{svg}");
        assert!(svg.contains(&format!("<title>{name}</title>")), "{svg}");
    }
}
