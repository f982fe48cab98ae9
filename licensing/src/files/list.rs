//! *Activation file activity*: what the list of generated files is narrowed to, and how it is sorted. Domain §5.

use crate::{
    form::{ChoiceProblem, NotADate, Refusal, TooLong},
    licence::LicenceType,
    value::{
        coded::coded,
        date,
        host_id::{HostId, HostIdError},
        text::{Name, Serial, excerpt, folded},
    },
};
use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};
use std::{fmt, ops::RangeInclusive, str::FromStr};

/// Years that a day of a list lies in: those that every database keeps.
pub const YEARS: RangeInclusive<i32> = 1..=9999;

/// Maximum length of a filter, in characters: no name that it could find is longer.
const LONGEST: usize = Name::LONGEST;

/// Names of the filters, as they stand in the address.
pub mod field {
    pub const SITE: &str = "site";
    pub const FROM: &str = "from";
    pub const TO: &str = "to";
    pub const ACTIVE: &str = "active";
    pub const LINE: &str = "line";
    pub const TYPE: &str = "type";
    pub const BY: &str = "by";
    pub const MACHINE: &str = "machine";
    pub const SORT: &str = "sort";
    /// Not a filter: a serial or host id that is searched for.
    pub const SEARCH: &str = "q";
}

coded! {
    /// Whether files count that hold quantities.
    Active {
        Yes = "yes", "Yes";
        No = "no", "No";
        All = "all", "All";
    }
}

coded! {
    /// The column by which the list is sorted, and which end comes first.
    Sort {
        Latest = "latest", "generated, latest first";
        Oldest = "oldest", "generated, oldest first";
        MachineUp = "machine", "machine, A to Z";
        MachineDown = "machine-down", "machine, Z to A";
        EndFirst = "end", "valid through, the first to end first";
        EndLast = "end-down", "valid through, the last to end first";
    }
}

/// A name that somebody asks for, as names are compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named {
    Exactly(String),
    /// Every name that begins with it: an asterisk was typed behind it.
    Beginning(String),
}

impl Named {
    #[must_use]
    pub fn typed(typed: &str) -> Self {
        match typed.trim().strip_suffix('*') {
            Some(beginning) => Self::Beginning(folded(beginning)),
            None => Self::Exactly(folded(typed.trim())),
        }
    }

    /// Whether `name` is one that is asked for.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        self.is_folded(&folded(name))
    }

    /// The same of a name that is folded already.
    #[must_use]
    pub fn is_folded(&self, name: &str) -> bool {
        match self {
            Self::Exactly(asked) => name == asked,
            Self::Beginning(asked) => name.starts_with(asked),
        }
    }
}

/// Text typed into the search for a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sought {
    Serial(Serial),
    Host(HostId),
}

/// Why nothing is searched for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotSought {
    pub typed: String,
    /// Problem of the text, where it looks like a host id.
    pub host_id: Option<HostIdError>,
}

/// Typed text, and what to do.
impl fmt::Display for NotSought {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "“{}” is neither a serial, such as AF-0000001, nor a host id. ", excerpt(&self.typed))?;
        match &self.host_id {
            Some(error) => write!(f, "{error}"),
            None => f.write_str("A machine is found by the filters of the list."),
        }
    }
}

impl FromStr for Sought {
    type Err = NotSought;
    fn from_str(typed: &str) -> Result<Self, NotSought> {
        let text = typed.trim();
        if let Ok(serial) = text.to_ascii_uppercase().parse() {
            return Ok(Self::Serial(serial));
        }
        HostId::typed(text).map(Self::Host).map_err(|error| NotSought {
            typed: text.to_owned(),
            host_id: Some(error).filter(|error| !matches!(error, HostIdError::NotHexadecimal(_) | HostIdError::Length(_))),
        })
    }
}

impl Sort {
    /// The same column, the other way round.
    #[must_use]
    pub const fn reversed(self) -> Self {
        match self {
            Self::Latest => Self::Oldest,
            Self::Oldest => Self::Latest,
            Self::MachineUp => Self::MachineDown,
            Self::MachineDown => Self::MachineUp,
            Self::EndFirst => Self::EndLast,
            Self::EndLast => Self::EndFirst,
        }
    }

