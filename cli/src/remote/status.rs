//! Whether the shared tier can be reached, read, written to, and what it can do.

use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use cached_smoke::tooling::remote::Settings;

use super::service::{self, Service, explain, was_faster};
use super::signing::Trust;
use super::transfer::MAX_LEASE;
use super::{helper, lease};
use crate::output;

/// Asks it a few things, and says what came of them.
pub(super) fn run(settings: &Settings) -> Result<ExitCode, String> {
    let trust = Trust::new(settings)?;
    let runtime = helper::runtime()?;
    let _entered = runtime.enter();
    let service = service::open(&settings.url)?;
    output::line(format!("service:   {}", settings.place()));
    output::line(format!("trusted:   {}", trust.describe()));
    let may_write = trust.can_sign() && !settings.read_only;
    output::line(format!("access:    {}", if may_write { "read and write" } else { "read only" }));
    let starts = starts(&settings.helper[0]);
    output::line(format!(
        "helper:    {}{}",
        settings.helper.join(" "),
        if starts { "" } else { " (cannot be started from here)" }
    ));
    let budget = settings
        .budget
        .map_or_else(|| "as long as building took".to_owned(), |budget| humantime::format_duration(budget).to_string());
    output::line(format!("budget:    {budget}"));
    match runtime.block_on(probe(&service, may_write)) {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(error) => {
            output::line(format!("failed:    {error}"));
            Ok(ExitCode::FAILURE)
        }
    }
}

/// Whether there is such a program. `cargo smoke-cache` names itself to the tests that it runs, so that they need not find it.
fn starts(program: &str) -> bool {
    let found =
        Command::new(program).arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    found.map(|mut child| (child.kill(), child.wait())).is_ok()
}

async fn probe(service: &Service, may_write: bool) -> Result<(), String> {
    let begun = Instant::now();
    super::transfer::read(service, &service.probe("none")?, MAX_LEASE).await?;
    output::line(format!("readable:  yes, one answer takes {:.0} ms", begun.elapsed().as_secs_f64() * 1e3));
    if !may_write {
        return Ok(());
    }
    let path = service.probe(&std::process::id().to_string())?;
    let begun = Instant::now();
    service.objects.write(&path, "probe").await.map_err(|error| explain("write to it", &error))?;
    output::line(format!("writable:  yes, one object takes {:.0} ms", begun.elapsed().as_secs_f64() * 1e3));
    let leases = if lease::is_possible(service) {
        match service.conditional.write_with(&path, "again").if_not_exists(true).await {
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
