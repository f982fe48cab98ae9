//! Mail through real servers: out by SMTP with STARTTLS and a password, in by IMAP and by a pipe.

use super::{finished, question};
use portal::requests::ImapMailbox;
use server::Secret;
use std::time::{Duration, Instant};
use tests::{Backend, BreakingLine, Home, LENA, MailServers, PATIENCE, Server, changed};

/// Waits until `there` says something.
async fn until<T>(what: &str, mut there: impl AsyncFnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = there().await {
            return found;
        }
        assert!(began.elapsed() < PATIENCE, "{what} does not come");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// A field of a mail as it arrived.
fn field(mail: &str, name: &str) -> String {
    let line = mail.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")));
    line.unwrap_or_else(|| panic!("no {name}: {mail}")).trim().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_goes_out_by_smtp_and_comes_in_by_imap_and_by_a_pipe() {
    let servers = MailServers::start();
    let home = Home::new(env!("CARGO_BIN_EXE_afmt_under_test"), Backend::of_run()).await;
    let mut command = home.command(&[]);
    command.env("AFMT_SMTP_URL", servers.smtp_url()).env("AFMT_MAILBOX", servers.imaps_url());
    command.env("SSL_CERT_FILE", servers.certificate());
    let running = home.start_with(command);
    let stranger = home.browser();
    let action = stranger.get("/request/new").await.attribute("main form", "action").expect("a form");
    let sent = stranger.post(&action, &question(&[("copies", "it@contoso.example")])).await;
    stranger.press(&format!("{}/done", sent.header("location").trim_end_matches("/attachments"))).await;
    let mails = until("the confirmation", async || Some(servers.arrived()).filter(|mails| mails.len() == 2)).await;
    let to = mails.iter().map(|mail| field(mail, "To")).collect::<std::collections::BTreeSet<_>>();
    assert_eq!(to.into_iter().collect::<Vec<_>>(), ["dana.reyes@contoso.example", "it@contoso.example"]);
    let reply_to = field(&mails[0], "Reply-To");
    assert_eq!(field(&mails[0], "Return-Path"), format!("<{reply_to}>"), "bounces go where replies go");
    // In by IMAP, as a mail program answers.
    let answer = format!(
        "From: Dana Reyes <dana.reyes@contoso.example>\nTo: {reply_to}\nSubject: Re: {}\nMessage-ID: <1@contoso.example>\n\
         In-Reply-To: {}\n\nBy IMAP.\n\nOn Friday {} wrote:\n> We have it.\n",
        field(&mails[0], "Subject"),
        field(&mails[0], "Message-ID"),
        field(&mails[0], "From"),
    );
    servers.send("dana.reyes@contoso.example", &reply_to, &answer);
    let lena = home.browser();
    lena.sign_in(LENA).await;
    let work = "/requests/AFR-0000001";
    let bodies = until("the reply", async || Some(lena.get(work).await.all(".message .body")).filter(|all| all.len() > 1)).await;
    assert_eq!(bodies[1], "By IMAP.");
    until("the mark", async || (servers.seen() == 1).then_some(())).await;
    // In by the pipe: the same once more is nothing new, another one is.
    assert_eq!(home.receive(answer.as_bytes(), None).received().0, "Twice");
    let piped = answer.replace("By IMAP.", "By the pipe.").replace("<1@", "<2@");
    assert_eq!(home.receive(piped.as_bytes(), None).received().0, "Message(RequestNumber(1))");
    // The analyst's answer goes to both, where their mail programs show it in the thread.
    lena.press(&format!("{work}/claim")).await;
    let form = lena.get(work).await.fields_of(&format!("form[action='{work}/answer']"));
    lena.post(&format!("{work}/answer"), &changed(form, &[("reply", "GetHostID shows it."), ("resolution", "answer")])).await;
    let mails = until("the answer", async || Some(servers.arrived()).filter(|mails| mails.len() == 4)).await;
    let answers: Vec<_> = mails.iter().filter(|mail| mail.contains("GetHostID shows it.")).collect();
    assert_eq!(answers.len(), 2);
    assert!(!answers[0].contains("Auto-Submitted"), "a person wrote it");
    running.terminate();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_breaks_in_the_middle_of_a_mail_loses_and_doubles_nothing() {
    let servers = MailServers::start();
    let server = Server::start().await;
    finished(&server, &server.browser(), &question(&[])).await;
    let large = format!(
        "From: dana.reyes@contoso.example\nSubject: Re: AFR-0000001\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n\
         --b\n\nSee the log.\n--b\nContent-Type: text/plain\nContent-Disposition: attachment; filename=server.log\n\n{}\n--b--\n",
        "A line of a log.\n".repeat(60_000)
    );
    servers.send("dana.reyes@contoso.example", "requests@licences.example", &large);
    servers.send("eve@evil.example", "requests@licences.example", "From: eve@evil.example\nSubject: Hello\n\nWho is there?\n");
    let line = BreakingLine::to(servers.imap_port(), 300_000);
    let mailbox: ImapMailbox = servers.imap_url(Some(line.port)).parse().expect("a mailbox");
    let broken = mailbox.fetch(server.portal()).await.expect_err("the line breaks");
    assert!(line.has_broken(), "{broken} {}", servers.log());
    assert_eq!((servers.seen(), server.rows("SELECT 1 AS one FROM received_mails").await.len()), (0, 0));
    assert_eq!(mailbox.fetch(server.portal()).await.expect("the line holds"), 2);
    assert_eq!(mailbox.fetch(server.portal()).await.expect("nothing is new"), 0);
    assert_eq!(servers.seen(), 2);
    let lena = server.signed_in(LENA).await;
    let page = lena.get("/requests/AFR-0000001").await;
    assert_eq!(page.all(".message .body").last().map(String::as_str), Some("See the log."));
    assert!(page.text().contains("server.log"));
    assert_eq!(lena.get("/requests/mail").await.all("li.message").len(), 1);
    // A wrong password and a server that is away are told, and change nothing.
    let wrong: ImapMailbox = servers.imap_url(None).replace("a%2Fb", "wrong").parse().expect("a mailbox");
    assert!(wrong.fetch(server.portal()).await.expect_err("refused").to_string().starts_with("the mail server refuses: "));
    let away: ImapMailbox = servers.imap_url(Some(tests::free_port())).parse().expect("a mailbox");
    assert!(away.fetch(server.portal()).await.expect_err("away").to_string().starts_with("the line to the mail server broke: "));
    // Doctor opens the mailbox as the server does.
    let settings = server::Settings { mailbox: Some(Secret(servers.imap_url(None))), ..server.settings().clone() };
    let said = server.doctor(&settings).await.1;
    assert!(said.contains(&"ok      the mailbox opens".to_owned()), "{said:#?}");
    let settings = server::Settings { mailbox: Some(Secret(servers.imap_url(Some(tests::free_port())))), ..settings };
    assert!(server.doctor(&settings).await.1.iter().any(|line| line.starts_with("BROKEN  the mailbox opens: ")));
}
