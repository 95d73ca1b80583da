//! Signs and verifies entries, so that only trusted writers choose what tests load.
//!
//! An entry in the service is a line with the signature, followed by the payload. The signature (ed25519, RFC 8032, by
//! `ed25519-dalek`) covers a label, the name of the entry and the payload, so that an entry cannot replace another one.

use anyhow::{Context, Result, anyhow, bail};
use cached_smoke::tooling::remote::Settings;
use data_encoding::HEXLOWER_PERMISSIVE as HEX;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};

/// The start of every signed message, so that a signature has no other meaning.
const LABEL: &str = "cached-smoke-entry 1";
const ED25519: &str = "ed25519";
const UNSIGNED: &str = "unsigned";
/// The number of digits of a malformed public key that an error shows.
const SHOWN_OF_A_KEY: usize = 8;
/// Longer than the first line of any entry.
const MAX_HEADER: usize = 512;

/// The keys to verify with, and the key to sign with.
#[derive(Debug)]
pub(crate) struct Trust {
    keys: Vec<VerifyingKey>,
    signing: Option<SigningKey>,
    unsigned: bool,
}

impl Trust {
    /// Parses the keys of the settings; the error names the one that is malformed.
    pub(crate) fn new(settings: &Settings) -> Result<Trust> {
        const HELP: &str = "run `cargo smoke-cache remote keygen`: a key has 64 hexadecimal digits";
        let mut keys = Vec::new();
        for text in &settings.public_keys {
            let key = bytes::<32>(text).and_then(|bytes| VerifyingKey::from_bytes(&bytes).ok());
            // Strict verification refuses all signatures of a weak key.
            let key = key.filter(|key| !key.is_weak());
            keys.push(key.with_context(|| {
                // It may be a secret key.
                let start: String = text.chars().take(SHOWN_OF_A_KEY).collect();
                format!("the public key `{}…` is malformed\nhelp: {HELP}", start.escape_debug())
            })?);
        }
        let mut signing = None;
        if let Some(text) = &settings.signing_key {
            let secret = bytes(text).with_context(|| format!("SMOKE_REMOTE_SIGNING_KEY is malformed\nhelp: {HELP}"))?;
            if settings.public_keys.contains(text) {
                bail!("SMOKE_REMOTE_SIGNING_KEY is one of `public-keys`\nhelp: set it to the secret key of the pair");
            }
            signing = Some(SigningKey::from_bytes(&secret));
        }
        if let Some(own) = signing.as_ref().map(SigningKey::verifying_key)
            && !keys.contains(&own)
        {
            if !keys.is_empty() {
                bail!(
                    "SMOKE_REMOTE_SIGNING_KEY matches none of `public-keys`: readers would refuse its entries\n\
                     help: add its public key to `public-keys` in `[remote]` of smoke.toml"
                );
            }
            keys.push(own);
        }
        if keys.is_empty() && !settings.unsigned {
            bail!(
                "no signer is trusted: there are neither `public-keys` nor a signing key\n\
                 help: run `cargo smoke-cache remote keygen`, or set `unsigned = true` in `[remote]` of smoke.toml if \
                 every writer may choose what your tests load"
            );
        }
        Ok(Trust { keys, signing, unsigned: settings.unsigned })
    }

    /// Returns `true` if readers accept what this machine writes.
    pub(crate) fn can_sign(&self) -> bool {
        self.signing.is_some() || self.unsigned
    }

    /// Describes what is accepted, for people.
    pub(crate) fn describe(&self) -> String {
        let keys = match self.keys.len() {
            0 => "no key".to_owned(),
            1 => "1 key".to_owned(),
            number => format!("{number} keys"),
        };
        format!("{keys}{}", if self.unsigned { ", and unsigned entries" } else { "" })
    }

