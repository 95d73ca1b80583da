//! Seconds of several things, as bars below their names.
//!
//! Lengths across are parts of the width, as in the other chart.

use std::fmt::{self, Display};

use super::escaped::Escaped;
use super::number::{self, duration, sane};
use super::scale::Scale;

/// Heights.
const NAME: f64 = 20.0;
const LANE: f64 = 11.0;
const GAP: f64 = 3.0;
const BELOW_ROW: f64 = 9.0;
const BELOW_ALL: f64 = 36.0;
/// More bars say less.
const MOST_ROWS: usize = 8;
/// A longer name would run into the number beside it on a phone.
const MOST_CHARACTERS: usize = 30;

/// One thing.
pub(super) struct Bars {
    pub(super) name: String,
    /// The number beside the name.
    pub(super) value: String,
    /// Bars below one another, each of parts one after the other.
    pub(super) lanes: Vec<Vec<Part>>,
}

/// Seconds of one kind.
pub(super) struct Part {
    /// The kind, which is also the colour.
    pub(super) kind: &'static str,
    pub(super) seconds: f64,
}

impl Bars {
    /// How long its longest bar is.
    pub(super) fn length(&self) -> f64 {
        let lane = |parts: &Vec<Part>| parts.iter().map(Part::length).sum();
        self.lanes.iter().map(lane).fold(0.0, f64::max)
    }

    fn height(&self) -> f64 {
        NAME + number::float(self.lanes.len() as u64) * (LANE + GAP) + BELOW_ROW
    }
}

impl Part {
    /// What is less than nothing has no bar; its number tells.
    fn length(&self) -> f64 {
        sane(self.seconds).max(0.0)
    }
}

/// The chart; not for nothing at all.
pub(super) struct BarChart<'a> {
    /// All that it shows, in a sentence.
    pub(super) title: String,
    /// What the axis is of.
    pub(super) axis: &'a str,
    /// The last ones are left out if there are too many; the axis says how many.
    pub(super) rows: Vec<Bars>,
}

impl BarChart<'_> {
    fn axis(&self, f: &mut fmt::Formatter<'_>, scale: &Scale, bottom: f64) -> fmt::Result {
        let ticks = scale.ticks();
        for (index, tick) in ticks.iter().enumerate() {
            let x = 100.0 * scale.part(*tick);
            write!(f, "<line class=\"grid\" x1=\"{x:.2}%\" x2=\"{x:.2}%\" y1=\"0\" y2=\"{bottom:.1}\"/>")?;
            // More numbers are too many for a phone.
            if index % 2 == 0 || ticks.len() < 5 {
                let y = bottom + 14.0;
                let anchor = match index {
                    0 => "start",
                    _ if index + 1 == ticks.len() => "end",
                    _ => "middle",
                };
                write!(
                    f,
                    "<text class=\"tick\" x=\"{x:.2}%\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{}</text>",
                    Escaped(&duration(*tick))
                )?;
            }
        }
        let left_out = match self.rows.len().saturating_sub(MOST_ROWS) {
            0 => String::new(),
            more => format!("; {more} more are in the table"),
        };
        let y = bottom + 32.0;
        write!(f, "<text class=\"axis\" x=\"0\" y=\"{y:.1}\">{}{left_out}</text>", Escaped(self.axis))
    }
}

impl Display for BarChart<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = &self.rows[..self.rows.len().min(MOST_ROWS)];
        let scale = Scale::seconds(rows.iter().map(Bars::length).fold(0.0, f64::max));
        let bottom = rows.iter().map(Bars::height).fold(0.0, |sum, height| sum + height);
        write!(
            f,
            "<svg class=\"chart\" role=\"img\" width=\"100%\" height=\"{:.1}\"><title>{}</title>",
            bottom + BELOW_ALL,
            Escaped(&self.title)
        )?;
        self.axis(f, &scale, bottom)?;
        let mut top = 0.0;
        for row in rows {
            row.draw(f, &scale, top)?;
            top += row.height();
        }
        f.write_str("</svg>")
    }
}

