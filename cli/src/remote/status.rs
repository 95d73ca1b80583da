//! Whether the shared tier can be reached, read, written to, and what it can do.

use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use cached_smoke::tooling::remote::{Settings, try_helper};

use super::service::{self, Service, explain, was_faster};
use super::signing::Trust;
use super::transfer::{MAX_LEASE, read_start};
use super::{helper, lease};
use crate::output;

/// Whoever asks waits for it; tests give up earlier.
const PATIENCE: Duration = Duration::from_secs(10);

/// Asks it a few things, and says what came of them.
pub(super) fn run(settings: &Settings) -> Result<ExitCode, String> {
    output::line(format!("service:   {}", settings.place()));
    let budget = settings
        .budget
        .map_or_else(|| "as long as building took".to_owned(), |budget| humantime::format_duration(budget).to_string());
    output::line(format!("budget:    {budget}"));
    let asked = if is_ours(settings) { directly(settings)? } else { through_helper(settings) };
    Ok(match asked {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output::line(format!("failed:    {error}"));
            ExitCode::FAILURE
        }
    })
}

/// Whether the helper is this program, so that what it can do can be asked without it.
fn is_ours(settings: &Settings) -> bool {
    let helper = settings.helper();
    let name = helper.first().and_then(|program| Path::new(program).file_stem());
    name.is_some_and(|name| name == "cargo-smoke-cache")
}

/// Another helper knows by itself what it speaks to, and whom it trusts.
fn through_helper(settings: &Settings) -> Result<(), String> {
    output::line(format!("helper:    {}", settings.helper().join(" ")));
    let begun = Instant::now();
    let may_write = try_helper(settings)?;
    output::line(format!("readable:  yes, start and answer take {}", milliseconds(begun)));
    output::line(format!("writable:  {}", if may_write { "it says so" } else { "no" }));
    Ok(())
}

/// The inner error is the service's.
fn directly(settings: &Settings) -> Result<Result<(), String>, String> {
    let trust = Trust::new(settings)?;
    let runtime = helper::runtime()?;
    let _entered = runtime.enter();
    let service = service::open(&settings.url)?;
    output::line(format!("trusted:   {}", trust.describe()));
    let may_write = trust.can_sign() && !settings.read_only;
    output::line(format!("access:    {}", if may_write { "read and write" } else { "read only" }));
    let probed = runtime.block_on(async {
        let probed = tokio::time::timeout(PATIENCE, probe(&service, may_write)).await;
        probed.unwrap_or_else(|_| Err(format!("nothing was heard for {} seconds", PATIENCE.as_secs())))
    });
    if probed.is_ok()
        && let Err(error) = try_helper(settings)
    {
        let who = if settings.helper.is_some() {
            ""
        } else {
            "only for tests that `cargo smoke-cache test` starts; for others, "
        };
        output::line(format!("helper:    {who}{error}"));
    }
    Ok(probed)
}

fn milliseconds(begun: Instant) -> String {
    format!("{:.0} ms", begun.elapsed().as_secs_f64() * 1e3)
}

async fn probe(service: &Service, may_write: bool) -> Result<(), String> {
    let begun = Instant::now();
    read_start(service, &service.probe("none")?, MAX_LEASE).await?;
    output::line(format!("readable:  yes, one answer takes {}", milliseconds(begun)));
    if !may_write {
        return Ok(());
    }
    let path = service.probe(&std::process::id().to_string())?;
    let begun = Instant::now();
    service.write(&path, "probe").await.map_err(|error| explain("write to it", &error))?;
    output::line(format!("writable:  yes, one object takes {}", milliseconds(begun)));
    let leases = if lease::is_possible(service) {
        match service.write_new(&path, "again").await {
            Err(error) if was_faster(&error) => "yes, one machine builds for all".to_owned(),
            Err(error) => explain("write on a condition", &error),
            Ok(_) => "no: the service ignores `If-None-Match`, so machines may build the same at once".to_owned(),
        }
    } else {
        "no: the service cannot write on a condition, so machines may build the same at once".to_owned()
    };
    if service.can().delete {
        service.objects.delete(&path).await.map_err(|error| explain("delete from it", &error))?;
    }
    output::line(format!("leases:    {leases}"));
    Ok(())
}
