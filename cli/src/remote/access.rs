//! The access to the remote cache: the settings, and the helper.

use anyhow::Context;
use cached_smoke::tooling::Config;
use cached_smoke::tooling::remote::Settings;

/// The error of an upload without the right to write.
pub(crate) const READ_ONLY: &str =
    "the remote cache is read-only: there is no signing key, or SMOKE_REMOTE_ACCESS forbids to write";

/// The variable that names the helper for tests.
const HELPER: &str = "SMOKE_REMOTE_HELPER";

/// Returns the settings of the remote cache.
///
/// # Errors
/// Fails if no remote cache is configured.
pub(crate) fn settings(config: &Config) -> anyhow::Result<&Settings> {
    config.remote().context(
        "no remote cache is configured\n\
         help: set SMOKE_REMOTE, or `url` in `[remote]` of smoke.toml, such as s3://bucket/prefix?region=eu-central-1",
    )
}

/// Returns the command that starts this program as the helper: it need not be in the `PATH`, and has the same version.
pub(crate) fn this_program() -> Option<Vec<String>> {
    let this = std::env::current_exe().ok()?;
    Some([this.to_str()?, "smoke-cache", "remote-helper"].map(str::to_owned).to_vec())
}

/// Returns the variable that makes tests start this program as the helper, unless the settings name another one.
pub(crate) fn this_helper(config: &Config) -> Option<(&'static str, String)> {
    if config.remote()?.helper.is_some() {
        return None;
    }
    Some((HELPER, serde_json::to_string(&this_program()?).ok()?))
}
