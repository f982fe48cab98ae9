//! Mail that comes in: replies, strangers, programs and bombs.

use super::{finished, question};
use portal::requests::{RawMail, Receipt, receive};
use reqwest::StatusCode;
use std::io::{Read, repeat};
use tests::{AMELIA, Backend, LENA, Server, changed};

const FIRST: &str = "/requests/AFR-0000001";

/// The address that replies to mails about the first request go to.
async fn reply_address(server: &Server) -> String {
    let mails =
        server.rows("SELECT arguments ->> 'replies_to' AS address FROM jobs WHERE kind = 'mail' ORDER BY id LIMIT 1").await;
    mails[0]["address"].as_str().expect("an address").to_owned()
}

async fn received(server: &Server, mail: &str) -> Receipt {
    receive(server.portal(), RawMail::from(mail.replace('\n', "\r\n").into_bytes())).await.expect("received")
}

async fn count(server: &Server, what: &str) -> usize {
    server.rows(&format!("SELECT 1 AS one FROM {what}")).await.len()
}

/// A mail with a field for each of `fields`.
fn mail(from: &str, to: &str, fields: &str, text: &str) -> String {
    format!("From: {from}\nTo: {to}\nMessage-ID: <{}@contoso.example>\n{fields}Subject: Re: your mail\n\n{text}\n", text.len())
}

#[tokio::test]
async fn replies_become_messages_whichever_way_they_come() {
    let server = Server::durable(Backend::of_run()).await;
    let stranger = server.browser();
    let link = finished(&server, &stranger, &question(&[("copies", "it@contoso.example")])).await;
    let to = reply_address(&server).await;
    assert!(to.starts_with("requests+afr-0000001-") && to.ends_with("@licences.example"), "{to}");
    let lena = server.signed_in(LENA).await;
    lena.press(&format!("{FIRST}/claim")).await;
    let page = lena.get(FIRST).await;
    let form = page.fields_of(&format!("form[action='{FIRST}/answer']"));
    lena.post(&format!("{FIRST}/answer"), &changed(form, &[("reply", "Which version?"), ("resolution", "ask")])).await;
    let first = Receipt::Message("AFR-0000001".parse().expect("a number"));
    let by_address = mail(
        "Dana <Dana.Reyes@contoso.example>",
        &to.to_uppercase(),
        "",
        "2020 R2\n<b>bold</b>\n\nOn Friday Lena wrote:\n> Which version?",
    );
    assert_eq!(received(&server, &by_address).await, first);
    // The same mail by another way, with the traces of that.
    assert_eq!(received(&server, &format!("Received: from mx\nDelivered-To: x\n{by_address}")).await, Receipt::Twice);
    let page = lena.get(FIRST).await;
    assert_eq!(page.all(".message .body")[2], "2020 R2 <b>bold</b>");
    assert_eq!(page.all("details.history .body"), ["On Friday Lena wrote: > Which version?"]);
    assert!(page.all(".message .by")[2].contains("Dana Reyes · Requester") && page.all(".message .by")[2].contains("by mail"));
    assert_eq!(page.all(".lead .badge")[0], "In review");
    // A copy answers without the address, by the number in the subject.
    let by_number =
        mail("it@contoso.example", "licensing@meridian.example", "", "We too.").replace("Re: your mail", "AW: [afr-0000001]");
    assert_eq!(received(&server, &by_number).await, first);
    // By the thread, as HTML, with attachments, one of which is a program.
    let by_thread = "From: it@contoso.example\nSubject: Hello\nReferences: <afr-0000001@meridian.example>\nMIME-Version: 1.0\n\
         Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/html\n\n<p>See <i>below</i></p><img src=x onerror=alert(1)>\n\
         --b\nContent-Type: text/plain\nContent-Disposition: attachment; filename=\"../../notes.txt\"\n\nnotes\n\
         --b\nContent-Type: application/octet-stream; name=tool.exe\nContent-Transfer-Encoding: base64\n\nTVo=\n--b--\n";
    assert_eq!(received(&server, by_thread).await, first);
    let page = stranger.get(&link).await;
    assert_eq!(page.all(".message .body").last().map(String::as_str), Some("See below"));
    assert!(page.all(".message .help").last().expect("a remark").contains("tool.exe has a name that ends in “exe”."));
    assert_eq!(page.all("main table tbody a"), ["notes.txt"]);
    // Nothing is answered by itself but the analyst, who is told.
    let told = server.rows("SELECT arguments ->> 'recipient' AS who FROM jobs WHERE kind = 'mail' ORDER BY id").await;
    let told: Vec<_> = told.iter().filter_map(|row| row["who"].as_str()).collect();
    assert_eq!(told[4..], [LENA; 3], "{told:?}");
    server.assert_healthy().await;
}

