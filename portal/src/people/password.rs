//! Passwords: what makes a good one, and checking one.

use crate::{ctx::Ctx, error::Error};
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use prometheus_client::metrics::counter::Counter;
use std::{sync::Arc, time::Duration};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use zeroize::Zeroizing;
use zxcvbn::{Score, zxcvbn};

/// Cost of checking a password, and of opening a signing key.
#[derive(Clone, Copy, Debug)]
pub enum PasswordCost {
    /// 19 MiB, two passes: OWASP's recommendation for argon2id.
    Full,
    /// As little as the algorithm allows. For tests, which hash by the hundred.
    Least,
}

/// Minimum length of a password, in characters. Any characters count.
pub const SHORTEST_PASSWORD: usize = 15;
/// Maximum length, in characters: more is a file that was pasted.
pub const LONGEST_PASSWORD: usize = 256;

/// Problem of a password that somebody chooses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordProblem {
    #[error("Enter a password.")]
    Missing,
    #[error(
        "The password has {0} characters. Use at least {SHORTEST_PASSWORD}: a few words that do not belong together make a good one."
    )]
    TooShort(usize),
    #[error("The password has {0} characters; at most {LONGEST_PASSWORD} are possible.")]
    TooLong(usize),
    #[error(
        "This password is guessed easily: it is made of common passwords, repetitions, or your own name or address. Choose words that do not belong together."
    )]
    Guessable,
}

/// A password that was chosen and may be kept, as a hash.
pub(crate) struct NewPassword(Zeroizing<String>);

impl NewPassword {
    /// The password that somebody chose. `own` are words of theirs, such as name and address, which others would try.
    pub(crate) fn chosen(password: &str, own: &[&str]) -> Result<Self, PasswordProblem> {
        let length = password.chars().count();
        match length {
            0 => return Err(PasswordProblem::Missing),
            1..SHORTEST_PASSWORD => return Err(PasswordProblem::TooShort(length)),
            SHORTEST_PASSWORD..=LONGEST_PASSWORD => {}
            _ => return Err(PasswordProblem::TooLong(length)),
        }
        let parts = own.iter().flat_map(|words| words.split(|c: char| !c.is_alphanumeric()));
        let own: Vec<&str> = own.iter().copied().chain(parts).filter(|word| word.chars().count() > 2).collect();
        // Fewer than 10^8 guesses: within reach of somebody who has stolen the hashes.
        match zxcvbn(password, &own).score() {
            Score::Three | Score::Four => Ok(Self(Zeroizing::new(password.to_owned()))),
            _ => Err(PasswordProblem::Guessable),
        }
    }
}

/// Hashes counted at the same time: together at most 76 MiB, whatever comes in.
const AT_ONCE: usize = 4;
const PATIENCE: Duration = Duration::from_secs(5);

/// Checks passwords, a few at a time.
pub(crate) struct Passwords {
    argon2: Argon2<'static>,
    turns: Arc<Semaphore>,
    /// Checked when nobody has the address that was typed, so that the answer takes as long.
    nobody: String,
    /// Number of passwords that were hashed, to be stored or compared.
    pub(crate) hashed: Counter,
}

impl Passwords {
    pub(crate) fn new(cost: PasswordCost, ctx: &Ctx) -> Self {
        let params = match cost {
            PasswordCost::Full => Params::DEFAULT,
            PasswordCost::Least => Params::new(8, 1, 1, None).unwrap_or(Params::DEFAULT),
        };
        // Made up, not counted: no password has this hash, and checking one against it costs the same.
        let (salt, output) = (STANDARD_NO_PAD.encode(ctx.random::<16>()), STANDARD_NO_PAD.encode(ctx.random::<32>()));
        let (memory, passes, lanes) = (params.m_cost(), params.t_cost(), params.p_cost());
        let nobody = format!("$argon2id$v=19$m={memory},t={passes},p={lanes}${salt}${output}");
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        Self { argon2, turns: Arc::new(Semaphore::new(AT_ONCE)), nobody, hashed: Counter::default() }
    }

