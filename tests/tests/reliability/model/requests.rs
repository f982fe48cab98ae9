//! Random sequences of what people do with requests, each compared with a model of states and messages.

use portal::requests::{RawMail, Receipt, receive};
use rand::{RngExt, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use reqwest::StatusCode;
use std::{collections::BTreeMap, time::Instant};
use tests::{Backend, Browser, LENA, SAM, Server, Size, question_of, report, seed};

/// A request as the model has it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Modelled {
    mailbox: usize,
    state: &'static str,
    analyst: Option<usize>,
    held: bool,
    /// Numbers of messages of the requester, replies, and notes.
    messages: [usize; 3],
}

impl Modelled {
    fn is_open(&self) -> bool {
        ["new", "in-review", "waiting"].contains(&self.state)
    }

    /// What the requester writes opens it again, for whoever has it.
    fn written(&mut self) {
        self.messages[0] += 1;
        self.state = if self.state == "new" || self.analyst.is_none() { "new" } else { "in-review" };
    }

    fn given_to(&mut self, analyst: usize) {
        self.analyst = Some(analyst);
        if self.state == "new" {
            self.state = "in-review";
        }
    }
}

/// Codes of what a reply makes of a request, and the state after it.
const RESOLUTIONS: [(&str, &str); 6] = [
    ("keep", "in-review"),
    ("ask", "waiting"),
    ("answer", "answered"),
    ("fulfil", "fulfilled"),
    ("reject", "rejected"),
    ("close", "closed"),
];
/// Mailboxes that requests come from.
const MAILBOXES: usize = 5;
/// Requests of a run: fewer than the limits of a day.
const MOST: usize = 20;

struct Driver {
    server: Server,
    analysts: [(Browser, i64); 2],
    stranger: Browser,
    requests: Vec<Modelled>,
    confirmed: [bool; MAILBOXES],
    seen: BTreeMap<&'static str, u32>,
}

fn address(mailbox: usize) -> String {
    format!("dana.{mailbox}@contoso.example")
}

impl Driver {
    async fn new(backend: Backend) -> Self {
        let server = Server::durable(backend).await;
        server.execute("UPDATE people SET staff_role = 'analyst' WHERE email = 'sam.okafor@meridian.example'").await;
        let mut analysts = Vec::new();
        for email in [LENA, SAM] {
            let rows = server.rows(&format!("SELECT id FROM people WHERE email = '{email}'")).await;
            analysts.push((server.signed_in(email).await, rows[0]["id"].as_i64().expect("an id")));
        }
        let stranger = server.browser();
        let analysts = analysts.try_into().unwrap_or_else(|_| panic!("two analysts"));
        Self { server, analysts, stranger, requests: Vec::new(), confirmed: [false; MAILBOXES], seen: BTreeMap::new() }
    }

    /// Posts a form, now and then twice, and expects the status.
    async fn post(&self, random: &mut StdRng, browser: &Browser, path: &str, fields: &[(String, String)], expected: StatusCode) {
        for _ in 0..random.random_range(1..=2) {
            let answer = browser.post(path, fields).await;
            assert_eq!(answer.status, expected, "{path} {fields:?}: {:?}", answer.problems());
        }
    }

    async fn row(&self, request: usize, column: &str) -> String {
        let rows =
            self.server.rows(&format!("SELECT CAST({column} AS TEXT) AS value FROM requests WHERE id = {}", request + 1)).await;
        rows[0]["value"].as_str().expect("a text").to_owned()
    }

