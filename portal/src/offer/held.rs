//! Quantities that the current revision of a file holds, and an offer with them returned.

use crate::offer::model::LoadedOffer;
use chrono::NaiveDate;
use licensing::{
    Quantity,
    offer::{Choosable, OfferedPart, Updated},
};
use std::collections::BTreeMap;

/// The current revision of a file, and what it holds.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    /// Id of its install site, as the form sends it.
    pub(crate) site: String,
    pub(crate) valid_through: NaiveDate,
    pub(crate) ramp_date: Option<NaiveDate>,
    /// Name of its switchover server.
    pub(crate) switchover: Option<String>,
    /// Quantities of order lines, by row id.
    pub(crate) entitlements: BTreeMap<i64, Quantity>,
    /// Quantities of parts without an order, by row id.
    pub(crate) parts: BTreeMap<i64, Quantity>,
}

impl Held {
    /// Whether [`Self::return_to`] changes this part of the offer.
    pub(crate) fn touches(&self, part: &OfferedPart, loaded: &LoadedOffer) -> bool {
        let lines = loaded.entitlement_ids.get(&part.number).into_iter().flatten();
        part.choosable == Choosable::AsHeld
            || lines.into_iter().any(|id| self.entitlements.contains_key(id))
            || loaded.part_ids.get(&part.number).is_some_and(|id| self.parts.contains_key(id))
    }

    /// Makes the offer one for an update: what is held counts as returned, and each part says how much of it that is. Of what analysts alone add
    /// there is as much as is held.
    pub(crate) fn return_to(&self, loaded: &mut LoadedOffer) {
        for part in &mut loaded.offer.parts {
            let capped = part.choosable == Choosable::AsHeld;
            for line in part.lines.iter_mut().filter(|_| capped) {
                (line.owned, line.unlimited) = (line.allocated, false);
            }
            let lines = loaded.entitlement_ids.get(&part.number).into_iter().flatten();
            let of_lines = lines.zip(&mut part.lines).filter_map(|(id, line)| Some((self.entitlements.get(id)?, line)));
            for (held, line) in of_lines {
                line.allocated = line.allocated.saturating_sub(*held);
                part.held = part.held.saturating_add(*held);
            }
            let unordered = loaded.part_ids.get(&part.number).and_then(|id| self.parts.get(id));
            if let (Some(held), Some(line)) = (unordered, part.lines.first_mut()) {
                line.allocated = line.allocated.saturating_sub(*held);
                part.held = *held;
                if capped {
                    line.owned = *held;
                }
            }
        }
        loaded.offer.updates = Some(Updated {
            site: self.site.clone(),
            valid_through: self.valid_through,
            ramp_date: self.ramp_date,
            switchover: self.switchover.clone(),
        });
    }
}
