use crate::{
    access::caller::{Caller, Person, Role, Session},
    audit::AuditEvent,
    error::Error,
    event_type::EventType,
    portal::Portal,
    store::{
        entity::{person, session},
        statement::{row, run},
        write::Write,
    },
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter};
use sha2::{Digest, Sha256};
use std::net::IpAddr;

/// A session ends this long after it began…
const LONGEST: TimeDelta = TimeDelta::hours(12);
/// …or this long after its last request.
const IDLE: TimeDelta = TimeDelta::hours(2);
/// Precision of the time of the last request; a write for every request would be waste.
const SEEN_EVERY: TimeDelta = TimeDelta::minutes(1);

/// Clocks of several servers differ by less.
const SKEW: TimeDelta = TimeDelta::minutes(1);

/// A sign-in that waits for its code ends this long after the password.
pub(super) const UNFINISHED: TimeDelta = TimeDelta::minutes(10);

/// Attempts are counted over this time.
const ATTEMPT_WINDOW: TimeDelta = TimeDelta::minutes(15);

/// Number of wrong attempts that are taken at once, and the wait of each further one: guessing is slowed down, and nobody is shut out by it.
#[derive(Clone, Copy)]
pub(super) struct Pace {
    pub(super) free: i64,
    pub(super) gap: TimeDelta,
}

/// On a device that its person has signed in on before. What strangers try does not count here.
const OF_DEVICE: Pace = Pace { free: 10, gap: TimeDelta::seconds(5) };
/// Pace of strangers for one e-mail address, from one network.
const OF_PAIR: Pace = Pace { free: 10, gap: TimeDelta::seconds(5) };
/// Pace of strangers for one e-mail address, from anywhere.
const OF_EMAIL: Pace = Pace { free: 100, gap: TimeDelta::seconds(1) };
/// Pace of strangers from one network, for anybody.
const OF_NETWORK: Pace = Pace { free: 50, gap: TimeDelta::seconds(1) };

/// Number of devices that are remembered for each person, the latest.
const MOST_DEVICES: u32 = 20;

/// Token of a session that the browser keeps. The database has only its hash.
#[derive(Clone)]
pub struct Token(String);

impl Token {
    /// As it stands in the cookie.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Fields of the sign-in form.
pub struct SignIn {
    pub email: String,
    pub password: String,
    /// Address that the request came from.
    pub address: IpAddr,
    /// Token of the device that the browser keeps, if it has signed in before.
    pub device: Option<String>,
    /// The session that the browser has already: it ends when another one begins in its place.
    pub replaces: Option<String>,
}

/// Tokens that the browser is given.
pub struct SignedIn {
    pub token: Token,
    /// Tells this device from those of strangers at the next attempt. It opens nothing.
    pub device: Token,
}

/// Factors that were proved by somebody whose session begins.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Proved {
    Password,
    /// The password and the second factor.
    SecondFactor,
}

/// A session that begins with a write, and the event of it.
pub(super) struct Begun {
    pub(super) signed_in: SignedIn,
    pub(super) event: AuditEvent,
}

/// What a right password leads to.
pub enum PasswordAccepted {
    SignedIn(SignedIn),
    /// The person has a second factor: this token and a code sign them in.
    AsksForCode(Token),
}

/// Why somebody was not signed in.
#[derive(Debug, thiserror::Error)]
pub enum SignInRefused {
    #[error("The e-mail address and the password do not match. Check both and try again.")]
    Incorrect,
    #[error("There were many attempts with a wrong password. Try again in {}.", seconds(*retry_after_s))]
    TooMany { retry_after_s: u64 },
    #[error(transparent)]
    Error(#[from] Error),
}

fn seconds(count: u64) -> String {
    if count == 1 { "1 second".to_owned() } else { format!("{count} seconds") }
}

impl Portal {
    /// Signs a person in. The answer and the time it takes do not tell whether the address is known.
    ///
    /// # Errors
    /// [`SignInRefused`].
    pub async fn sign_in(&self, sign_in: SignIn) -> Result<PasswordAccepted, SignInRefused> {
        let (who, from) = (self.pseudonym(&sign_in.email.trim().to_lowercase()), self.pseudonym(&network(sign_in.address)));
        let signed_in = self.try_sign_in(sign_in).await;
        if let Err(SignInRefused::Incorrect | SignInRefused::TooMany { .. }) = &signed_in {
            let waits = matches!(signed_in, Err(SignInRefused::TooMany { .. }));
            tracing::warn!(who, from, waits, "sign-in refused");
        }
        self.observed.sign_in(match &signed_in {
            Ok(PasswordAccepted::SignedIn(_)) => "signed in",
            Ok(PasswordAccepted::AsksForCode(_)) => "asked for a code",
            Err(SignInRefused::Incorrect) => "incorrect",
            Err(SignInRefused::TooMany { .. }) => "too many",
            Err(SignInRefused::Error(_)) => "failed",
        });
        signed_in
    }

