//! Calendar dates that people agree on: expiry, maintenance end. They are dates, not instants, and never shift. Domain §4.

use chrono::{Datelike, Days, NaiveDate};

/// A production file is valid to this day. Domain §4.
pub const PRODUCTION_VALID_THROUGH: NaiveDate = NaiveDate::from_ymd_opt(2100, 1, 1).expect("a date");

/// `date` and `days` calendar days; `None` past the calendar's end.
#[must_use]
pub fn days_after(date: NaiveDate, days: u32) -> Option<NaiveDate> {
    date.checked_add_days(Days::new(u64::from(days)))
}

/// The same date a year later; 29 February becomes the 28th.
#[must_use]
pub fn a_year_after(date: NaiveDate) -> Option<NaiveDate> {
    date.with_year(date.year() + 1).or_else(|| NaiveDate::from_ymd_opt(date.year() + 1, 2, 28))
}

/// `22 Nov 2026`.
#[must_use]
pub fn words(date: NaiveDate) -> String {
    date.format("%-d %b %Y").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    #[test]
    fn last_days_of_the_domain() {
        assert_eq!(a_year_after(day("2028-02-29")), Some(day("2029-02-28")));
        assert_eq!(a_year_after(day("2026-11-22")), Some(day("2027-11-22")));
        assert_eq!(days_after(day("2026-11-22"), 60), Some(day("2027-01-21")));
        assert_eq!(days_after(day("2026-11-22"), 30), Some(day("2026-12-22")));
    }
}
