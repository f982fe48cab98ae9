//! Analysts who read a request at the same time.

use crate::{
    access::analyst::AnalystAccess,
    error::Error,
    store::statement::{rows, run},
};
use chrono::TimeDelta;
use licensing::requests::RequestNumber;
use sea_orm::FromQueryResult;

/// Who was seen so long ago reads no longer.
const READS: TimeDelta = TimeDelta::seconds(60);

/// Notes that this analyst reads a request; names of the others who do.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn reading(access: &AnalystAccess, number: RequestNumber) -> Result<Vec<String>, Error> {
    #[derive(FromQueryResult)]
    struct Reader {
        name: String,
    }
    let portal = access.caller().portal();
    let (on, me, now) = (portal.database.bookkeeping(), access.caller().person_id(), portal.now());
    let sql = "INSERT INTO request_readers (request_id, person_id, seen_at) SELECT r.id, $2, $3 FROM requests r WHERE r.id = $1
               ON CONFLICT (request_id, person_id) DO UPDATE SET seen_at = excluded.seen_at";
    if run(on, "request: reading", sql, [number.id().into(), me.into(), now.into()]).await? == 0 {
        return Err(Error::NotFound);
    }
    let sql = "SELECT p.name FROM request_readers r JOIN people p ON p.id = r.person_id
               WHERE r.request_id = $1 AND r.person_id <> $2 AND r.seen_at > $3 ORDER BY p.name, p.id";
    let values = [number.id().into(), me.into(), (now - READS).into()];
    let readers: Vec<Reader> = rows(portal.database.read(), "request: readers", sql, values).await?;
    Ok(readers.into_iter().map(|reader| reader.name).collect())
}