impl Bars {
    fn draw(&self, f: &mut fmt::Formatter<'_>, scale: &Scale, top: f64) -> fmt::Result {
        write!(
            f,
            "<g><title>{}</title><text class=\"name\" x=\"0\" y=\"{y:.1}\">{}</text>\
             <text class=\"number\" x=\"100%\" y=\"{y:.1}\" text-anchor=\"end\">{}</text>",
            Escaped(&self.name),
            Escaped(&shortened(&self.name)),
            Escaped(&self.value),
            y = top + NAME - 7.0
        )?;
        let mut y = top + NAME;
        for lane in &self.lanes {
            let mut passed = 0.0;
            for part in lane {
                let (x, width) = (scale.part(passed), scale.part(part.length()));
                write!(
                    f,
                    "<rect class=\"{kind}\" x=\"{:.3}%\" y=\"{y:.1}\" width=\"{:.3}%\" height=\"{LANE}\" rx=\"2\">\
                     <title>{}: {kind} {}</title></rect>",
                    100.0 * x,
                    100.0 * width.min(1.0 - x),
                    Escaped(&self.name),
                    Escaped(&number::seconds(part.seconds)),
                    kind = part.kind,
                )?;
                passed += part.length();
            }
            y += LANE + GAP;
        }
        f.write_str("</g>")
    }
}

fn shortened(name: &str) -> String {
    if name.chars().count() <= MOST_CHARACTERS {
        return name.to_owned();
    }
    name.chars().take(MOST_CHARACTERS - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::super::drawing::{assert_drawn, count};
    use super::*;

    fn chart(rows: &[(&str, &[f64])]) -> String {
        let row = |(name, seconds): &(&str, &[f64])| Bars {
            name: (*name).to_owned(),
            value: "1 s".to_owned(),
            lanes: vec![seconds.iter().map(|seconds| Part { kind: "restore", seconds: *seconds }).collect()],
        };
        BarChart { title: "a".to_owned(), axis: "time", rows: rows.iter().map(row).collect() }.to_string()
    }

    #[test]
    fn nothing_one_and_many_are_drawn_within_the_frame() {
        let odd = [f64::NAN, f64::INFINITY, -3.0, 0.0, 1e300, 1e-300];
        let many = vec![("<b>", &odd[..]); 40];
        for (rows, bars) in [(&[][..], 0), (&[("a", &[][..])], 0), (&[("a", &[0.0][..])], 1), (&many, 8 * 6)] {
            let svg = chart(rows);
            assert_drawn(&svg);
            assert_eq!(count(&svg, "<rect "), bars, "{svg}");
            assert!(!svg.contains("<b>"), "{svg}");
        }
        assert!(chart(&many).contains("time; 32 more are in the table"));
    }

    #[test]
    fn parts_follow_one_another_on_the_axis_of_the_longest() {
        let svg = chart(&[("short", &[1.0]), ("long", &[2.0, 6.0])]);
        for part in [
            "x=\"0.000%\" y=\"20.0\" width=\"12.500%\"",
            "x=\"0.000%\" y=\"63.0\" width=\"25.000%\"",
            "x=\"25.000%\" y=\"63.0\" width=\"75.000%\"",
        ] {
            assert!(svg.contains(part), "{part}: {svg}");
        }
        assert!(svg.contains("<title>long: restore 6.000 s</title>"), "{svg}");
    }

    #[test]
    fn a_long_name_is_cut_where_it_is_drawn_and_whole_where_it_is_told() {
        let name = "ä".repeat(40);
        let svg = chart(&[(&name, &[1.0])]);
        assert!(svg.contains(&format!(">{}…</text>", "ä".repeat(29))), "{svg}");
        assert!(svg.contains(&format!("<title>{name}</title>")), "{svg}");
    }
}
