//! A value over the runs, as a line.
//!
//! Lengths across are parts of the width, so that letters and lines are of one size on a phone and on a wall. Only the
//! line itself cannot be drawn in such lengths: it is in a picture of its own, which is stretched.

use std::fmt::{self, Display};

use super::escaped::Escaped;
use super::scale::Scale;

/// Heights.
const TOP: f64 = 36.0;
const PLOT: f64 = 148.0;
const BOTTOM: f64 = TOP + PLOT;
const WHOLE: f64 = BOTTOM + 42.0;
/// Where the first and the last run are, in parts of a hundred of the width. Before them are the numbers of the axis.
const FIRST: f64 = 14.0;
const LAST: f64 = 98.0;
/// More dots than these would be a line of their own.
const MOST_DOTS: usize = 60;

/// A run.
pub(super) struct Point {
    /// What stands below it.
    pub(super) when: String,
    /// Nothing where the run has none: it keeps its place, and the line passes it.
    pub(super) value: Option<f64>,
    /// What is said of it to who points at it.
    pub(super) told: String,
}

/// The chart; not for no run at all.
pub(super) struct LineChart<'a> {
    /// All that it shows, in a sentence.
    pub(super) title: String,
    /// What the axis is of, and in which unit.
    pub(super) axis: &'a str,
    /// Which colour it has.
    pub(super) colour: &'a str,
    pub(super) scale: Scale,
    /// A value with its unit.
    pub(super) label: fn(f64) -> String,
    pub(super) points: Vec<Point>,
}

/// How far across the run is.
fn across(index: usize, count: usize) -> f64 {
    let at = |index: usize| super::number::float(index as u64);
    if count < 2 { f64::midpoint(FIRST, LAST) } else { FIRST + (LAST - FIRST) * at(index) / at(count - 1) }
}

impl LineChart<'_> {
    /// How far down the value is.
    fn down(&self, value: f64) -> f64 {
        BOTTOM - PLOT * self.scale.part(value)
    }

    /// The runs that have a value: how far across, and the value.
    fn known(&self) -> Vec<(f64, f64)> {
        let count = self.points.len();
        let known = self.points.iter().enumerate().filter_map(|(index, point)| Some((index, point.value?)));
        known.map(|(index, value)| (across(index, count), value)).collect()
    }

    fn axes(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<text class=\"axis\" x=\"0\" y=\"12\">{}</text>", Escaped(self.axis))?;
        for tick in self.scale.ticks() {
            let y = self.down(*tick);
            write!(
                f,
                "<line class=\"grid\" x1=\"0\" x2=\"100%\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>\
                 <text class=\"tick\" x=\"0\" y=\"{:.1}\">{}</text>",
                y - 4.0,
                Escaped(&(self.label)(*tick))
            )?;
        }
        let count = self.points.len();
        let (first, last) = (self.points.first(), self.points.last());
        let below = match count {
            1 => vec![(first, across(0, 1), "middle")],
            _ => vec![(first, FIRST, "start"), (last, 100.0, "end")],
        };
        for (point, x, anchor) in below {
            let when = point.map_or("", |point| &point.when);
            let y = BOTTOM + 18.0;
            write!(
                f,
                "<text class=\"tick\" x=\"{x:.2}%\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{}</text>",
                Escaped(when)
            )?;
        }
        let y = BOTTOM + 36.0;
        write!(
            f,
            "<text class=\"axis\" x=\"50%\" y=\"{y:.1}\" text-anchor=\"middle\">runs, the oldest first (UTC)</text>"
        )
    }

    fn line(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = self.known();
        let [(first, _), .., (last, _)] = &known[..] else { return Ok(()) };
        let corners: Vec<String> =
            known.iter().map(|(x, value)| format!("{x:.2},{:.2}", 100.0 - 100.0 * self.scale.part(*value))).collect();
        let corners = corners.join(" ");
        write!(
            f,
            "<svg y=\"{TOP}\" width=\"100%\" height=\"{PLOT}\" viewBox=\"0 0 100 100\" preserveAspectRatio=\"none\" \
             overflow=\"visible\"><polygon class=\"area\" points=\"{first:.2},100 {corners} {last:.2},100\"/>\
             <polyline class=\"line\" vector-effect=\"non-scaling-stroke\" points=\"{corners}\"/></svg>"
        )
    }

    fn dots(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.points.len();
        let class = if self.known().len() > MOST_DOTS { "dot faint" } else { "dot" };
        // Each run is pointed at in all of its share of the width.
        let reach = if count < 2 { LAST - FIRST } else { across(1, count) - across(0, count) };
        for (index, point) in self.points.iter().enumerate() {
            let x = across(index, count);
            write!(
                f,
                "<g class=\"point\"><title>{}</title>\
                 <rect class=\"reach\" x=\"{:.2}%\" y=\"{TOP}\" width=\"{reach:.2}%\" height=\"{PLOT}\"/>",
                Escaped(&point.told),
                x - reach / 2.0
            )?;
            if let Some(value) = point.value {
                write!(f, "<circle class=\"{class}\" cx=\"{x:.2}%\" cy=\"{:.1}\" r=\"3.5\"/>", self.down(value))?;
            }
            f.write_str("</g>")?;
        }
        Ok(())
    }
}