    /// Returns the entry for a payload.
    pub(crate) fn seal(&self, name: &str, payload: &[u8]) -> Vec<u8> {
        let header = match &self.signing {
            Some(key) => {
                let signature = key.sign(&message(name, payload));
                let (key, signature) = (HEX.encode(key.verifying_key().as_bytes()), HEX.encode(&signature.to_bytes()));
                format!("{LABEL} {ED25519} {key} {signature}\n")
            }
            None => format!("{LABEL} {UNSIGNED}\n"),
        };
        [header.as_bytes(), payload].concat()
    }

    /// Returns the payload of an entry, if its signature is accepted; the error is the reason for the refusal.
    pub(crate) fn open<'a>(&self, name: &str, sealed: &'a [u8]) -> Result<&'a [u8]> {
        let end = sealed.iter().take(MAX_HEADER).position(|byte| *byte == b'\n').context("it is not an entry")?;
        let header = std::str::from_utf8(&sealed[..end]).map_err(|_| anyhow!("it is not an entry"))?;
        let payload = &sealed[end + 1..];
        let words = header.strip_prefix(LABEL).context("it is not an entry of this version")?;
        match words.split_whitespace().collect::<Vec<_>>()[..] {
            // A writer with an untrusted key could as well write an unsigned entry.
            [UNSIGNED | ED25519, ..] if self.unsigned => Ok(payload),
            [UNSIGNED] => bail!("it is not signed"),
            [ED25519, key, signature] => {
                let (Some(key), Some(signature)) = (bytes::<32>(key), bytes::<64>(signature)) else {
                    bail!("its signature is malformed");
                };
                let key = self.keys.iter().find(|trusted| trusted.as_bytes() == &key);
                let verified = key
                    .context("it is signed by a key that is not trusted")?
                    .verify_strict(&message(name, payload), &Signature::from_bytes(&signature));
                verified.map(|()| payload).map_err(|_| anyhow!("its signature does not match"))
            }
            _ => bail!("it is signed by an unknown method"),
        }
    }
}

fn message(name: &str, payload: &[u8]) -> Vec<u8> {
    [LABEL.as_bytes(), b"\n", name.as_bytes(), b"\n", payload].concat()
}

fn bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
    HEX.decode(text.trim().as_bytes()).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: &str = "django/ab/graph";

    fn signer(seed: u8) -> Trust {
        Trust { keys: Vec::new(), signing: Some(SigningKey::from_bytes(&[seed; 32])), unsigned: false }
    }

    fn reader(seeds: &[u8]) -> Trust {
        let key = |seed: &u8| SigningKey::from_bytes(&[*seed; 32]).verifying_key();
        Trust { keys: seeds.iter().map(key).collect(), signing: None, unsigned: false }
    }

    #[test]
    fn entry_of_a_trusted_key_is_accepted() {
        let sealed = signer(1).seal(NAME, b"payload");
        assert_eq!(reader(&[2, 1]).open(NAME, &sealed).expect("accepted"), b"payload");
    }

    #[test]
    fn changed_bytes_other_name_and_other_key_are_refused() {
        let sealed = signer(1).seal(NAME, b"payload");
        for place in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[place] ^= 1;
            // The other case of a hexadecimal digit is the same number.
            if changed.eq_ignore_ascii_case(&sealed) && place < sealed.len() - b"payload".len() {
                continue;
            }
            assert!(reader(&[1]).open(NAME, &changed).is_err(), "byte {place}");
        }
        assert!(reader(&[1]).open("django/ab/index", &sealed).is_err());
        assert!(reader(&[2]).open(NAME, &sealed).is_err());
        for cut in 0..sealed.len() {
            assert!(reader(&[1]).open(NAME, &sealed[..cut]).is_err(), "{cut}");
        }
    }

    #[test]
    fn unsigned_entry_is_accepted_only_by_setting() {
        let any = Trust { keys: Vec::new(), signing: None, unsigned: true };
        let sealed = any.seal(NAME, b"payload");
        assert_eq!(any.open(NAME, &sealed).expect("accepted"), b"payload");
        assert!(reader(&[1]).open(NAME, &sealed).is_err());
        assert_eq!(any.open(NAME, &signer(3).seal(NAME, b"payload")).expect("accepted"), b"payload");
    }
}
