use crate::{
    AuditEvent, Caller, Error, Portal,
    caller::{Person, Role},
    database::{row, run},
    entity::{person, session},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, FromQueryResult, QueryFilter};
use sha2::{Digest, Sha256};
use std::net::IpAddr;

/// A session ends this long after it began…
const LONGEST: TimeDelta = TimeDelta::hours(12);
/// …or this long after its last request.
const IDLE: TimeDelta = TimeDelta::hours(2);
/// How exactly the last request is known; a write for every request would be waste.
const SEEN_EVERY: TimeDelta = TimeDelta::minutes(1);

/// Clocks of several servers differ by less.
const SKEW: TimeDelta = TimeDelta::minutes(1);

const ATTEMPT_WINDOW: TimeDelta = TimeDelta::minutes(15);
const ATTEMPTS_BY_EMAIL: i64 = 10;
const ATTEMPTS_BY_ADDRESS: i64 = 50;

/// What the browser keeps of a session. The database has only its hash.
#[derive(Clone)]
pub struct Token(String);

impl Token {
    /// As it stands in the cookie.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What was typed to sign in.
pub struct SignIn {
    pub email: String,
    pub password: String,
    /// Where the request came from.
    pub address: IpAddr,
}

/// Why somebody was not signed in.
#[derive(Debug, thiserror::Error)]
pub enum SignInRefused {
    #[error("The e-mail address and the password do not belong together. Check both and try again.")]
    Incorrect,
    #[error("There were too many attempts. Try again in {} minutes.", retry_after_s.div_ceil(60))]
    TooMany { retry_after_s: u64 },
    #[error(transparent)]
    Error(#[from] Error),
}

impl Portal {
    /// Signs a person in. The answer and the time it takes do not tell whether the address is known.
    ///
    /// # Errors
    /// [`SignInRefused`].
    pub async fn sign_in(&self, sign_in: SignIn) -> Result<Token, SignInRefused> {
        let signed_in = self.try_sign_in(sign_in).await;
        self.observed.sign_in(match &signed_in {
            Ok(_) => "signed in",
            Err(SignInRefused::Incorrect) => "incorrect",
            Err(SignInRefused::TooMany { .. }) => "too many",
            Err(SignInRefused::Error(_)) => "failed",
        });
        signed_in
    }

    async fn try_sign_in(&self, sign_in: SignIn) -> Result<Token, SignInRefused> {
        let email = sign_in.email.trim().to_lowercase();
        let by_email = subject("email", &email);
        // Counted before the password is checked, so that attempts made at once are all counted.
        let by_address = subject("address", &network(sign_in.address));
        self.count_attempt(&by_address, ATTEMPTS_BY_ADDRESS).await?;
        self.count_attempt(&by_email, ATTEMPTS_BY_EMAIL).await?;

        let person = person::Entity::find()
            .filter(person::Column::Email.eq(&email))
            .filter(person::Column::Active.eq(true))
            .one(self.database.read())
            .await
            .map_err(Error::from)?;
        let right = self.passwords.check(sign_in.password, person.as_ref().map(|p| p.password_hash.clone())).await?;
        let Some(person) = person.filter(|_| right) else {
            return Err(SignInRefused::Incorrect);
        };

        let token = Token(URL_SAFE_NO_PAD.encode(self.ctx.random::<32>()));
        let now = self.ctx.now();
        // By itself: inside the transaction it would lock rows of other people in no order.
        let ended = "DELETE FROM sign_in_attempts WHERE window_began_at <= $1";
        run(self.database.bookkeeping(), "attempts: ended", ended, [(now - ATTEMPT_WINDOW).into()]).await?;
        let write = self.database.write().await?;
        session::Entity::delete_many()
            .filter(session::Column::BeganAt.lt(now - LONGEST))
            .exec(write.on())
            .await
            .map_err(Error::from)?;
        session::ActiveModel {
            token_sha256: Set(hash(&token.0)),
            person_id: Set(person.id),
            began_at: Set(now),
            seen_at: Set(now),
        }
        .insert(write.on())
        .await
        .map_err(Error::from)?;
        run(write.on(), "attempts: forget", "DELETE FROM sign_in_attempts WHERE subject_sha256 = $1", [by_email.into()]).await?;
        // People behind one address who sign in rightly do not use up its attempts.
        run(
            write.on(),
            "attempts: give back",
            "UPDATE sign_in_attempts SET attempts = attempts - 1 WHERE subject_sha256 = $1 AND attempts > 0",
            [by_address.into()],
        )
        .await?;
        let event = AuditEvent::by_operator(now, &person.name, "sign-in", format!("person {}", person.id));
        write.commit(event.of_person(person.id)).await?;
        Ok(token)
    }

