//! Calendar dates that people agree on: expiry, maintenance end. They are dates, not instants, and never shift. Domain §4.

use chrono::{Months, NaiveDate};

/// A production file is valid to this day. Domain §4.
pub const PRODUCTION_VALID_THROUGH: NaiveDate = NaiveDate::from_ymd_opt(2100, 1, 1).expect("a date");

/// The same date a year later; the 28th after a 29 February. Domain §4.
#[must_use]
pub fn a_year_after(day: NaiveDate) -> NaiveDate {
    day.checked_add_months(Months::new(12)).unwrap_or(NaiveDate::MAX)
}

/// `22 Nov 2026`.
#[must_use]
pub fn words(date: NaiveDate) -> String {
    date.format("%-d %b %Y").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_year_ends_on_the_same_date_or_on_28_february() {
        let after = |day: &str| a_year_after(day.parse().expect("a date")).to_string();
        assert_eq!(after("2028-02-29"), "2029-02-28");
        assert_eq!(after("2027-02-28"), "2028-02-28");
        assert_eq!(after("2026-11-22"), "2027-11-22");
    }
}
