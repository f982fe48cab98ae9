use reqwest::StatusCode;
use tests::{AMELIA, Answer, Backend, Browser, LENA, OWEN, Server, workbook};

async fn send(browser: &Browser, table: &[u8]) -> Answer {
    browser.post_parts("/certifications", &[("table", Some("certifications.csv"), table)]).await
}

const HEAD: &str = "Email,product,valid from,valid_through\n";

#[tokio::test]
async fn certifications_come_in_as_a_table_all_or_none() {
    let server = Server::durable(Backend::of_run()).await;
    let lena = server.signed_in(LENA).await;
    let of_owen = "SELECT id FROM certifications WHERE person_id = 2";
    let template = lena.get("/certifications/template.csv").await.text();
    assert_eq!(template.trim_start_matches('\u{feff}').trim(), "email,product,valid_from,valid_through");
    let before = server.contents().await;
    let wrong = format!(
        "{HEAD}{OWEN},CIC,2026-01-01,2027-01-01\nnobody@acme.example,Phone,2026-01-01,2027-01-01\n{AMELIA},CIC,03/04/2026,2027-01-01\n{AMELIA},CIC,2027-01-01,2026-01-01\n"
    );
    let refused = send(&lena, wrong.as_bytes()).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let words = &refused.problems()[0].1;
    for told in [
        "Line 2: nobody has the address nobody@acme.example. Invite them first.",
        "Line 2: there is no product Phone.",
        "Line 3: ",
        "Line 4: the last day lies before the first one.",
    ] {
        assert!(words.contains(told), "{words}");
    }
    for (table, told) in [
        (&b""[..], "Choose a table: CSV, or a workbook."),
        (b"email,product\na,b\n", "The first line names the columns email, product, valid_from and valid_through."),
        (HEAD.as_bytes(), "Choose a table: CSV, or a workbook."),
    ] {
        assert_eq!(send(&lena, table).await.problems()[0].1, told);
    }
    assert_eq!(server.contents().await, before);
    assert_eq!(server.rows(of_owen).await.len(), 0);
    let right = format!("{HEAD}{OWEN},cic,2026-01-01,2027-01-01\n{OWEN},cic,2026-01-01,2027-01-01\n");
    let entered = send(&lena, right.as_bytes()).await;
    assert_eq!(entered.all(".note.ok p"), ["1 certification was entered; there already: 1."], "{:?}", entered.problems());
    assert_eq!(server.rows(of_owen).await.len(), 1);
    let again = send(&lena, right.as_bytes()).await;
    assert_eq!(again.all(".note.ok p"), ["0 certifications were entered; there already: 2."]);
    let rows = [["email", "product", "valid_from", "valid_through"], [AMELIA, "MediaServer", "2030-01-01", "2031-01-01"]];
    let cell = |text: &str| format!("<c t=\"inlineStr\"><is><t>{text}</t></is></c>");
    let sheet: String = rows.iter().map(|row| format!("<row>{}</row>", row.map(cell).concat())).collect();
    let entered = send(&lena, &workbook(&sheet)).await;
    assert_eq!(entered.all(".note.ok p"), ["1 certification was entered; there already: 0."], "{:?}", entered.problems());
    server.assert_healthy().await;
}
