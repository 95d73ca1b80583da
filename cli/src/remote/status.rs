//! `remote status`: probes the service as a helper would use it.

use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};
use cached_smoke::tooling::remote::{Settings, try_helper};

use super::service::{self, Service, explain, is_taken};
use super::signing::Trust;
use super::transfer::{MAX_LEASE, read_start};
use super::{helper, lease};
use crate::{exit, output};

/// Longer than the deadlines of tests: a user waits for the answer.
const DEADLINE: Duration = Duration::from_secs(10);

/// Probes the remote cache, and prints the results.
pub(crate) fn status(settings: &Settings) -> Result<ExitCode> {
    output::line(format_args!("service:   {}", settings.place()));
    match settings.budget {
        Some(budget) => output::line(format_args!("budget:    {}", humantime::format_duration(budget))),
        None => output::line("budget:    the build time of the artifact"),
    }
    let probed = if is_this_program(settings) { probe_service(settings)? } else { probe_helper(settings) };
    if let Err(error) = &probed {
        output::line(format_args!("failed:    {error:#}"));
    }
    Ok(exit::success_if(probed.is_ok()))
}

/// Returns `true` if the helper is this program: then the service can be probed without it.
fn is_this_program(settings: &Settings) -> bool {
    let helper = settings.helper();
    let name = helper.first().and_then(|program| Path::new(program).file_stem());
    name.is_some_and(|name| name == "cargo-smoke-cache")
}

/// Probes another helper. Only it knows its service and the keys that it trusts.
fn probe_helper(settings: &Settings) -> Result<()> {
    output::line(format_args!("helper:    {}", settings.helper().join(" ")));
    let begun = Instant::now();
    let may_write = try_helper(settings).map_err(|error| anyhow!(error))?;
    output::line(format_args!("readable:  yes, start and answer take {}", milliseconds(begun)));
    output::line(format_args!("writable:  {}", if may_write { "yes, according to the helper" } else { "no" }));
    Ok(())
}

/// Probes the service. The inner error is the service's, the outer one that of the settings.
fn probe_service(settings: &Settings) -> Result<Result<()>> {
    let trust = Trust::new(settings)?;
    let runtime = helper::runtime()?;
    let _entered = runtime.enter();
    let service = service::open(&settings.url)?;
    output::line(format_args!("trusted:   {}", trust.describe()));
    let may_write = trust.can_sign() && !settings.read_only;
    output::line(format_args!("access:    {}", if may_write { "read and write" } else { "read only" }));
    let probed = runtime.block_on(async {
        let probed = tokio::time::timeout(DEADLINE, probe(&service, may_write)).await;
        probed.unwrap_or_else(|_| Err(anyhow!("no answer within {} seconds", DEADLINE.as_secs())))
    });
    if probed.is_ok()
        && let Err(error) = try_helper(settings)
    {
        let scope = match settings.helper {
            Some(_) => "",
            None => "works only for tests that `cargo smoke-cache test` starts; for others, ",
        };
        output::line(format_args!("helper:    {scope}{error}"));
    }
    Ok(probed)
}

fn milliseconds(begun: Instant) -> String {
    format!("{:.0} ms", begun.elapsed().as_secs_f64() * 1e3)
}

async fn probe(service: &Service, may_write: bool) -> Result<()> {
    let begun = Instant::now();
    read_start(service, &service.probe("none")?, MAX_LEASE).await?;
    output::line(format_args!("readable:  yes, one answer takes {}", milliseconds(begun)));
    if !may_write {
        return Ok(());
    }
    let path = service.probe(&std::process::id().to_string())?;
    let begun = Instant::now();
    service.write(&path, "probe").await.map_err(|error| explain("write to the service", &error))?;
    output::line(format_args!("writable:  yes, one object takes {}", milliseconds(begun)));
    let leases = if lease::is_supported(service) {
        match service.write_new(&path, "again").await {
            Err(error) if is_taken(&error) => "yes, one machine builds for all".to_owned(),
            Err(error) => format!("{:#}", explain("write conditionally", &error)),
            Ok(_) => "no: the service ignores `If-None-Match`, so several machines may build one artifact".to_owned(),
        }
    } else {
        "no: the service has no conditional writes, so several machines may build one artifact".to_owned()
    };
    if service.can().delete {
        service.objects.delete(&path).await.map_err(|error| explain("delete from the service", &error))?;
    }
    output::line(format_args!("leases:    {leases}"));
    Ok(())
}
