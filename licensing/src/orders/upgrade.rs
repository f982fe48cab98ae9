//! *Upgrade software*: parts and what each becomes. Domain §5.

use super::entitlement::Entitlement;
use crate::{
    form::{ChoiceProblem, Refusal},
    offer::eligibility::Ineligible,
    value::{date, quantity::Quantity, text::PartNumber},
};
use chrono::NaiveDate;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Names the form as a whole, where no field can be named.
pub const FORM: &str = "upgrade";

const TARGET: &str = "to.";

/// The field that says what a part becomes.
#[must_use]
pub fn target_field(part: &PartNumber) -> String {
    format!("{TARGET}{part}")
}

/// A part of an account, with what it can become.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpgradablePart {
    pub number: PartNumber,
    pub description: String,
    /// Number and description of each part that it can be upgraded to; none: there is no upgrade.
    pub targets: Vec<(PartNumber, String)>,
    /// Why this person may not upgrade it: upgrading needs a certification for its product. Domain §1.
    pub ineligible: Option<Ineligible>,
    pub lines: Vec<Entitlement>,
}

/// Problem of a request to upgrade parts.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UpgradeProblem {
    #[error(transparent)]
    Choice(#[from] ChoiceProblem),
    /// Refusal for a part, and what to do about it.
    #[error("{reason} {}", reason.remedy())]
    Ineligible { reason: Box<Ineligible> },
    #[error("Select what at least one part becomes.")]
    NothingChosen,
    /// A part that a mirrored account upgrades together with the others.
    #[error("This account is mirrored: all parts with an upgrade option are upgraded together. Select what {0} becomes, too.")]
    AllTogether(String),
    #[error(
        "Maintenance of {description} (order {sales_order}) ended on {}. Renew it, then upgrade.",
        date::words(*ended_on)
    )]
    MaintenanceEnded { description: String, sales_order: String, ended_on: NaiveDate },
    #[error("{description} (order {sales_order}) has no maintenance. Order it, then upgrade.")]
    NoMaintenance { description: String, sales_order: String },
}

/// Quantities that move from a part to its target, 1:1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moved {
    pub owned: Quantity,
    pub allocated: Quantity,
}

impl UpgradablePart {
    /// Owned and allocated quantities of the lines whose maintenance is current on `today`, and of the others.
    #[must_use]
    pub fn split(&self, today: NaiveDate) -> (Moved, Moved) {
        let add = |sum: Moved, line: &Entitlement| Moved {
            owned: sum.owned.saturating_add(line.owned),
            allocated: sum.allocated.saturating_add(line.allocated),
        };
        self.lines.iter().fold((Moved::default(), Moved::default()), |(moves, stays), line| {
            if line.maintained_on(today) { (add(moves, line), stays) } else { (moves, add(stays, line)) }
        })
    }

    /// The line of the part whose maintenance is not current and ended last, if there is one.
    fn lapsed(&self, today: NaiveDate) -> Option<&Entitlement> {
        self.lines.iter().filter(|line| !line.maintained_on(today)).max_by_key(|line| line.maintenance_end)
    }
}

/// A request to upgrade parts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct UpgradeRequest {
    /// Upgrade of each part. Not checked against the upgrades that are possible.
    pub targets: BTreeMap<PartNumber, PartNumber>,
    /// Fields that name a part, and none that it could become.
    #[serde(skip)]
    unread: BTreeSet<String>,
}

impl UpgradeRequest {
    /// Reads the form, whose fields are (name, value as typed).
    #[must_use]
    pub fn of_form(fields: &[(String, String)]) -> Self {
        let mut request = Self::default();
        for (name, value) in fields {
            let Some(part) = name.strip_prefix(TARGET).filter(|_| !value.is_empty()) else { continue };
            match (part.parse(), value.parse()) {
                (Ok(part), Ok(target)) => drop(request.targets.entry(part).or_insert(target)),
                _ => drop(request.unread.insert(name.clone())),
            }
        }
        request
    }

