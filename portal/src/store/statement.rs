//! Statements with names, and what their rows hold.

use crate::error::Error;
use sea_orm::{ConnectionTrait, DbBackend, FromQueryResult, Statement, Value};
use std::str::FromStr;

/// Rows of one statement, called `name` in logs and metrics. Parameters are written `$1`, `$2`, …, which both databases read.
pub(crate) async fn rows<T: FromQueryResult>(
    on: &impl ConnectionTrait,
    name: &'static str,
    sql: &str,
    values: impl IntoIterator<Item = Value>,
) -> Result<Vec<T>, Error> {
    Ok(T::find_by_statement(named(on, name, sql, values)).all(on).await?)
}

/// The first row of one statement, if there is one.
pub(crate) async fn row<T: FromQueryResult>(
    on: &impl ConnectionTrait,
    name: &'static str,
    sql: &str,
    values: impl IntoIterator<Item = Value>,
) -> Result<Option<T>, Error> {
    Ok(T::find_by_statement(named(on, name, sql, values)).one(on).await?)
}

/// Runs one statement; how many rows it changed.
pub(crate) async fn run(
    on: &impl ConnectionTrait,
    name: &'static str,
    sql: &str,
    values: impl IntoIterator<Item = Value>,
) -> Result<u64, Error> {
    Ok(on.execute_raw(named(on, name, sql, values)).await?.rows_affected())
}

/// The statement begins with its name, so that logs, metrics and the database's own tools call it the same.
fn named(on: &impl ConnectionTrait, name: &'static str, sql: &str, values: impl IntoIterator<Item = Value>) -> Statement {
    Statement::from_sql_and_values(on.get_database_backend(), format!("/* {name} */ {sql}"), values)
}

/// `$first, …`: places for `count` parameters.
pub(crate) fn marks(first: usize, count: usize) -> String {
    let marks: Vec<String> = (first..first + count).map(|position| format!("${position}")).collect();
    marks.join(", ")
}

/// Values of a JSON array of texts, the parameter at `position`: any number of them for one statement.
pub(crate) fn elements(on: &impl ConnectionTrait, position: usize) -> String {
    match on.get_database_backend() {
        DbBackend::Postgres => format!("(SELECT jsonb_array_elements_text(${position}::jsonb))"),
        _ => format!("(SELECT value FROM json_each(${position}))"),
    }
}

/// The numbers or arrays of a JSON array, the parameter at `position`, as the column `value` of a table `t`: any number of records for one
/// statement.
pub(crate) fn records(on: &impl ConnectionTrait, position: usize) -> String {
    match on.get_database_backend() {
        DbBackend::Postgres => format!("jsonb_array_elements(${position}::jsonb) AS t (value)"),
        _ => format!("json_each(${position}) AS t"),
    }
}

/// Behind a text: it is ordered by its bytes, on both databases.
pub(crate) const fn by_bytes(backend: DbBackend) -> &'static str {
    match backend {
        DbBackend::Postgres => " COLLATE \"C\"",
        _ => "",
    }
}

/// Pattern of `LIKE … ESCAPE '!'` for a lower-case text that contains what somebody typed.
pub(crate) fn containing(typed: &str) -> String {
    let typed = typed.trim().to_lowercase().replace('!', "!!").replace('%', "!%").replace('_', "!_");
    format!("%{typed}%")
}

/// A count or quantity of the schema as the domain has it.
pub(crate) fn count(stored: i64) -> Result<u32, Error> {
    u32::try_from(stored).map_err(Error::internal)
}

/// A code or name of the schema as the domain has it.
pub(crate) fn parsed<T: FromStr<Err: std::error::Error + Send + Sync + 'static>>(stored: &str) -> Result<T, Error> {
    stored.parse().map_err(Error::internal)
}

/// A code of the schema that only a list of known ones may hold.
pub(crate) fn known<T>(value: Option<T>, stored: &str) -> Result<T, Error> {
    value.ok_or_else(|| Error::internal(format!("unknown code {stored:?}")))
}
