//! A line of a table that brings accounts, install sites and order lines in. Domain §2.

use crate::{
    form::NotADate,
    licence::LicenceModel,
    sites::{self, SiteDraft},
    value::{
        coded::coded,
        quantity::MOST,
        text::{Garn, Name, PartNumber, TextError, excerpt, typed},
    },
};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

coded! {
    /// Kind of an account.
    AccountKind {
        Customer = "customer", "customer";
        Partner = "partner", "partner";
    }
}

/// Names of the columns.
pub mod column {
    pub const GARN: &str = "garn";
    pub const ACCOUNT: &str = "account";
    pub const KIND: &str = "kind";
    pub const LICENCE_MODEL: &str = "licence_model";
    pub const TIME_ZONE: &str = "time_zone";
    pub const MIRRORED: &str = "mirrored";
    pub const ACTIVATED_ON: &str = "activated_on";
    pub const BILLABLE: &str = "billable";
    pub const LANDLORD: &str = "landlord";
    pub const SALES_ORDER: &str = "sales_order";
    pub const LINE: &str = "line";
    pub const CHANGES: &str = "changes";
    pub const PURCHASE_ORDER: &str = "purchase_order";
    pub const ORDERED_ON: &str = "ordered_on";
    pub const PART: &str = "part";
    pub const ASSIGNED: &str = "assigned";
    pub const POOLED: &str = "pooled";
    pub const UNLIMITED: &str = "unlimited";
    pub const MAINTENANCE_END: &str = "maintenance_end";
    pub const TERM_DAYS: &str = "term_days";
    pub const SITE: &str = "site";
    pub const SITE_COUNTRY: &str = "site_country";

    /// Identifiers of an account at the vendor's finance team.
    pub const BILLING: [&str; 6] =
        ["tier1_account_id", "tier2_account_id", "tier3_account_id", "external_id", "source_id", "instance_id"];
    /// Optional columns of an install site, in the order of [`crate::sites::field::OPTIONAL`].
    pub const SITE_OPTIONAL: [&str; 7] =
        ["site_address", "site_city", "site_state", "site_postal_code", "site_contact", "site_phone", "site_email"];
}

/// Columns with what each holds, in the order of the template.
pub const COLUMNS: [(&str, &str); 35] = [
    (column::GARN, "Reference number of the account: A–Z, 0–9 and “-”. Every line has it."),
    (column::ACCOUNT, "Name of the account. A new account needs it."),
    (column::KIND, "customer or partner; customer when empty"),
    (column::LICENCE_MODEL, "perpetual, subscription or mixed; perpetual when empty"),
    (column::TIME_ZONE, "Such as Europe/Berlin; UTC when empty"),
    (column::MIRRORED, "yes: all parts of the account are upgraded together"),
    (column::ACTIVATED_ON, "First day of the first billing cycle, YYYY-MM-DD"),
    (column::BILLABLE, "yes: usage of the tenant is billed"),
    ("tier1_account_id", "Identifier of the finance team"),
    ("tier2_account_id", "Identifier of the finance team"),
    ("tier3_account_id", "Identifier of the finance team"),
    ("external_id", "Identifier of the finance team"),
    ("source_id", "Identifier of the finance team"),
    ("instance_id", "Unique id of the tenant's instance"),
    (column::LANDLORD, "GARN of the account whose tenant it is"),
    (column::SALES_ORDER, "Number of the sales order. Empty: the line is about the account or a site only."),
    (column::LINE, "Number of the order's line, 1 or more"),
    (column::CHANGES, "Line that this one changes, ORDER/LINE: renewed maintenance, more or fewer units, a return"),
    (column::PURCHASE_ORDER, "Number of the purchase order"),
    (column::ORDERED_ON, "Date of the order, YYYY-MM-DD"),
    (column::PART, "Part number. A line that changes another one may leave it empty."),
    (column::ASSIGNED, "Assigned units; 0 when empty. Of a change: the new number, as it is when empty."),
    (column::POOLED, "Pooled units, likewise"),
    (column::UNLIMITED, "yes: no ceiling, billed by use; of subscription accounts when empty"),
    (column::MAINTENANCE_END, "Last day of maintenance, YYYY-MM-DD. Of a change: the new day, as it is when empty."),
    (column::TERM_DAYS, "Days of an evaluation, from its first file on"),
    (column::SITE, "Name of an install site of the account"),
    (column::SITE_COUNTRY, "Its country"),
    ("site_address", "Its address"),
    ("site_city", "Its city"),
    ("site_state", "Its state or province"),
    ("site_postal_code", "Its postal code"),
    ("site_contact", "Whom to ask there"),
    ("site_phone", "Their phone"),
    ("site_email", "Their e-mail address"),
];

