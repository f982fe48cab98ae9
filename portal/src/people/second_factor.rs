//! The second factor of a sign-in: set up by its person, asked for after the password. Domain §1: analysts and administrators have no role without.

use super::{
    code::{CodeProblem, app_of, check_code, seconds, use_code},
    current_password::{WrongPassword, check_current_password},
    session::{Begun, Proved, SignedIn, UNFINISHED, hash},
};
use crate::{
    access::caller::{Caller, Role},
    error::Error,
    event_type::EventType,
    mail::{Letter, message},
    path,
    portal::Portal,
    store::{
        entity::{recovery_code, second_factor},
        insertion::insert,
        statement::{row, run},
        write::Write,
    },
};
use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{ActiveValue::Set, FromQueryResult};
use totp_rs::{Builder, Secret};

/// Number of recovery codes that somebody has.
const RECOVERY_CODES: usize = 10;
/// Letters and digits of a recovery code that are hard to mistake for each other.
const ALPHABET: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz023456789";
/// Length of a recovery code: 80 random bits.
const RECOVERY_LENGTH: usize = 16;
/// A code is shown this long, in seconds.
const STEP_S: i64 = 30;
/// Length of the secret that is shared with the app, in bytes. RFC 4226 §4.
const SECRET_LENGTH: usize = 20;

/// Second factor of somebody.
#[derive(Clone, Copy, Debug)]
pub struct SecondFactor {
    pub since: DateTime<Utc>,
    pub recovery_codes_left: i64,
}

/// What an authenticator app is set up with.
#[derive(Clone, Debug)]
pub struct Enrolment {
    /// The shared secret in base 32, for people who type it.
    pub secret: String,
    /// The same as an `otpauth:` address, for a QR code.
    pub url: String,
}

/// Recovery codes, in groups of 4 characters. They are shown once.
pub struct RecoveryCodes(pub Vec<String>);

/// Code that finishes a sign-in.
pub struct SecondStep {
    /// Token that the password led to.
    pub token: String,
    pub code: String,
    /// Device and session that the browser has already.
    pub device: Option<String>,
    pub replaces: Option<String>,
}

