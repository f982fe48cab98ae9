//! Calendar dates that people agree on: expiry, maintenance end. They are dates, not instants, and never shift. Domain §4.

use chrono::NaiveDate;

/// A production file is valid to this day. Domain §4.
pub const PRODUCTION_VALID_THROUGH: NaiveDate = NaiveDate::from_ymd_opt(2100, 1, 1).expect("a date");

/// `22 Nov 2026`.
#[must_use]
pub fn words(date: NaiveDate) -> String {
    date.format("%-d %b %Y").to_string()
}
