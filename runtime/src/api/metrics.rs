//! Numbers that a build records about its artifact.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::name::check_name;

/// The recorder of a build's metrics: numbers about the artifact, such as the nodes of a graph.
///
/// The cache stores them with the artifact. [`ArtifactReport::metrics`](crate::ArtifactReport::metrics) returns them in
/// every test, also on a hit. `cargo smoke-cache list` and `report` show them.
///
/// ```
/// use cached_smoke::Metrics;
///
/// struct Graph {
///     nodes: Vec<String>,
///     density: f64,
/// }
///
/// /// Records what a reader of the report wants to compare between runs.
/// fn measure(graph: &Graph, metrics: &Metrics) {
///     metrics.set("nodes", graph.nodes.len());
///     metrics.set("density", graph.density);
/// }
/// ```
///
/// [`BuildContext::metrics`](crate::BuildContext::metrics) returns the recorder, and
/// [`BuildContext::metric`](crate::BuildContext::metric) is a shortcut. Calls are cheap, from any thread.
#[derive(Debug, Default)]
pub struct Metrics {
    recorded: Mutex<Recorded>,
}

#[derive(Debug, Default)]
struct Recorded {
    values: BTreeMap<String, f64>,
    /// The first mistake of the build, which fails it.
    mistake: Option<String>,
}

impl Metrics {
    /// Records a number under a name. A name has 1 to 64 of the characters `A-Z a-z 0-9 . _ -`, and no dot at the
    /// start.
    ///
    /// A metric is an `f64`: an integer above 2^53 is rounded.
    ///
    /// The build fails after it returns if a name is invalid or occurs twice, or if a number is infinite or NaN.
    pub fn set(&self, name: &str, value: impl MetricValue) {
        let mut recorded = self.recorded.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(mistake) = recorded.add(name, value.into_f64()) {
            recorded.mistake.get_or_insert(mistake);
        }
    }

    /// Returns the recorded numbers by name, or the first mistake.
    pub(crate) fn take(&self) -> Result<BTreeMap<String, f64>, String> {
        let recorded = std::mem::take(&mut *self.recorded.lock().unwrap_or_else(PoisonError::into_inner));
        recorded.mistake.map_or(Ok(recorded.values), Err)
    }
}

impl Recorded {
    fn add(&mut self, name: &str, value: f64) -> Result<(), String> {
        check_name("metric", name)?;
        if !value.is_finite() {
            return Err(format!("the metric `{name}` is {value}\nhelp: record a finite number"));
        }
        if self.values.contains_key(name) {
            return Err(format!("the metric `{name}` is recorded twice\nhelp: give each metric another name"));
        }
        self.values.insert(name.to_owned(), value);
        Ok(())
    }
}

/// A type of number that a metric may have: a float, or an integer such as `usize`.
///
/// This trait is sealed.
pub trait MetricValue: sealed::Number {}

mod sealed {
    /// A number that becomes an `f64`.
    pub trait Number {
        /// Returns the nearest `f64`.
        fn into_f64(self) -> f64;
    }
}

macro_rules! numbers {
    (#[$attribute:meta] $($number:ty),*; $value:ident => $into_f64:expr) => {
        $(
            impl MetricValue for $number {}
            impl sealed::Number for $number {
                #[$attribute]
                fn into_f64(self) -> f64 {
                    let $value = self;
                    $into_f64
                }
            }
        )*
    };
}

numbers!(#[inline] u8, u16, u32, i8, i16, i32, f32; value => f64::from(value));
numbers!(#[inline] f64; value => value);
numbers!(
    #[expect(clippy::cast_precision_loss, reason = "a large metric is rounded")]
    u64, usize, i64, isize; value => value as f64
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_each_type_are_recorded() {
        let metrics = Metrics::default();
        metrics.set("nodes", [1, 2].len());
        metrics.set("bytes", u64::from(u32::MAX));
        metrics.set("delta", -3);
        metrics.set("overlap", 0.5);
        let expected = [("bytes", 4_294_967_295.0), ("delta", -3.0), ("nodes", 2.0), ("overlap", 0.5)];
        let expected = expected.map(|(name, value)| (name.to_owned(), value));
        assert_eq!(metrics.take(), Ok(BTreeMap::from(expected)));
    }

    #[test]
    fn first_mistake_fails_the_build() {
        for (name, value, mistake) in [
            ("a b", 1.0, "invalid metric name `a b`"),
            ("", 1.0, "invalid metric name ``"),
            ("a", f64::NAN, "the metric `a` is NaN"),
            ("a", f64::NEG_INFINITY, "the metric `a` is -inf"),
            ("once", 1.0, "the metric `once` is recorded twice"),
        ] {
            let metrics = Metrics::default();
            metrics.set("once", 1);
            metrics.set(name, value);
            metrics.set("second mistake", 1);
            let found = metrics.take().expect_err(mistake);
            assert!(found.starts_with(mistake) && found.contains("\nhelp: "), "{found}");
        }
    }
}
