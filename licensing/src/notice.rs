//! Notices that people choose to be sent.

use crate::value::coded::coded;
use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, fmt, str::FromStr};

coded! {
    /// A kind of notice.
    Notice {
        Files = "files", "A colleague generated, updated or deactivated an activation file";
        Attached = "attached", "Attach the activation file to that notice";
        Expiry = "expiry", "A development, trial or evaluation file ends soon";
        Maintenance = "maintenance", "Maintenance of an order line ends soon";
        Refresh = "refresh", "Maintenance was renewed, and files can be refreshed";
        Certification = "certification", "My certification ends soon";
    }
}

impl Notice {
    /// Notices that come together, once a day.
    pub const DAILY: [Self; 4] = [Self::Expiry, Self::Maintenance, Self::Refresh, Self::Certification];
}

/// Notices that somebody is sent: the daily ones, unless they chose otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notices(BTreeSet<Notice>);

/// A code that is no notice's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown notice {0:?}")]
pub struct UnknownNotice(String);

impl Notices {
    #[must_use]
    pub fn contains(&self, notice: Notice) -> bool {
        self.0.contains(&notice)
    }

    /// All but `others`.
    #[must_use]
    pub fn without(mut self, others: &[Notice]) -> Self {
        self.0.retain(|notice| !others.contains(notice));
        self
    }
}

impl Default for Notices {
    fn default() -> Self {
        Self(Notice::DAILY.into())
    }
}

impl FromIterator<Notice> for Notices {
    fn from_iter<I: IntoIterator<Item = Notice>>(notices: I) -> Self {
        Self(notices.into_iter().collect())
    }
}

/// Codes with blanks between them, as they are stored.
impl fmt::Display for Notices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.iter().map(|notice| notice.code()).collect::<Vec<_>>().join(" "))
    }
}

impl FromStr for Notices {
    type Err = UnknownNotice;
    fn from_str(codes: &str) -> Result<Self, UnknownNotice> {
        let known = |code: &str| Notice::from_code(code).ok_or_else(|| UnknownNotice(code.to_owned()));
        codes.split_whitespace().map(known).collect()
    }
}

/// Days before an end on which people are told of it.
pub const TOLD_BEFORE: [u64; 4] = [30, 14, 7, 1];

/// Ends that somebody is told of on `today`, whose last notices were those of the day `last`: for each count of days the first and last end, so that
/// nothing is missed when no notices went out for some days, and nothing told twice.
///
/// ```
/// use licensing::notice::ends_told;
///
/// let day = |text: &str| text.parse::<chrono::NaiveDate>();
/// let told = ends_told(day("2026-11-28")?, day("2026-11-29")?);
/// assert_eq!(told[3], (day("2026-11-30")?, day("2026-11-30")?));
/// assert_eq!(told[0], (day("2026-12-29")?, day("2026-12-29")?));
/// # Ok::<_, chrono::ParseError>(())
/// ```
#[must_use]
pub fn ends_told(last: NaiveDate, today: NaiveDate) -> [(NaiveDate, NaiveDate); 4] {
    let after = |day: NaiveDate, days: u64| day.checked_add_days(Days::new(days)).unwrap_or(NaiveDate::MAX);
    // What ended before today is no news.
    TOLD_BEFORE.map(|days| (after(last, days + 1).max(today), after(today, days)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_end_is_told_of_once_at_each_distance() {
        let end: NaiveDate = "2027-03-01".parse().expect("a day");
        let mut told = Vec::new();
        let mut last: NaiveDate = "2027-01-01".parse().expect("a day");
        // No notices go out on the days around the fourteenth before.
        for today in last.iter_days().skip(1).take(80).filter(|day| !(13..=15).contains(&(end - *day).num_days())) {
            for (first, through) in ends_told(last, today) {
                if (first..=through).contains(&end) {
                    told.push((end - today).num_days());
                }
            }
            last = today;
        }
        assert_eq!(told, [30, 12, 7, 1]);
    }

    #[test]
    fn choices_are_stored_as_codes() {
        let notices: Notices = "files expiry".parse().expect("notices");
        assert!(notices.contains(Notice::Files) && !notices.contains(Notice::Attached));
        assert_eq!(notices.clone().without(&Notice::DAILY).to_string(), "files");
        assert_eq!(Notices::default().to_string(), "expiry maintenance refresh certification");
        assert_eq!("".parse::<Notices>().map(|none| none.to_string()), Ok(String::new()));
    }
}
