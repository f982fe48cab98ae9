use crate::{address, downloaded, form, fresh_key, generated};
use server::{Secret, Settings};
use tests::{AMELIA, Backend, Cluster, Durability, NEW, Server};

/// The settings of `server`, with an empty PostgreSQL database.
async fn outgrown(server: &Server) -> Settings {
    let url = Cluster::shared(Durability::On).new_database().await;
    Settings { database_url: Some(Secret(url)), ..server.settings().clone() }
}

#[tokio::test]
async fn a_database_is_taken_along_to_postgres() {
    let server = Server::on(Backend::Sqlite).await;
    let amelia = server.signed_in(AMELIA).await;
    let file = generated(&amelia, &[("assigned.SW-001-4.0-AL02", "5")]).await;
    let bytes = downloaded(&amelia, &file).await;
    let before = server.contents().await;
    let settings = outgrown(&server).await;
    let rows = server::copy_database(&settings, server.ctx()).await.expect("copied");
    assert!(rows > 100, "{rows}");
    assert_eq!(server.contents().await, before, "the source stays as it is");
    let again = server::copy_database(&settings, server.ctx()).await.expect_err("not empty any more");
    assert!(again.to_string().ends_with(" has data already. Copy into an empty database."), "{again}");

    let copy = Server::over(&server, settings).await;
    copy.assert_healthy().await;
    // Who was signed in still is: the session was copied, and the cookie is the same.
    let amelia = amelia.at(copy.address());
    assert_eq!(downloaded(&amelia, &file).await, bytes);
    let next = address(
        &amelia
            .post(NEW, &form(&fresh_key(&amelia).await, &[("host_id", "00505684E9A1"), ("switchover_host_id", "00505684E9A2")]))
            .await,
    );
    assert_eq!(next, "/accounts/ACME-1001/files/AF-0000002");
    copy.assert_healthy().await;
}

#[tokio::test]
async fn a_copy_goes_from_sqlite_to_postgres_only() {
    let server = Server::on(Backend::Sqlite).await;
    let error = server::copy_database(server.settings(), server.ctx()).await.expect_err("no target");
    assert_eq!(
        error.to_string(),
        "The copy goes from an SQLite file to a PostgreSQL database: name the target with --database-url."
    );
}
