//! Many rows in few statements.

use crate::error::Error;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ColumnType, ConnectionTrait, DatabaseTransaction, DbBackend, EntityTrait, FromQueryResult,
    IdenStatic, Iterable, Statement, Value,
};

/// Rows of one statement at most: few sizes make few statements, which a connection keeps prepared.
const RUNS: [usize; 4] = [256, 64, 8, 1];

/// `items` in runs of as many as one statement takes.
pub(crate) fn in_runs<T>(items: Vec<T>) -> impl Iterator<Item = Vec<T>> {
    let mut left = items.into_iter();
    std::iter::from_fn(move || {
        let size = RUNS.into_iter().find(|size| *size <= left.len())?;
        Some(left.by_ref().take(size).collect())
    })
}

/// Inserts `rows`, however many, all of which set the same columns.
pub(crate) async fn insert<E: EntityTrait>(on: &DatabaseTransaction, rows: Vec<E::ActiveModel>) -> Result<(), Error> {
    for rows in in_runs(rows) {
        on.execute_raw(insertion::<E>(on, rows, "")).await?;
    }
    Ok(())
}

/// Inserts `rows`. Where there is one already with what `key` names, it becomes the new one.
pub(crate) async fn insert_or_replace<E: EntityTrait>(
    on: &DatabaseTransaction,
    key: E::Column,
    rows: Vec<E::ActiveModel>,
) -> Result<(), Error> {
    let key = key.as_str();
    let others = E::Column::iter().map(|column| column.as_str()).filter(|column| *column != key);
    let replacing: Vec<String> = others.map(|column| format!("{column} = excluded.{column}")).collect();
    let otherwise = format!("ON CONFLICT ({key}) DO UPDATE SET {}", replacing.join(", "));
    for rows in in_runs(rows) {
        on.execute_raw(insertion::<E>(on, rows, &otherwise)).await?;
    }
    Ok(())
}

/// Inserts `rows`; the ids that the database gave them, in their order.
pub(crate) async fn insert_returning_ids<E: EntityTrait>(
    on: &DatabaseTransaction,
    rows: Vec<E::ActiveModel>,
) -> Result<Vec<i64>, Error> {
    #[derive(FromQueryResult)]
    struct Inserted {
        id: i64,
    }
    let mut all = Vec::with_capacity(rows.len());
    for rows in in_runs(rows) {
        let inserted = Inserted::find_by_statement(insertion::<E>(on, rows, "RETURNING id")).all(on).await?;
        let mut ids: Vec<i64> = inserted.into_iter().map(|row| row.id).collect();
        // Ids ascend as rows are inserted; in which order they are returned is not said.
        ids.sort_unstable();
        all.extend(ids);
    }
    Ok(all)
}

/// The statement that inserts `rows`, and ends with `end`. The one that entities write copies each value twice, JSON with all its parts.
fn insertion<E: EntityTrait>(on: &DatabaseTransaction, rows: Vec<E::ActiveModel>, end: &str) -> Statement {
    let backend = on.get_database_backend();
    let set = |column: &E::Column| rows.first().is_some_and(|row| !row.is_not_set(*column));
    let columns: Vec<E::Column> = E::Column::iter().filter(set).collect();
    let places: Vec<String> = (0..rows.len()).map(|row| format!("({})", places::<E>(backend, &columns, row))).collect();
    let values = rows.into_iter().flat_map(|mut row| {
        let value = move |column: &E::Column| match row.take(*column).into_value() {
            Some(Value::Json(json)) => Some(Value::String(json.map(|json| json.to_string()))),
            value => value,
        };
        columns.iter().filter_map(value).collect::<Vec<_>>()
    });
    let names: Vec<&str> = columns.iter().map(IdenStatic::as_str).collect();
    let (table, names, places) = (E::default(), names.join(", "), places.join(", "));
    let sql = format!("INSERT INTO {} ({names}) VALUES {places} {end}", table.table_name());
    Statement::from_sql_and_values(backend, sql, values)
}

/// Places for the values of the row at `row`.
fn places<E: EntityTrait>(backend: DbBackend, columns: &[E::Column], row: usize) -> String {
    let place = |(column, at): (&E::Column, usize)| match (backend, column.def().get_column_type()) {
        (DbBackend::Postgres, ColumnType::Json | ColumnType::JsonBinary) => format!("CAST(${at} AS JSONB)"),
        (DbBackend::Postgres, _) => format!("${at}"),
        // Its driver would look for the name of each parameter among all of them.
        _ => "?".to_owned(),
    };
    let places: Vec<String> = columns.iter().zip(row * columns.len() + 1..).map(place).collect();
    places.join(", ")
}
