use crate::{UNUSED_KEY, form};
use chrono::{DateTime, TimeDelta, Utc};
use licensing::files::request::NewFileForm;
use portal::{
    Ctx, MailSettings, Portal,
    jobs::{Lane, Stop, run_due},
    mail::Mailer,
    people::PasswordCost,
    requests::Keep,
    signing::KeyFile,
};
use std::{
    fs,
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};
use tests::{AMELIA, Backend, NOW, new_database};

pub(crate) const FROM: &str = "AFMT <licensing@meridian.example>";

/// A portal without a server, so that mail goes out only when the test says so, with one mail queued.
pub(crate) async fn portal_with_mail(folder: &Path, clock: &Arc<Mutex<DateTime<Utc>>>) -> Portal {
    let ctx = Ctx::fixed(
        {
            let clock = Arc::clone(clock);
            move || *clock.lock().expect("the clock")
        },
        7,
    );
    let key = KeyFile {
        name: "licensing.meridian.example/2026a".into(),
        path: folder.join("key"),
        passphrase: "correct horse".to_owned().into(),
    };
    key.generate(&ctx, PasswordCost::Least).expect("a signing key");
    let settings = portal::Settings {
        database: new_database(Backend::of_run(), folder).await,
        blobs: portal::store::BlobAddress::Folder(folder.to_owned()),
        public_url: "https://licences.example".into(),
        vendor: "Meridian Contact Software".into(),
        mail: MailSettings { from: "licensing@meridian.example".parse().expect("an address"), replies_to: None, authority: None },
        scanner: None,
        keep: Keep::default(),
        password_cost: PasswordCost::Least,
        slow_query: Duration::from_secs(60),
    };
    let portal = Portal::open(settings, &key, ctx).await.expect("the portal opens");
    portal::demo::fill(&portal).await.expect("the demo");
    let token = tests::signed_in(&portal, AMELIA).await;
    let amelia = portal.authenticate(token.as_str()).await.expect("the database answers").expect("a session");
    let acme = amelia.account("ACME-1001").await.expect("her account");
    let form: NewFileForm = form(UNUSED_KEY, &[]).into_iter().collect();
    portal::files::generate(&acme, &form.generate_request(), &UNUSED_KEY.parse().expect("a key")).await.expect("generated");
    portal
}

pub(crate) fn clock() -> Arc<Mutex<DateTime<Utc>>> {
    Arc::new(Mutex::new(NOW.parse().expect("an instant")))
}

pub(crate) fn mails(folder: &Path) -> Vec<String> {
    let files = fs::read_dir(folder).expect("the folder").map(|entry| entry.expect("an entry").path());
    files
        .filter(|path| path.extension().is_some_and(|e| e == "eml"))
        // Long lines are folded in transport.
        .map(|path| fs::read_to_string(path).expect("a mail").replace("=\r\n", ""))
        .collect()
}

#[tokio::test]
async fn queued_mail_is_sent_once() {
    let (data, sent) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let portal = portal_with_mail(data.path(), &clock()).await;
    let mailer = Lane::Mail(Box::new(Mailer::folder(sent.path().to_owned(), FROM).expect("a mailer")));
    assert_eq!(run_due(&portal, &mailer, &Stop::default()).await.expect("sent"), 1);
    assert_eq!(run_due(&portal, &mailer, &Stop::default()).await.expect("nothing is due"), 0);
    let mails = mails(sent.path());
    assert_eq!(mails.len(), 1);
    assert!(mails[0].contains("To: amelia.hart@acme.example"), "{}", mails[0]);
    assert!(mails[0].contains("Subject: Activation file AF-0000001 for IC-PRD-01"), "{}", mails[0]);
    assert!(mails[0].contains("Content-Type: text/plain; charset=utf-8"), "{}", mails[0]);
    assert!(mails[0].contains("https://licences.example/accounts/ACME-1001/files/AF-0000001"), "{}", mails[0]);
}

#[tokio::test]
async fn while_the_mail_server_is_down_mail_waits_and_nobody_notices() {
    let (data, sent) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let clock = clock();
    let portal = portal_with_mail(data.path(), &clock).await;
    // A port that was free a moment ago: nobody listens there.
    let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a free port").port();
    let down = Lane::Mail(Box::new(Mailer::smtp(&format!("smtp://127.0.0.1:{port}"), FROM).expect("a mailer")));
    assert_eq!(run_due(&portal, &down, &Stop::default()).await.expect("no error"), 0);
    let folder = Lane::Mail(Box::new(Mailer::folder(sent.path().to_owned(), FROM).expect("a mailer")));
    assert_eq!(run_due(&portal, &folder, &Stop::default()).await.expect("not due yet"), 0);
    *clock.lock().expect("the clock") += TimeDelta::minutes(2);
    assert_eq!(run_due(&portal, &folder, &Stop::default()).await.expect("due again"), 1);
    assert_eq!(mails(sent.path()).len(), 1);
}