    /// A PHC string for `password`, with a salt of its own.
    pub(crate) fn hash(&self, password: &str, ctx: &Ctx) -> Result<String, Error> {
        hash(&self.argon2, password.as_bytes(), ctx)
    }

    /// The hash of a password that was chosen, when it is its turn.
    pub(crate) async fn hash_chosen(&self, NewPassword(password): NewPassword, ctx: &Ctx) -> Result<String, Error> {
        let turn = self.turn().await?;
        self.hashed.inc();
        let (argon2, ctx) = (self.argon2.clone(), ctx.clone());
        let hashing = tokio::task::spawn_blocking(move || {
            let hashed = hash(&argon2, password.as_bytes(), &ctx);
            drop(turn);
            hashed
        });
        hashing.await.map_err(Error::internal)?
    }

    async fn turn(&self) -> Result<OwnedSemaphorePermit, Error> {
        tokio::time::timeout(PATIENCE, Arc::clone(&self.turns).acquire_owned())
            .await
            .map_err(|e| Error::Unavailable(Box::new(e)))?
            .map_err(Error::internal)
    }

    /// Whether `password` belongs to `stored`. Without one it takes as long and is false.
    pub(crate) async fn check(&self, password: String, stored: Option<String>) -> Result<bool, Error> {
        let turn = self.turn().await?;
        self.hashed.inc();
        let argon2 = self.argon2.clone();
        let known = stored.is_some();
        let hash = stored.unwrap_or_else(|| self.nobody.clone());
        let right = tokio::task::spawn_blocking(move || {
            let right = argon2.verify_password(password.as_bytes(), hash.as_str()).is_ok();
            drop(turn);
            right
        })
        .await
        .map_err(Error::internal)?;
        Ok(right && known)
    }
}

fn hash(argon2: &Argon2<'_>, password: &[u8], ctx: &Ctx) -> Result<String, Error> {
    argon2
        .hash_password_with_salt(password, &ctx.random::<16>())
        .map(|hash| hash.to_string())
        .map_err(|e| Error::internal(format!("argon2: {e}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use argon2::password_hash::phc::PasswordHash;

    /// Work for an unknown person, the same as for a known one: the made-up hash can be checked at the same cost.
    #[tokio::test]
    async fn an_unknown_address_is_checked_at_the_cost_of_a_known_one() {
        let ctx = Ctx::system();
        let passwords = Passwords::new(PasswordCost::Full, &ctx);
        let real = passwords.hash("walk the ledger", &ctx).expect("a hash");
        let (nobody, real) = (PasswordHash::new(&passwords.nobody).expect("a hash"), PasswordHash::new(&real).expect("a hash"));
        let cost = |hash: &PasswordHash| (hash.algorithm, hash.version, hash.params.clone());
        assert_eq!(cost(&nobody), cost(&real));
        let length = |hash: &PasswordHash| hash.hash.map(|output| output.len());
        assert_eq!(length(&nobody), length(&real));
        assert!(!passwords.check("walk the ledger".into(), None).await.expect("checked"));
    }

    #[test]
    fn a_password_is_long_and_not_made_of_what_others_try_first() {
        let own = ["Amelia Hart", "amelia.hart@acme.example", "Meridian Contact Software"];
        let problem = |password: &str| NewPassword::chosen(password, &own).err();
        assert_eq!(problem(""), Some(PasswordProblem::Missing));
        assert_eq!(problem("fourteen chars"), Some(PasswordProblem::TooShort(14)));
        assert_eq!(problem(&"x".repeat(257)), Some(PasswordProblem::TooLong(257)));
        for easy in
            ["passwordpassword", "aaaaaaaaaaaaaaaaaaaa", "amelia.hart@acme.example", "Amelia Hart 2026", "qwertyuiopasdfghjkl"]
        {
            assert_eq!(problem(easy), Some(PasswordProblem::Guessable), "{easy}");
        }
        for good in ["walk the ledger", "grün läuft der Hase", "七つの海を越えて行く船の帆は白い", " spaces  at  both ends "]
        {
            assert_eq!(problem(good), None, "{good}");
        }
    }
}
