//! The second factor of people in tests: what their app would show.

use crate::lasting;
use chrono::{DateTime, Utc};
use portal::{
    Portal,
    demo::{DEMO_PASSWORD, DemoPerson},
    people::{PasswordAccepted, SecondStep, SignIn, Token, finish_sign_in},
};
use sea_orm::{ConnectionTrait, Database};
use std::sync::Arc;
use totp_rs::{Builder, Secret};

/// What a browser needs to enter the codes of people of the demo.
#[derive(Clone)]
pub(crate) struct Codes {
    pub(crate) database_url: String,
    pub(crate) clock: Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>,
}

impl Codes {
    /// The code of `email` now. Their app has shown no other one before: tests do not wait until it shows the next.
    pub(crate) async fn next(&self, email: &str) -> String {
        let database = Database::connect(lasting(self.database_url.clone())).await.expect("the database opens");
        let sql =
            format!("UPDATE second_factors SET last_step = 0 WHERE person_id = (SELECT id FROM people WHERE email = '{email}')");
        database.execute_unprepared(&sql).await.expect("forgotten");
        database.close().await.expect("closed");
        DemoPerson::of(email).and_then(|person| person.code((self.clock)())).expect("a second factor")
    }
}

/// Code that an app shows at an instant, set up with a secret in base 32.
///
/// # Panics
/// When `secret` is none.
#[must_use]
pub fn code_of(secret: &str, at: DateTime<Utc>) -> String {
    let secret = Secret::try_from_base32(secret).expect("a secret");
    let app = Builder::new().with_secret(secret).with_account_name("tests").build().expect("an app");
    app.generate(u64::try_from(at.timestamp()).expect("after 1970")).to_string()
}

/// Signs somebody of the demo in without a browser.
///
/// # Panics
/// When that fails.
pub async fn signed_in(portal: &Portal, email: &str) -> Token {
    let sign_in = SignIn {
        email: email.into(),
        password: DEMO_PASSWORD.into(),
        address: [127, 0, 0, 1].into(),
        device: None,
        replaces: None,
    };
    match portal.sign_in(sign_in).await.expect("the password is right") {
        PasswordAccepted::SignedIn(signed_in) => signed_in.token,
        PasswordAccepted::AsksForCode(token) => {
            let code = DemoPerson::of(email).and_then(|person| person.code(portal.now())).expect("a second factor");
            let step = SecondStep { token: token.as_str().to_owned(), code, device: None, replaces: None };
            finish_sign_in(portal, step).await.expect("the code is right").token
        }
    }
}
