//! One line, entered on a page: it is compared and applied as a line of a table is.

use super::{
    operation::{self, NotImported},
    plan::{Planner, forget},
    reference::reference,
};
use crate::{
    access::analyst::AnalystAccess,
    error::Error,
    event_type::EventType,
    store::statement::{row, run},
    table,
};
use licensing::orders::import::ImportLine;
use sea_orm::FromQueryResult;

/// Why a line was not taken. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum NotEntered {
    /// (column, what is wrong with its cell)
    #[error("There is a problem.")]
    Cells(Vec<(String, String)>),
    /// The line was compared with what is there.
    #[error("{0}")]
    Refused(String),
    #[error("Nothing has changed.")]
    Nothing,
    #[error(transparent)]
    NotImported(#[from] NotImported),
    #[error(transparent)]
    Error(#[from] Error),
}

/// Compares a line, whose cells are given by column, with what is there. Reference of the import that applies it, when it is confirmed.
///
/// # Errors
/// [`NotEntered`].
pub async fn enter_line(access: &AnalystAccess, cells: &[(&'static str, String)]) -> Result<String, NotEntered> {
    #[derive(FromQueryResult)]
    struct Told {
        state: String,
        told: String,
    }
    let (caller, portal) = (access.caller(), access.caller().portal());
    let filled = || cells.iter().filter(|(_, text)| !text.trim().is_empty());
    let value = |column: &str| filled().find(|(name, _)| *name == column).map_or("", |(_, text)| text.as_str());
    let line = ImportLine::parse(value).map_err(|problems| {
        let problems = problems.iter().map(|problem| (problem.column().to_owned(), problem.told()));
        NotEntered::Cells(problems.collect())
    })?;
    let bytes = table::lines([
        filled().map(|(name, _)| (*name).to_owned()).collect::<Vec<_>>(),
        filled().map(|(_, text)| text.clone()).collect(),
    ]);
    operation::drop_stale(portal).await?;
    let write = portal.database.write().await?;
    operation::make_way(&write).await?;
    let id = operation::store(&write, "Entered by hand", Some(caller.person_id()), &caller.person().name, None).await?;
    write.commit(caller.event(portal.now(), EventType::ImportBegun, reference(id))).await?;
    let planned = Planner::new(portal, id).await?.plan(bytes, |_| {}).await?;
    let write = portal.database.write().await?;
    operation::settle(portal, &write, id, &planned).await?;
    write.commit_bookkeeping().await?;
    let counts = planned.map_err(NotImported::from)?;
    if counts.new + counts.changed > 0 {
        tracing::info!(reference = reference(id), garn = %line.garn, "a line was entered");
        return Ok(reference(id));
    }
    let sql = "SELECT state, told FROM import_lines WHERE import_id = $1 ORDER BY line LIMIT 1";
    let told: Option<Told> = row(portal.database.read(), "entry: told", sql, [id.into()]).await?;
    let sql = "UPDATE imports SET state = 'discarded' WHERE id = $1";
    run(portal.database.bookkeeping(), "entry: refused", sql, [id.into()]).await?;
    forget(portal, id).await?;
    match told {
        Some(Told { state, told }) if state == "refused" => Err(NotEntered::Refused(told)),
        _ => Err(NotEntered::Nothing),
    }
}
