//! A pair of keys.

use std::process::ExitCode;

use data_encoding::HEXLOWER as HEX;
use ed25519_dalek::SigningKey;

use crate::output;

/// Prints a new pair, and where each goes.
pub(super) fn generate() -> Result<ExitCode, String> {
    let mut secret = [0; 32];
    getrandom::fill(&mut secret).map_err(|error| format!("failed to get random bytes: {error}"))?;
    let key = SigningKey::from_bytes(&secret);
    output::line("# The secret of the jobs that may write, as a variable of their environment:");
    output::line(format!("SMOKE_REMOTE_SIGNING_KEY={}", HEX.encode(&secret)));
    output::line("# For everybody, in smoke.toml:");
    output::line("[remote]");
    output::line(format!("public-keys = [\"{}\"]", HEX.encode(key.verifying_key().as_bytes())));
    Ok(ExitCode::SUCCESS)
}