impl Display for LineChart<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "<svg class=\"chart {}\" role=\"img\" width=\"100%\" height=\"{WHOLE}\"><title>{}</title>",
            self.colour,
            Escaped(&self.title)
        )?;
        self.axes(f)?;
        self.line(f)?;
        self.dots(f)?;
        // Above the line, where it is in nobody's way.
        if let Some((_, value)) = self.known().last() {
            let value = (self.label)(*value);
            write!(f, "<text class=\"value\" x=\"100%\" y=\"12\" text-anchor=\"end\">{}</text>", Escaped(&value))?;
        }
        f.write_str("</svg>")
    }
}

#[cfg(test)]
mod tests {
    use super::super::drawing::{assert_drawn, count};
    use super::super::number::percent;
    use super::*;

    fn chart(values: &[Option<f64>]) -> String {
        let points = values.iter().map(|value| Point {
            when: "2026-02-03 14:05".to_owned(),
            value: *value,
            told: "run <b>".to_owned(),
        });
        let chart = LineChart {
            title: "a & b".to_owned(),
            axis: "hit rate (%)",
            colour: "hits",
            scale: Scale::percent(),
            label: percent,
            points: points.collect(),
        };
        chart.to_string()
    }

    #[test]
    fn no_run_one_and_many_are_drawn_within_the_frame() {
        let many: Vec<Option<f64>> = (0..500).map(|run| (run % 7 > 0).then_some(f64::from(run % 101))).collect();
        for (values, lines, dots) in [
            (&[][..], 0, 0),
            (&[None], 0, 0),
            (&[Some(40.0)], 0, 1),
            (&[Some(0.0), None, Some(100.0)], 1, 2),
            (&[Some(f64::NAN), Some(f64::INFINITY), Some(-1.0), Some(1e300)], 1, 4),
            (&many, 1, many.iter().flatten().count()),
        ] {
            let svg = chart(values);
            assert_drawn(&svg);
            assert_eq!((count(&svg, "<polyline "), count(&svg, "<circle ")), (lines, dots), "{svg}");
            assert_eq!(count(&svg, "<title>run &lt;b&gt;</title>"), values.len());
        }
    }

    #[test]
    fn a_run_alone_is_seen_among_many_without_a_value() {
        let mut values = [None; 500];
        values[77] = Some(40.0);
        assert!(chart(&values).contains("<circle class=\"dot\" "));
        assert!(chart(&[Some(40.0); 500]).contains("<circle class=\"dot faint\" "));
    }

    #[test]
    fn the_first_and_the_last_run_are_at_the_ends_and_the_largest_is_at_the_top() {
        let svg = chart(&[Some(0.0), Some(50.0), Some(100.0)]);
        let line = " points=\"14.00,100.00 56.00,50.00 98.00,0.00\"/></svg>";
        assert!(svg.contains(line), "{svg}");
        assert!(svg.contains("cx=\"98.00%\" cy=\"36.0\"") && svg.contains(">100 %</text></svg>"), "{svg}");
    }
}
