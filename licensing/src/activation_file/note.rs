//! C2SP signed notes: a text, a blank line, and signature lines that each name their key.

use super::decode::LONGEST_TEXT;
use base64::{Engine, engine::general_purpose::STANDARD};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::{fmt, str::FromStr};

/// The Ed25519 algorithm's number in key ids and verifier keys.
const ED25519: u8 = 1;
/// Signature lines that a note may have; more are an attempt to keep a verifier busy.
const MOST_SIGNATURES: usize = 16;
/// The longest text and the most signatures, each with a name as long as ours may be.
pub const LONGEST_NOTE: usize = LONGEST_TEXT + MOST_SIGNATURES * 256;

/// Name of a signing key, `ISSUER/GENERATION`, such as `licensing.example/2026a`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyName(String);

/// Why a signing or verifier key is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    #[error("A key is named ISSUER/GENERATION with letters, digits, “.”, “-” and “_”, such as licensing.example/2026a.")]
    Name,
    #[error("A verifier key is written NAME+ID+KEY: the name, eight hexadecimal digits, and base64.")]
    Shape,
    #[error("The key id does not belong to this name and key.")]
    Id,
    #[error("This is not an Ed25519 public key.")]
    NotOnCurve,
    #[error("This public key is weak: signatures by anybody would pass for it.")]
    Weak,
}

impl FromStr for KeyName {
    type Err = KeyError;
    fn from_str(text: &str) -> Result<Self, KeyError> {
        let word = |w: &str| {
            !w.is_empty()
                && !w.starts_with('.')
                && w.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
        };
        match text.split_once('/') {
            Some((issuer, generation)) if word(issuer) && word(generation) && text.len() <= 100 => Ok(Self(text.to_owned())),
            _ => Err(KeyError::Name),
        }
    }
}

impl KeyName {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// First four bytes of SHA-256(name ‖ LF ‖ algorithm ‖ public key).
fn key_id(name: &str, public: &[u8; 32]) -> [u8; 4] {
    let mut hash = Sha256::new();
    hash.update(name);
    hash.update([b'\n', ED25519]);
    hash.update(public);
    let [a, b, c, d, ..] = hash.finalize().0;
    [a, b, c, d]
}

/// A public key under its name, as a verifier trusts it. Written `NAME+ID+BASE64`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifierKey {
    name: KeyName,
    public: VerifyingKey,
}

impl VerifierKey {
    /// # Errors
    /// [`KeyError::NotOnCurve`] and [`KeyError::Weak`].
    pub fn new(name: KeyName, public: &[u8; 32]) -> Result<Self, KeyError> {
        let public = VerifyingKey::from_bytes(public).map_err(|_| KeyError::NotOnCurve)?;
        if public.is_weak() {
            return Err(KeyError::Weak);
        }
        Ok(Self { name, public })
    }

    #[must_use]
    pub fn name(&self) -> &KeyName {
        &self.name
    }

    #[must_use]
    pub fn public(&self) -> &[u8; 32] {
        self.public.as_bytes()
    }

    /// Its name and id, as a revocation list refers to it.
    #[must_use]
    pub fn reference(&self) -> KeyReference {
        KeyReference { name: self.name.clone(), id: self.id() }
    }

    #[must_use]
    pub fn id(&self) -> [u8; 4] {
        key_id(&self.name.0, self.public.as_bytes())
    }

    pub(super) fn verifies(&self, text: &str, signature: &[u8; 64]) -> bool {
        self.public.verify_strict(text.as_bytes(), &Signature::from_bytes(signature)).is_ok()
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut key = vec![ED25519];
        key.extend(self.public.as_bytes());
        write!(f, "{}+{:08x}+{}", self.name, u32::from_be_bytes(self.id()), STANDARD.encode(key))
    }
}

impl FromStr for VerifierKey {
    type Err = KeyError;
    fn from_str(text: &str) -> Result<Self, KeyError> {
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(KeyError::Shape);
        };
        let key = STANDARD.decode(key).map_err(|_| KeyError::Shape)?;
        let Some((&ED25519, public)) = key.split_first() else { return Err(KeyError::Shape) };
        let public = public.try_into().map_err(|_| KeyError::Shape)?;
        let verifier = Self::new(name.parse()?, public)?;
        if format!("{:08x}", u32::from_be_bytes(verifier.id())) == id { Ok(verifier) } else { Err(KeyError::Id) }
    }
}

