//! One build for all machines: an object that only one of them can have made, and keeps changing for as long as it is at it.
//!
//! No clock is compared with another machine's: whoever waits sees by its own how long the object has not changed.

use std::time::Duration;

use opendal::ErrorKind;
use sha2::{Digest, Sha256};
use tokio::time::{Instant, sleep};

use super::service::{Service, explain, was_faster};
use super::transfer::{MAX_LEASE, is_there, read_sealed, read_start};

/// What a wait came to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Waited {
    /// It is ours, until the lease is released.
    Held(Lease),
    /// Somebody has published.
    Found,
    /// Nobody is at it, and we may not write.
    Free,
    TimedOut,
}

/// How often a lease is renewed and looked at, and when it is lost.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// Its holder is gone when it has not changed for so long.
    pub(super) lost_after: Duration,
}

impl Pace {
    /// Four times before it is lost: a request or two may fail.
    fn renew(self) -> Duration {
        self.lost_after / 4
    }

    /// Two requests each time.
    fn look(self) -> Duration {
        (self.lost_after / 20).min(Duration::from_secs(2))
    }
}

/// How often it is said whom we wait for: whoever listens takes a long silence for a hang.
const TELL_EVERY: Duration = Duration::from_secs(5);

/// An object that says that we build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Lease {
    path: String,
    token: String,
}

impl Lease {
    fn content(&self, beat: u64) -> String {
        format!("{} {beat} {}\n", self.token, holder())
    }

    /// Says every now and then that we are still at it, until the task is dropped.
    pub(super) async fn renew(self, service: Service, pace: Pace) {
        let service = &service;
        for beat in 1.. {
            sleep(pace.renew()).await;
            // Taken over by somebody who took us for gone: two builds are no harm.
            let is_ours =
                read_start(service, &self.path, MAX_LEASE).await.is_ok_and(|content| self.is_ours(content.as_deref()));
            if is_ours {
                let _ = service.write(&self.path, self.content(beat)).await;
            }
        }
    }

    /// Lets the others build; whether it was still ours.
    pub(super) async fn release(self, service: &Service) -> Result<bool, String> {
        if self.is_ours(read_start(service, &self.path, MAX_LEASE).await?.as_deref()) {
            service.objects.delete(&self.path).await.map_err(|error| explain("give back the lease", &error))?;
            return Ok(true);
        }
        Ok(false)
    }

    fn is_ours(&self, content: Option<&[u8]>) -> bool {
        content.is_some_and(|content| content.starts_with(self.token.as_bytes()))
    }
}

/// Whether the service can have leases at all.
pub(super) fn is_possible(service: &Service) -> bool {
    let can = service.can();
    can.write_with_if_not_exists && can.delete
}

/// Waits until the entry is there, or nobody is at it. `progress` is told who is.
pub(super) async fn wait(
    service: &Service,
    name: &str,
    known: Option<&Known>,
    may_write: bool,
    limit: Duration,
    pace: Pace,
    progress: &mut dyn FnMut(&str),
) -> Result<Waited, String> {
    let begun = Instant::now();
    let lease = Lease { path: service.lease(name)?, token: token()? };
    // What it held when we looked last, and since when.
    let mut seen: Option<(Vec<u8>, Instant)> = None;
    let mut told: Option<Instant> = None;
    loop {
        if is_published(service, name, known).await? {
            return Ok(Waited::Found);
        }
        let found = read_start(service, &lease.path, MAX_LEASE).await?;
        if let Some(content) = &found
            && told.is_none_or(|told| told.elapsed() >= TELL_EVERY)
        {
            told = Some(Instant::now());
            progress(&builder(content));
        }
        match (found, &seen) {
            (None, _) if !may_write => return Ok(Waited::Free),
            (None, _) => {
                if let Some(waited) = take(service, &lease, name, known).await? {
                    return Ok(waited);
                }
            }
            (Some(content), Some((before, since))) if content == *before => {
                if since.elapsed() >= pace.lost_after {
                    if !may_write {
                        return Ok(Waited::Free);
                    }
                    // Another who waits may do the same at this moment, and remove what we make: then both build.
                    let _ = service.objects.delete(&lease.path).await;
                    seen = None;
                    continue;
                }
            }
            (Some(content), _) => {
                seen = Some((content, Instant::now()));
            }
        }
        if begun.elapsed() >= limit {
            return Ok(Waited::TimedOut);
        }
        sleep(pace.look().min(limit.saturating_sub(begun.elapsed()))).await;
    }
}

/// An entry that was of no use to whoever waits.
pub(super) type Known = [u8; 32];

/// What an entry is known by.
pub(super) fn known(sealed: &[u8]) -> Known {
    Sha256::digest(sealed).into()
}

/// Whether there is an entry, and not one that was found to be of no use.
async fn is_published(service: &Service, name: &str, useless: Option<&Known>) -> Result<bool, String> {
    let path = service.entry(name)?;
    match useless {
        None => is_there(service, &path, None).await,
        Some(useless) => {
            let sealed = read_sealed(service, &path).await?;
            Ok(sealed.is_some_and(|sealed| known(&sealed) != *useless))
        }
    }
}

/// Makes the lease, if nobody else does.
async fn take(service: &Service, lease: &Lease, name: &str, known: Option<&Known>) -> Result<Option<Waited>, String> {
    match service.write_new(&lease.path, lease.content(0)).await {
        Ok(_) => {}
        Err(error) if was_faster(&error) => return Ok(None),
        // What is built cannot be kept there, either, and that is told then. It can be read.
        Err(error) if error.kind() == ErrorKind::PermissionDenied => return Ok(Some(Waited::Free)),
        Err(error) => return Err(explain("take the lease", &error)),
    }
    // Published by somebody who has given it back, between our two looks.
    if is_published(service, name, known).await? {
        lease.clone().release(service).await?;
        return Ok(Some(Waited::Found));
    }
    // Servers that look first and write then may tell several that they are the first. One has written last.
    let found = read_start(service, &lease.path, MAX_LEASE).await?;
    Ok(lease.is_ours(found.as_deref()).then(|| Waited::Held(lease.clone())))
}

/// Nobody else's.
fn token() -> Result<String, String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| format!("failed to get random bytes: {error}"))?;
    Ok(data_encoding::HEXLOWER.encode(&bytes))
}

/// For people on other machines.
fn holder() -> String {
    #[cfg(unix)]
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    #[cfg(not(unix))]
    let host = std::env::var("COMPUTERNAME").unwrap_or_default();
    format!("{host}, process {}", std::process::id())
}

/// Who holds it, as it says itself.
fn builder(content: &[u8]) -> String {
    const MOST: usize = 100;
    let text = String::from_utf8_lossy(content);
    let named = text.trim().splitn(3, ' ').nth(2).unwrap_or("somebody");
    named.chars().filter(|character| !character.is_control()).take(MOST).collect()
}