    async fn try_sign_in(&self, sign_in: SignIn) -> Result<PasswordAccepted, SignInRefused> {
        let email = sign_in.email.trim().to_lowercase();
        let known_device = match &sign_in.device {
            Some(device) => self.knows_device(device, &email).await?,
            None => false,
        };
        let network = network(sign_in.address);
        // Counted before the password is checked, so that attempts made at once are all counted.
        let (own, shared) = match sign_in.device.as_ref().filter(|_| known_device) {
            Some(device) => ((subject("device", device), OF_DEVICE), Vec::new()),
            None => (
                (subject("pair", &format!("{network}\n{email}")), OF_PAIR),
                vec![(subject("address", &network), OF_NETWORK), (subject("email", &email), OF_EMAIL)],
            ),
        };
        for (subject, pace) in shared.iter().chain(std::iter::once(&own)) {
            self.count_attempt(subject, *pace).await?;
        }
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

        let now = self.ctx.now();
        // By itself: inside the transaction it would lock rows of other people in no order.
        let ended = "DELETE FROM sign_in_attempts WHERE window_began_at <= $1";
        run(self.database.bookkeeping(), "attempts: ended", ended, [(now - ATTEMPT_WINDOW).into()]).await?;
        let write = self.database.write().await?;
        self.forget_attempts(write.on(), &own.0).await?;
        for (subject, _) in shared {
            // People behind one address who sign in rightly do not use up its attempts.
            self.give_back_attempt(write.on(), &subject).await?;
        }
        write.lock_person(person.id).await?;
        if has_second_factor(write.on(), person.id).await? {
            let token = self.begin_sign_in(&write, person.id).await?;
            write.commit_bookkeeping().await?;
            return Ok(PasswordAccepted::AsksForCode(token));
        }
        let browser = (sign_in.device, sign_in.replaces);
        let Begun { signed_in, event } = self.begin_session(&write, (person.id, &person.name), browser, Proved::Password).await?;
        write.commit(event).await?;
        Ok(PasswordAccepted::SignedIn(signed_in))
    }

    /// Begins a sign-in that a code finishes.
    async fn begin_sign_in(&self, write: &Write, person: i64) -> Result<Token, Error> {
        let (token, now) = (self.new_token(), self.ctx.now());
        let sql = "DELETE FROM unfinished_sign_ins WHERE began_at <= $1";
        run(write.on(), "sign-in: ended", sql, [(now - UNFINISHED).into()]).await?;
        let sql = "INSERT INTO unfinished_sign_ins (token_sha256, person_id, began_at) VALUES ($1, $2, $3)";
        run(write.on(), "sign-in: begun", sql, [hash(&token.0).into(), person.into(), now.into()]).await?;
        Ok(token)
    }

    /// Begins a session of the person, row id and name, in the browser of this device token, in place of the session that it has.
    pub(super) async fn begin_session(
        &self,
        write: &Write,
        (id, name): (i64, &str),
        (device, replaces): (Option<String>, Option<String>),
        proved: Proved,
    ) -> Result<Begun, Error> {
        let (token, now) = (self.new_token(), self.ctx.now());
        let factor_at = (proved == Proved::SecondFactor).then_some(now);
        session::Entity::delete_many().filter(session::Column::BeganAt.lt(now - LONGEST)).exec(write.on()).await?;
        if let Some(replaced) = replaces {
            self.end_session(write, &replaced).await?;
        }
        session::ActiveModel {
            token_sha256: Set(hash(&token.0)),
            person_id: Set(id),
            began_at: Set(now),
            seen_at: Set(now),
            factor_at: Set(factor_at),
        }
        .insert(write.on())
        .await?;
        let device = self.note_device(write, device, id, now).await?;
        let event = AuditEvent::by_operator(now, name, EventType::SignIn, format!("person {id}")).of_person(id);
        Ok(Begun { signed_in: SignedIn { token, device }, event })
    }

