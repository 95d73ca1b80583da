//! Orders that the outer test gives by variables.

use std::fs;
use std::io::Write;
use std::sync::Once;
use std::time::Duration;

use cached_smoke::Result;

pub(super) use test_support::subject::{log, order, wait_in};

/// Announces to the outer test that this process is about to ask for its first artifact, and waits for its release.
pub(super) fn wait_at_the_barrier() {
    static ONCE: Once = Once::new();
    let (Some(arrivals), Some(barrier)) = (order("SUBJECT_ARRIVALS"), order("SUBJECT_BARRIER")) else { return };
    ONCE.call_once(|| {
        fs::File::options().write(true).open(arrivals).unwrap().write_all(b".").unwrap();
        fs::File::open(barrier).unwrap().lock_shared().unwrap();
    });
}

/// Does what the outer test orders for the build of `artifact`.
pub(super) fn obey_orders(artifact: &str) -> Result<()> {
    let is_ordered = |name: &str| order(name).as_deref() == Some(artifact);
    if is_ordered("SUBJECT_FAIL") {
        return Err(std::io::Error::other("told to fail").into());
    }
    assert!(!is_ordered("SUBJECT_PANIC"), "told to panic");
    if let Some(file) = order("SUBJECT_EDIT") {
        fs::write(file, "edited while being read")?;
    }
    if is_ordered("SUBJECT_START") {
        // Like a database, or the daemon of a compiler: it inherits the open files of this process.
        let child = std::process::Command::new("sleep").arg("600").spawn()?;
        fs::write(order("SUBJECT_STARTED").unwrap(), child.id().to_string())?;
    }
    if is_ordered("SUBJECT_RUN_AGAIN") {
        let test = ["subject::only_words", "--exact", "--ignored", "--nocapture"];
        let inner = std::process::Command::new(std::env::current_exe()?).args(test).output()?;
        return Err(format!("the inner process: {}", String::from_utf8_lossy(&inner.stderr)).into());
    }
    wait_in(artifact);
    if is_ordered("SUBJECT_DIE_IN") {
        die_soon();
    }
    Ok(())
}

/// Kills this process soon, if a file is left in the directory of deaths. Each is for one process, and holds the
/// microseconds to wait.
fn die_soon() {
    let deaths = order("SUBJECT_DEATHS").unwrap();
    let mine = deaths.clone() + &format!("-of-{}", std::process::id());
    let taken = fs::read_dir(deaths).unwrap().find(|death| fs::rename(death.as_ref().unwrap().path(), &mine).is_ok());
    if taken.is_some() {
        let moment = Duration::from_micros(fs::read_to_string(mine).unwrap().parse().unwrap());
        std::thread::spawn(move || {
            std::thread::sleep(moment);
            let kill = format!("kill -KILL {}", std::process::id());
            std::process::Command::new("sh").args(["-c", &kill]).status().unwrap();
        });
        if order("SUBJECT_HOLD").is_some() {
            // So that the kill happens in the build.
            std::thread::park();
        }
    }
}
