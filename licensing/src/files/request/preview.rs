//! Preview of a choice: resulting keys, each part before and after, and every shortfall at once.

use super::{
    field,
    problem::{FileProblem, Pool, choice},
};
use crate::{
    catalogue::key::{KeyCounts, KeyName},
    form::{ChoiceProblem, Refusal},
    licence::{LicenceType, UsageTracking},
    offer::{Offer, OfferedPart},
    orders::entitlement::{Entitlement, Holding, draw},
    value::{
        date::{PRODUCTION_VALID_THROUGH, a_year_after},
        quantity::Quantity,
        text::PartNumber,
    },
};
use chrono::{Days, NaiveDate};

/// A partner's development file is valid so long after its day of issue. Domain §4.
const PARTNER_DEVELOPMENT: Days = Days::new(30);
/// A trial file is. Domain §4.
const TRIAL: Days = Days::new(60);

/// The choices that decide keys and quantities. Every part number is one of the offer's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    pub server_item: Option<PartNumber>,
    pub switchover_item: Option<PartNumber>,
    pub add_ons: Vec<(PartNumber, Quantity)>,
    pub usage_tracking: Option<UsageTracking>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Preview {
    pub keys: KeyCounts,
    /// Chosen parts: server item, switchover item, then add-ons; last what an update gives back whole.
    pub parts: Vec<PartChange>,
    /// Last day of the file; `None` until the choices decide it.
    pub valid_through: Option<NaiveDate>,
    /// Last day on which updates may be installed; `None` when the server item's maintenance is not current. Domain §6.7.
    pub updates_through: Option<NaiveDate>,
    pub refusals: Vec<Refusal<FileProblem>>,
}

/// One part before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartChange {
    pub part: PartNumber,
    pub description: String,
    pub holding: Holding,
    /// Quantity that the updated file holds; `holding` counts it as returned already.
    pub held: Quantity,
    pub asked: Quantity,
}

impl PartChange {
    /// Quantity available now, each pool at least zero.
    #[must_use]
    pub fn available_before(&self) -> Quantity {
        self.holding.available().saturating_sub(self.held)
    }

    /// Quantity that would be left, each pool at least zero.
    #[must_use]
    pub fn available_after(&self) -> Quantity {
        self.holding.available().saturating_sub(self.asked)
    }

    #[must_use]
    pub fn falls_short(&self) -> bool {
        !self.holding.unlimited && self.holding.available().checked_sub(self.asked).is_none()
    }
}

impl Preview {
    #[must_use]
    pub fn of(offer: &Offer, selection: &Selection) -> Self {
        let mut preview = Self::default();
        let items = [(&selection.server_item, field::SERVER_ITEM), (&selection.switchover_item, field::SWITCHOVER_ITEM)]
            .into_iter()
            .filter_map(|(item, field)| {
                item.as_ref().map(|item| (item, Quantity::ONE_SERVER, [field.to_owned(), field.to_owned()]))
            });
        let add_ons =
            selection.add_ons.iter().map(|(part, quantity)| (part, *quantity, [field::assigned(part), field::pooled(part)]));
        let chosen: Vec<_> = items
            .chain(add_ons)
            .filter_map(|(part, quantity, fields)| offer.part(part).map(|part| (part, quantity, fields)))
            .collect();

        for (part, quantity, fields) in &chosen {
            preview.take(part, *quantity, fields);
            let missing: Vec<_> = part
                .requires
                .iter()
                .filter(|required| !chosen.iter().any(|(other, ..)| other.number == **required))
                .map(|required| offer.part(required).map_or_else(|| required.to_string(), |p| p.description.clone()))
                .collect();
            if !missing.is_empty() {
                let problem = FileProblem::Requires { description: part.description.clone(), missing: missing.join(", ") };
                preview.refusals.push(Refusal::new(&fields[usize::from(quantity.assigned == 0)], problem));
            }
        }
        let returned = offer.parts.iter().filter(|part| !part.held.is_zero());
        for part in returned.filter(|part| !chosen.iter().any(|(other, ..)| other.number == part.number)) {
            preview.parts.push(PartChange {
                part: part.number.clone(),
                description: part.description.clone(),
                holding: part.holding(),
                held: part.held,
                asked: Quantity::ZERO,
            });
        }
        if let Some(item) = selection.server_item.as_ref().and_then(|item| offer.part(item)) {
            let line = drawn_line(item);
            preview.valid_through = last_day(offer, line);
            if matches!(offer.licence_type, LicenceType::Production | LicenceType::Evaluation) {
                preview.updates_through =
                    line.filter(|line| line.maintained_on(offer.today)).and_then(|line| line.maintenance_end);
            }
            if preview.updates_through.is_some() {
                preview.add_key(&KeyName::updates_allowed(), field::SERVER_ITEM);
            }
            let billed = offer.licence_type == LicenceType::Production && line.is_some_and(|line| line.unlimited);
            preview.track_usage(offer, billed, selection.usage_tracking);
        }
        preview
    }