    async fn submit(&mut self, random: &mut StdRng) -> &'static str {
        let mailbox = random.random_range(0..MAILBOXES);
        let page = self.stranger.get("/request/new").await;
        let action = page.attribute("main form", "action").expect("a form");
        let form = question_of(&address(mailbox));
        self.post(random, &self.stranger, &action, &form, StatusCode::SEE_OTHER).await;
        self.post(random, &self.stranger, &format!("{action}/done"), &[], StatusCode::SEE_OTHER).await;
        let open = self.requests.iter().filter(|request| request.mailbox == mailbox && request.is_open()).count();
        let held = open >= 2 && !self.confirmed[mailbox];
        self.requests.push(Modelled { mailbox, state: "new", analyst: None, held, messages: [1, 0, 0] });
        if held { "held" } else { "sent" }
    }

    /// One step with a request, by one of the analysts or its requester.
    async fn step(&mut self, random: &mut StdRng, turn: usize) -> &'static str {
        let request = random.random_range(0..self.requests.len());
        let me = random.random_range(0..2);
        let (analyst, other) = (self.analysts[me].0.clone(), 1 - me);
        let work = format!("/requests/AFR-{:07}", request + 1);
        let mut model = self.requests[request].clone();
        let key = format!("step{turn:018}");
        let keyed = |name: &str, text: &str| vec![("key".to_owned(), key.clone()), (name.to_owned(), text.to_owned())];
        let text = format!("Turn {turn}.");
        let (ok, conflict) = (StatusCode::SEE_OTHER, StatusCode::CONFLICT);
        let what = match random.random_range(0..100) {
            0..20 => {
                let expected = if model.analyst == Some(me) || (model.analyst.is_none() && !model.held) { ok } else { conflict };
                self.post(random, &analyst, &format!("{work}/claim"), &[], expected).await;
                if expected == ok {
                    model.given_to(me);
                }
                if expected == ok { "claimed" } else { "not claimed" }
            }
            20..28 => {
                let mine = model.analyst == Some(me);
                // A second time it is nobody's any more.
                let answer = analyst.post(&format!("{work}/release"), &[] as &[(&str, &str)]).await;
                assert_eq!(answer.status, if mine { ok } else { conflict });
                if mine {
                    model.analyst = None;
                    if model.is_open() {
                        model.state = "new";
                    }
                }
                if mine { "released" } else { "not released" }
            }
            28..36 => {
                let to = vec![("analyst".to_owned(), self.analysts[other].1.to_string())];
                let expected = if model.held && model.analyst != Some(other) { conflict } else { ok };
                self.post(random, &analyst, &format!("{work}/hand-over"), &to, expected).await;
                if expected == ok && model.analyst != Some(other) {
                    model.given_to(other);
                }
                "handed over"
            }
            36..60 => {
                let (resolution, state) = RESOLUTIONS.choose(random).expect("one");
                let stale = random.random_bool(0.2);
                let revision: i64 = self.row(request, "revision").await.parse().expect("a number");
                let mut fields = keyed("reply", &text);
                let revision = if stale { revision - 1 } else { revision };
                fields.extend(
                    [("resolution", (*resolution).to_owned()), ("revision", revision.to_string())]
                        .map(|(n, v)| (n.to_owned(), v)),
                );
                let expected = if model.analyst == Some(me) && !stale { ok } else { conflict };
                self.post(random, &analyst, &format!("{work}/answer"), &fields, expected).await;
                if expected == ok {
                    model.state = state;
                    model.messages[1] += 1;
                }
                if expected == ok { "answered" } else { "not answered" }
            }
            60..66 => {
                self.post(random, &analyst, &format!("{work}/note"), &keyed("note", &text), ok).await;
                model.messages[2] += 1;
                "noted"
            }
            66..78 => {
                let link = self.row(request, "link").await;
                self.post(random, &self.stranger, &format!("/request/{link}/reply"), &keyed("message", &text), ok).await;
                model.written();
                "written"
            }
            78..82 => {
                let link = self.row(request, "link").await;
                self.post(random, &self.stranger, &format!("/request/{link}/close"), &[], ok).await;
                if model.is_open() {
                    model.state = "closed";
                    model.held = false;
                }
                "closed"
            }
            82..92 => {
                let from = if random.random_bool(0.7) { address(model.mailbox) } else { "eve@evil.example".to_owned() };
                let mail = format!("From: {from}\r\nSubject: AFR-{:07}\r\nMessage-ID: <{turn}@x>\r\n\r\n{text}\r\n", request + 1);
                let receipt = receive(self.server.portal(), RawMail::from(mail.clone().into_bytes())).await.expect("received");
                let again = receive(self.server.portal(), RawMail::from(mail.into_bytes())).await.expect("received");
                assert_eq!(again, Receipt::Twice);
                let taken = matches!(receipt, Receipt::Message(_));
                assert_eq!(taken, !from.starts_with("eve"));
                if taken {
                    model.written();
                }
                if taken { "mailed" } else { "unverified" }
            }
            _ => {
                let (link, secret) = (self.row(request, "link").await, self.row(request, "mailbox_key").await);
                let path = format!("/request/{link}/mailbox/{secret}");
                self.post(random, &self.stranger, &path, &[], ok).await;
                self.confirmed[model.mailbox] = true;
                for other in self.requests.iter_mut().filter(|other| other.mailbox == model.mailbox) {
                    other.held = false;
                }
                model.held = false;
                "confirmed"
            }
        };
        self.requests[request] = model;
        what
    }

    /// The database says what the model says.
    async fn compare(&self, turn: usize) {
        let sql = "SELECT r.state, r.assigned_to, CAST(CASE WHEN r.held THEN 1 ELSE 0 END AS TEXT) AS held,
                       (SELECT CAST(COUNT(*) AS TEXT) FROM request_messages m WHERE m.request_id = r.id AND m.kind = 'requester') AS written,
                       (SELECT CAST(COUNT(*) AS TEXT) FROM request_messages m WHERE m.request_id = r.id AND m.kind = 'reply') AS replies,
                       (SELECT CAST(COUNT(*) AS TEXT) FROM request_messages m WHERE m.request_id = r.id AND m.kind = 'note') AS notes
                   FROM requests r ORDER BY r.id";
        let rows = self.server.rows(sql).await;
        assert_eq!(rows.len(), self.requests.len(), "turn {turn}");
        for (number, (row, model)) in rows.iter().zip(&self.requests).enumerate() {
            let analyst =
                row["assigned_to"].as_i64().map(|id| self.analysts.iter().position(|(_, own)| *own == id).expect("an analyst"));
            let count = |name: &str| row[name].as_str().expect("a text").parse::<usize>().expect("a count");
            let found = (
                row["state"].as_str().expect("a state"),
                analyst,
                count("held") == 1,
                [count("written"), count("replies"), count("notes")],
            );
            assert_eq!(found, (model.state, model.analyst, model.held, model.messages), "turn {turn}, request {}", number + 1);
        }
    }
}

