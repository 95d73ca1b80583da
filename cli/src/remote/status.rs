//! `remote status`.

use std::process::ExitCode;

use cached_smoke::tooling::remote::{Settings, probe};
use serde::Serialize;

use crate::duration::duration;
use crate::message::split_help;
use crate::{exit, json, output};

/// The output of `remote status --json`.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Document {
    /// The URL without secrets.
    service: String,
    /// The limit on the time for one artifact; `null` for the time that its build took.
    budget_seconds: Option<f64>,
    /// The program of the helper, and its arguments.
    helper: Vec<String>,
    /// The findings of the helper.
    findings: Vec<Finding>,
    is_usable: bool,
    /// The reason why the remote cache is not usable.
    reason: Option<String>,
    /// A suggestion that makes it usable.
    help: Option<String>,
}

/// A finding of the helper, such as `readable`.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Probed"))]
struct Finding {
    name: String,
    text: String,
}

impl json::Document for Document {
    const COMMAND: &'static str = "remote status";
}

/// Makes the helper probe the remote cache, and prints the findings.
pub(crate) fn status(settings: &Settings, as_json: bool) -> ExitCode {
    let show = |name: &str, text: &str| {
        // Each finding as it is found: a service may take seconds to answer.
        if !as_json {
            output::line(format_args!("{:<10} {text}", format!("{name}:")));
        }
    };
    show("service", &settings.place());
    let budget = settings.budget.map(|budget| duration(budget.as_secs_f64()));
    show("budget", budget.as_deref().unwrap_or("the build time of the artifact"));
    show("helper", &settings.helper().join(" "));
    let mut findings = Vec::new();
    let probed = probe(settings, &mut |name, text| {
        show(name, text);
        findings.push(Finding { name: name.to_owned(), text: text.to_owned() });
    });
    if let Err(reason) = &probed {
        show("failed", reason);
    }
    if as_json {
        let (reason, help) = probed.as_ref().err().map(|reason| split_help(reason)).unzip();
        json::print(&Document {
            service: settings.place(),
            budget_seconds: settings.budget.map(|budget| budget.as_secs_f64()),
            helper: settings.helper(),
            findings,
            is_usable: probed.is_ok(),
            reason,
            help: help.flatten(),
        });
    }
    exit::success_if(probed.is_ok())
}