    async fn count_attempt(&self, subject: &[u8], most: i64) -> Result<(), SignInRefused> {
        #[derive(FromQueryResult)]
        struct Attempts {
            attempts: i64,
            window_began_at: DateTime<Utc>,
        }
        let now = self.ctx.now();
        let refusal = |window_began_at: DateTime<Utc>| {
            let wait = window_began_at + ATTEMPT_WINDOW - now;
            SignInRefused::TooMany { retry_after_s: u64::try_from(wait.num_seconds()).unwrap_or(0).max(1) }
        };
        // A window that began in the future is of a clock that was set back since. Who is over the limit already is refused without a write: guessing must not keep others from writing.
        let full: Option<Attempts> = row(
            self.database.bookkeeping(),
            "attempts: full",
            "SELECT attempts, window_began_at FROM sign_in_attempts
             WHERE subject_sha256 = $1 AND window_began_at > $2 AND window_began_at <= $3 AND attempts >= $4",
            [subject.to_vec().into(), (now - ATTEMPT_WINDOW).into(), (now + SKEW).into(), most.into()],
        )
        .await?;
        if let Some(full) = full {
            return Err(refusal(full.window_began_at));
        }
        let counted: Option<Attempts> = row(
            self.database.bookkeeping(),
            "attempts: count",
            "INSERT INTO sign_in_attempts (subject_sha256, window_began_at, attempts) VALUES ($1, $2, 1)
             ON CONFLICT (subject_sha256) DO UPDATE SET
                attempts = CASE WHEN sign_in_attempts.window_began_at > $3 AND sign_in_attempts.window_began_at <= $4
                                THEN sign_in_attempts.attempts + 1 ELSE 1 END,
                window_began_at = CASE WHEN sign_in_attempts.window_began_at > $3 AND sign_in_attempts.window_began_at <= $4
                                       THEN sign_in_attempts.window_began_at ELSE $2 END
             RETURNING attempts, window_began_at",
            [subject.to_vec().into(), now.into(), (now - ATTEMPT_WINDOW).into(), (now + SKEW).into()],
        )
        .await?;
        match counted {
            Some(Attempts { attempts, window_began_at }) if attempts > most => Err(refusal(window_began_at)),
            _ => Ok(()),
        }
    }

    /// Who sends `token`; nobody when it is unknown or its session has ended.
    ///
    /// # Errors
    /// [`Error::Unavailable`] and [`Error::Internal`].
    pub async fn authenticate(&self, token: &str) -> Result<Option<Caller>, Error> {
        #[derive(FromQueryResult)]
        struct Found {
            #[sea_orm(nested)]
            person: StoredPerson,
            began_at: DateTime<Utc>,
            seen_at: DateTime<Utc>,
        }
        let token_sha256 = hash(token);
        let sql = format!(
            "SELECT {PERSON}, s.began_at, s.seen_at FROM sessions s JOIN people p ON p.id = s.person_id
             WHERE s.token_sha256 = $1 AND p.active"
        );
        let found: Option<Found> = row(self.database.read(), "session", &sql, [token_sha256.clone().into()]).await?;
        let now = self.ctx.now();
        // A session that began in the future is of a clock that was set back since: it would last too long.
        let lasts = |f: &Found| f.began_at <= now + SKEW && now < f.began_at + LONGEST && now < f.seen_at + IDLE;
        let Some(found) = found.filter(lasts) else {
            return Ok(None);
        };
        if found.seen_at + SEEN_EVERY <= now {
            let seen = run(
                self.database.bookkeeping(),
                "session: seen",
                "UPDATE sessions SET seen_at = $1 WHERE token_sha256 = $2",
                [now.into(), token_sha256.into()],
            );
            // A page that only reads is shown even while nothing can be written.
            if let Err(error) = seen.await {
                tracing::warn!(%error, "the session's last request was not noted");
            }
        }
        found.person.caller(self).map(Some)
    }

    /// Who has this row id, for what goes on when they have left; nobody who may not sign in any more.
    pub(crate) async fn caller(&self, person_id: i64) -> Result<Option<Caller>, Error> {
        let sql = format!("SELECT {PERSON} FROM people p WHERE p.id = $1 AND p.active");
        let found: Option<StoredPerson> = row(self.database.read(), "person", &sql, [person_id.into()]).await?;
        found.map(|person| person.caller(self)).transpose()
    }

    /// Ends the session of `token`. An unknown one is no error: the wish is fulfilled.
    ///
    /// # Errors
    /// [`Error::Unavailable`] and [`Error::Internal`].
    pub async fn sign_out(&self, caller: &Caller, token: &str) -> Result<(), Error> {
        let write = self.database.write().await?;
        session::Entity::delete_by_id(hash(token)).exec(write.on()).await?;
        write.commit(AuditEvent::by_person(caller, "sign-out", format!("person {}", caller.person_id()))).await
    }
}

/// Columns of [`StoredPerson`], of person `p`.
const PERSON: &str = "p.id, p.email, p.name, p.staff_role, p.time_zone,
    EXISTS (SELECT 1 FROM memberships m JOIN accounts a ON a.id = m.account_id
            WHERE m.person_id = p.id AND a.kind = 'partner') AS partner";

#[derive(FromQueryResult)]
struct StoredPerson {
    id: i64,
    email: String,
    name: String,
    staff_role: Option<String>,
    time_zone: String,
    partner: bool,
}

impl StoredPerson {
    fn caller(self, portal: &Portal) -> Result<Caller, Error> {
        let role = match self.staff_role.as_deref() {
            Some("analyst") => Role::Analyst,
            Some("administrator") => Role::Administrator,
            _ if self.partner => Role::Partner,
            _ => Role::Customer,
        };
        let time_zone = crate::database::parsed(&self.time_zone)?;
        let person = Person { name: self.name, email: self.email, time_zone };
        Ok(Caller::new(portal.clone(), self.id, person, role))
    }
}

fn hash(token: &str) -> Vec<u8> {
    Sha256::digest(token).to_vec()
}

fn subject(kind: &str, value: &str) -> Vec<u8> {
    Sha256::digest(format!("{kind}\n{value}")).to_vec()
}

/// An IPv6 user has a whole /64.
fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("{:x?}", &address.segments()[..4]),
    }
}
