//! `remote keygen`.

use std::process::{Command, ExitCode};

use anyhow::anyhow;
use cached_smoke::tooling::remote::{HELPER, not_started};

use super::helper::beside;
use crate::exit;

/// Makes our helper print a new key pair. Other helpers may have no keys.
pub(crate) fn keygen() -> anyhow::Result<ExitCode> {
    let program = beside().unwrap_or_else(|| HELPER.to_owned());
    let status = Command::new(&program).arg("keygen").status();
    let status = status.map_err(|error| anyhow!(not_started(&program, &error)))?;
    Ok(exit::success_if(status.success()))
}
