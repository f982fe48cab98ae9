use crate::{ctx::Ctx, error::Error};
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use std::{sync::Arc, time::Duration};
use tokio::sync::Semaphore;

/// Cost of checking a password, and of opening a signing key.
#[derive(Clone, Copy, Debug)]
pub enum PasswordCost {
    /// 19 MiB, two passes: OWASP's recommendation for argon2id.
    Full,
    /// As little as the algorithm allows. For tests, which hash by the hundred.
    Least,
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
        Self { argon2, turns: Arc::new(Semaphore::new(AT_ONCE)), nobody }
    }

    /// A PHC string for `password`, with a salt of its own.
    pub(crate) fn hash(&self, password: &str, ctx: &Ctx) -> Result<String, Error> {
        hash(&self.argon2, password.as_bytes(), ctx)
    }

    /// Whether `password` belongs to `stored`. Without one it takes as long and is false.
    pub(crate) async fn check(&self, password: String, stored: Option<String>) -> Result<bool, Error> {
        let turn = tokio::time::timeout(PATIENCE, Arc::clone(&self.turns).acquire_owned())
            .await
            .map_err(|e| Error::Unavailable(Box::new(e)))?
            .map_err(Error::internal)?;
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
}
