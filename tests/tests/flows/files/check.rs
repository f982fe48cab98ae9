use crate::{downloaded, generated};
use reqwest::StatusCode;
use tests::{AMELIA, Answer, Server};

/// The verdict and the fact that decided.
fn verdict(answer: &Answer) -> (String, String) {
    let said = |selector: &str| answer.all(selector).into_iter().next().unwrap_or_default();
    (said("#verdict"), said("[aria-labelledby=verdict] p"))
}

#[tokio::test]
async fn a_posted_file_is_answered_about_and_not_kept() {
    let server = Server::start().await;
    let amelia = server.signed_in(AMELIA).await;
    let file = generated(&amelia, &[("assigned.SW-001-4.0-AL02", "5")]).await;
    let text = downloaded(&amelia, &file).await;
    let before = server.contents().await;
    let anybody = server.browser();
    assert_eq!(anybody.get("/check").await.status, StatusCode::OK);

    let valid = anybody.post_files("/check", &[("file", text.as_bytes()), ("text", b""), ("second", b"")]).await;
    assert_eq!(valid.status, StatusCode::OK);
    let signed = "Signed by licensing.meridian.example/2026a and unchanged.";
    assert_eq!(verdict(&valid), ("Valid".to_owned(), signed.to_owned()));
    assert!(valid.all("[aria-labelledby=contents] dd").contains(&"IC-PRD-01".to_owned()));
    assert!(valid.all("[aria-labelledby=contents] th").contains(&"I3_ACCESS_CLIENT".to_owned()));

    // What a form does to line ends is undone, and told.
    let pasted = anybody.post_files("/check", &[("file", b""), ("text", text.replace('\n', "\r\n").as_bytes())]).await;
    assert_eq!(verdict(&pasted), ("Valid".to_owned(), signed.to_owned()));
    assert!(pasted.text().contains("Line ends that were changed to CR LF on the way were changed back."));

    let changed = text.replace("I3_ACCESS_CLIENT = 5", "I3_ACCESS_CLIENT = 6");
    let altered = anybody.post_files("/check", &[("file", changed.as_bytes()), ("second", text.as_bytes())]).await;
    assert_eq!(verdict(&altered), ("Altered".to_owned(), "The text was changed after it was signed.".to_owned()));
    assert_eq!(altered.all("#contents"), ["Contents, which are not to be relied on"]);
    assert_eq!(altered.all("[aria-labelledby=comparison] tbody th"), ["I3_ACCESS_CLIENT"]);
    assert_eq!(altered.all("[aria-labelledby=comparison] tbody td"), ["6", "5"]);

    let other = anybody.post_files("/check", &[("file", b"<html>not found</html>\n")]).await;
    assert_eq!(verdict(&other), ("Not an activation file".to_owned(), "It carries no signature.".to_owned()));
    assert_eq!(server.contents().await, before);
}

#[tokio::test]
async fn what_is_no_form_of_the_checker_is_refused_with_the_next_step() {
    let server = Server::start().await;
    let anybody = server.browser();
    let nothing = anybody.post_files("/check", &[("file", b""), ("text", b"")]).await;
    assert_eq!(nothing.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(nothing.problems(), [("file".to_owned(), "Choose an activation file, or paste its text.".to_owned())]);
    assert_eq!(nothing.all(".field.invalid .error"), ["Choose an activation file, or paste its text."]);
    let large = anybody.post_files("/check", &[("file", &vec![b'x'; 600 * 1024])]).await;
    assert_eq!(large.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(large.text().contains("larger than 512 KiB"));
    let urlencoded = anybody.post("/check", &[("text", "x")]).await;
    assert_eq!(urlencoded.status, StatusCode::BAD_REQUEST);
    assert!(urlencoded.text().contains("What was sent is not a form with files."));
}
