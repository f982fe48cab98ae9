use reqwest::StatusCode;
use tests::Server;

#[tokio::test]
async fn the_public_keys_are_there_for_everybody() {
    let server = Server::start().await;
    let anyone = server.browser();
    let page = anyone.get("/keys").await;
    assert_eq!(page.all("main h2"), ["licensing.meridian.example/2026a"]);
    let list = anyone.get("/.well-known/activation-file-keys").await;
    assert_eq!(list.header("content-type"), "text/plain; charset=utf-8");
    let lines: Vec<_> = list.text().lines().map(str::to_owned).collect();
    assert_eq!(lines.len(), 1);
    let key: licensing::activation_file::VerifierKey = lines[0].parse().expect("a verifier key");
    assert_eq!(key.name().to_string(), "licensing.meridian.example/2026a");
    let pem = anyone.get("/keys/licensing.meridian.example/2026a.pem").await;
    assert!(pem.text().starts_with("-----BEGIN PUBLIC KEY-----\n"));
    for none in ["/keys/licensing.meridian.example/2026b.pem", "/keys/licensing.meridian.example/2026a", "/keys/2026a.pem"] {
        assert_eq!(anyone.get(none).await.status, StatusCode::NOT_FOUND, "{none}");
    }
}
