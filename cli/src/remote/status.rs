//! `remote status`.

use std::process::ExitCode;

use cached_smoke::tooling::remote::{Settings, probe};

use crate::{exit, output};

/// Makes the helper probe the remote cache, and prints the findings.
pub(crate) fn status(settings: &Settings) -> ExitCode {
    finding("service", &settings.place());
    let budget = settings.budget.map(|budget| humantime::format_duration(budget).to_string());
    finding("budget", budget.as_deref().unwrap_or("the build time of the artifact"));
    finding("helper", &settings.helper().join(" "));
    let probed = probe(settings, &mut finding);
    if let Err(reason) = &probed {
        finding("failed", reason);
    }
    exit::success_if(probed.is_ok())
}

fn finding(name: &str, text: &str) {
    output::line(format_args!("{:<10} {text}", format!("{name}:")));
}