#[tokio::test]
async fn what_is_not_certain_waits_for_an_analyst_and_tells_nobody() {
    let server = Server::durable(Backend::of_run()).await;
    let stranger = server.browser();
    let link = finished(&server, &stranger, &question(&[])).await;
    let to = reply_address(&server).await;
    let mails = count(&server, "jobs").await;
    let own = "requests@licences.example";
    let waiting = [
        // Who was told the address, and takes no part.
        mail("eve@evil.example", &to, "", "one"),
        mail("\"dana.reyes@contoso.example\" <eve@evil.example>", &to, "", "two"),
        mail("dana.reyes@contoso.example, eve@evil.example", &to, "", "three"),
        // An address that was not told proves nothing: neither does the number, for somebody else.
        mail("eve@evil.example", "requests+afr-0000001-00000000000000000000@licences.example", "", "four"),
        mail("eve@evil.example", own, "In-Reply-To: <afr-0000001@meridian.example>\n", "five."),
        mail("eve@evil.example", own, "", "Which licences does HELIOS-2002 own?"),
        mail("dana.reyes@contoso.example", own, "", "A new question."),
        mail("dana.reyes@contoso.example", own, "", "Another number.").replace("Re: your mail", "AFR-9999999"),
    ];
    for mail in &waiting {
        assert_eq!(received(&server, mail).await, Receipt::Unverified, "{mail}");
    }
    assert_eq!(count(&server, "jobs").await, mails, "nobody is answered");
    assert_eq!(stranger.get(&link).await.all(".message").len(), 1);
    let lena = server.signed_in(LENA).await;
    assert!(lena.get("/requests").await.all(".chip").contains(&"Unverified mail 8".to_owned()));
    let tray = lena.get("/requests/mail").await;
    assert_eq!(tray.all("li.message").len(), 8);
    assert!(tray.text().contains("eve@evil.example takes no part in AFR-0000001."), "{}", tray.text());
    let raw = lena.get("/requests/mail/6").await;
    assert_eq!((raw.status, raw.header("content-security-policy")), (StatusCode::OK, "default-src 'none'; sandbox"));
    assert!(String::from_utf8_lossy(&raw.body).contains("Which licences does HELIOS-2002 own?"));
    // An analyst knows better.
    for (typed, words) in [
        ("", "“” is no number of a request. Enter one such as AFR-0000123."),
        ("AFR-0000009", "There is no request AFR-0000009. Check the number."),
    ] {
        let refused = lena.post("/requests/mail/7/add", &[("number-7", typed)]).await;
        assert_eq!((refused.status, refused.problems()[0].1.as_str()), (StatusCode::UNPROCESSABLE_ENTITY, words));
        assert_eq!(refused.value("number-7").as_deref(), Some(typed));
    }
    let added = lena.post("/requests/mail/7/add", &[("number-7", " afr-0000001 ")]).await;
    assert_eq!(added.header("location"), FIRST);
    assert_eq!(stranger.get(&link).await.all(".message .body")[1], "A new question.");
    assert_eq!(lena.post("/requests/mail/7/add", &[("number-7", "AFR-0000001")]).await.status, StatusCode::NOT_FOUND, "once");
    assert_eq!(lena.press("/requests/mail/6/dismiss").await.header("location"), "/requests/mail?dismissed");
    assert_eq!(lena.get("/requests/mail/6").await.status, StatusCode::NOT_FOUND);
    assert_eq!(lena.get("/requests/mail?view=settled").await.all("li.message").len(), 2);
    assert_eq!(server.signed_in(AMELIA).await.get("/requests/mail").await.status, StatusCode::FORBIDDEN);
    server.assert_healthy().await;
}

