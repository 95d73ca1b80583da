//! Who may write what tests load: entries are signed by who holds the secret key, and believed by who has the public one.
//!
//! An entry in the service is a line that says who signed it, and the bytes that the test gave. The signature (ed25519, RFC 8032, by
//! `ed25519-dalek`) is over a label, the entry's name and those bytes, so that an entry cannot stand in for another one.

use data_encoding::HEXLOWER_PERMISSIVE as HEX;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};

use cached_smoke::tooling::remote::Settings;

/// Before everything that is signed, so that a signature means nothing else.
const LABEL: &str = "cached-smoke-entry 1";
const ED25519: &str = "ed25519";
const UNSIGNED: &str = "unsigned";
/// Digits of what should be a public key.
const SHOWN_OF_A_KEY: usize = 8;
/// More than the line has.
const MAX_HEADER: usize = 512;

/// Whom to believe, and how to be believed.
#[derive(Debug)]
pub(super) struct Trust {
    keys: Vec<VerifyingKey>,
    signing: Option<SigningKey>,
    unsigned: bool,
}

impl Trust {
    /// What the settings say; the error says which of them means nothing.
    pub(super) fn new(settings: &Settings) -> Result<Trust, String> {
        let mut keys = Vec::new();
        for text in &settings.public_keys {
            let key = bytes::<32>(text).and_then(|bytes| VerifyingKey::from_bytes(&bytes).ok());
            // Of a weak one, nothing that it has signed is believed.
            let key = key.filter(|key| !key.is_weak());
            keys.push(key.ok_or_else(|| {
                // Somebody's secret one, perhaps.
                let start: String = text.chars().take(SHOWN_OF_A_KEY).collect();
                format!("the public key `{}…` is none; `cargo smoke-cache remote keygen` makes a pair, 64 hexadecimal digits each", start.escape_debug())
            })?);
        }
        let signing = match &settings.signing_key {
            None => None,
            Some(text) => Some(SigningKey::from_bytes(&bytes::<32>(text).ok_or(
                "SMOKE_REMOTE_SIGNING_KEY is no secret key; `cargo smoke-cache remote keygen` makes a pair, 64 hexadecimal digits each",
            )?)),
        };
        if let Some(text) = &settings.signing_key
            && settings.public_keys.contains(text)
        {
            return Err(
                "SMOKE_REMOTE_SIGNING_KEY is one of `public-keys`: it has to be the secret one of the pair".to_owned()
            );
        }
        let own = signing.as_ref().map(SigningKey::verifying_key);
        if own.is_some_and(|own| !keys.is_empty() && !keys.contains(&own)) {
            return Err("SMOKE_REMOTE_SIGNING_KEY goes with none of `public-keys`: nobody would believe what it signs"
                .to_owned());
        }
        if keys.is_empty() {
            // Who can sign believes what it has signed.
            keys.extend(own);
        }
        if keys.is_empty() && !settings.unsigned {
            return Err("nobody is trusted: name `public-keys` in `[remote]` of smoke.toml (`cargo smoke-cache remote keygen` makes \
                        a pair), or say `unsigned = true` if all who can write there may choose what your tests load"
                .to_owned());
        }
        Ok(Trust { keys, signing, unsigned: settings.unsigned })
    }

    /// Whether what is written would be believed.
    pub(super) fn can_sign(&self) -> bool {
        self.signing.is_some() || self.unsigned
    }

    /// For people.
    pub(super) fn describe(&self) -> String {
        let keys = match self.keys.len() {
            0 => "no key".to_owned(),
            1 => "1 key".to_owned(),
            number => format!("{number} keys"),
        };
        format!("{keys}{}", if self.unsigned { ", and whatever is not signed" } else { "" })
    }

    /// The entry as it is kept.
    pub(super) fn seal(&self, name: &str, payload: &[u8]) -> Vec<u8> {
        let mut sealed = match &self.signing {
            Some(key) => {
                let signature = key.sign(&message(name, payload));
                let (key, signature) = (HEX.encode(key.verifying_key().as_bytes()), HEX.encode(&signature.to_bytes()));
                format!("{LABEL} {ED25519} {key} {signature}\n")
            }
            None => format!("{LABEL} {UNSIGNED}\n"),
        }
        .into_bytes();
        sealed.extend_from_slice(payload);
        sealed
    }

    /// What was given to [`Trust::seal`], if it is to be believed; the error says why not.
    pub(super) fn open<'a>(&self, name: &str, sealed: &'a [u8]) -> Result<&'a [u8], String> {
        let end = sealed.iter().take(MAX_HEADER).position(|byte| *byte == b'\n');
        let header = end.and_then(|end| std::str::from_utf8(&sealed[..end]).ok());
        let (Some(end), Some(header)) = (end, header) else { return Err("it is no entry".to_owned()) };
        let payload = &sealed[end + 1..];
        let Some(words) = header.strip_prefix(LABEL) else { return Err("it is no entry of this version".to_owned()) };
        let words: Vec<&str> = words.split_whitespace().collect();
        match words.as_slice() {
            // Whoever signs something else could as well sign nothing.
            [UNSIGNED | ED25519, ..] if self.unsigned => Ok(payload),
            [UNSIGNED] => Err("nobody has signed it".to_owned()),
            [ED25519, key, signature] => {
                let (Some(key), Some(signature)) = (bytes::<32>(key), bytes::<64>(signature)) else {
                    return Err("its signature is none".to_owned());
                };
                let Some(key) = self.keys.iter().find(|trusted| trusted.as_bytes() == &key) else {
                    return Err("it is signed by somebody who is not trusted".to_owned());
                };
                key.verify_strict(&message(name, payload), &Signature::from_bytes(&signature))
                    .map(|()| payload)
                    .map_err(|_| "its signature is of something else".to_owned())
            }
            _ => Err("it is signed in a way that is not known".to_owned()),
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
    fn what_was_signed_by_a_trusted_key_is_opened() {
        let sealed = signer(1).seal(NAME, b"payload");
        assert_eq!(reader(&[2, 1]).open(NAME, &sealed), Ok(b"payload".as_slice()));
    }

    #[test]
    fn any_change_and_any_other_name_or_key_is_refused() {
        let sealed = signer(1).seal(NAME, b"payload");
        for place in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[place] ^= 1;
            // A changed case of a hexadecimal digit is the same number.
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
    fn what_nobody_signed_is_believed_only_by_who_says_so() {
        let anybody = Trust { keys: Vec::new(), signing: None, unsigned: true };
        let sealed = anybody.seal(NAME, b"payload");
        assert_eq!(anybody.open(NAME, &sealed), Ok(b"payload".as_slice()));
        assert!(reader(&[1]).open(NAME, &sealed).is_err());
        assert_eq!(anybody.open(NAME, &signer(3).seal(NAME, b"payload")), Ok(b"payload".as_slice()));
    }
}
