use super::{finished, form::end_of, question, sent};
use crate::generated;
use futures_util::StreamExt;
use reqwest::StatusCode;
use std::io::{Cursor, Write};
use tests::{AMELIA, Answer, Backend, Browser, LENA, Server};
use zip::{ZipWriter, write::SimpleFileOptions};

/// The beginning of a PNG picture.
const PICTURE: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";

pub(super) async fn upload(browser: &Browser, address: &str, files: &[(&str, &[u8])]) -> Answer {
    let parts: Vec<_> = files.iter().map(|(name, bytes)| ("files", Some(*name), *bytes)).collect();
    browser.post_parts(address, &parts).await
}

fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        archive.start_file(*name, SimpleFileOptions::default()).expect("a file");
        archive.write_all(bytes).expect("written");
    }
    archive.finish().expect("an archive").into_inner()
}

/// (file, content, size) of each attachment that a page lists.
fn listed(page: &Answer) -> Vec<(String, String, String)> {
    let columns = page.all("thead th").len() - 1;
    let cells = page.all("tbody td");
    page.all("tbody th")
        .into_iter()
        .zip(cells.chunks(columns))
        .map(|(name, cells)| (name, cells[0].clone(), cells[1].clone()))
        .collect()
}

#[tokio::test]
async fn files_are_attached_several_at_once_removed_and_downloaded() {
    let server = Server::durable(Backend::of_run()).await;
    let amelia = server.signed_in(AMELIA).await;
    let file = amelia.get(&format!("{}/download", generated(&amelia, &[]).await)).await;
    let stranger = server.browser();
    let step = sent(&stranger, &question(&[])).await;
    let archive = archive(&[("a.txt", b"one"), ("b.txt", b"two")]);
    let files: [(&str, &[u8]); 5] = [
        ("C:\\pictures\\host.png", PICTURE),
        ("host.png", PICTURE),
        ("old.I3Lic", &file.body),
        ("logs.zip", &archive),
        ("order\u{202E}.txt", "Größe: 3".as_bytes()),
    ];
    let uploaded = upload(&stranger, &step, &files).await;
    assert_eq!(
        (uploaded.status, uploaded.header("location")),
        (StatusCode::SEE_OTHER, step.as_str()),
        "{:?}",
        uploaded.problems()
    );
    let page = stranger.get(&step).await;
    let of = |name: &str, content: &str, size: &str| (name.to_owned(), content.to_owned(), size.to_owned());
    assert_eq!(
        listed(&page),
        [
            of("host.png", "Picture", "16 bytes"),
            of("host.png", "Picture", "16 bytes"),
            of(
                "old.I3Lic",
                "Activation file AF-0000001, valid: Signed by licensing.meridian.example/2026a and unchanged.",
                &format!("{} bytes", file.body.len()),
            ),
            of("logs.zip", "Archive of 2 files", &format!("{} bytes", archive.len())),
            of("order.txt", "Text", "10 bytes"),
        ]
    );
    let remove = page.attributes("tbody form", "action");
    assert_eq!(server.browser().press(&remove[0]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(stranger.press(&remove[0]).await.header("location"), step);
    assert_eq!(stranger.press(&remove[0]).await.status, StatusCode::NOT_FOUND);
    stranger.press(&end_of(&step)).await;
    // Analysts and whoever follows the request download them, all or a part.
    let lena = server.signed_in(LENA).await;
    let list = lena.get("/requests/AFR-0000001").await;
    let links = list.attributes("tbody th a", "href");
    assert_eq!(links.len(), 4);
    let text = lena.get(&links[3]).await;
    assert_eq!((text.body.as_slice(), text.header("content-type")), ("Größe: 3".as_bytes(), "application/octet-stream"));
    assert_eq!(text.header("content-disposition"), "attachment; filename*=UTF-8''order%2Etxt");
    assert_eq!(
        (text.header("x-content-type-options"), text.header("content-security-policy")),
        ("nosniff", "default-src 'none'; sandbox")
    );
    let part = lena
        .client
        .get(format!("{}{}", server.address(), links[3]))
        .header("range", "bytes=2-4")
        .send()
        .await
        .expect("an answer");
    assert_eq!(
        (part.status(), part.headers()["content-range"].to_str().expect("a text")),
        (StatusCode::PARTIAL_CONTENT, "bytes 2-4/10")
    );
    assert_eq!(part.bytes().await.expect("a body").as_ref(), &"Größe: 3".as_bytes()[2..5]);
    for (range, status) in [
        ("bytes=0-18446744073709551615", StatusCode::OK),
        ("bytes=2-18446744073709551615", StatusCode::PARTIAL_CONTENT),
        ("bytes=99-", StatusCode::OK),
        ("bytes=5-2", StatusCode::OK),
        ("bytes=x", StatusCode::OK),
    ] {
        let odd =
            lena.client.get(format!("{}{}", server.address(), links[3])).header("range", range).send().await.expect("an answer");
        assert_eq!(odd.status(), status, "{range}");
    }
    assert_eq!(amelia.get(&links[3]).await.status, StatusCode::NOT_FOUND);
    let rows = server.rows("SELECT link FROM requests").await;
    let link = format!("/request/{}", rows[0]["link"].as_str().expect("a link"));
    let followed = server.browser();
    let of_link = followed.get(&link).await.attributes("tbody th a", "href");
    assert_eq!(followed.get(&of_link[3]).await.body, "Größe: 3".as_bytes());
    // Another one by the link.
    let added = upload(&followed, &format!("{link}/attachments"), &[("more.csv", b"a,b\n1,2\n")]).await;
    assert_eq!(added.header("location"), format!("{link}?attached"));
    assert_eq!(listed(&followed.get(&link).await).len(), 5);
    // What arrives opens a request again.
    followed.press(&format!("{link}/close")).await;
    assert!(followed.get(&link).await.text().contains("It is closed."));
    upload(&followed, &format!("{link}/attachments"), &[("last.txt", b"one thing more")]).await;
    assert!(followed.get(&link).await.text().contains("A licensing analyst will take it."));
    assert_eq!(blobs(&server), 6, "what was removed is gone");
    server.assert_healthy().await;
}

/// Number of objects that are stored.
fn blobs(server: &Server) -> usize {
    std::fs::read_dir(server.settings().data.join("attachments")).expect("a folder").count()
}

#[tokio::test]
async fn what_is_not_what_it_says_is_refused_by_name_and_the_others_are_kept() {
    let server = Server::start().await;
    let stranger = server.browser();
    let step = sent(&stranger, &question(&[])).await;
    let inner = archive(&[("a.txt", b"one")]);
    let nested = archive(&[("inner.zip", &inner)]);
    let zeros = vec![0; 4 * 1024 * 1024];
    let many: Vec<(String, &[u8])> = (0..26).map(|number| (format!("{number}.bin"), zeros.as_slice())).collect();
    let many: Vec<(&str, &[u8])> = many.iter().map(|(name, bytes)| (name.as_str(), *bytes)).collect();
    let bomb = archive(&many);
    assert!(bomb.len() < 1024 * 1024, "{}", bomb.len());
    let large = vec![b'x'; 10 * 1024 * 1024 + 1];
    let files: [(&str, &[u8]); 11] = [
        ("empty.txt", b""),
        ("tool.exe", b"MZ\x90\0"),
        ("picture.png", b"just text"),
        ("text.txt", PICTURE),
        ("tool.txt", b"MZ\x90\0\x03"),
        ("nested.zip", &nested),
        ("bomb.zip", &bomb),
        ("broken.zip", b"PK\x03\x04nothing else"),
        ("large.log", &large),
        ("page.html", b"<script>alert(1)</script>"),
        ("good.txt", b"good"),
    ];
    let refused = upload(&stranger, &step, &files).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let words: Vec<String> = refused.problems().into_iter().map(|(_, words)| words).collect();
    let taken = "Pictures, PDF, text, CSV, Word, Excel, ZIP and activation files are taken.";
    assert_eq!(
        words,
        [
            "empty.txt is empty.".to_owned(),
            format!("tool.exe has a name that ends in “exe”. {taken}"),
            "picture.png is not what its name says: it is something else.".to_owned(),
            "text.txt is not what its name says: it is a picture.".to_owned(),
            "tool.txt is not text, as its name says.".to_owned(),
            "nested.zip has an archive inside. Send what is in it by itself.".to_owned(),
            "bomb.zip unpacks to more than 100 MiB or 1,000 files. Send less of it.".to_owned(),
            "broken.zip cannot be unpacked. Pack it again, without a password.".to_owned(),
            "large.log is larger than 10 MB. Send less of it, or pack it.".to_owned(),
            format!("page.html has a name that ends in “html”. {taken}"),
        ]
    );
    assert_eq!(listed(&refused).into_iter().map(|(name, ..)| name).collect::<Vec<_>>(), ["good.txt"]);
    assert_eq!(blobs(&server), 1);
}

#[tokio::test]
async fn a_request_has_ten_attachments_and_fifty_megabytes_at_most() {
    let server = Server::start().await;
    let stranger = server.browser();
    let step = sent(&stranger, &question(&[])).await;
    let large = vec![b'x'; 10 * 1024 * 1024];
    for _ in 0..5 {
        assert_eq!(upload(&stranger, &step, &[("large.log", &large)]).await.status, StatusCode::SEE_OTHER);
    }
    let refused = upload(&stranger, &step, &[("small.txt", b"x")]).await;
    assert_eq!(refused.problems()[0].1, "With small.txt the attachments would be larger than 50 MB together. Remove one first.");
    let step = sent(&stranger, &question(&[])).await;
    for number in 0..10 {
        let uploaded = upload(&stranger, &step, &[(&format!("{number}.txt"), b"x")]).await;
        assert_eq!(uploaded.status, StatusCode::SEE_OTHER, "{:?}", uploaded.problems());
    }
    let refused = upload(&stranger, &step, &[("eleventh.txt", b"x")]).await;
    assert_eq!(refused.problems()[0].1, "eleventh.txt would be attachment 11; a request has at most 10. Remove one first.");
    assert_eq!(blobs(&server), 15);
}

#[tokio::test]
async fn an_upload_that_is_cut_or_too_large_leaves_nothing() {
    let server = Server::start().await;
    let stranger = server.browser();
    let link = finished(&server, &stranger, &question(&[])).await;
    let address = format!("{link}/attachments");
    // More than all attachments together is refused by its size, before it is read.
    let huge = vec![b'x'; 51 * 1024 * 1024];
    let refused = stranger.post_parts(&address, &[("files", Some("huge.txt"), &huge)]).await;
    assert_eq!(refused.status, StatusCode::PAYLOAD_TOO_LARGE);
    let whole = b"--b\r\ncontent-disposition: form-data; name=\"files\"; filename=\"cut.txt\"\r\n\r\nhalf of";
    let cut = stranger.client.post(format!("{}{address}", server.address())).header("origin", server.url());
    let cut = cut.header("content-type", "multipart/form-data; boundary=b").body(whole.to_vec()).send().await.expect("an answer");
    assert_eq!(cut.status(), StatusCode::BAD_REQUEST);
    assert_eq!(blobs(&server), 0);
    assert_eq!(server.rows("SELECT id FROM request_attachments").await.len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gigabyte_is_refused_on_its_way_and_nothing_is_kept() {
    let server = Server::start().await;
    let stranger = server.browser();
    let step = sent(&stranger, &question(&[])).await;
    const GIGABYTE: u64 = 1024 * 1024 * 1024;
    let head = b"--b\r\nContent-Disposition: form-data; name=\"files\"; filename=\"server.log\"\r\n\r\n";
    // Whoever says how long it is, and whoever does not.
    for length in [Some(GIGABYTE), None] {
        let piece = vec![b'a'; 1024 * 1024];
        let pieces = futures_util::stream::iter(std::iter::once(head.to_vec()).chain(std::iter::repeat_n(piece, 1024)));
        let body = reqwest::Body::wrap_stream(pieces.map(Ok::<_, std::io::Error>));
        let mut request =
            stranger.client.post(server.address() + &step).header("content-type", "multipart/form-data; boundary=b");
        if let Some(length) = length {
            request = request.header("content-length", length);
        }
        let answer = request.header("origin", server.url()).body(body).send().await;
        // A client that goes on sending may miss the answer.
        if let Ok(answer) = answer {
            assert!(
                [StatusCode::PAYLOAD_TOO_LARGE, StatusCode::UNPROCESSABLE_ENTITY].contains(&answer.status()),
                "{}",
                answer.status()
            );
        }
        assert_eq!(stranger.get(&step).await.all("tbody th"), Vec::<String>::new());
    }
    assert_eq!(std::fs::read_dir(server.settings().data.join("attachments")).expect("a folder").count(), 0);
}
