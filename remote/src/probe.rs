//! Probes the service as tests use it, for `cargo smoke-cache remote status`.

use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};

use crate::lease;
use crate::service::{Service, explain, is_taken};
use crate::signing::Trust;
use crate::transfer::{MAX_LEASE, read_start};

/// Longer than the deadlines of tests: a user waits for the answer.
const DEADLINE: Duration = Duration::from_secs(10);

/// Probes the service. Each finding is a line `name: text`.
pub(crate) async fn probe(
    service: &Service,
    trust: &Trust,
    may_write: bool,
    found: &mut dyn FnMut(&str),
) -> Result<()> {
    found(&format!("trusted: {}", trust.describe()));
    found(&format!("access: {}", if may_write { "read and write" } else { "read only" }));
    let probed = tokio::time::timeout(DEADLINE, probe_service(service, may_write, found)).await;
    probed.unwrap_or_else(|_| Err(anyhow!("no answer within {} seconds", DEADLINE.as_secs())))
}

async fn probe_service(service: &Service, may_write: bool, found: &mut dyn FnMut(&str)) -> Result<()> {
    let begun = Instant::now();
    read_start(service, &service.probe("none")?, MAX_LEASE).await?;
    found(&format!("readable: yes, one answer takes {}", milliseconds(begun)));
    if !may_write {
        return Ok(());
    }
    let path = service.probe(&std::process::id().to_string())?;
    let begun = Instant::now();
    service.write(&path, "probe").await.map_err(|error| explain("write to the service", &error))?;
    found(&format!("writable: yes, one object takes {}", milliseconds(begun)));
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
    found(&format!("leases: {leases}"));
    Ok(())
}

fn milliseconds(begun: Instant) -> String {
    format!("{} ms", begun.elapsed().as_millis())
}
