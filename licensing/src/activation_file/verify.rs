use super::{
    content::ActivationFile,
    decode::DecodeError,
    key_ring::{KeyRing, Signers},
    note::{KeyName, KeyReference, Note},
    revocation::RevocationList,
    transport::damage,
};
use crate::value::{
    date,
    host_id::HostId,
    text::{Serial, capitalised},
};
use chrono::NaiveDate;
use std::fmt;

/// Facts that the verifier knows about where and when the file is to be used. `None` is not checked.
#[derive(Clone, Debug, Default)]
pub struct Expected {
    pub product: Option<String>,
    pub host_id: Option<HostId>,
    /// The highest revision of the same serial that was loaded before.
    pub loaded_revision: Option<(Serial, u32)>,
    /// Today by the verifier's local date.
    pub on: Option<NaiveDate>,
    /// Files that the issuer has revoked.
    pub revocations: Option<RevocationList>,
}

/// A file whose signature holds, and the key that made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    pub file: ActivationFile,
    pub signed_by: KeyName,
}

/// The one answer about a file, in the order in which the first one that applies is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    NotAnActivationFile(String),
    NewerFormat(String),
    Altered,
    /// Names of the keys that signed.
    UnknownKey(Vec<String>),
    Revoked(Revoked),
    OtherProduct {
        file: String,
        expected: String,
    },
    OtherHost {
        file: Vec<HostId>,
        expected: HostId,
    },
    OlderRevision {
        file: u32,
        loaded: u32,
    },
    Expired(NaiveDate),
    Valid(Box<Verified>),
}

/// File or key that the issuer has revoked, and the day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Revoked {
    File(Serial, NaiveDate),
    /// The first of the keys that signed the file, all of which were revoked.
    Key(KeyName, NaiveDate),
}

impl Verdict {
    /// The word for it.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::NotAnActivationFile(_) => "not an activation file",
            Self::NewerFormat(_) => "newer format",
            Self::Altered => "altered",
            Self::UnknownKey(_) => "unknown key",
            Self::Revoked(_) => "revoked",
            Self::OtherProduct { .. } => "other product",
            Self::OtherHost { .. } => "other host",
            Self::OlderRevision { .. } => "older revision",
            Self::Expired(_) => "expired",
            Self::Valid(_) => "valid",
        }
    }
}

/// The fact that decided, without [`Verdict::word`].
impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAnActivationFile(fact) => write!(f, "{}.", capitalised(fact)),
            Self::NewerFormat(format) => {
                write!(f, "The file was made by a newer version ({format}); update the software that reads it.")
            }
            Self::Altered => f.write_str("The text was changed after it was signed."),
            Self::UnknownKey(names) => {
                write!(f, "The file is signed by {}, which is not among the trusted keys.", names.join(", "))
            }
            Self::Revoked(Revoked::File(serial, on)) => {
                write!(f, "{serial} was revoked by its issuer on {}.", date::words(*on))
            }
            Self::Revoked(Revoked::Key(name, on)) => {
                write!(f, "The key {name}, which signed the file, was revoked on {}.", date::words(*on))
            }
            Self::OtherProduct { file, expected } => write!(f, "The file is for {file}, not for {expected}."),
            Self::OtherHost { file, expected } if file.is_empty() => {
                write!(f, "The file is for a virtual cloud, not for host {expected}.")
            }
            Self::OtherHost { file, expected } => {
                let hosts: Vec<_> = file.iter().map(ToString::to_string).collect();
                write!(f, "The file is for {}, not for host {expected}.", hosts.join(" and "))
            }
            Self::OlderRevision { file, loaded } => write!(f, "This is revision {file}; revision {loaded} was loaded before."),
            Self::Expired(day) => write!(f, "The file was valid through {}.", date::words(*day)),
            Self::Valid(verified) => write!(f, "Signed by {} and unchanged.", verified.signed_by),
        }
    }
}

impl KeyRing {
    /// Answers about the bytes of a file.
    ///
    /// At least one line must be by a trusted key, lines of unknown keys are ignored, and one wrong line by a trusted key refuses the file.
    #[must_use]
    pub fn verify(&self, bytes: &[u8], expected: &Expected) -> Verdict {
        let none = |fact: String| {
            let damage = damage(bytes).map(|damage| format!("{damage}; download it again"));
            Verdict::NotAnActivationFile(damage.unwrap_or(fact))
        };
        let note = match Note::parse(bytes) {
            Ok(note) => note,
            Err(error) => return none(error.to_string()),
        };
        let file = match ActivationFile::decode(note.text) {
            Ok(file) => file,
            Err(DecodeError::NewerFormat(format)) => return Verdict::NewerFormat(format),
            Err(error) => return none(error.to_string()),
        };
        let signers = match self.signers(&note) {
            Signers::Altered => return Verdict::Altered,
            Signers::Unknown(names) => return Verdict::UnknownKey(names),
            Signers::Known(signers) => signers,
        };
        let taken_back = |key: &KeyReference| expected.revocations.as_ref().and_then(|list| list.keys.get(key)).copied();
        let mut revoked = None;
        for key in signers {
            match taken_back(&key) {
                None => {
                    let signed_by = key.name;
                    return refusal(&file, expected).unwrap_or_else(|| Verdict::Valid(Box::new(Verified { file, signed_by })));
                }
                Some(on) => revoked = revoked.or(Some(Revoked::Key(key.name, on))),
            }
        }
        revoked.map_or(Verdict::Altered, Verdict::Revoked)
    }
}

fn refusal(file: &ActivationFile, expected: &Expected) -> Option<Verdict> {
    if let Some(on) = expected.revocations.as_ref().and_then(|list| list.serials.get(&file.serial)) {
        return Some(Verdict::Revoked(Revoked::File(file.serial.clone(), *on)));
    }
    if let Some(product) = expected.product.as_deref().filter(|p| *p != file.product.as_str()) {
        return Some(Verdict::OtherProduct { file: file.product.to_string(), expected: product.to_owned() });
    }
    if let Some(host) = expected.host_id.as_ref().filter(|host| !file.binding.host_ids().any(|h| h == *host)) {
        return Some(Verdict::OtherHost { file: file.binding.host_ids().cloned().collect(), expected: host.clone() });
    }
    if let Some((serial, loaded)) = &expected.loaded_revision
        && *serial == file.serial
        && file.revision < *loaded
    {
        return Some(Verdict::OlderRevision { file: file.revision, loaded: *loaded });
    }
    expected.on.filter(|on| file.valid_through < *on).map(|_| Verdict::Expired(file.valid_through))
}