    /// Whether the larger value comes first.
    #[must_use]
    pub const fn descends(self) -> bool {
        matches!(self, Self::Latest | Self::MachineDown | Self::EndLast)
    }
}

/// Filters and order of the list. The default is every active file, the latest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// Id of an install site, as the form sends it.
    pub site: Option<String>,
    /// Generated on or after this day, where the reader is.
    pub from: Option<NaiveDate>,
    /// Generated on or before this day, where the reader is.
    pub to: Option<NaiveDate>,
    pub active: Active,
    pub line: Option<String>,
    pub licence_type: Option<LicenceType>,
    /// Beginning of the name of the person who generated the current revision.
    pub by: Option<String>,
    /// Beginning of the name of one of the machines.
    pub machine: Option<String>,
    pub sort: Sort,
}

impl Default for Filter {
    fn default() -> Self {
        Self {
            site: None,
            from: None,
            to: None,
            active: Active::Yes,
            line: None,
            licence_type: None,
            by: None,
            machine: None,
            sort: Sort::Latest,
        }
    }
}

/// Problem of a filter.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FilterProblem {
    #[error(transparent)]
    Choice(#[from] ChoiceProblem),
    #[error(transparent)]
    NotADate(#[from] NotADate),
    #[error(transparent)]
    TooLong(#[from] TooLong),
    /// A range of days whose first one is this.
    #[error("The last day lies before the first, {}. Enter a later one, or leave it empty.", date::words(*.0))]
    EndsBeforeItBegins(NaiveDate),
}

impl Filter {
    /// Reads the fields of an address; `value` gives each as typed, empty where there is none.
    ///
    /// # Errors
    /// Everything that is wrong, in the order of the form; never empty.
    pub fn parse<'a>(value: impl Fn(&str) -> &'a str) -> Result<Self, Vec<Refusal<FilterProblem>>> {
        let mut refusals = Vec::new();
        let long = |name: &&str| value(name).trim().chars().nth(LONGEST).is_some();
        let all = [
            field::SITE,
            field::FROM,
            field::TO,
            field::ACTIVE,
            field::LINE,
            field::TYPE,
            field::BY,
            field::MACHINE,
            field::SORT,
        ];
        refusals.extend(all.iter().filter(|name| long(name)).map(|name| Refusal::new(*name, TooLong(LONGEST))));
        if !refusals.is_empty() {
            return Err(refusals);
        }
        let text = |name| Some(value(name).trim().to_owned()).filter(|typed| !typed.is_empty());
        let mut day = |name| {
            let typed = text(name)?;
            let day = typed.parse().ok().filter(|day: &NaiveDate| YEARS.contains(&day.year()));
            if day.is_none() {
                refusals.push(Refusal::new(name, NotADate(typed)));
            }
            day
        };
        let (from, to) = (day(field::FROM), day(field::TO));
        if let (Some(from), Some(to)) = (from, to)
            && to < from
        {
            refusals.push(Refusal::new(field::TO, FilterProblem::EndsBeforeItBegins(from)));
        }
        fn coded<T>(
            name: &str,
            typed: Option<String>,
            choice: &'static str,
            read: fn(&str) -> Option<T>,
            refusals: &mut Vec<Refusal<FilterProblem>>,
        ) -> Option<T> {
            let typed = typed?;
            let value = read(&typed);
            if value.is_none() {
                refusals.push(Refusal::new(name, ChoiceProblem::NotOffered(choice)));
            }
            value
        }
        let active = coded(field::ACTIVE, text(field::ACTIVE), "Yes, No or All", Active::from_code, &mut refusals);
        let licence_type = coded(field::TYPE, text(field::TYPE), "a licence type", LicenceType::from_code, &mut refusals);
        let sort = coded(field::SORT, text(field::SORT), "an order", Sort::from_code, &mut refusals);
        if !refusals.is_empty() {
            return Err(refusals);
        }
        Ok(Self {
            site: text(field::SITE),
            from,
            to,
            active: active.unwrap_or(Active::Yes),
            line: text(field::LINE),
            licence_type,
            by: text(field::BY),
            machine: text(field::MACHINE),
            sort: sort.unwrap_or(Sort::Latest),
        })
    }

    /// The fields of an address that say the same; what is the default needs no word.
    #[must_use]
    pub fn fields(&self) -> Vec<(&'static str, String)> {
        let day = |day: Option<NaiveDate>| day.map(|day| day.to_string());
        let usual = Self::default();
        let fields = [
            (field::SITE, self.site.clone()),
            (field::FROM, day(self.from)),
            (field::TO, day(self.to)),
            (field::ACTIVE, (self.active != usual.active).then(|| self.active.code().to_owned())),
            (field::LINE, self.line.clone()),
            (field::TYPE, self.licence_type.map(|licence_type| licence_type.code().to_owned())),
            (field::BY, self.by.clone()),
            (field::MACHINE, self.machine.clone()),
            (field::SORT, (self.sort != usual.sort).then(|| self.sort.code().to_owned())),
        ];
        fields.into_iter().filter_map(|(name, value)| value.map(|value| (name, value))).collect()
    }

    /// The same for everything that begins with the names which it has; `None` where it has none, or only beginnings.
    #[must_use]
    pub fn beginning(&self) -> Option<Self> {
        let begins = |name: &Option<String>| name.as_ref().map(|name| format!("{}*", name.trim_end_matches('*')));
        let wider = Self { by: begins(&self.by), machine: begins(&self.machine), ..self.clone() };
        (wider != *self).then_some(wider)
    }

    /// The same without one of its fields.
    #[must_use]
    pub fn without(&self, name: &str) -> Self {
        let mut filter = self.clone();
        match name {
            field::SITE => filter.site = None,
            field::FROM => filter.from = None,
            field::TO => filter.to = None,
            field::ACTIVE => filter.active = Active::All,
            field::LINE => filter.line = None,
            field::TYPE => filter.licence_type = None,
            field::BY => filter.by = None,
            field::MACHINE => filter.machine = None,
            _ => {}
        }
        filter
    }

    /// The same, sorted otherwise.
    #[must_use]
    pub fn sorted(&self, sort: Sort) -> Self {
        Self { sort, ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(pairs: &[(&str, &'static str)]) -> Result<Filter, Vec<String>> {
        let value = |name: &str| pairs.iter().find(|(n, _)| *n == name).map_or("", |(_, value)| *value);
        Filter::parse(value).map_err(|refusals| refusals.iter().map(|r| format!("{}: {}", r.field, r.problem)).collect())
    }

    #[test]
    fn an_address_says_what_its_filter_says_and_nothing_usual() {
        assert_eq!(parse(&[]), Ok(Filter::default()));
        assert_eq!(Filter::default().fields(), []);
        let all = [
            ("site", "3"),
            ("from", "2026-01-01"),
            ("to", "2026-01-01"),
            ("active", "all"),
            ("line", "CIC and SIP products"),
            ("type", "trial"),
            ("by", "Amelia"),
            ("machine", "IC-"),
            ("sort", "machine-down"),
        ];
        let filter = parse(&all).expect("a filter");
        assert_eq!(filter.fields(), all.map(|(name, value)| (name, value.to_owned())));
    }

    #[test]
    fn what_cannot_be_read_is_named_at_its_field() {
        let refused = parse(&[("from", "yesterday"), ("active", "maybe"), ("type", "free"), ("sort", "colour")]);
        assert_eq!(
            refused.expect_err("refused"),
            [
                "from: “yesterday” is not a date. Enter year, month and day, such as 2027-01-31.",
                "active: What was sent is not among this account's choices. Select Yes, No or All from the list.",
                "type: What was sent is not among this account's choices. Select a licence type from the list.",
                "sort: What was sent is not among this account's choices. Select an order from the list.",
            ]
        );
        for day in ["+262142-12-31", "-0001-01-01", "0000-01-01"] {
            assert_eq!(parse(&[("from", day)]).expect_err(day).len(), 1, "{day}");
        }
        assert_eq!(
            parse(&[("from", "2026-02-01"), ("to", "2026-01-31")]).expect_err("refused"),
            ["to: The last day lies before the first, 1 Feb 2026. Enter a later one, or leave it empty."]
        );
    }
}
