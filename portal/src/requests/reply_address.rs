//! The address that replies to the mails about a request go to. Nobody guesses it.

use crate::files::download::hexadecimal;
use licensing::{EmailAddress, requests::RequestNumber};
use sha2::{Digest, Sha256};

/// Bytes of a digest that an address carries.
const PROOF: usize = 10;

/// Address of `number` at `mailbox`, such as `requests+afr-0000123-6f1c…@licences.example`. `secret` is the request's own.
pub(super) fn reply_address(mailbox: &EmailAddress, number: RequestNumber, secret: &str) -> String {
    let (local, domain) = mailbox.as_str().split_once('@').unwrap_or_default();
    format!("{local}+{}-{}@{domain}", number.to_string().to_lowercase(), proof(number, secret))
}

fn proof(number: RequestNumber, secret: &str) -> String {
    let digest = Sha256::new().chain_update("replies").chain_update(number.id().to_be_bytes()).chain_update(secret).finalize();
    hexadecimal(&digest[..PROOF])
}

/// What a reply address claims: its request, and the proof that it was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Claim {
    pub(super) number: RequestNumber,
    proof: String,
}

impl Claim {
    /// Claim of an address at `mailbox`; case is not kept on the way.
    pub(super) fn of(mailbox: &EmailAddress, address: &str) -> Option<Self> {
        let address = address.to_lowercase();
        let (local, domain) = mailbox.as_str().split_once('@')?;
        let tag = address.strip_suffix(domain)?.strip_suffix('@')?.strip_prefix(local)?.strip_prefix('+')?;
        let (number, proof) = tag.rsplit_once('-')?;
        Some(Self { number: number.to_uppercase().parse().ok()?, proof: proof.to_owned() })
    }

    /// Whether the address was told in a mail about the request.
    pub(super) fn holds(&self, secret: &str) -> bool {
        proof(self.number, secret) == self.proof
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_leads_to_its_request_and_to_no_other() {
        let mailbox = EmailAddress::typed("requests@licences.example").expect("an address");
        let number = RequestNumber::of_id(42);
        let address = reply_address(&mailbox, number, "secret");
        assert!(address.starts_with("requests+afr-0000042-") && address.ends_with("@licences.example"), "{address}");
        let claim = Claim::of(&mailbox, &address.to_uppercase()).expect("a claim");
        assert_eq!((claim.number, claim.holds("secret"), claim.holds("other")), (number, true, false));
        let other = Claim::of(&mailbox, &address.replace("42", "43")).expect("a claim");
        assert!(!other.holds("secret"));
        for foreign in [
            "requests@licences.example",
            "requests+afr-0000042@licences.example",
            "other+afr-0000042-00@licences.example",
            "@",
            "requests+x@evil.example",
        ] {
            assert_eq!(Claim::of(&mailbox, foreign).filter(|claim| claim.holds("secret")), None, "{foreign}");
        }
    }
}
