//! Two tests that share one slow fixture. The cache directory is that of the workspace: see `smoke.toml` at its root.

use std::{thread, time::Duration};

use cached_smoke::{artifact, cached_smoke};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Model {
    slope: f64,
}

impl Model {
    fn train(steps: u32) -> Model {
        thread::sleep(Duration::from_millis(25) * steps); // stands for work
        Model { slope: 2.0 }
    }

    fn predict(&self, x: f64) -> f64 {
        self.slope * x
    }
}

#[artifact]
fn model() -> Model {
    Model::train(100)
}

#[cached_smoke]
fn predicts_the_origin(model: &Model) {
    assert!(model.predict(0.0).abs() < 0.1);
}

#[cached_smoke]
fn predicts_a_point(model: &Model) {
    assert!((model.predict(3.0) - 6.0).abs() < 0.1);
}
