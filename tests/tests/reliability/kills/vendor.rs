//! Kills on the way of what makes a vendor's portal: an invitation that is accepted, a catalogue and an import that are applied, a password and a second
//! factor that are set.

use super::{COMMITTED, number, times};
use crate::EXECUTABLE;
use std::time::Instant;
use tests::{AMELIA, Answer, Backend, Browser, Home, LENA, PATIENCE, SAM, code_of, report};

const SHIPPED: &str = include_str!("../../../../portal/catalogue/pureconnect.toml");
const ORDERS: &[u8] = b"garn,account,sales_order,line,ordered_on,part,assigned,site,site_country\n\
    FJORD-1,Fjord,SO-7,1,2019-05-06,SW-001-4.0-AL01,25,Bergen,Norway\n\
    ACME-1001,,SO-8,1,2019-05-06,SW-001-4.0-AL02,5,,\n";

/// Operation that is killed.
#[derive(Clone, Copy, Debug)]
enum Operation {
    Accept,
    Apply,
    Import,
    Reset,
    SecondFactor,
}

impl Operation {
    const ALL: [Self; 5] = [Self::Accept, Self::Apply, Self::Import, Self::Reset, Self::SecondFactor];
}

/// Address that is pressed, with its fields.
struct Asked {
    browser: Browser,
    path: String,
    fields: Vec<(String, String)>,
}

impl Asked {
    async fn send(&self) -> reqwest::Result<Answer> {
        self.browser.try_post(&self.path, &self.fields).await
    }
}

impl Operation {
    /// Comes to the last step before the operation.
    async fn prepare(self, home: &Home) -> Asked {
        let browser = home.browser();
        match self {
            Self::Accept => {
                browser.sign_in(SAM).await;
                let fields = [("email", "dana@acme.example"), ("role", "member"), ("garn", "ACME-1001"), ("permission", "files")];
                browser.post("/people/invitations", &fields).await;
                let path = link(home, "/invitation/").await;
                let fields = [("name", "Dana Reyes"), ("password", "seven lamps burn by the quay")];
                Asked {
                    browser: home.browser(),
                    path,
                    fields: fields.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
                }
            }
            Self::Apply => {
                browser.sign_in(SAM).await;
                let other = SHIPPED.replacen("name = \"2020 R4\"", "name = \"2020 R9\"", 1);
                browser.post_parts("/catalogue", &[("table", Some("c.toml"), other.as_bytes())]).await;
                let fields = browser.get("/catalogue/2").await.fields("main form");
                Asked { browser, path: "/catalogue/2".to_owned(), fields }
            }
            Self::Import => {
                browser.sign_in(LENA).await;
                browser.post_parts("/imports", &[("table", Some("orders.csv"), ORDERS)]).await;
                until(home, "imports WHERE state = 'planned'").await;
                Asked { browser, path: "/imports/IM-0000001/apply".to_owned(), fields: Vec::new() }
            }
            Self::Reset => {
                browser.post("/password", &[("email", AMELIA)]).await;
                until(home, "jobs WHERE kind = 'mail'").await;
                let path = link(home, "/password/").await;
                let fields = vec![("password".to_owned(), "seven lamps burn by the quay".to_owned())];
                Asked { browser, path, fields }
            }
            Self::SecondFactor => {
                browser.sign_in(AMELIA).await;
                let secret = browser.get("/profile/second-factor").await.value("secret").expect("a secret");
                let code = code_of(&secret, portal::Ctx::system().now());
                let fields = [("secret", secret), ("code", code)].map(|(name, value)| (name.to_owned(), value)).into();
                Asked { browser, path: "/profile/second-factor".to_owned(), fields }
            }
        }
    }

    /// What the operation leaves, counted: none of it before, all of it afterwards.
    async fn left(self, home: &Home) -> Vec<i64> {
        let counted: &[&str] = match self {
            Self::Accept => &[
                "people WHERE email = 'dana@acme.example'",
                "invitations WHERE accepted_at IS NOT NULL",
                "audit_events WHERE action = 'invitation accepted'",
            ],
            Self::Apply => &[
                "product_versions WHERE retired",
                "product_versions WHERE name = '2020 R9'",
                "catalogues WHERE id = 2 AND applied_at IS NOT NULL",
                "audit_events WHERE action = 'catalogue applied'",
            ],
            Self::Import => &[
                "imports WHERE state = 'applied'",
                "accounts WHERE garn = 'FJORD-1'",
                "orders WHERE sales_order = 'SO-7'",
                "orders WHERE sales_order = 'SO-8'",
                "audit_events WHERE action = 'import applied'",
            ],
            Self::Reset => &["password_resets WHERE used_at IS NOT NULL", "audit_events WHERE action = 'password reset'"],
            Self::SecondFactor => &[
                "second_factors WHERE person_id = 1",
                "recovery_codes WHERE person_id = 1",
                "sessions WHERE person_id = 1 AND factor_at IS NOT NULL",
                "audit_events WHERE action = 'second factor set up'",
            ],
        };
        let mut numbers = Vec::new();
        for what in counted {
            numbers.push(number(home, what).await);
        }
        numbers
    }

