//! Where attachments are: behind a virus scanner, in S3, provided by analysts, and removed when they were kept long enough.

use super::{attachments::upload, finished, form::end_of, question, sent};
use chrono::TimeDelta;
use portal::requests::{RawMail, Swept, receive, sweep};
use reqwest::{StatusCode, header::RANGE};
use std::time::{Duration, Instant};
use tests::{Answer, Backend, Browser, Clamd, Home, LENA, PATIENCE, S3, Server, VIRUS, changed};

const FIRST: &str = "/requests/AFR-0000001";

/// The page, once it says `words`.
async fn saying(browser: &Browser, page: &str, words: &str) -> Answer {
    let began = Instant::now();
    loop {
        let answer = browser.get(page).await;
        if answer.text().contains(words) {
            return answer;
        }
        assert!(began.elapsed() < PATIENCE, "{page} does not say {words}: {}", answer.text());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn attachments_wait_for_the_virus_scanner_and_an_infected_one_is_removed() {
    let mut clamd = tokio::task::spawn_blocking(Clamd::start).await.expect("clamd");
    let server = Server::durable_with(Backend::of_run(), |settings| {
        settings.clamd = Some(clamd.address().parse().expect("an address"));
    });
    let server = server.await;
    let stranger = server.browser();
    let link = finished(&server, &stranger, &question(&[])).await;
    let address = format!("{link}/attachments");
    let infected = format!("a line\n{VIRUS}\n");
    upload(&stranger, &address, &[("notes.txt", b"harmless"), ("virus.txt", infected.as_bytes())]).await;
    let page = saying(&stranger, &link, "Removed: the virus scanner found Afmt.Test").await;
    assert!(page.text().contains("Infected"));
    assert_eq!(page.all("main table tbody a"), ["notes.txt"]);
    assert_eq!(stranger.get(&format!("{address}/1")).await.body, b"harmless");
    assert_eq!(stranger.get(&format!("{address}/2")).await.status, StatusCode::NOT_FOUND);
    let lena = server.signed_in(LENA).await;
    assert!(lena.get(FIRST).await.text().contains("request attachment infected"));
    assert!(server.doctor(server.settings()).await.1.contains(&"ok      the virus scanner answers".to_owned()));
    // Down is never clean: what arrives meanwhile waits, for everybody.
    let mut clamd = tokio::task::spawn_blocking(move || {
        clamd.stop();
        clamd
    })
    .await
    .expect("stopped");
    upload(&stranger, &address, &[("later.txt", b"harmless, too")]).await;
    let mail = b"From: dana.reyes@contoso.example\r\nSubject: AFR-0000001\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n\
                 --b\r\nContent-Type: text/plain\r\nContent-Disposition: attachment; filename=mailed.txt\r\n\r\nmailed\r\n--b--\r\n";
    receive(server.portal(), RawMail::from(mail.to_vec())).await.expect("received");
    assert_eq!(portal::requests::scan_pending(server.portal()).await.expect("tried"), 0);
    for browser in [&stranger, &lena] {
        let page = if std::ptr::eq(browser, &raw const stranger) { &link } else { FIRST };
        let shown = browser.get(page).await;
        assert_eq!(
            shown.all(".badge").iter().filter(|badge| *badge == "Being checked for viruses").count(),
            2,
            "{}",
            shown.text()
        );
        let refused = browser.get(&format!("{page}/attachments/3")).await;
        assert_eq!((refused.status, refused.header("retry-after")), (StatusCode::SERVICE_UNAVAILABLE, "5"));
        assert!(refused.text().contains("This file is still being checked for viruses."));
    }
    let away = server.doctor(server.settings()).await.1;
    assert!(away.iter().any(|line| line.starts_with("BROKEN  the virus scanner answers: ")), "{away:#?}");
    let _clamd = tokio::task::spawn_blocking(move || {
        clamd.resume();
        clamd
    })
    .await
    .expect("resumed");
    let began = Instant::now();
    while portal::requests::unscanned(server.portal()).await.expect("counted") > 0 {
        assert!(began.elapsed() < PATIENCE, "nothing is checked");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(stranger.get(&format!("{address}/3")).await.body, b"harmless, too");
    server.assert_healthy().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn attachments_are_kept_in_s3_and_nothing_is_lost_while_it_is_away() {
    let mut s3 = S3::start().await;
    let home = Home::new(env!("CARGO_BIN_EXE_afmt_under_test"), Backend::of_run()).await;
    let mut command = home.command(&[]);
    s3.offer(&mut command);
    let running = home.start_with(command);
    let stranger = home.browser();
    let step = sent(&stranger, &question(&[])).await;
    // More than one part of S3.
    let large: Vec<u8> = b"%PDF-1.7\n".iter().copied().chain((0..7 * 1024 * 1024_u32).map(|at| at.to_le_bytes()[1])).collect();
    let uploaded = upload(&stranger, &step, &[("order.pdf", &large), ("notes.txt", b"notes")]).await;
    assert_eq!(uploaded.status, StatusCode::SEE_OTHER, "{:?}", uploaded.problems());
    let mut sizes = s3.sizes();
    sizes.sort_unstable();
    assert_eq!(sizes, [5, large.len() as u64]);
    let lena = home.browser();
    lena.sign_in(LENA).await;
    let whole = lena.get(&format!("{FIRST}/attachments/1")).await;
    assert_eq!((whole.status, whole.body == large), (StatusCode::OK, true));
    let url = format!("http://{}{FIRST}/attachments/1", home.settings.listen);
    let part = lena.client.get(url).header(RANGE, "bytes=5242870-5242889").send().await.expect("an answer");
    assert_eq!(part.status(), StatusCode::PARTIAL_CONTENT);
    assert_eq!(part.bytes().await.expect("its bytes")[..], large[5_242_870..5_242_890]);
    // Away: that is said, nothing is recorded, and what was there is there again.
    s3.stop().await;
    let refused = upload(&stranger, &step, &[("later.txt", b"later")]).await;
    assert_eq!((refused.status, refused.header("retry-after")), (StatusCode::SERVICE_UNAVAILABLE, "5"), "{}", refused.text());
    assert_eq!(lena.get(&format!("{FIRST}/attachments/1")).await.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(stranger.get(&step).await.all("tbody th").len(), 2);
    s3.resume().await;
    assert_eq!(upload(&stranger, &step, &[("later.txt", b"later")]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(lena.get(&format!("{FIRST}/attachments/2")).await.body, b"notes");
    stranger.press(&format!("{step}/2/remove")).await;
    assert_eq!((s3.sizes().len(), lena.get(&format!("{FIRST}/attachments/2")).await.status), (2, StatusCode::NOT_FOUND));
    stranger.press(&end_of(&step)).await;
    running.terminate();
}

#[tokio::test]
async fn an_analyst_provides_a_file_of_somebody_else_and_hands_it_over() {
    let server = Server::durable(Backend::of_run()).await;
    let stranger = server.browser();
    let link = finished(&server, &stranger, &question(&[])).await;
    let lena = server.signed_in(LENA).await;
    lena.press(&format!("{FIRST}/claim")).await;
    let provided = upload(&lena, &format!("{FIRST}/provided"), &[("nuance.lic", b"FEATURE asr 1.0"), ("tool.exe", b"MZ")]).await;
    assert_eq!(provided.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(provided.problems()[0].1.starts_with("tool.exe has a name that ends in “exe”."), "{:?}", provided.problems());
    // Nobody but analysts knows of it before it is handed over.
    assert_eq!(stranger.get(&format!("{link}/attachments/1")).await.status, StatusCode::NOT_FOUND);
    assert!(!stranger.get(&link).await.text().contains("nuance.lic"));
    let page = lena.get(FIRST).await;
    let reply = page.fields_of(&format!("form[action='{FIRST}/answer']"));
    assert!(reply.contains(&("provided".into(), "1".into())), "{reply:?}");
    let reply = changed(reply, &[("reply", "Here it is."), ("resolution", "fulfil")]);
    let foreign = lena.post(&format!("{FIRST}/answer"), &changed(reply.clone(), &[("provided", "9")])).await;
    assert_eq!(
        (foreign.status, foreign.problems()[0].1.as_str()),
        (
            StatusCode::UNPROCESSABLE_ENTITY,
            "A file that you selected was removed, or is still being checked. Select it again when it is there."
        )
    );
    assert_eq!(lena.post(&format!("{FIRST}/answer"), &reply).await.status, StatusCode::SEE_OTHER);
    let download = stranger.get(&format!("{link}/attachments/1")).await;
    assert_eq!((download.status, &download.body[..]), (StatusCode::OK, &b"FEATURE asr 1.0"[..]));
    assert!(stranger.get(&link).await.text().contains("From the analyst"));
    let began = Instant::now();
    let mail = loop {
        let folder = std::fs::read_dir(server.settings().data.join("mail")).into_iter().flatten().flatten();
        let mails = folder.map(|entry| std::fs::read_to_string(entry.path()).expect("a mail"));
        if let Some(mail) = mails.into_iter().find(|mail| mail.contains("Here it is.")) {
            break mail;
        }
        assert!(began.elapsed() < PATIENCE, "no mail");
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert!(mail.contains("filename=\"nuance.lic\"") && mail.contains("SHA-256 of nuance.lic: "), "{mail}");
    // Each side removes its own.
    assert_eq!(lena.press(&format!("{FIRST}/provided/1/remove")).await.header("location"), FIRST);
    assert_eq!(stranger.get(&format!("{link}/attachments/1")).await.status, StatusCode::NOT_FOUND);
    upload(&stranger, &format!("{link}/attachments"), &[("own.txt", b"own")]).await;
    assert_eq!(lena.press(&format!("{FIRST}/provided/2/remove")).await.status, StatusCode::NOT_FOUND);
    server.assert_healthy().await;
}

#[tokio::test]
async fn what_was_kept_long_enough_is_removed_and_leaves_its_event() {
    let server = Server::durable_with(Backend::of_run(), |settings| {
        settings.keep_attachments_days = 30;
        settings.keep_requests_days = 90;
    });
    let server = server.await;
    let stranger = server.browser();
    let link = finished(&server, &stranger, &question(&[])).await;
    upload(&stranger, &format!("{link}/attachments"), &[("kept.txt", b"kept")]).await;
    stranger.press(&format!("{link}/close")).await;
    // Nobody confirms the mailbox of this one, and nobody claims it.
    let unconfirmed =
        finished(&server, &stranger, &question(&[("email", "eve@other.example"), ("email_again", "eve@other.example")])).await;
    upload(&stranger, &format!("{unconfirmed}/attachments"), &[("unread.txt", b"unread")]).await;
    let noted = b"From: eve@evil.example\r\nPrecedence: bulk\r\nSubject: Buy\r\n\r\nNow\r\n";
    receive(server.portal(), RawMail::from(noted.to_vec())).await.expect("received");
    let stranger_to_us = b"From: eve@evil.example\r\nSubject: Who is there?\r\n\r\nMe\r\n";
    receive(server.portal(), RawMail::from(stranger_to_us.to_vec())).await.expect("received");
    let objects = server.settings().data.join("attachments");
    std::fs::write(objects.join("orphan"), b"an upload that ended between blob and record").expect("written");
    let swept = async || sweep(server.portal()).await.expect("swept");
    assert_eq!(swept().await, Swept::default(), "nothing is old");
    server.advance(TimeDelta::days(20));
    assert_eq!(swept().await, Swept { attachments: 1, orphans: 1, ..Swept::default() });
    assert_eq!(std::fs::read_dir(&objects).expect("a folder").count(), 2, "an attachment and a mail that waits");
    assert_eq!(stranger.get(&format!("{link}/attachments/1")).await.body, b"kept");
    server.advance(TimeDelta::days(11));
    assert_eq!(swept().await, Swept { attachments: 1, mails: 1, ..Swept::default() });
    assert_eq!(std::fs::read_dir(&objects).expect("a folder").count(), 0);
    assert!(stranger.get(&link).await.all("main table tbody th").is_empty(), "the request is still there");
    server.advance(TimeDelta::days(60));
    assert_eq!(swept().await, Swept { requests: 1, mails: 1, ..Swept::default() });
    assert_eq!(swept().await, Swept::default());
    let events = server.rows("SELECT action, subject FROM audit_events WHERE actor = 'portal' ORDER BY id").await;
    let events: Vec<_> =
        events.iter().map(|event| (event["action"].as_str().unwrap(), event["subject"].as_str().unwrap())).collect();
    assert_eq!(
        events.into_iter().filter(|(action, _)| action.contains("remove") || action.contains("expire")).collect::<Vec<_>>(),
        [
            ("request attachments expired", "AFR-0000002"),
            ("request attachments removed", "AFR-0000001"),
            ("unverified mails removed", "1 mail"),
            ("request removed", "AFR-0000001"),
            ("mails removed", "1 mail"),
        ]
    );
    assert_eq!(server.rows("SELECT id FROM requests").await.len(), 1);
    server.assert_healthy().await;
}
