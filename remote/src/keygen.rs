//! Key pairs, for `cargo smoke-cache remote keygen`.

use std::io::{Write, stdout};
use std::process::ExitCode;

use anyhow::anyhow;
use data_encoding::HEXLOWER;
use ed25519_dalek::SigningKey;

/// Prints a new key pair, and where each key belongs.
pub(crate) fn keygen() -> anyhow::Result<ExitCode> {
    let mut secret = [0; 32];
    getrandom::fill(&mut secret).map_err(|error| anyhow!("failed to get random bytes: {error}"))?;
    let key = SigningKey::from_bytes(&secret);
    let (secret, public) = (HEXLOWER.encode(&secret), HEXLOWER.encode(key.verifying_key().as_bytes()));
    write!(
        stdout().lock(),
        "# The secret key, for the environment of jobs that may write:\n\
         SMOKE_REMOTE_SIGNING_KEY={secret}\n\
         # The public key, in smoke.toml:\n\
         [remote]\n\
         public-keys = [\"{public}\"]\n"
    )?;
    Ok(ExitCode::SUCCESS)
}
