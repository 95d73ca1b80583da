//! The remote cache, through the helper that tests start.

use cached_smoke::tooling::Config;
use cached_smoke::tooling::remote::probe;

use super::Finding;
use crate::message::split_help;

const REMOTE: &str = "remote";

pub(super) fn check(config: &Config) -> Option<Finding> {
    let settings = config.remote()?;
    let place = settings.place();
    Some(match probe(settings, &mut |_, _| ()) {
        Ok(()) => Finding::ok(REMOTE, format!("{place} answers")),
        Err(reason) => {
            let (reason, help) = split_help(&reason);
            let help = help.unwrap_or_else(|| "run `cargo smoke-cache remote status`".to_owned());
            Finding::error(REMOTE, format!("{place} cannot be used: {reason}"), help)
        }
    })
}
