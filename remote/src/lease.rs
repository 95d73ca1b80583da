//! One build for all machines: the builder creates an object, and changes it for as long as the build is in flight.
//!
//! No clock is compared with that of another machine: each waiter measures how long the object has not changed.

use std::time::Duration;

use anyhow::{Result, anyhow};
use cached_smoke::tooling::plain;
use data_encoding::HEXLOWER;
use opendal::ErrorKind;
use sha2::{Digest, Sha256};
use tokio::time::{Instant, sleep};

use crate::service::{Service, explain, is_taken};
use crate::transfer::{MAX_LEASE, exists, read_sealed, read_start};

/// The interval between two reports of the holder: the test takes a long silence for a hang.
const REPORT_EVERY: Duration = Duration::from_secs(5);
/// The maximum length of the name of a holder, in characters.
const MAX_HOLDER: usize = 100;

/// The result of waiting for a lease.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Waited {
    /// This machine holds the lease, until it releases it.
    Held(Lease),
    /// The entry has been published.
    Found,
    /// No machine builds, and this one may not write.
    Free,
    TimedOut,
}

/// The intervals at which leases are renewed and polled.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// A lease that has not changed for this long is lost: its holder is gone.
    pub(crate) lost_after: Duration,
}

impl Pace {
    /// Four times before the lease is lost: one or two requests may fail.
    fn renew(self) -> Duration {
        self.lost_after / 4
    }

    /// Each poll is two requests.
    fn poll(self) -> Duration {
        (self.lost_after / 20).min(Duration::from_secs(2))
    }
}

/// The object that announces a build of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lease {
    path: String,
    token: String,
}

impl Lease {
    fn content(&self, beat: u64) -> String {
        format!("{} {beat} {}\n", self.token, this_holder())
    }

    /// Changes the object again and again, until the task is dropped.
    pub(crate) async fn renew(self, service: Service, pace: Pace) {
        for beat in 1.. {
            sleep(pace.renew()).await;
            // Another machine took over if it found this one lost. Then both build, which does no harm.
            let content = read_start(&service, &self.path, MAX_LEASE).await;
            if content.is_ok_and(|content| self.is_ours(content.as_deref())) {
                let _ = service.write(&self.path, self.content(beat)).await;
            }
        }
    }

    /// Lets other machines build. Returns `true` if this one still held the lease.
    pub(crate) async fn release(self, service: &Service) -> Result<bool> {
        let is_ours = self.is_ours(read_start(service, &self.path, MAX_LEASE).await?.as_deref());
        if is_ours {
            service.objects.delete(&self.path).await.map_err(|error| explain("release the lease", &error))?;
        }
        Ok(is_ours)
    }

    fn is_ours(&self, content: Option<&[u8]>) -> bool {
        content.is_some_and(|content| content.starts_with(self.token.as_bytes()))
    }
}

/// Returns `true` if the service supports leases.
pub(crate) fn is_supported(service: &Service) -> bool {
    let can = service.can();
    can.write_with_if_not_exists && can.delete
}

/// A wait for the entry of a name, or for the lease on it.
pub(crate) struct Wait<'a> {
    pub(crate) service: &'a Service,
    pub(crate) name: &'a str,
    /// The entry that the waiter cannot use, if it found one.
    pub(crate) known: Option<&'a Known>,
    pub(crate) may_write: bool,
    pub(crate) limit: Duration,
    pub(crate) pace: Pace,
}

impl Wait<'_> {
    /// Waits until the entry is published or no machine builds it. Reports the holder through `progress`.
    pub(crate) async fn run(&self, progress: &mut dyn FnMut(&str)) -> Result<Waited> {
        let begun = Instant::now();
        let lease = Lease { path: self.service.lease(self.name)?, token: token()? };
        // The last content of the object, and since when it has not changed.
        let mut seen: Option<(Vec<u8>, Instant)> = None;
        let mut reported: Option<Instant> = None;
        loop {
            if self.is_published().await? {
                return Ok(Waited::Found);
            }
            let found = read_start(self.service, &lease.path, MAX_LEASE).await?;
            if let Some(content) = &found
                && reported.is_none_or(|reported| reported.elapsed() >= REPORT_EVERY)
            {
                reported = Some(Instant::now());
                progress(&holder(content));
            }
            match (found, &seen) {
                (None, _) if !self.may_write => return Ok(Waited::Free),
                (None, _) => {
                    if let Some(waited) = self.take(&lease).await? {
                        return Ok(waited);
                    }
                }
                (Some(content), Some((before, since))) if content == *before => {
                    if since.elapsed() >= self.pace.lost_after {
                        if !self.may_write {
                            return Ok(Waited::Free);
                        }
                        // Another waiter may do the same now, and delete the object of this one: then both build.
                        let _ = self.service.objects.delete(&lease.path).await;
                        seen = None;
                        continue;
                    }
                }
                (Some(content), _) => seen = Some((content, Instant::now())),
            }
            if begun.elapsed() >= self.limit {
                return Ok(Waited::TimedOut);
            }
            sleep(self.pace.poll().min(self.limit.saturating_sub(begun.elapsed()))).await;
        }
    }

    /// Returns `true` if there is an entry that the waiter does not know to be useless.
    async fn is_published(&self) -> Result<bool> {
        let path = self.service.entry(self.name)?;
        match self.known {
            None => exists(self.service, &path, None).await,
            Some(useless) => {
                let sealed = read_sealed(self.service, &path).await?;
                Ok(sealed.is_some_and(|sealed| known(&sealed) != *useless))
            }
        }
    }

    /// Creates the lease, unless another machine does.
    async fn take(&self, lease: &Lease) -> Result<Option<Waited>> {
        match self.service.write_new(&lease.path, lease.content(0)).await {
            Ok(_) => {}
            Err(error) if is_taken(&error) => return Ok(None),
            // The upload of the artifact will fail, too, and report the reason. Reading is possible.
            Err(error) if error.kind() == ErrorKind::PermissionDenied => return Ok(Some(Waited::Free)),
            Err(error) => return Err(explain("take the lease", &error)),
        }
        // Between the two looks, the holder may have published the entry and released the lease.
        if self.is_published().await? {
            lease.clone().release(self.service).await?;
            return Ok(Some(Waited::Found));
        }
        // A server that checks first and writes then may accept several writers. The last one wins.
        let found = read_start(self.service, &lease.path, MAX_LEASE).await?;
        Ok(lease.is_ours(found.as_deref()).then(|| Waited::Held(lease.clone())))
    }
}

/// The digest of an entry that the waiter cannot use.
pub(crate) type Known = [u8; 32];

/// Returns the digest of an entry.
pub(crate) fn known(sealed: &[u8]) -> Known {
    Sha256::digest(sealed).into()
}

/// Returns a unique token.
fn token() -> Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| anyhow!("failed to get random bytes: {error}"))?;
    Ok(HEXLOWER.encode(&bytes))
}

/// Names this process for people on other machines.
fn this_holder() -> String {
    #[cfg(unix)]
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    #[cfg(not(unix))]
    let host = std::env::var("COMPUTERNAME").unwrap_or_default();
    format!("{host}, process {}", std::process::id())
}

/// Returns the name of the holder from the content of a lease.
fn holder(content: &[u8]) -> String {
    let text = String::from_utf8_lossy(content);
    let name = text.trim().splitn(3, ' ').nth(2).unwrap_or("another machine");
    plain(name).chars().take(MAX_HOLDER).collect()
}
