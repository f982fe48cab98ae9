//! A page of a list of files, and the place in it where the next one begins.

use crate::{
    error::Error,
    files::{row::FileRow, state::FileState},
};
use chrono::{DateTime, Datelike, NaiveDate, Utc};
use licensing::{
    LicenceType, Serial,
    files::list::{Sort, YEARS},
    offer::OfferedSite,
};
use std::{fmt, str::FromStr};

/// Files are counted exactly to here.
pub const MOST_COUNTED: u64 = 10_000;

/// Files that a filter finds.
#[derive(Clone, Debug)]
pub struct Activity {
    pub rows: Vec<FileRow>,
    /// Number of files on all pages; one more than [`MOST_COUNTED`] stands for any number beyond.
    pub total: u64,
    /// The page before ends before this; `None` on the first page.
    pub previous: Option<Cursor>,
    /// The next page begins after this; `None` on the last page.
    pub next: Option<Cursor>,
    /// Their order: the latest first where there are too many for the one that was asked for.
    pub sorted: Sort,
}

impl Activity {
    /// Whether they can be sorted by `sort`: nothing but reading all of more than [`MOST_COUNTED`] would find the first of most orders.
    #[must_use]
    pub fn sorts_by(&self, sort: Sort) -> bool {
        self.total <= MOST_COUNTED || sort.at_any_length()
    }
}

/// Choices of the filters. They are read once for any number of pages.
#[derive(Clone, Debug)]
pub struct ActivityChoices {
    pub sites: Vec<OfferedSite>,
    pub lines: Vec<String>,
    /// Names of those who generated files, by name.
    pub people: Vec<String>,
    pub(super) known: Known,
}

impl ActivityChoices {
    /// Whether the account has files, whatever the filter finds.
    #[must_use]
    pub fn any(&self) -> bool {
        !self.known.facets.is_empty()
    }
}

/// A place in a sorted list: what the last row of a page has in the column that sorts, and its serial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    pub(super) key: Key,
    pub(super) serial: Serial,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    Instant(DateTime<Utc>),
    Day(NaiveDate),
    Name(String),
}

/// As it stands in an address: `t2026-11-22T10:15:30Z~AF-0000009`.
impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.key {
            Key::Instant(at) => write!(f, "t{}", at.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true))?,
            Key::Day(day) => write!(f, "d{day}")?,
            Key::Name(name) => write!(f, "n{name}")?,
        }
        write!(f, "~{}", self.serial)
    }
}

impl FromStr for Cursor {
    type Err = Error;
    /// # Errors
    /// [`Error::NotFound`]: an address that was made up leads nowhere.
    fn from_str(text: &str) -> Result<Self, Error> {
        let read = || {
            let (key, serial) = text.rsplit_once('~')?;
            let (kind, key) = (key.get(..1)?, key.get(1..)?);
            let key = match kind {
                "t" => Key::Instant(key.parse().ok().filter(|at: &DateTime<Utc>| YEARS.contains(&at.year()))?),
                "d" => Key::Day(key.parse().ok().filter(|day: &NaiveDate| YEARS.contains(&day.year()))?),
                "n" => Key::Name(key.to_owned()),
                _ => return None,
            };
            Some(Self { key, serial: serial.parse().ok()? })
        };
        read().ok_or(Error::NotFound)
    }
}

/// A facet of the account, and the parts that its text is put together from.
#[derive(Clone, Debug)]
pub(super) struct Facet {
    pub(super) text: String,
    pub(super) state: FileState,
    pub(super) licence_type: LicenceType,
    pub(super) line: String,
    pub(super) product: String,
}

/// Facts of an account that a search for its files starts from.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) facets: Vec<Facet>,
    /// (id, name)
    pub(super) people: Vec<(i64, String)>,
}