/// A line as it was read. Cells that were empty are `None`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportLine {
    pub garn: Garn,
    pub account: AccountCells,
    pub order: Option<OrderCells>,
    pub site: Option<SiteDraft>,
}

/// What a line says of its account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountCells {
    pub name: Option<Name>,
    pub kind: Option<AccountKind>,
    pub licence_model: Option<LicenceModel>,
    /// A name of the time zone database, unchecked.
    pub time_zone: Option<String>,
    pub mirrored: Option<bool>,
    pub activated_on: Option<NaiveDate>,
    pub billable: Option<bool>,
    /// By column of [`column::BILLING`].
    pub billing: BTreeMap<String, String>,
    pub landlord: Option<Garn>,
}

/// An order and one of its lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderCells {
    pub sales_order: String,
    pub line: u32,
    pub purchase_order: String,
    pub ordered_on: NaiveDate,
    pub part: Option<PartNumber>,
    pub assigned: Option<u32>,
    pub pooled: Option<u32>,
    pub unlimited: Option<bool>,
    pub maintenance_end: Option<NaiveDate>,
    pub term_days: Option<u32>,
    /// (sales order, line) of the line that this one changes.
    pub changes: Option<(String, u32)>,
}

/// Problem of a cell.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CellProblem {
    #[error("{0}: fill in this cell.")]
    Missing(&'static str),
    #[error("{0}: “{typed}” cannot be used: {1}.", typed = excerpt(.2))]
    Text(&'static str, TextError, String),
    #[error("{0}: {1}")]
    NotADate(&'static str, NotADate),
    /// Day and month cannot be told apart.
    #[error("{0}: “{typed}” is one day in some countries and another in others. Write year, month and day, such as 2027-01-31.", typed = excerpt(.1))]
    Ambiguous(&'static str, String),
    #[error("{0}: “{typed}” is not a whole number from {1} to {2}.", typed = excerpt(.3))]
    NotANumber(&'static str, u32, u32, String),
    #[error("{0}: “{typed}” is not one of {1}.", typed = excerpt(.2))]
    NotOneOf(&'static str, &'static str, String),
    #[error("changes: “{typed}” names no order line. Write its order and line, such as SO-104417/3.", typed = excerpt(.0))]
    NotALine(String),
    #[error("{0}: {1}")]
    Site(String, String),
    #[error("An order line names its order: fill in sales_order and line, or empty the other cells of the order.")]
    WithoutOrder,
}

impl CellProblem {
    /// Column of the cell.
    #[must_use]
    pub fn column(&self) -> &str {
        match self {
            Self::Missing(column)
            | Self::Text(column, ..)
            | Self::NotADate(column, _)
            | Self::Ambiguous(column, _)
            | Self::NotANumber(column, ..)
            | Self::NotOneOf(column, ..) => column,
            Self::NotALine(_) => column::CHANGES,
            Self::Site(column, _) => column,
            Self::WithoutOrder => column::SALES_ORDER,
        }
    }

    /// Words for the problem, where the column is named beside it.
    #[must_use]
    pub fn told(&self) -> String {
        let told = self.to_string();
        let told = told.strip_prefix(&format!("{}: ", self.column())).unwrap_or(&told);
        crate::capitalised(told)
    }
}

/// Maximum length of an order's number, in characters.
const LONGEST_NUMBER: usize = 60;
/// Maximum term of an evaluation, in days.
const LONGEST_TERM: u32 = 3660;

impl ImportLine {
    /// Reads a line; `value` gives each cell, empty for a column that is not there.
    ///
    /// # Errors
    /// Everything that is wrong; never empty.
    pub fn parse<'a>(value: impl Fn(&str) -> &'a str) -> Result<Self, Vec<CellProblem>> {
        let mut cells = Cells { value, problems: Vec::new() };
        let garn = cells.required(column::GARN, |text| text.to_uppercase().parse::<Garn>());
        let account = cells.account();
        let order = cells.order();
        let site = cells.site();
        match (garn, cells.problems.is_empty()) {
            (Some(garn), true) => Ok(Self { garn, account, order, site }),
            _ => Err(cells.problems),
        }
    }
}

struct Cells<F> {
    value: F,
    problems: Vec<CellProblem>,
}

impl<'a, F: Fn(&str) -> &'a str> Cells<F> {
    fn cell(&self, name: &str) -> &'a str {
        (self.value)(name).trim()
    }

    fn optional<T>(&mut self, name: &'static str, read: impl FnOnce(&str) -> Result<T, TextError>) -> Option<T> {
        let text = self.cell(name);
        if text.is_empty() {
            return None;
        }
        read(text).map_err(|error| self.problems.push(CellProblem::Text(name, error, text.to_owned()))).ok()
    }

    fn required<T>(&mut self, name: &'static str, read: impl FnOnce(&str) -> Result<T, TextError>) -> Option<T> {
        if self.cell(name).is_empty() {
            self.problems.push(CellProblem::Missing(name));
        }
        self.optional(name, read)
    }

    fn one_of<T>(&mut self, name: &'static str, choices: &'static str, read: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        let text = self.cell(name);
        if text.is_empty() {
            return None;
        }
        let read = read(&text.to_lowercase());
        if read.is_none() {
            self.problems.push(CellProblem::NotOneOf(name, choices, text.to_owned()));
        }
        read
    }

    fn yes(&mut self, name: &'static str) -> Option<bool> {
        self.one_of(name, "yes, no", |text| match text {
            "yes" | "true" | "1" => Some(true),
            "no" | "false" | "0" => Some(false),
            _ => None,
        })
    }

    fn number(&mut self, name: &'static str, least: u32, most: u32) -> Option<u32> {
        let text = self.cell(name);
        if text.is_empty() {
            return None;
        }
        let digits = text.len() <= 10 && text.bytes().all(|byte| byte.is_ascii_digit());
        let number = text.parse::<u32>().ok().filter(|number| digits && (least..=most).contains(number));
        if number.is_none() {
            self.problems.push(CellProblem::NotANumber(name, least, most, text.to_owned()));
        }
        number
    }

    fn date(&mut self, name: &'static str) -> Option<NaiveDate> {
        let text = self.cell(name);
        if text.is_empty() {
            return None;
        }
        let shaped = text.len() == 10 && text.as_bytes()[4] == b'-' && text.as_bytes()[7] == b'-';
        let date = text.parse::<NaiveDate>().ok().filter(|_| shaped);
        if date.is_none() {
            let parts: Vec<&str> = text.split(['/', '.', '-']).collect();
            let numbers = parts.len() == 3
                && parts.iter().all(|part| (1..=4).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit()));
            self.problems.push(if numbers && parts[0].len() < 4 {
                CellProblem::Ambiguous(name, text.to_owned())
            } else {
                CellProblem::NotADate(name, NotADate(text.to_owned()))
            });
        }
        date
    }

    fn account(&mut self) -> AccountCells {
        let mut billing = BTreeMap::new();
        for name in column::BILLING {
            if let Some(text) = self.optional(name, |text| typed(text, Name::LONGEST)) {
                billing.insert(name.to_owned(), text);
            }
        }
        AccountCells {
            name: self.optional(column::ACCOUNT, Name::typed),
            kind: self.one_of(column::KIND, "customer, partner", AccountKind::from_code),
            licence_model: self.one_of(column::LICENCE_MODEL, "perpetual, subscription, mixed", LicenceModel::from_code),
            time_zone: self.optional(column::TIME_ZONE, |text| typed(text, Name::LONGEST)),
            mirrored: self.yes(column::MIRRORED),
            activated_on: self.date(column::ACTIVATED_ON),
            billable: self.yes(column::BILLABLE),
            billing,
            landlord: self.optional(column::LANDLORD, |text| text.to_uppercase().parse()),
        }
    }

    fn order(&mut self) -> Option<OrderCells> {
        if self.cell(column::SALES_ORDER).is_empty() {
            let others = [column::LINE, column::CHANGES, column::PART, column::ASSIGNED, column::POOLED, column::ORDERED_ON];
            if others.iter().any(|name| !self.cell(name).is_empty()) {
                self.problems.push(CellProblem::WithoutOrder);
            }
            return None;
        }
        let sales_order = self.required(column::SALES_ORDER, order_number)?;
        if self.cell(column::LINE).is_empty() {
            self.problems.push(CellProblem::Missing(column::LINE));
        }
        let line = self.number(column::LINE, 1, MOST);
        if self.cell(column::ORDERED_ON).is_empty() {
            self.problems.push(CellProblem::Missing(column::ORDERED_ON));
        }
        let ordered_on = self.date(column::ORDERED_ON);
        let changes = self.changes();
        let part = self.optional(column::PART, |text| text.to_uppercase().parse());
        if changes.is_none() && self.cell(column::CHANGES).is_empty() && self.cell(column::PART).is_empty() {
            self.problems.push(CellProblem::Missing(column::PART));
        }
        let purchase_order = self.optional(column::PURCHASE_ORDER, order_number).unwrap_or_default();
        let (assigned, pooled) = (self.number(column::ASSIGNED, 0, MOST), self.number(column::POOLED, 0, MOST));
        let unlimited = self.yes(column::UNLIMITED);
        let (maintenance_end, term_days) = (self.date(column::MAINTENANCE_END), self.number(column::TERM_DAYS, 1, LONGEST_TERM));
        Some(OrderCells {
            sales_order,
            line: line?,
            purchase_order,
            ordered_on: ordered_on?,
            part,
            assigned,
            pooled,
            unlimited,
            maintenance_end,
            term_days,
            changes,
        })
    }

    fn changes(&mut self) -> Option<(String, u32)> {
        let text = self.cell(column::CHANGES);
        if text.is_empty() {
            return None;
        }
        let read = text.rsplit_once('/').and_then(|(order, line)| Some((order_number(order).ok()?, line.trim().parse().ok()?)));
        if read.is_none() {
            self.problems.push(CellProblem::NotALine(text.to_owned()));
        }
        read
    }

    fn site(&mut self) -> Option<SiteDraft> {
        if self.cell(column::SITE).is_empty() {
            return None;
        }
        let column_of = |field: &str| match field {
            sites::field::NAME => column::SITE,
            sites::field::COUNTRY => column::SITE_COUNTRY,
            field => {
                let at = sites::field::OPTIONAL.iter().position(|(name, _)| *name == field);
                at.map_or("", |at| column::SITE_OPTIONAL[at])
            }
        };
        let parsed = SiteDraft::parse(|field| if field == sites::field::ACTIVE { "yes" } else { self.cell(column_of(field)) });
        let told = |refusals: Vec<crate::form::Refusal<sites::SiteProblem>>| {
            refusals
                .into_iter()
                .map(|refusal| CellProblem::Site(column_of(&refusal.field).to_owned(), refusal.problem.to_string()))
                .collect::<Vec<_>>()
        };
        parsed.map_err(|refusals| self.problems.extend(told(refusals))).ok()
    }
}

fn order_number(text: &str) -> Result<String, TextError> {
    typed(text, LONGEST_NUMBER)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(cells: &[(&str, &'static str)]) -> Result<ImportLine, Vec<String>> {
        let value = |name: &str| cells.iter().find(|(column, _)| *column == name).map_or("", |(_, value)| *value);
        ImportLine::parse(value).map_err(|problems| problems.iter().map(ToString::to_string).collect())
    }

    const LINE: [(&str, &str); 6] = [
        ("garn", "acme-1001"),
        ("sales_order", "SO-1"),
        ("line", "2"),
        ("ordered_on", "2019-03-04"),
        ("part", "sw-001-4.0-al01"),
        ("assigned", "40"),
    ];

    fn with(changes: &[(&'static str, &'static str)]) -> Result<ImportLine, Vec<String>> {
        let mut cells = LINE.to_vec();
        cells.retain(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
        cells.extend(changes);
        parse(&cells)
    }

    #[test]
    fn a_line_is_about_an_account_and_an_order_line_a_site_or_neither() {
        let line = with(&[]).expect("a line");
        let order = line.order.expect("an order");
        assert_eq!((line.garn.as_str(), order.line, order.assigned, order.pooled), ("ACME-1001", 2, Some(40), None));
        assert_eq!(order.part.expect("a part").as_str(), "SW-001-4.0-AL01");
        let account = parse(&[("garn", "A-1"), ("account", "A"), ("kind", "Partner"), ("mirrored", "yes")]).expect("a line");
        assert_eq!(
            (account.order.is_none(), account.account.kind, account.account.mirrored),
            (true, Some(AccountKind::Partner), Some(true))
        );
        let site = parse(&[("garn", "A-1"), ("site", "Bergen"), ("site_country", "Norway")]).expect("a line");
        assert_eq!(site.site.expect("a site").name.as_str(), "Bergen");
        let change = with(&[("changes", "SO-104417/3"), ("part", ""), ("assigned", "")]).expect("a line");
        assert_eq!(change.order.expect("an order").changes, Some(("SO-104417".to_owned(), 3)));
    }

    #[test]
    fn what_cannot_be_read_is_told_with_its_column_and_what_to_write() {
        for (changes, words) in [
            (vec![("garn", "")], "garn: fill in this cell."),
            (vec![("garn", "acme_1")], "garn: “acme_1” cannot be used: it is not written as 1 to 32 of A–Z, 0–9 and “-”."),
            (
                vec![("ordered_on", "03/04/2027")],
                "ordered_on: “03/04/2027” is one day in some countries and another in others. Write year, month and day, such as 2027-01-31.",
            ),
            (
                vec![("maintenance_end", "46000")],
                "maintenance_end: “46000” is not a date. Enter year, month and day, such as 2027-01-31.",
            ),
            (
                vec![("maintenance_end", "2027-02-30")],
                "maintenance_end: “2027-02-30” is not a date. Enter year, month and day, such as 2027-01-31.",
            ),
            (vec![("assigned", "1,000")], "assigned: “1,000” is not a whole number from 0 to 1000000."),
            (vec![("line", "0")], "line: “0” is not a whole number from 1 to 1000000."),
            (vec![("line", "")], "line: fill in this cell."),
            (vec![("part", "")], "part: fill in this cell."),
            (vec![("changes", "SO-1")], "changes: “SO-1” names no order line. Write its order and line, such as SO-104417/3."),
            (vec![("licence_model", "rented")], "licence_model: “rented” is not one of perpetual, subscription, mixed."),
            (
                vec![("sales_order", "")],
                "An order line names its order: fill in sales_order and line, or empty the other cells of the order.",
            ),
            (vec![("site", "Bergen")], "site_country: Enter the country."),
            (
                vec![("site", "Bergen"), ("site_country", "N"), ("site_email", "x")],
                "site_email: “x” is not an e-mail address. Enter one such as name@company.example, or leave it empty.",
            ),
        ] {
            assert_eq!(with(&changes), Err(vec![words.to_owned()]), "{changes:?}");
        }
    }
}