/// Why a sign-in was not finished.
#[derive(Debug, thiserror::Error)]
pub enum NotFinished {
    #[error("Too much time went by since you entered your password. Sign in again.")]
    Ended,
    #[error(transparent)]
    Code(#[from] CodeProblem),
    #[error(transparent)]
    Error(#[from] Error),
}

/// Why a second factor was not set up, or not removed. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum NotSetUp {
    #[error("You have a second factor. Remove it before you set up another one.")]
    HasOne,
    #[error("You have no second factor.")]
    HasNone,
    #[error(transparent)]
    Password(#[from] WrongPassword),
    #[error("The secret is not the one that was shown. Scan the new one.")]
    Secret,
    #[error("A role with the vendor needs a second factor. Another administrator can reset it when your app is lost.")]
    Needed,
    #[error(transparent)]
    Code(#[from] CodeProblem),
    #[error(transparent)]
    Error(#[from] Error),
}

/// Finishes a sign-in with a code.
///
/// # Errors
/// [`NotFinished`]; nobody is signed in then.
pub async fn finish_sign_in(portal: &Portal, step: SecondStep) -> Result<SignedIn, NotFinished> {
    #[derive(FromQueryResult)]
    struct Found {
        person_id: i64,
        name: String,
    }
    let now = portal.now();
    let sql = "SELECT u.person_id, p.name FROM unfinished_sign_ins u JOIN people p ON p.id = u.person_id
               WHERE u.token_sha256 = $1 AND u.began_at > $2 AND p.active";
    let values = [hash(&step.token).into(), (now - UNFINISHED).into()];
    let found: Option<Found> = row(portal.database.read(), "sign-in: unfinished", sql, values).await?;
    let Found { person_id, name } = found.ok_or(NotFinished::Ended)?;
    let code = check_code(portal, person_id, &step.code).await;
    if matches!(code, Err(CodeProblem::Wrong | CodeProblem::Used | CodeProblem::TooMany(_))) {
        tracing::warn!(person = person_id, "code refused");
        portal.observed.sign_in("wrong code");
    }
    let code = code?;
    let write = portal.database.write().await?;
    let sql = "DELETE FROM unfinished_sign_ins WHERE token_sha256 = $1";
    if run(write.on(), "sign-in: finished", sql, [hash(&step.token).into()]).await? == 0 {
        return Err(NotFinished::Ended);
    }
    use_code(portal, &write, person_id, code).await?;
    let browser = (step.device, step.replaces);
    let Begun { signed_in, event } = portal.begin_session(&write, (person_id, &name), browser, Proved::SecondFactor).await?;
    write.commit(event).await?;
    portal.observed.sign_in("signed in");
    Ok(signed_in)
}

/// The second factor of somebody; `None` when they have none.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn second_factor(caller: &Caller) -> Result<Option<SecondFactor>, Error> {
    #[derive(FromQueryResult)]
    struct Stored {
        since: DateTime<Utc>,
        unused: i64,
    }
    let sql =
        "SELECT f.since, (SELECT COUNT(*) FROM recovery_codes c WHERE c.person_id = f.person_id AND c.used_at IS NULL) AS unused
               FROM second_factors f WHERE f.person_id = $1";
    let stored: Option<Stored> =
        row(caller.portal().database.read(), "second factor: state", sql, [caller.person_id().into()]).await?;
    Ok(stored.map(|Stored { since, unused }| SecondFactor { since, recovery_codes_left: unused }))
}

/// What an app is set up with: `secret` again, or a new one where there is none. Nothing is stored.
///
/// # Errors
/// [`NotSetUp::Secret`].
pub fn enrolment(caller: &Caller, secret: Option<&str>) -> Result<Enrolment, NotSetUp> {
    let portal = caller.portal();
    let secret = match secret {
        Some(typed) => typed_secret(typed)?,
        None => Secret::from(portal.ctx.random::<SECRET_LENGTH>()),
    };
    // Labels of such addresses have no colon.
    let plain = |text: &str| text.replace(':', " ");
    let app = Builder::new()
        .with_secret(secret)
        .with_issuer(Some(plain(&portal.settings.vendor)))
        .with_account_name(plain(&caller.person().email))
        .build()
        .map_err(|error| Error::internal(error.to_string()))?;
    let url = app.to_url().map_err(|error| Error::internal(error.to_string()))?;
    Ok(Enrolment { secret: app.secret().to_base32(), url })
}

fn typed_secret(typed: &str) -> Result<Secret, NotSetUp> {
    let secret = Secret::try_from_base32(typed).map_err(|_| NotSetUp::Secret)?;
    if secret.as_bytes().len() == SECRET_LENGTH { Ok(secret) } else { Err(NotSetUp::Secret) }
}

/// Sets up the app that `secret` was shown to, once it shows the right `code`. All other sessions of the person end. `password` is looked at when the
/// session is not fresh.
///
/// # Errors
/// [`NotSetUp`].
pub async fn set_up_second_factor(caller: &Caller, secret: &str, code: &str, password: &str) -> Result<RecoveryCodes, NotSetUp> {
    let (portal, person) = (caller.portal(), caller.person_id());
    let secret = typed_secret(secret)?;
    if !caller.has_just_signed_in() {
        check_current_password(caller, password).await?;
    }
    let typed: String = code.chars().filter(char::is_ascii_digit).collect();
    if typed.is_empty() {
        return Err(CodeProblem::Missing.into());
    }
    let step = app_of(secret.as_bytes()).check(&typed, seconds(portal.now())).ok_or(CodeProblem::Wrong)?;
    let write = portal.database.write().await?;
    // A sign-in that began without it has its session by now, which ends, or finds it.
    write.lock_person(person).await?;
    let now = write.now();
    let sql = "INSERT INTO second_factors (person_id, secret, since, last_step) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
    let step = i64::try_from(step).map_err(Error::internal)?;
    let values = [person.into(), secret.as_bytes().to_vec().into(), now.into(), step.into()];
    if run(write.on(), "second factor: set up", sql, values).await? == 0 {
        return Err(NotSetUp::HasOne);
    }
    write.reach("second factor stored");
    let codes = new_codes(portal, &write, person).await?;
    let own = caller.session().map(|session| session.token_sha256.clone()).unwrap_or_default();
    let sql = "DELETE FROM sessions WHERE person_id = $1 AND token_sha256 <> $2";
    run(write.on(), "second factor: sessions", sql, [person.into(), own.clone().into()]).await?;
    let sql = "UPDATE sessions SET factor_at = $1 WHERE token_sha256 = $2";
    run(write.on(), "second factor: session", sql, [now.into(), own.into()]).await?;
    tell(portal, &write, &caller.person().email, "was set up, and all other sessions were ended").await?;
    write.commit(caller.event(now, EventType::SecondFactorSetUp, format!("person {person}"))).await?;
    Ok(codes)
}

/// Makes new recovery codes; those of before count no more.
///
/// # Errors
/// [`NotSetUp`].
pub async fn renew_recovery_codes(caller: &Caller, code: &str) -> Result<RecoveryCodes, NotSetUp> {
    let (portal, person) = (caller.portal(), caller.person_id());
    let (write, _) = proved(caller, code).await?;
    run(write.on(), "recovery codes: gone", "DELETE FROM recovery_codes WHERE person_id = $1", [person.into()]).await?;
    let codes = new_codes(portal, &write, person).await?;
    tell(portal, &write, &caller.person().email, "has new recovery codes").await?;
    write.commit(caller.event(portal.now(), EventType::RecoveryCodesRenewed, format!("person {person}"))).await?;
    Ok(codes)
}

/// Removes the second factor of somebody without a role with the vendor.
///
/// # Errors
/// [`NotSetUp`].
pub async fn remove_second_factor(caller: &Caller, code: &str) -> Result<(), NotSetUp> {
    if matches!(caller.role(), Role::Analyst | Role::Administrator) {
        return Err(NotSetUp::Needed);
    }
    let (portal, person) = (caller.portal(), caller.person_id());
    let (write, now) = proved(caller, code).await?;
    forget_factor(&write, person).await?;
    tell(portal, &write, &caller.person().email, "was removed").await?;
    write.commit(caller.event(now, EventType::SecondFactorRemoved, format!("person {person}"))).await?;
    Ok(())
}

/// Begins a write of somebody who has a second factor, and proves it with `code`.
async fn proved(caller: &Caller, code: &str) -> Result<(Write, DateTime<Utc>), NotSetUp> {
    let (portal, person) = (caller.portal(), caller.person_id());
    if second_factor(caller).await?.is_none() {
        return Err(NotSetUp::HasNone);
    }
    let code = check_code(portal, person, code).await?;
    let write = portal.database.write().await?;
    use_code(portal, &write, person, code).await?;
    let now = write.now();
    Ok((write, now))
}

/// Takes the second factor from a person, and ends what was begun with it.
pub(super) async fn forget_factor(write: &Write, person: i64) -> Result<(), Error> {
    for table in ["recovery_codes", "second_factors", "unfinished_sign_ins", "factor_resets"] {
        let sql = format!("DELETE FROM {table} WHERE person_id = $1");
        run(write.on(), "second factor: forgotten", &sql, [person.into()]).await?;
    }
    Ok(())
}

/// Mail that something happened to the second factor of `email`.
pub(super) async fn tell(portal: &Portal, write: &Write, email: &str, what: &str) -> Result<(), Error> {
    let vendor = &portal.settings.vendor;
    let letter = Letter::default()
        .words(format!("The second factor of your sign-in at the portal of {vendor} {what}."))
        .link("If that was not you, change your password at once", format!("{}{}", portal.settings.public_url, path::PROFILE));
    let mail = letter.mail(email, format!("Second factor at the portal of {vendor}"));
    message::queue(write, &mail, write.now()).await
}

/// Stores new recovery codes of a person.
async fn new_codes(portal: &Portal, write: &Write, person: i64) -> Result<RecoveryCodes, Error> {
    let code = || -> String {
        portal.ctx.random::<RECOVERY_LENGTH>().into_iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect()
    };
    let codes: Vec<String> = std::iter::repeat_with(code).take(RECOVERY_CODES).collect();
    let row =
        |code: &String| recovery_code::ActiveModel { person_id: Set(person), code_sha256: Set(hash(code)), used_at: Set(None) };
    insert::<recovery_code::Entity>(write.on(), codes.iter().map(row).collect()).await?;
    let grouped = |code: &String| format!("{}-{}-{}-{}", &code[..4], &code[4..8], &code[8..12], &code[12..]);
    Ok(RecoveryCodes(codes.iter().map(grouped).collect()))
}

/// A second factor for the demo.
pub(crate) fn demo_factor(person: i64, secret: &[u8; SECRET_LENGTH], since: DateTime<Utc>) -> second_factor::ActiveModel {
    second_factor::ActiveModel { person_id: Set(person), secret: Set(secret.to_vec()), since: Set(since), last_step: Set(0) }
}

/// A secret for people who type it.
pub(crate) fn in_base32(secret: &[u8; SECRET_LENGTH]) -> String {
    Secret::from(*secret).to_base32()
}

/// The first code that the app of a person of the demo shows around now, and that was not used; `None`: the next one comes within 30 seconds.
pub(crate) async fn unused_code(portal: &Portal, email: &str, secret: &[u8]) -> Result<Option<String>, Error> {
    #[derive(FromQueryResult)]
    struct Stored {
        last_step: i64,
    }
    let sql = "SELECT f.last_step FROM second_factors f JOIN people p ON p.id = f.person_id WHERE p.email = $1";
    let stored: Option<Stored> = row(portal.database.read(), "demo: code", sql, [email.into()]).await?;
    let Some(Stored { last_step }) = stored else { return Ok(None) };
    let last = DateTime::from_timestamp(last_step * STEP_S, 0).unwrap_or_default();
    let around = [-1, 0, 1].map(|steps| portal.now() + TimeDelta::seconds(STEP_S * steps));
    let unused = around.into_iter().find(|at| *at >= last + TimeDelta::seconds(STEP_S));
    Ok(unused.map(|at| code_at(secret, at)))
}

/// Code that the app of `secret` shows at an instant.
pub(crate) fn code_at(secret: &[u8], at: DateTime<Utc>) -> String {
    app_of(secret).generate(seconds(at)).to_string()
}