    /// Ends when the operation has done its work.
    async fn done(self, home: &Home) {
        if matches!(self, Self::Import) {
            until(home, "imports WHERE state = 'applied'").await;
        }
    }

    /// Last step at which nothing is left.
    const fn last(self) -> &'static str {
        match self {
            Self::Accept | Self::Apply | Self::Reset | Self::SecondFactor => COMMITTED,
            Self::Import => "import applied",
        }
    }
}

/// Link in the latest mail.
async fn link(home: &Home, beginning: &str) -> String {
    let database = super::database(home).await;
    let sql = "SELECT CAST(arguments AS TEXT) AS arguments FROM jobs WHERE kind = 'mail' ORDER BY id DESC LIMIT 1";
    let statement = sea_orm::Statement::from_string(sea_orm::ConnectionTrait::get_database_backend(&database), sql);
    let found = <sea_orm::JsonValue as sea_orm::FromQueryResult>::find_by_statement(statement).one(&database).await;
    let found = found.expect("mail").expect("a mail")["arguments"].as_str().expect("a text").to_owned();
    database.close().await.expect("closed");
    let at = found.find(beginning).expect("a link");
    found[at..].chars().take_while(|c| c.is_ascii_alphanumeric() || "/-_".contains(*c)).collect()
}

/// Ends when there is one of `what`.
async fn until(home: &Home, what: &str) {
    let began = Instant::now();
    while number(home, what).await == 0 {
        assert!(began.elapsed() < PATIENCE, "{what}: none");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

async fn killed_on_the_way(backend: Backend, operation: Operation) {
    let (times, began) = (times(), Instant::now());
    let home = Home::new(EXECUTABLE, backend).await;
    let mut running = home.start();
    let asked = operation.prepare(&home).await;
    let steps = running
        .trace(
            async {
                drop(asked.send().await.expect("an answer"));
                operation.done(&home).await;
            },
            operation.last(),
        )
        .await;
    running.terminate();
    assert!(steps.len() >= 3, "steps were lost: {steps:?}");
    let all = operation.left(&home).await;
    assert!(all.iter().all(|count| *count > 0), "{operation:?}: {all:?}");
    let mut killed = 0;
    for _ in 0..times {
        for failpoint in &steps {
            let home = Home::new(EXECUTABLE, backend).await;
            let mut running = home.start();
            let asked = operation.prepare(&home).await;
            running.arm(failpoint);
            // Where a worker is killed, there may have been an answer.
            drop(asked.send().await);
            running.assert_killed();
            killed += 1;
            let left = operation.left(&home).await;
            let whole = left == all;
            assert!(whole || left.iter().all(|count| *count == 0), "{operation:?}, {failpoint:?}: {left:?}");
            home.assert_healthy().await;
            let running = home.start();
            // Sent again: it is done once, whether it was done before or not.
            drop(asked.send().await.expect("an answer"));
            operation.done(&home).await;
            assert_eq!(operation.left(&home).await, all, "{operation:?}, {failpoint:?}");
            home.assert_healthy().await;
            running.terminate();
        }
    }
    let (points, seconds) = (steps.len(), began.elapsed().as_secs());
    report(&format!(
        "kills, {backend:?}: {times} × SIGKILL at each of {points} steps of {operation:?}: {killed} sent again, each done once, doctor clean after \
         every kill, {seconds} s"
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_makes_a_portal_is_whole_or_not_there_after_a_kill_on_sqlite() {
    for operation in Operation::ALL {
        killed_on_the_way(Backend::Sqlite, operation).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_makes_a_portal_is_whole_or_not_there_after_a_kill_on_postgres() {
    for operation in Operation::ALL {
        killed_on_the_way(Backend::Postgres, operation).await;
    }
}
