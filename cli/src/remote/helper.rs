//! The helper beside this program: it need not be in the `PATH`, and was installed or compiled together with it.

use anyhow::anyhow;
use cached_smoke::tooling::Config;
use cached_smoke::tooling::remote::{HELPER, check_helper};

/// The variable that names the helper for tests.
const VARIABLE: &str = "SMOKE_REMOTE_HELPER";

/// Returns the path of the helper in the directory of this program, if it exists.
pub(crate) fn beside() -> Option<String> {
    let path = std::env::current_exe().ok()?.with_file_name(format!("{HELPER}{}", std::env::consts::EXE_SUFFIX));
    if path.is_file() { path.to_str().map(str::to_owned) } else { None }
}

/// Returns the variable that makes tests start the helper beside this program, unless the settings name another one.
pub(crate) fn for_tests(config: &Config) -> Option<(&'static str, String)> {
    if config.remote()?.helper.is_some() {
        return None;
    }
    Some((VARIABLE, serde_json::to_string(&[beside()?]).ok()?))
}

/// Fails, with help, if no remote cache is configured, or its helper is not installed.
pub(crate) fn check(config: &Config) -> anyhow::Result<()> {
    check_helper(config.required_remote()?).map_err(|reason| anyhow!(reason))
}
