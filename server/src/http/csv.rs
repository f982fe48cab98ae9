//! Tables for spreadsheets.

use axum::{
    body::{Body, Bytes},
    http::header,
    response::{IntoResponse, Response},
};
use portal::table;

/// A table for spreadsheets, as a file to keep.
pub(crate) fn file(name: &str, lines: impl Into<Body>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    (headers, lines.into()).into_response()
}

/// The head of a table, and the lines below it that are there already.
pub(crate) fn begin<L: IntoIterator<Item = String>>(lines: impl IntoIterator<Item = L>) -> Bytes {
    [table::MARK.as_bytes(), &table::lines(lines)].concat().into()
}
