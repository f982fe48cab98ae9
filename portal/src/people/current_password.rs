//! One's own password, asked for again by somebody who is signed in: it may be another's machine.

use super::session::{Pace, SignInRefused, subject};
use crate::{access::caller::Caller, error::Error, store::statement::row};
use chrono::TimeDelta;
use sea_orm::FromQueryResult;

/// Pace of wrong current passwords.
const OF_CURRENT: Pace = Pace { free: 5, gap: TimeDelta::seconds(10) };

/// Why a current password was not taken.
#[derive(Debug, thiserror::Error)]
pub enum WrongPassword {
    #[error("This is not your current password.")]
    Wrong,
    #[error(transparent)]
    Refused(#[from] SignInRefused),
    #[error(transparent)]
    Error(#[from] Error),
}

/// Whether `typed` is the password of the person. Attempts are counted.
pub(super) async fn check_current_password(caller: &Caller, typed: &str) -> Result<(), WrongPassword> {
    #[derive(FromQueryResult)]
    struct Stored {
        password_hash: String,
    }
    let portal = caller.portal();
    portal.count_attempt(&subject("current password", &caller.person_id().to_string()), OF_CURRENT).await?;
    let sql = "SELECT password_hash FROM people WHERE id = $1";
    let stored: Option<Stored> = row(portal.database.read(), "profile: password", sql, [caller.person_id().into()]).await?;
    if portal.passwords.check(typed.to_owned(), stored.map(|stored| stored.password_hash)).await? {
        Ok(())
    } else {
        Err(WrongPassword::Wrong)
    }
}
