//! A value over the runs, as a line.
//!
//! Horizontal lengths are relative to the width, so that letters and strokes have one size on every screen. A polyline
//! cannot have such lengths: it is an image inside the image, which the browser stretches.

use maud::{Markup, html};

use super::number::{float, hundredths, pixels};
use super::scale::Scale;

/// Vertical lengths, in pixels.
const TOP: f64 = 36.0;
const PLOT: f64 = 148.0;
const BOTTOM: f64 = TOP + PLOT;
const HEIGHT: f64 = BOTTOM + 42.0;
/// The places of the first and the last run, in hundredths of the width. The labels of the axis stand before them.
const FIRST: f64 = 14.0;
const LAST: f64 = 98.0;
/// The largest number of dots. More would hide the line.
const MAX_DOTS: usize = 60;

/// One run.
pub(super) struct Point {
    /// The label below the axis.
    pub(super) when: String,
    /// `None` if the run has no value: the line passes its place.
    pub(super) value: Option<f64>,
    /// The tooltip.
    pub(super) tooltip: String,
}

/// A chart of at least one run.
pub(super) struct LineChart<'a> {
    /// Describes the chart for screen readers.
    pub(super) title: String,
    /// The name of the vertical axis.
    pub(super) axis: &'a str,
    /// The class that sets the colour.
    pub(super) colour: &'a str,
    pub(super) scale: Scale,
    /// Formats a value.
    pub(super) label: fn(f64) -> String,
    pub(super) points: Vec<Point>,
}

/// Returns the horizontal place of a run, in hundredths of the width.
fn across(index: usize, count: usize) -> f64 {
    let at = |index: usize| float(index as u64);
    if count < 2 { f64::midpoint(FIRST, LAST) } else { FIRST + (LAST - FIRST) * at(index) / at(count - 1) }
}

impl LineChart<'_> {
    pub(super) fn svg(&self) -> Markup {
        let places: Vec<(f64, &Point)> = { self.points.iter().enumerate() }
            .map(|(index, point)| (across(index, self.points.len()), point))
            .collect();
        let known: Vec<(f64, f64)> = places.iter().filter_map(|(x, point)| Some((*x, point.value?))).collect();
        html! {
            svg class={ "chart " (self.colour) } role="img" width="100%" height=(pixels(HEIGHT)) {
                title { (self.title) }
                (self.axes())
                (self.line(&known))
                (self.dots(&places, known.len()))
                // Above the plot, where it hides nothing.
                @if let Some((_, value)) = known.last() {
                    text.value x="100%" y="12" text-anchor="end" { ((self.label)(*value)) }
                }
            }
        }
    }

    /// Returns the vertical place of a value, in pixels.
    fn down(&self, value: f64) -> f64 {
        BOTTOM - PLOT * self.scale.part(value)
    }

    fn axes(&self) -> Markup {
        let labels = match &self.points[..] {
            [] => vec![],
            [only] => vec![(only, across(0, 1), "middle")],
            [first, .., last] => vec![(first, FIRST, "start"), (last, 100.0, "end")],
        };
        html! {
            text.axis x="0" y="12" { (self.axis) }
            @for tick in self.scale.ticks() {
                @let y = self.down(*tick);
                line.grid x1="0" x2="100%" y1=(pixels(y)) y2=(pixels(y)) {}
                text.tick x="0" y=(pixels(y - 4.0)) { ((self.label)(*tick)) }
            }
            @for (point, x, anchor) in labels {
                text.tick x=(hundredths(x)) y=(pixels(BOTTOM + 18.0)) text-anchor=(anchor) { (point.when) }
            }
            text.axis x="50%" y=(pixels(BOTTOM + 36.0)) text-anchor="middle" { "runs, the oldest first (UTC)" }
        }
    }

    fn line(&self, known: &[(f64, f64)]) -> Markup {
        let [(first, _), .., (last, _)] = known else { return html! {} };
        let corner = |(x, value): &(f64, f64)| format!("{x:.2},{:.2}", 100.0 - 100.0 * self.scale.part(*value));
        let corners = known.iter().map(corner).collect::<Vec<_>>().join(" ");
        let area = format!("{first:.2},100 {corners} {last:.2},100");
        html! {
            svg y=(pixels(TOP)) width="100%" height=(pixels(PLOT)) viewBox="0 0 100 100" preserveAspectRatio="none"
                overflow="visible" {
                polygon.area points=(area) {}
                polyline.line vector-effect="non-scaling-stroke" points=(corners) {}
            }
        }
    }

    fn dots(&self, places: &[(f64, &Point)], known: usize) -> Markup {
        // The tooltip of a run appears over its whole share of the width.
        let reach = if places.len() < 2 { LAST - FIRST } else { places[1].0 - places[0].0 };
        html! {
            @for (x, point) in places {
                g.point {
                    title { (point.tooltip) }
                    rect.reach x=(hundredths(x - reach / 2.0)) y=(pixels(TOP)) width=(hundredths(reach))
                        height=(pixels(PLOT)) {}
                    @if let Some(value) = point.value {
                        circle.dot.faint[known > MAX_DOTS] cx=(hundredths(*x)) cy=(pixels(self.down(value))) r="3.5" {}
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::number::percent;
    use super::*;

    /// Asserts that every number of the drawing is finite, and that horizontal lengths are inside the width.
    #[track_caller]
    fn assert_drawn(svg: &str) {
        assert!(svg.starts_with("<svg class=\"chart hits\" role=\"img\" ") && svg.contains("><title>"), "{svg}");
        for value in
            svg.split('"').skip(1).step_by(2).filter(|value| value.starts_with(|first| "-.0123456789".contains(first)))
        {
            for number in value.split([' ', ',']) {
                let parsed: f64 = number.trim_end_matches('%').parse().unwrap_or(f64::NAN);
                assert!(parsed.is_finite(), "{value}: {svg}");
                assert!(!number.ends_with('%') || (-100.0..=100.0).contains(&parsed), "{value}: {svg}");
            }
        }
    }

    fn chart(values: &[Option<f64>]) -> String {
        let points = values.iter().map(|value| Point {
            when: "2026-02-03 14:05".to_owned(),
            value: *value,
            tooltip: "run <b>".to_owned(),
        });
        let chart = LineChart {
            title: "a & b".to_owned(),
            axis: "hit rate (%)",
            colour: "hits",
            scale: Scale::percent(),
            label: percent,
            points: points.collect(),
        };
        chart.svg().into_string()
    }

    #[test]
    fn any_number_of_runs_and_any_value_is_drawn_in_the_frame() {
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
            assert_eq!((svg.matches("<polyline ").count(), svg.matches("<circle ").count()), (lines, dots), "{svg}");
            assert_eq!(svg.matches("<title>run &lt;b&gt;</title>").count(), values.len());
        }
    }

    #[test]
    fn single_value_among_many_runs_is_visible() {
        let mut values = [None; 500];
        values[77] = Some(40.0);
        assert!(chart(&values).contains("<circle class=\"dot\" "));
        assert!(chart(&[Some(40.0); 500]).contains("<circle class=\"dot faint\" "));
    }

    #[test]
    fn runs_fill_the_width_and_the_largest_the_height() {
        let svg = chart(&[Some(0.0), Some(50.0), Some(100.0)]);
        let line = " points=\"14.00,100.00 56.00,50.00 98.00,0.00\"></polyline></svg>";
        assert!(svg.contains(line), "{svg}");
        assert!(svg.contains("cx=\"98.00%\" cy=\"36.0\"") && svg.contains(">100 %</text></svg>"), "{svg}");
    }
}
