//! Plots with logarithmic axes, as SVG files for `docs/`.

use std::fmt::Write;
use std::path::Path;

pub(crate) struct Plot {
    pub(crate) title: &'static str,
    pub(crate) x: &'static str,
    pub(crate) y: &'static str,
    pub(crate) lines: Vec<Line>,
}

pub(crate) struct Line {
    pub(crate) name: &'static str,
    pub(crate) points: Vec<(f64, f64)>,
}

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 400.0;
const LEFT: f64 = 80.0;
const RIGHT: f64 = 30.0;
const TOP: f64 = 110.0;
const BOTTOM: f64 = 60.0;
/// Colours that are distinct for colour-blind readers too (Okabe and Ito, "Color Universal Design", 2008).
const COLOURS: [&str; 4] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7"];

/// A logarithmic axis: the powers of ten from `low` to `high` are at the coordinates from `from` to `to`.
struct Axis {
    from: f64,
    to: f64,
    low: f64,
    high: f64,
}

impl Axis {
    fn over(values: impl Iterator<Item = f64> + Clone, from: f64, to: f64) -> Axis {
        let low = values.clone().fold(f64::INFINITY, f64::min).log10().floor();
        let high = values.fold(f64::NEG_INFINITY, f64::max).log10().ceil();
        Axis { from, to, low, high: high.max(low + 1.0) }
    }

    /// Returns the coordinate of a value.
    fn coordinate(&self, value: f64) -> f64 {
        self.from + (value.log10() - self.low) / (self.high - self.low) * (self.to - self.from)
    }

    /// Returns the powers of ten of the axis.
    fn ticks(&self) -> impl Iterator<Item = f64> + use<> {
        let (low, steps) = (self.low, self.high - self.low);
        std::iter::successors(Some(0.0), |step| Some(step + 1.0))
            .take_while(move |step| *step <= steps)
            .map(move |step| 10_f64.powf(low + step))
    }
}

impl Plot {
    /// Writes `docs/performance-NAME.svg`.
    pub(crate) fn write(&self, name: &str) {
        let path = Path::new(crate::WORKSPACE).join(format!("docs/performance-{name}.svg"));
        std::fs::write(&path, self.svg()).unwrap();
        println!("  plotted to {}", path.display());
    }

    fn svg(&self) -> String {
        let points = self.lines.iter().flat_map(|line| &line.points);
        let x = Axis::over(points.clone().map(|point| point.0), LEFT, WIDTH - RIGHT);
        let y = Axis::over(points.map(|point| point.1), HEIGHT - BOTTOM, TOP);
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" font-size=\"13\">\n\
             <title>{}</title>\n<rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#ffffff\"/>\n\
             <text x=\"{LEFT}\" y=\"24\" font-size=\"16\" font-weight=\"bold\">{}</text>\n",
            self.title, self.title
        );
        for tick in x.ticks() {
            let at = x.coordinate(tick);
            let _ = writeln!(
                svg,
                "<line x1=\"{at:.1}\" y1=\"{TOP}\" x2=\"{at:.1}\" y2=\"{:.1}\" stroke=\"#dddddd\"/>\
                 <text x=\"{at:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{tick}</text>",
                HEIGHT - BOTTOM,
                HEIGHT - BOTTOM + 20.0
            );
        }
        for tick in y.ticks() {
            let at = y.coordinate(tick);
            let _ = writeln!(
                svg,
                "<line x1=\"{LEFT}\" y1=\"{at:.1}\" x2=\"{:.1}\" y2=\"{at:.1}\" stroke=\"#dddddd\"/>\
                 <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{tick}</text>",
                WIDTH - RIGHT,
                LEFT - 8.0,
                at + 4.0
            );
        }
        let middle = f64::midpoint(TOP, HEIGHT - BOTTOM);
        let _ = writeln!(
            svg,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>\
             <text x=\"18\" y=\"{middle:.1}\" text-anchor=\"middle\" transform=\"rotate(-90 18 {middle:.1})\">{}</text>",
            f64::midpoint(LEFT, WIDTH - RIGHT),
            HEIGHT - 14.0,
            self.x,
            self.y
        );
        for ((line, colour), number) in self.lines.iter().zip(COLOURS).zip(0_u8..) {
            let coordinates: Vec<String> = line
                .points
                .iter()
                .map(|point| format!("{:.1},{:.1}", x.coordinate(point.0), y.coordinate(point.1)))
                .collect();
            let _ = writeln!(
                svg,
                "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>",
                coordinates.join(" ")
            );
            for (point, coordinates) in line.points.iter().zip(&coordinates) {
                let (left, top) = coordinates.split_once(',').unwrap();
                let _ = writeln!(
                    svg,
                    "<circle cx=\"{left}\" cy=\"{top}\" r=\"4\" fill=\"{colour}\"><title>{}: {} → {:.2}</title></circle>",
                    line.name, point.0, point.1
                );
            }
            let legend = 46.0 + 18.0 * f64::from(number);
            let _ = writeln!(
                svg,
                "<line x1=\"{LEFT}\" y1=\"{legend}\" x2=\"{}\" y2=\"{legend}\" stroke=\"{colour}\" stroke-width=\"2\"/>\
                 <text x=\"{}\" y=\"{}\">{}</text>",
                LEFT + 24.0,
                LEFT + 32.0,
                legend + 4.0,
                line.name
            );
        }
        svg + "</svg>\n"
    }
}