#[tokio::test]
async fn a_sender_that_the_mail_server_does_not_confirm_is_none() {
    let server = Server::with(Backend::of_run(), |settings| {
        settings.demo = true;
        settings.mail_authority = Some("mx.licences.example".into());
    });
    let server = server.await;
    finished(&server, &server.browser(), &question(&[])).await;
    let to = reply_address(&server).await;
    for (fields, text, receipt) in [
        ("", "a", Receipt::Unverified),
        ("Authentication-Results: mx.licences.example; dmarc=fail header.from=contoso.example\n", "ab", Receipt::Unverified),
        ("Authentication-Results: mx.evil.example; dmarc=pass\n", "abc", Receipt::Unverified),
        (
            "Authentication-Results: mx.licences.example; spf=pass; dmarc=pass header.from=contoso.example\n",
            "abcd",
            Receipt::Message("AFR-0000001".parse().expect("a number")),
        ),
    ] {
        assert_eq!(received(&server, &mail("dana.reyes@contoso.example", &to, fields, text)).await, receipt, "{fields}");
    }
}

#[tokio::test]
async fn programs_are_noted_and_never_answered() {
    let server = Server::start().await;
    let stranger = server.browser();
    let link = finished(&server, &stranger, &question(&[])).await;
    let to = reply_address(&server).await;
    let before = count(&server, "jobs").await;
    let dana = "dana.reyes@contoso.example";
    // Two programs that answer each other: each answer is another mail.
    for turn in 0..20 {
        let answer = mail(dana, &to, "Auto-Submitted: auto-replied\n", &format!("I am away. {}", "!".repeat(turn)));
        assert_eq!(received(&server, &answer).await, Receipt::Automatic);
    }
    for (fields, text) in [("Precedence: bulk\n", "a"), ("Return-Path: <>\n", "ab"), ("List-Id: <list.contoso.example>\n", "abc")]
    {
        assert_eq!(received(&server, &mail(dana, &to, fields, text)).await, Receipt::Automatic, "{fields}");
    }
    // Our own mail, come back.
    assert_eq!(received(&server, &mail("licensing@meridian.example", &to, "", "x")).await, Receipt::Automatic);
    let bounce = format!(
        "Return-Path: <>\nFrom: MAILER-DAEMON@mx.contoso.example\nTo: {to}\nSubject: Undelivered\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\nNo such mailbox: it@contoso.example\n\
         --b\nContent-Type: message/delivery-status\n\nFinal-Recipient: rfc822; it@contoso.example\nAction: failed\n--b--\n"
    );
    assert_eq!(received(&server, &bounce).await, Receipt::Automatic);
    assert_eq!(count(&server, "jobs").await, before, "nobody is answered");
    assert_eq!(stranger.get(&link).await.all(".message").len(), 1);
    let page = server.signed_in(LENA).await.get(FIRST).await;
    assert!(page.text().contains("A mail server could not deliver a mail of ours."));
    assert!(page.text().contains("No such mailbox: it@contoso.example"));
    // Mail of ours says that a program wrote it, and where bounces go.
    let folder = server.settings().data.join("mail");
    let sent = async {
        loop {
            let first = std::fs::read_dir(&folder).into_iter().flatten().flatten().next();
            if let Some(entry) = first {
                break std::fs::read_to_string(entry.path()).expect("a mail");
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    let sent = tokio::time::timeout(std::time::Duration::from_secs(30), sent).await.expect("sent");
    assert!(sent.contains("Auto-Submitted: auto-generated\r\n") && sent.contains(&format!("Reply-To: {to}\r\n")), "{sent}");
}

#[tokio::test]
async fn bombs_are_bounded_and_noted() {
    let server = Server::durable(Backend::of_run()).await;
    finished(&server, &server.browser(), &question(&[])).await;
    let to = reply_address(&server).await;
    let head = format!("From: dana.reyes@contoso.example\r\nTo: {to}\r\nSubject: AFR-0000001\r\n");
    let fields = "X-Field: value\r\n".repeat(10_000);
    let nested: String = (0..5_000).map(|n| format!("Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n")).collect();
    for bomb in [format!("{head}{fields}\r\nText"), format!("{head}{nested}\r\nText")] {
        assert_eq!(receive(server.portal(), RawMail::from(bomb.into_bytes())).await.expect("received"), Receipt::Unreadable);
    }
    let long = format!("{head}\r\n").into_bytes();
    let long = RawMail::read(long.chain(repeat(b'a').take(100 * 1024 * 1024))).expect("read to its end");
    assert_eq!(receive(server.portal(), long).await.expect("received"), Receipt::Unreadable);
    let lena = server.signed_in(LENA).await;
    let noted = lena.get("/requests/mail?view=noted").await;
    assert_eq!(noted.all("li.message").len(), 3);
    for words in ["larger than 25 MB", "more than 200 parts", "more than 500 fields"] {
        assert!(noted.text().contains(words), "{words}: {}", noted.text());
    }
    // An archive in a mail is judged as any attachment is; a long text is attached whole.
    let text = "word ".repeat(10_000);
    let long_text = format!("{head}\r\n{text}");
    let first = Receipt::Message("AFR-0000001".parse().expect("a number"));
    assert_eq!(receive(server.portal(), RawMail::from(long_text.into_bytes())).await.expect("received"), first);
    assert_eq!(server.rows("SELECT name FROM request_attachments").await[0]["name"], "whole mail.txt");
    server.assert_healthy().await;
}

#[tokio::test]
async fn a_flood_of_mail_is_taken_in_part_and_the_rest_waits() {
    let server = Server::start().await;
    finished(&server, &server.browser(), &question(&[])).await;
    let to = reply_address(&server).await;
    let mut receipts = Vec::new();
    for text in 0..75 {
        receipts.push(received(&server, &mail("dana.reyes@contoso.example", &to, "", &"a".repeat(text + 1))).await);
    }
    let messages = receipts.iter().filter(|receipt| matches!(receipt, Receipt::Message(_))).count();
    assert_eq!((messages, receipts.len()), (50, 75));
    assert_eq!(count(&server, "received_mails WHERE outcome = 'unverified' AND object IS NOT NULL").await, 20);
    assert_eq!(count(&server, "received_mails WHERE outcome = 'unverified' AND object IS NULL").await, 5);
}

#[tokio::test]
async fn of_many_deliveries_of_a_mail_at_once_one_is_taken() {
    let server = Server::start().await;
    finished(&server, &server.browser(), &question(&[])).await;
    let mail = mail("dana.reyes@contoso.example", &reply_address(&server).await, "", "Once.");
    let mut deliveries = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let (portal, mail) = (server.portal().clone(), RawMail::from(mail.clone().into_bytes()));
        deliveries.spawn(async move { receive(&portal, mail).await.expect("received") });
    }
    let receipts = deliveries.join_all().await;
    assert_eq!(receipts.iter().filter(|receipt| **receipt != Receipt::Twice).count(), 1, "{receipts:?}");
    assert_eq!(count(&server, "request_messages WHERE mail_id IS NOT NULL").await, 1);
}