    fn take(&mut self, part: &OfferedPart, asked: Quantity, [assigned, pooled]: &[String; 2]) {
        if let Err(error) = self.keys.add_part(&part.keys, asked) {
            self.refusals.push(Refusal::new(assigned, error));
        }
        let holding = part.holding();
        if let Err(missing) = draw(&part.lines, asked) {
            let available = holding.available();
            let mut short = |pool, field: &str, asked: u32, owned, available, missing: u32| {
                let description = part.description.clone();
                let problem = match holding.unlimited {
                    true => FileProblem::Uncountable { description, pool, left: asked - missing },
                    false => FileProblem::Shortfall { description, pool, asked, owned, available },
                };
                self.refusals.push(Refusal::new(field, problem));
            };
            if missing.assigned > 0 {
                short(Pool::Assigned, assigned, asked.assigned, holding.owned.assigned, available.assigned, missing.assigned);
            }
            if missing.pooled > 0 {
                short(Pool::Pooled, pooled, asked.pooled, holding.owned.pooled, available.pooled, missing.pooled);
            }
        }
        let (number, description) = (part.number.clone(), part.description.clone());
        self.parts.push(PartChange { part: number, description, holding, held: part.held, asked });
    }

    /// Exactly one usage key in a subscription production file, none in any other. Domain §6.6.
    fn track_usage(&mut self, offer: &Offer, billed: bool, chosen: Option<UsageTracking>) {
        let mut refuse = |problem: FileProblem| self.refusals.push(Refusal::new(field::USAGE_TRACKING, problem));
        match (billed, chosen, &offer.virtual_cloud) {
            (_, Some(UsageTracking::VirtualCloud), Err(obstacle)) => refuse(obstacle.clone().into()),
            (true, Some(usage), _) => self.add_key(&usage.key(), field::USAGE_TRACKING),
            (true, None, _) => refuse(ChoiceProblem::Nothing(choice::USAGE_TRACKING).into()),
            (false, Some(_), _) => refuse(FileProblem::UsageTracking(offer.licence_type)),
            (false, None, _) => {}
        }
    }

    fn add_key(&mut self, key: &KeyName, field: &str) {
        if let Err(error) = self.keys.add(key, 1) {
            self.refusals.push(Refusal::new(field, error));
        }
    }
}

/// The last day of a file whose server item is drawn from `line`. Domain §4.
fn last_day(offer: &Offer, line: Option<&Entitlement>) -> Option<NaiveDate> {
    if let Some(updated) = &offer.updates {
        return Some(updated.valid_through);
    }
    let today = offer.today;
    let fixed = line.and_then(|line| line.ends_on);
    match offer.licence_type {
        LicenceType::Production => Some(PRODUCTION_VALID_THROUGH),
        LicenceType::BundledDevelopment => Some(a_year_after(today)),
        LicenceType::PartnerDevelopment => Some(today + PARTNER_DEVELOPMENT),
        LicenceType::Trial => Some(today + TRIAL),
        LicenceType::OrderedDevelopmentSmall | LicenceType::OrderedDevelopmentLarge => {
            line.map(|_| fixed.unwrap_or_else(|| a_year_after(today)))
        }
        LicenceType::Evaluation => fixed.or_else(|| Some(today + Days::new(line?.term_days?.into()))),
    }
}

/// The order line that one `server_item` is drawn from: its maintenance and its model are the file's.
fn drawn_line(server_item: &OfferedPart) -> Option<&Entitlement> {
    let drawn = draw(&server_item.lines, Quantity::ONE_SERVER).ok()?;
    drawn.first().map(|(line, _)| &server_item.lines[*line])
}
