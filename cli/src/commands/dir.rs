//! The command `dir`.

use cached_smoke::tooling::Config;

use crate::output;

pub(super) fn run(config: &Config) {
    output::line(config.cache_dir().display());
}