    /// Each part that is to be upgraded, with its target.
    ///
    /// A mirrored account upgrades all parts that have an option, or none.
    ///
    /// # Errors
    /// Everything that is wrong, in the order of `parts`; never empty.
    pub fn check(
        &self,
        parts: &[UpgradablePart],
        mirrored: bool,
        today: NaiveDate,
    ) -> Result<Vec<(PartNumber, PartNumber)>, Vec<Refusal<UpgradeProblem>>> {
        let mut refusals = Vec::new();
        let mut chosen = Vec::new();
        let mut left_out = Vec::new();
        for part in parts.iter().filter(|part| !part.targets.is_empty()) {
            let field = target_field(&part.number);
            let asked = self.targets.get(&part.number);
            let target = asked.and_then(|asked| part.targets.iter().find(|(target, _)| target == asked));
            let Some((target, _)) = target else {
                if asked.is_none() && !self.unread.contains(&field) {
                    left_out.push((field, part));
                } else {
                    refusals.push(Refusal::new(&field, ChoiceProblem::NotOffered("an upgrade")));
                }
                continue;
            };
            if let Some(reason) = &part.ineligible {
                refusals.push(Refusal::new(&field, UpgradeProblem::Ineligible { reason: Box::new(reason.clone()) }));
            }
            // One line without maintenance keeps back only itself, unless all must go together.
            let blocked =
                if part.lines.iter().any(|line| line.maintained_on(today)) && !mirrored { None } else { part.lapsed(today) };
            if let Some(line) = blocked {
                let (description, sales_order) = (part.description.clone(), line.sales_order.clone());
                let problem = match line.maintenance_end {
                    Some(ended_on) => UpgradeProblem::MaintenanceEnded { description, sales_order, ended_on },
                    None => UpgradeProblem::NoMaintenance { description, sales_order },
                };
                refusals.push(Refusal::new(&field, problem));
            }
            chosen.push((part.number.clone(), target.clone()));
        }
        match left_out.first() {
            first if chosen.is_empty() && refusals.is_empty() => {
                let field = first.map_or(FORM, |(field, _)| field.as_str()).to_owned();
                refusals.push(Refusal::new(field, UpgradeProblem::NothingChosen));
            }
            Some(_) if mirrored && !chosen.is_empty() => {
                refusals.extend(
                    left_out
                        .iter()
                        .map(|(field, part)| Refusal::new(field, UpgradeProblem::AllTogether(part.description.clone()))),
                );
            }
            _ => {}
        }
        if refusals.is_empty() { Ok(chosen) } else { Err(refusals) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(number: &str, targets: &[&str], ends: &[Option<&str>]) -> UpgradablePart {
        let line = |end: &Option<&str>| Entitlement {
            sales_order: format!("SO-{number}"),
            ordered_on: "2010-01-01".parse().expect("a date"),
            owned: Quantity::new(10, 5),
            allocated: Quantity::new(4, 0),
            unlimited: false,
            maintenance_end: end.map(|day| day.parse().expect("a date")),
            term_days: None,
            ends_on: None,
        };
        let target = |number: &&str| (number.parse().expect("a part number"), (*number).to_owned());
        UpgradablePart {
            number: number.parse().expect("a part number"),
            description: format!("Part {number}"),
            targets: targets.iter().map(target).collect(),
            ineligible: None,
            lines: ends.iter().map(line).collect(),
        }
    }

    fn parse(parts: &[UpgradablePart], mirrored: bool, pairs: &[(&str, &'static str)]) -> Result<Vec<String>, Vec<String>> {
        let fields: Vec<_> = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let today = "2026-11-22".parse().expect("a date");
        UpgradeRequest::of_form(&fields)
            .check(parts, mirrored, today)
            .map(|chosen| chosen.iter().map(|(part, target)| format!("{part} {target}")).collect())
            .map_err(|refusals| refusals.iter().map(|r| format!("{}: {}", r.field, r.problem)).collect())
    }

    const CURRENT: Option<&str> = Some("2026-11-22");

    #[test]
    fn single_parts_are_chosen_and_a_mirrored_account_takes_all_of_them() {
        let parts = [part("A", &["B", "C"], &[CURRENT]), part("D", &["E"], &[CURRENT]), part("F", &[], &[CURRENT])];
        assert_eq!(parse(&parts, false, &[("to.A", "C")]), Ok(vec!["A C".into()]));
        assert_eq!(
            parse(&parts, true, &[("to.A", "C")]),
            Err(vec![
                "to.D: This account is mirrored: all parts with an upgrade option are upgraded together. Select what Part D becomes, too.".into()
            ])
        );
        assert_eq!(parse(&parts, true, &[("to.A", "B"), ("to.D", "E")]), Ok(vec!["A B".into(), "D E".into()]));
        assert_eq!(parse(&parts[2..], false, &[]), Err(vec!["upgrade: Select what at least one part becomes.".into()]));
        assert_eq!(parse(&parts, false, &[]), Err(vec!["to.A: Select what at least one part becomes.".into()]));
        assert_eq!(
            parse(&parts, false, &[("to.A", "E")]),
            Err(vec!["to.A: What was sent is not among this account's choices. Select an upgrade from the list.".into()])
        );
    }

    #[test]
    fn a_part_of_a_product_that_somebody_is_not_certified_for_stays_what_it_is() {
        let mut parts = [part("A", &["B"], &[CURRENT]), part("D", &["E"], &[CURRENT])];
        parts[1].ineligible = Some(Ineligible::NotCertified { product: "CIC".into() });
        assert_eq!(parse(&parts, false, &[("to.A", "B")]), Ok(vec!["A B".into()]));
        assert_eq!(
            parse(&parts, false, &[("to.A", "B"), ("to.D", "E")]),
            Err(vec![
                "to.D: You hold no certification for CIC. Take the core certification for CIC, or ask a certified colleague \
                 to generate the file."
                    .into()
            ])
        );
    }

    #[test]
    fn maintenance_must_be_current_on_the_day() {
        let over = [part("A", &["B"], &[Some("2026-11-21")]), part("D", &["E"], &[CURRENT, None])];
        assert_eq!(
            parse(&over, false, &[("to.A", "B")]),
            Err(vec!["to.A: Maintenance of Part A (order SO-A) ended on 21 Nov 2026. Renew it, then upgrade.".into()])
        );
        // The line without maintenance stays what it is, unless all must go together.
        assert_eq!(parse(&over, false, &[("to.D", "E")]), Ok(vec!["D E".into()]));
        let both = [over[1].clone()];
        assert_eq!(
            parse(&both, true, &[("to.D", "E")]),
            Err(vec!["to.D: Part D (order SO-D) has no maintenance. Order it, then upgrade.".into()])
        );
        let (moves, stays) = over[1].split("2026-11-22".parse().expect("a date"));
        assert_eq!(
            (moves.owned, moves.allocated, stays.owned),
            (Quantity::new(10, 5), Quantity::new(4, 0), Quantity::new(10, 5))
        );
    }
}
