//! Codes that prove a second factor: those of an authenticator app, 6 digits for 30 seconds (RFC 6238), and recovery codes for when it is lost. Each
//! counts once.

use super::session::{Pace, SignInRefused, hash, subject};
use crate::{
    error::Error,
    mail::{Letter, message},
    path,
    portal::Portal,
    store::{
        statement::{row, run},
        write::Write,
    },
};
use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::FromQueryResult;
use totp_rs::{Builder, Totp};

/// Pace of wrong codes. Three of a million are right at any time.
const OF_CODE: Pace = Pace { free: 5, gap: TimeDelta::seconds(60) };

/// Why a code was not taken.
#[derive(Debug, thiserror::Error)]
pub enum CodeProblem {
    #[error("Enter the code that your authenticator app shows, or a recovery code.")]
    Missing,
    #[error(
        "This is not the code of now. Enter the one that the app shows. If it is never taken, set the clock of your phone to automatic."
    )]
    Wrong,
    #[error("This code was used. Wait until the app shows the next one, 30 seconds at most.")]
    Used,
    #[error("There were many wrong codes. Try again in {0} seconds.")]
    TooMany(u64),
    #[error(transparent)]
    Error(#[from] Error),
}

/// A code that is right, and was not used when it was looked at.
pub(super) enum RightCode {
    /// The step of 30 seconds, counted since 1970.
    OfApp(i64),
    /// Its SHA-256.
    Recovery(Vec<u8>),
}

/// What an authenticator app computes codes by.
pub(super) fn app_of(secret: &[u8]) -> Totp {
    Builder::new().with_secret(secret).build_noncompliant()
}

/// Seconds since 1970, as codes count them.
pub(super) fn seconds(at: DateTime<Utc>) -> u64 {
    u64::try_from(at.timestamp()).unwrap_or(0)
}

/// Looks at a code that somebody typed, of the app or for recovery. Attempts are counted.
///
/// # Errors
/// [`CodeProblem`].
pub(super) async fn check_code(portal: &Portal, person: i64, typed: &str) -> Result<RightCode, CodeProblem> {
    #[derive(FromQueryResult)]
    struct Stored {
        secret: Vec<u8>,
        last_step: i64,
    }
    #[derive(FromQueryResult)]
    struct Unused {
        code_sha256: Vec<u8>,
    }
    let typed: String = typed.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    if typed.is_empty() {
        return Err(CodeProblem::Missing);
    }
    portal.count_attempt(&attempts_of(person), OF_CODE).await.map_err(|refused| match refused {
        SignInRefused::TooMany { retry_after_s } => CodeProblem::TooMany(retry_after_s),
        SignInRefused::Error(error) => CodeProblem::Error(error),
        SignInRefused::Incorrect => CodeProblem::Wrong,
    })?;
    let read = portal.database.read();
    if typed.len() == 6 && typed.bytes().all(|byte| byte.is_ascii_digit()) {
        let sql = "SELECT secret, last_step FROM second_factors WHERE person_id = $1";
        let stored: Option<Stored> = row(read, "second factor: secret", sql, [person.into()]).await?;
        let Stored { secret, last_step } = stored.ok_or(CodeProblem::Wrong)?;
        let step = app_of(&secret).check(&typed, seconds(portal.now())).ok_or(CodeProblem::Wrong)?;
        let step = i64::try_from(step).map_err(Error::internal)?;
        return if step > last_step { Ok(RightCode::OfApp(step)) } else { Err(CodeProblem::Used) };
    }
    let sql = "SELECT code_sha256 FROM recovery_codes WHERE person_id = $1 AND code_sha256 = $2 AND used_at IS NULL";
    let unused: Option<Unused> = row(read, "recovery code", sql, [person.into(), hash(&typed).into()]).await?;
    unused.map(|unused| RightCode::Recovery(unused.code_sha256)).ok_or(CodeProblem::Wrong)
}

/// Uses a code up. Of two at once one is refused.
///
/// # Errors
/// [`CodeProblem::Used`] and [`CodeProblem::Error`].
pub(super) async fn use_code(portal: &Portal, write: &Write, person: i64, code: RightCode) -> Result<(), CodeProblem> {
    let used = match &code {
        RightCode::OfApp(step) => {
            let sql = "UPDATE second_factors SET last_step = $1 WHERE person_id = $2 AND last_step < $1";
            run(write.on(), "second factor: step", sql, [(*step).into(), person.into()]).await?
        }
        RightCode::Recovery(code) => {
            let sql = "UPDATE recovery_codes SET used_at = $1 WHERE person_id = $2 AND code_sha256 = $3 AND used_at IS NULL";
            run(write.on(), "recovery code: used", sql, [write.now().into(), person.into(), code.clone().into()]).await?
        }
    };
    if used == 0 {
        return Err(CodeProblem::Used);
    }
    if let RightCode::Recovery(_) = code {
        tell_of_recovery(portal, write, person).await?;
    }
    Ok(portal.forget_attempts(write.on(), &attempts_of(person)).await?)
}

fn attempts_of(person: i64) -> Vec<u8> {
    subject("code", &person.to_string())
}

/// Mail that a recovery code was used, with how many are left.
async fn tell_of_recovery(portal: &Portal, write: &Write, person: i64) -> Result<(), Error> {
    #[derive(FromQueryResult)]
    struct Left {
        email: String,
        left: i64,
    }
    let sql = "SELECT p.email, (SELECT COUNT(*) FROM recovery_codes c WHERE c.person_id = p.id AND c.used_at IS NULL) AS \"left\"
               FROM people p WHERE p.id = $1";
    let left: Option<Left> = row(write.on(), "recovery codes: left", sql, [person.into()]).await?;
    let Some(Left { email, left }) = left else { return Ok(()) };
    let left = if left == 1 { "1 is left".to_owned() } else { format!("{left} are left") };
    let vendor = &portal.settings.vendor;
    let letter = Letter::default()
        .words(format!("A recovery code of your sign-in at the portal of {vendor} was used; {left}."))
        .link("If that was not you, change your password at once", format!("{}{}", portal.settings.public_url, path::PROFILE));
    let mail = letter.mail(email, format!("Recovery code used at the portal of {vendor}"));
    message::queue(write, &mail, write.now()).await
}
