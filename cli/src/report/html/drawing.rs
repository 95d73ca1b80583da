//! What the tests of all charts ask of a drawing.

/// How often it is in there.
pub(super) fn count(text: &str, part: &str) -> usize {
    text.matches(part).count()
}

/// One picture with a title, in which every number can be drawn and every length across is within the width.
#[track_caller]
pub(super) fn assert_drawn(svg: &str) {
    assert!(svg.starts_with("<svg class=\"chart") && svg.ends_with("</svg>"), "{svg}");
    assert!(svg.contains(" role=\"img\" ") && svg.contains("><title>"), "{svg}");
    assert_eq!(count(svg, "<svg"), count(svg, "</svg>"), "{svg}");
    for attribute in [" x", " y", " x1", " x2", " y1", " y2", " cx", " cy", " r", " width", " height", " points"] {
        for rest in svg.split(&format!("{attribute}=\"")).skip(1) {
            let value = rest.split('"').next().unwrap_or_default();
            for number in value.split([' ', ',']) {
                let parsed: f64 = number.trim_end_matches('%').parse().unwrap_or(f64::NAN);
                assert!(parsed.is_finite(), "{attribute}=\"{value}\": {svg}");
                assert!(!number.ends_with('%') || (0.0..=100.0).contains(&parsed) || attribute == " x", "{number}");
                assert!((-1.0..=10_000.0).contains(&parsed) || number.ends_with('%'), "{number}");
            }
        }
    }
}
