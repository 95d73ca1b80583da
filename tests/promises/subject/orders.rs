//! What the tests that run the subject want it to do: told by variables, and written down in a log.

use std::fs;
use std::io::Write;
use std::sync::Once;
use std::time::Duration;

use cached_smoke::Result;

pub(super) use test_support::subject::{log, order, wait_in};

/// Tells the test that runs this one that this process is about to ask for its first artifact, and waits until it may.
pub(super) fn wait_at_the_barrier() {
    static ONCE: Once = Once::new();
    let (Some(arrivals), Some(barrier)) = (order("SUBJECT_ARRIVALS"), order("SUBJECT_BARRIER")) else { return };
    ONCE.call_once(|| {
        fs::File::options().write(true).open(arrivals).unwrap().write_all(b".").unwrap();
        fs::File::open(barrier).unwrap().lock_shared().unwrap();
    });
}

/// What the test that runs this one wants the build of `artifact` to do.
pub(super) fn obey_orders(artifact: &str) -> Result<()> {
    let is_meant = |name: &str| order(name).as_deref() == Some(artifact);
    if is_meant("SUBJECT_FAIL") {
        return Err(std::io::Error::other("told to fail").into());
    }
    assert!(!is_meant("SUBJECT_PANIC"), "told to panic");
    if let Some(file) = order("SUBJECT_EDIT") {
        fs::write(file, "edited while being read")?;
    }
    if is_meant("SUBJECT_START") {
        // As a database or a compiler's daemon, which inherits whatever this process has open.
        let child = std::process::Command::new("sleep").arg("600").spawn()?;
        fs::write(order("SUBJECT_STARTED").unwrap(), child.id().to_string())?;
    }
    if is_meant("SUBJECT_RUN_AGAIN") {
        let test = ["subject::only_words", "--exact", "--ignored", "--nocapture"];
        let inner = std::process::Command::new(std::env::current_exe()?).args(test).output()?;
        return Err(format!("the inner process: {}", String::from_utf8_lossy(&inner.stderr)).into());
    }
    wait_in(artifact);
    if is_meant("SUBJECT_DIE_IN") {
        die_soon();
    }
    Ok(())
}

/// One of the deaths that are laid out in a directory, each for one process: a file that holds after how many microseconds.
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
            // In its build, then.
            std::thread::park();
        }
    }
}