    pub(super) fn new_token(&self) -> Token {
        Token(URL_SAFE_NO_PAD.encode(self.ctx.random::<32>()))
    }

    /// Ends the session of `token`, if there is one, with the event of its person.
    async fn end_session(&self, write: &Write, token: &str) -> Result<(), Error> {
        #[derive(FromQueryResult)]
        struct Ended {
            person_id: i64,
            name: String,
        }
        let sql = "SELECT s.person_id, p.name FROM sessions s JOIN people p ON p.id = s.person_id WHERE s.token_sha256 = $1";
        let ended: Option<Ended> = row(write.on(), "session: replaced", sql, [hash(token).into()]).await?;
        let Some(Ended { person_id, name }) = ended else { return Ok(()) };
        session::Entity::delete_by_id(hash(token)).exec(write.on()).await?;
        let event = AuditEvent::by_operator(self.ctx.now(), &name, EventType::SignOut, format!("person {person_id}"));
        write.record(vec![event.of_person(person_id)]).await
    }

    /// Whether the person with this address has signed in on the device before.
    async fn knows_device(&self, device: &str, email: &str) -> Result<bool, Error> {
        #[derive(FromQueryResult)]
        struct Known {
            #[expect(dead_code, reason = "that there is a row is the answer")]
            person_id: i64,
        }
        let sql =
            "SELECT d.person_id FROM devices d JOIN people p ON p.id = d.person_id WHERE d.token_sha256 = $1 AND p.email = $2";
        let known: Option<Known> = row(self.database.read(), "device", sql, [hash(device).into(), email.into()]).await?;
        Ok(known.is_some())
    }

    /// Records that this person signed in on the device; a device that is not known yet gets a new token.
    async fn note_device(&self, write: &Write, sent: Option<String>, person: i64, now: DateTime<Utc>) -> Result<Token, Error> {
        #[derive(FromQueryResult)]
        struct Known {
            #[expect(dead_code, reason = "that there is a row is the answer")]
            person_id: i64,
        }
        let sql = "SELECT person_id FROM devices WHERE token_sha256 = $1 LIMIT 1";
        let known: Option<Known> = match &sent {
            Some(sent) => row(write.on(), "device: known", sql, [hash(sent).into()]).await?,
            None => None,
        };
        let device = sent.filter(|_| known.is_some()).map_or_else(|| self.new_token(), Token);
        let sql = "INSERT INTO devices (token_sha256, person_id, seen_at) VALUES ($1, $2, $3)
                   ON CONFLICT (token_sha256, person_id) DO UPDATE SET seen_at = $3";
        run(write.on(), "device: seen", sql, [hash(&device.0).into(), person.into(), now.into()]).await?;
        let sql = format!(
            "DELETE FROM devices WHERE person_id = $1 AND token_sha256 NOT IN
                (SELECT n.token_sha256 FROM devices n WHERE n.person_id = $1 ORDER BY n.seen_at DESC, n.token_sha256 LIMIT {MOST_DEVICES})"
        );
        run(write.on(), "device: forgotten", &sql, [person.into()]).await?;
        Ok(device)
    }