async fn random_requests(backend: Backend) {
    let (steps, seed, began) = (Size::of_run().pick(200, 3_000), seed(), Instant::now());
    eprintln!("model of requests, {backend:?}: {steps} steps, seed {seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let mut driver = Driver::new(backend).await;
    for turn in 0..steps {
        let submits = driver.requests.is_empty() || (driver.requests.len() < MOST && random.random_bool(0.1));
        let what = if submits { driver.submit(&mut random).await } else { driver.step(&mut random, turn).await };
        *driver.seen.entry(what).or_default() += 1;
        driver.compare(turn).await;
    }
    for what in [
        "claimed",
        "not claimed",
        "released",
        "handed over",
        "answered",
        "not answered",
        "written",
        "mailed",
        "unverified",
        "confirmed",
        "closed",
    ] {
        assert!(driver.seen.contains_key(what), "no step was “{what}”: {:?}", driver.seen);
    }
    driver.server.assert_healthy().await;
    report(&format!(
        "model of requests, {backend:?}: {steps} random steps with {} requests, each compared with states and messages, forms sent twice, \
         doctor clean, seed {seed}, {} s",
        driver.requests.len(),
        began.elapsed().as_secs()
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_do_what_a_model_does_on_sqlite() {
    random_requests(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_do_what_a_model_does_on_postgres() {
    random_requests(Backend::Postgres).await;
}