/// `text` as a note signed by `key` under `name`. The text ends with a line feed.
#[must_use]
pub fn sign(text: &str, name: &KeyName, key: &SigningKey) -> String {
    let mut line = key_id(&name.0, key.verifying_key().as_bytes()).to_vec();
    line.extend(key.sign(text.as_bytes()).to_bytes());
    format!("{text}\n— {name} {}\n", STANDARD.encode(line))
}

/// A note taken apart; nothing is verified yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note<'a> {
    /// Text that the signatures cover.
    pub text: &'a str,
    pub signatures: Vec<SignatureLine>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignatureLine {
    /// Any name that a signed note may carry; not every one is one of ours.
    pub name: String,
    pub key_id: [u8; 4],
    /// Signature after the key id; 64 bytes for an Ed25519 key.
    pub signature: Vec<u8>,
}

/// Why bytes are not a signed note.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    #[error("it has {bytes} bytes; with its signatures it may have {longest}")]
    TooLong { bytes: usize, longest: usize },
    #[error("it is not UTF-8 text")]
    NotUtf8,
    #[error("it has a control character (U+{0:04X})")]
    Control(u32),
    #[error("it carries no signature")]
    NoSignature,
    #[error("its last line has no line end; take the text whole")]
    NoLineEnd,
    #[error("one of its signature lines is malformed")]
    SignatureLine,
    #[error("it carries more than 16 signatures")]
    TooManySignatures,
}

impl<'a> Note<'a> {
    /// # Errors
    /// [`NoteError`].
    pub fn parse(bytes: &'a [u8]) -> Result<Self, NoteError> {
        Self::parse_within(bytes, LONGEST_NOTE)
    }

    /// A note of at most `longest` bytes.
    pub(super) fn parse_within(bytes: &'a [u8], longest: usize) -> Result<Self, NoteError> {
        if bytes.len() > longest {
            return Err(NoteError::TooLong { bytes: bytes.len(), longest });
        }
        let note = std::str::from_utf8(bytes).map_err(|_| NoteError::NotUtf8)?;
        if let Some(c) = note.chars().find(|c| c.is_control() && *c != '\n') {
            return Err(NoteError::Control(u32::from(c)));
        }
        let split = note.rfind("\n\n").ok_or(NoteError::NoSignature)?;
        let (text, rest) = (&note[..=split], &note[split + 2..]);
        let lines = rest.strip_suffix('\n').ok_or(NoteError::NoLineEnd)?;
        let signatures = lines.split('\n').map(signature_line).collect::<Result<Vec<_>, _>>()?;
        if signatures.len() > MOST_SIGNATURES {
            return Err(NoteError::TooManySignatures);
        }
        Ok(Self { text, signatures })
    }
}

fn signature_line(line: &str) -> Result<SignatureLine, NoteError> {
    let read = || {
        let (name, encoded) = line.strip_prefix("— ")?.split_once(' ')?;
        let decoded = STANDARD.decode(encoded).ok()?;
        let (key_id, signature) = decoded.split_first_chunk::<4>()?;
        let possible = !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || c == '+');
        possible.then(|| SignatureLine { name: name.to_owned(), key_id: *key_id, signature: signature.to_vec() })
    };
    read().ok_or(NoteError::SignatureLine)
}

/// A key by its name and id, written `NAME+ID` with eight hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct KeyReference {
    pub name: KeyName,
    pub id: [u8; 4],
}

impl fmt::Display for KeyReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}+{:08x}", self.name, u32::from_be_bytes(self.id))
    }
}

/// The text is not `NAME+ID`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a revoked key is written NAME+ID, the id as eight hexadecimal digits")]
pub struct NotAKeyReference;

impl FromStr for KeyReference {
    type Err = NotAKeyReference;
    fn from_str(text: &str) -> Result<Self, NotAKeyReference> {
        let (name, id) = text.split_once('+').ok_or(NotAKeyReference)?;
        let id = u32::from_str_radix(id, 16).ok().filter(|_| id.len() == 8).ok_or(NotAKeyReference)?;
        Ok(Self { name: name.parse().map_err(|_| NotAKeyReference)?, id: id.to_be_bytes() })
    }
}

impl TryFrom<String> for KeyReference {
    type Error = NotAKeyReference;
    fn try_from(text: String) -> Result<Self, NotAKeyReference> {
        text.parse()
    }
}