    pub(super) async fn count_attempt(&self, subject: &[u8], pace: Pace) -> Result<(), SignInRefused> {
        #[derive(FromQueryResult)]
        struct Attempts {
            attempts: i64,
            window_began_at: DateTime<Utc>,
        }
        let now = self.ctx.now();
        // The attempt after so many waits until its turn; those before it have had theirs.
        let refusal = |before: i64, window_began_at: DateTime<Utc>| {
            let later = i32::try_from(before - pace.free + 1).unwrap_or(i32::MAX).max(0);
            let wait = window_began_at + pace.gap * later - now;
            (wait > TimeDelta::zero())
                .then(|| SignInRefused::TooMany { retry_after_s: u64::try_from(wait.num_seconds()).unwrap_or(0).max(1) })
        };
        // A window that began in the future is of a clock that was set back since. Who must wait is told so without a write: guessing must not keep
        // others from writing.
        let counted: Option<Attempts> = row(
            self.database.bookkeeping(),
            "attempts: so far",
            "SELECT attempts, window_began_at FROM sign_in_attempts
             WHERE subject_sha256 = $1 AND window_began_at > $2 AND window_began_at <= $3",
            [subject.to_vec().into(), (now - ATTEMPT_WINDOW).into(), (now + SKEW).into()],
        )
        .await?;
        if let Some(refusal) = counted.and_then(|so_far| refusal(so_far.attempts, so_far.window_began_at)) {
            return Err(refusal);
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
        // Several at once may have found the same place free.
        match counted.and_then(|counted| refusal(counted.attempts - 1, counted.window_began_at)) {
            Some(refusal) => {
                self.give_back_attempt(self.database.bookkeeping(), subject).await?;
                Err(refusal)
            }
            None => Ok(()),
        }
    }

    /// Forgets the attempts of a subject that has got it right.
    pub(super) async fn forget_attempts(&self, on: &impl ConnectionTrait, subject: &[u8]) -> Result<(), Error> {
        let sql = "DELETE FROM sign_in_attempts WHERE subject_sha256 = $1";
        run(on, "attempts: forget", sql, [subject.to_vec().into()]).await.map(drop)
    }

    /// Takes back an attempt that was counted and not made, or was right.
    async fn give_back_attempt(&self, on: &impl ConnectionTrait, subject: &[u8]) -> Result<(), Error> {
        let sql = "UPDATE sign_in_attempts SET attempts = attempts - 1 WHERE subject_sha256 = $1 AND attempts > 0";
        run(on, "attempts: give back", sql, [subject.to_vec().into()]).await.map(drop)
    }

    /// Person who sends `token`; `None` when it is unknown or its session has ended.
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
            factor_at: Option<DateTime<Utc>>,
        }
        let token_sha256 = hash(token);
        let sql = format!(
            "SELECT {PERSON}, s.began_at, s.seen_at, s.factor_at FROM sessions s JOIN people p ON p.id = s.person_id
             WHERE s.token_sha256 = $1 AND p.active"
        );
        let found: Option<Found> = row(self.database.read(), "session", &sql, [token_sha256.clone().into()]).await?;
        let now = self.ctx.now();
        // A session that began in the future is of a clock that was set back since: it would last too long.
        let lasts = |f: &Found| f.began_at <= now + SKEW && now < f.began_at + LONGEST && now < f.seen_at + IDLE;
        let Some(mut found) = found.filter(lasts) else {
            return Ok(None);
        };
        if found.seen_at + SEEN_EVERY <= now {
            let seen = run(
                self.database.bookkeeping(),
                "session: seen",
                "UPDATE sessions SET seen_at = $1 WHERE token_sha256 = $2",
                [now.into(), token_sha256.clone().into()],
            );
            // A page that only reads is shown even while nothing can be written.
            if let Err(error) = seen.await {
                tracing::warn!(%error, "the session's last request was not noted");
            }
        }
        // A role with the vendor counts for sessions that proved a second factor.
        let needs_factor = found.factor_at.is_none() && found.person.staff_role.take().is_some();
        let session = Session { token_sha256, began_at: found.began_at, factor_at: found.factor_at, needs_factor };
        Ok(Some(found.person.caller(self)?.in_session(session)))
    }

    /// The person with this row id, for work that goes on when they have left; `None` for one who may no longer sign in.
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
        write.commit(caller.event(self.ctx.now(), EventType::SignOut, format!("person {}", caller.person_id()))).await
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
        let time_zone = crate::store::statement::parsed(&self.time_zone)?;
        let person = Person { name: self.name, email: self.email, time_zone };
        Ok(Caller::new(portal.clone(), self.id, person, role))
    }
}

/// Whether the person has a second factor.
pub(super) async fn has_second_factor(on: &impl ConnectionTrait, person: i64) -> Result<bool, Error> {
    #[derive(FromQueryResult)]
    struct Found {
        found: bool,
    }
    let sql = "SELECT EXISTS (SELECT 1 FROM second_factors WHERE person_id = $1) AS found";
    let found: Option<Found> = row(on, "second factor", sql, [person.into()]).await?;
    Ok(found.is_some_and(|found| found.found))
}

pub(super) fn hash(token: &str) -> Vec<u8> {
    Sha256::digest(token).to_vec()
}

pub(super) fn subject(kind: &str, value: &str) -> Vec<u8> {
    Sha256::digest(format!("{kind}\n{value}")).to_vec()
}

impl Portal {
    /// Pseudonym in logs of the network that a request comes from.
    #[must_use]
    pub fn pseudonym_of_address(&self, address: IpAddr) -> String {
        self.pseudonym(&network(address))
    }
}

/// An IPv6 user has a whole /64.
pub(super) fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("{:x?}", &address.segments()[..4]),
    }
}
