//! `remote keygen`.

use std::process::ExitCode;

use anyhow::anyhow;
use data_encoding::HEXLOWER;
use ed25519_dalek::SigningKey;

use crate::output;

/// Prints a new key pair, and where each key belongs.
pub(crate) fn keygen() -> anyhow::Result<ExitCode> {
    let mut secret = [0; 32];
    getrandom::fill(&mut secret).map_err(|error| anyhow!("failed to get random bytes: {error}"))?;
    let key = SigningKey::from_bytes(&secret);
    output::line("# The secret key, for the environment of jobs that may write:");
    output::line(format_args!("SMOKE_REMOTE_SIGNING_KEY={}", HEXLOWER.encode(&secret)));
    output::line("# The public key, in smoke.toml:");
    output::line("[remote]");
    output::line(format_args!("public-keys = [\"{}\"]", HEXLOWER.encode(key.verifying_key().as_bytes())));
    Ok(ExitCode::SUCCESS)
}
