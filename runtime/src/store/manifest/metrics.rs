//! The metrics in a manifest: an object of texts.
//!
//! `serde_json` reads some numbers as their neighbour. The digest of the manifest would then differ from the stored
//! one.

use std::collections::BTreeMap;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serializer};

use crate::name::check_name;

pub(super) fn serialize<S: Serializer>(metrics: &BTreeMap<String, f64>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(metrics.iter().map(|(name, value)| (name, format!("{value:?}"))))
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, f64>, D::Error> {
    let texts = BTreeMap::<String, String>::deserialize(deserializer)?;
    let number = |(name, text): (String, String)| {
        check_name("metric", &name).map_err(|_| D::Error::custom("the name of a metric is invalid"))?;
        let value = text.parse().ok().filter(|value: &f64| value.is_finite());
        Ok((name, value.ok_or_else(|| D::Error::custom("a metric is not a finite number"))?))
    };
    texts.into_iter().map(number).collect()
}
