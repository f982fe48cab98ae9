use crate::{downloaded, generated};
use reqwest::StatusCode;
use std::process::Command;
use tests::{AMELIA, LENA, Server};

#[tokio::test]
async fn a_file_is_viewed_and_downloaded_byte_for_byte() {
    let server = Server::start().await;
    let amelia = server.signed_in(AMELIA).await;
    let file = generated(&amelia, &[("assigned.SW-001-4.0-AL04", "5")]).await;
    let page = amelia.get(&file).await;
    assert_eq!(page.status, StatusCode::OK);
    assert_eq!(page.all(".plate .serial"), ["AF-0000001"]);
    assert_eq!(page.all(".plate .machine"), ["IC-PRD-01", "IC-PRD-02"]);
    assert_eq!(page.all(".plate .badge"), ["Active"]);
    let first = amelia.get(&format!("{file}/download")).await;
    let second = amelia.get(&format!("{file}/download")).await;
    assert_eq!(first.body, second.body);
    assert_eq!(first.header("content-type"), "application/octet-stream");
    assert_eq!(first.header("content-disposition"), "attachment; filename=\"AF-0000001.I3Lic\"");
    let facts = page.all("dl.facts dd");
    let facts = &facts[facts.len() - 2..];
    assert_eq!(facts[0], format!("{} bytes", first.body.len()));
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("file"), &first.body).expect("the file is written");
    let sum = Command::new("sha256sum").arg("file").current_dir(folder.path()).output().expect("sha256sum starts");
    assert_eq!(String::from_utf8_lossy(&sum.stdout).split(' ').next(), Some(page.all("#sha256")[0].as_str()));
}

/// The commands as the specification has them, to the letter.
const OPENSSL: &str = r"
grep -v '^— ' F | sed '$d' >text
grep '^— KEYNAME ' F | sed 's/.* //' | base64 -d | tail -c 64 >sig
openssl pkeyutl -verify -pubin -inkey public.pem -rawin -in text -sigfile sig
";

#[tokio::test]
async fn openssl_verifies_the_file_and_notices_one_changed_byte() {
    let server = Server::start().await;
    let amelia = server.signed_in(AMELIA).await;
    let file = generated(&amelia, &[]).await;
    let text = downloaded(&amelia, &file).await;
    let pem = server.browser().get("/keys/licensing.meridian.example/2026a.pem").await;
    assert_eq!(pem.status, StatusCode::OK);
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("public.pem"), &pem.body).expect("the key is written");
    let verify = |bytes: &[u8]| {
        std::fs::write(folder.path().join("F"), bytes).expect("the file is written");
        let commands = OPENSSL.replace("KEYNAME", "licensing.meridian.example/2026a");
        Command::new("sh").args(["-c", &commands]).current_dir(folder.path()).status().expect("sh starts").success()
    };
    assert!(verify(text.as_bytes()));
    let note = text.find("\n\n— ").expect("where the text ends");
    for position in [0, note / 3, note / 2, note - 1] {
        let mut changed = text.clone().into_bytes();
        changed[position] ^= 1;
        assert!(!verify(&changed), "byte {position} was changed");
    }
}

#[tokio::test]
async fn the_list_shows_files_page_by_page_and_both_names_of_a_pair() {
    let server = Server::start().await;
    // Thirty more server items, so that the list has two pages.
    server.execute("UPDATE entitlements SET owned_assigned = 32 WHERE id = 1").await;
    let amelia = server.signed_in(AMELIA).await;
    generated(&amelia, &[]).await;
    for number in 0..26 {
        let host = format!("0A0B0C0D0E{number:02X}");
        generated(&amelia, &[("host_id", &host), ("machine_name", &format!("IC-{number}")), ("switchover_later", "yes")]).await;
    }
    let first = amelia.get("/accounts/ACME-1001/files").await;
    assert_eq!(first.all(".count"), ["1–25 of 27 activation files, generated, latest first"]);
    assert_eq!(first.all("tbody tr").len(), 25);
    assert_eq!(first.all("tbody tr th")[0], "AF-0000027");
    let next = first.attribute("nav.pages a[rel=next]", "href").expect("a second page");
    let second = amelia.get(&next).await;
    assert_eq!(second.all("tbody tr th"), ["AF-0000002", "AF-0000001"]);
    assert_eq!(second.all("tbody tr:last-child td:nth-last-child(10) span"), ["IC-PRD-01", "IC-PRD-02"]);
    assert_eq!(second.attribute("nav.pages a[rel=next]", "href"), None);
    assert_eq!(amelia.get("/accounts/ACME-1001/files?after=AF-0009999").await.status, StatusCode::NOT_FOUND);
    assert_eq!(first.all("nav.pages .sizes a"), ["25 rows", "50 rows", "100 rows"]);
    let medium = amelia.get("/accounts/ACME-1001/files?rows=50").await;
    assert_eq!(medium.all("tbody tr").len(), 27);
    assert_eq!(medium.all("nav.pages .sizes a[aria-current]"), ["50 rows"]);
    let odd = amelia.get("/accounts/ACME-1001/files?rows=1000000").await;
    assert_eq!(odd.all("tbody tr").len(), 25, "what is not offered is the usual size");
}

#[tokio::test]
async fn an_account_without_files_is_told_what_to_do() {
    let server = Server::start().await;
    let lena = server.signed_in(LENA).await;
    let page = lena.get("/accounts/NORDIC-3003/files").await;
    assert_eq!(page.all(".empty a"), ["Generate the first one"]);
}
