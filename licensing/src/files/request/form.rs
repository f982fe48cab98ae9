//! The form of *New activation file*: what was typed becomes a [`NewFile`], or a list of everything that is wrong with it.

use super::{
    field,
    preview::{Preview, Selection},
    problem::{Choice, LONGEST_GRACE, Problem, Refusal, refusal},
};
use crate::{
    activation_file::{Binding, Enforcement, Server},
    licence::{LicenceType, UsageTracking},
    offer::{Offer, OfferedPart},
    value::{
        coded::coded,
        host_id::HostId,
        quantity::{MOST, Quantity},
        text::{Name, PartNumber},
    },
};
use chrono::{Months, NaiveDate};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

coded! {
    /// Which hardware the system runs on; one is left. Domain §5.
    SystemType {
        MediaServerBased = "media-server-based", "Media Server Based";
    }
}

coded! {
    /// The mail system that the server talks to. Domain §5.
    MailConnector {
        Exchange = "exchange", "Exchange";
        GroupWise = "groupwise", "GroupWise";
        Notes = "notes", "Notes";
        InteractionMessageStore = "interaction-message-store", "Interaction Message Store";
        Other = "other", "Other";
        None = "none", "None";
    }
}

/// What was typed, field by field, nothing dropped.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewFileForm(Vec<(String, String)>);

/// A complete and consistent request for a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NewFile {
    /// Id of the install site, one of the offer's.
    pub site: String,
    pub product: String,
    pub version: String,
    pub licence_type: LicenceType,
    pub system_type: Option<SystemType>,
    pub mail_connector: Option<MailConnector>,
    pub usage_tracking: Option<UsageTracking>,
    pub binding: Binding,
    /// Server item, switchover server item, then add-ons in the order of the offer, with what is asked of each.
    pub parts: Vec<(PartNumber, Quantity)>,
    /// Last day of the file.
    pub valid_through: NaiveDate,
}

/// Number of quantities of parts that are not offered which are named.
const MOST_STRANGERS: u32 = 20;
/// A ramp date lies at most so far ahead of the day of issue.
const LONGEST_RAMP: Months = Months::new(12);

impl FromIterator<(String, String)> for NewFileForm {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(pairs: I) -> Self {
        Self(pairs.into_iter().collect())
    }
}

impl NewFileForm {
    /// What was typed into `field`; empty when it was not sent. The first counts when it was sent twice.
    #[must_use]
    pub fn value(&self, field: &str) -> &str {
        self.0.iter().find(|(name, _)| name == field).map_or("", |(_, value)| value.as_str())
    }

    /// Every field as typed.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// With these fields instead of what it says of them.
    #[must_use]
    pub fn with(&self, fields: &[(&str, &str)]) -> Self {
        let others = self.0.iter().filter(|(name, _)| !fields.iter().any(|(field, _)| field == name)).cloned();
        Self(others.chain(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))).collect())
    }

    /// Without what `offer` does not have: what was chosen for another product or type.
    #[must_use]
    pub fn fitting(&self, offer: &Offer) -> Self {
        fn among<'a>(part: &str, mut offered: impl Iterator<Item = &'a OfferedPart>) -> bool {
            part.is_empty() || offered.any(|p| p.number.as_str() == part)
        }
        let fits = |name: &str, value: &str| match name {
            field::SERVER_ITEM => among(value, offer.items()),
            field::SWITCHOVER_ITEM => among(value, offer.switchover_items()),
            field::USAGE_TRACKING | field::RAMP_DATE | field::GRACE_DAYS => offer.reports_usage(),
            _ => field::quantity_part(name).is_none_or(|part| among(part, offer.add_ons())),
        };
        Self(self.0.iter().filter(|(name, value)| fits(name, value)).cloned().collect())
    }

    /// The fields that say something else than in `before`, buttons and keys aside. No quantity is the same as none.
    #[must_use]
    pub fn changed_fields(&self, before: &Self) -> Vec<String> {
        let said = |form: &Self, name: &str| match form.value(name).trim() {
            "0" if field::quantity_part(name).is_some() => String::new(),
            typed => typed.to_owned(),
        };
        let names: BTreeSet<&str> = self.fields().chain(before.fields()).map(|(name, _)| name).collect();
        names
            .into_iter()
            .filter(|name| field::is_choice(name) || field::quantity_part(name).is_some())
            .filter(|name| said(self, name) != said(before, name))
            .map(str::to_owned)
            .collect()
    }

    /// Whether the switchover server is left for another time.
    #[must_use]
    pub fn switchover_later(&self) -> bool {
        !self.value(field::SWITCHOVER_LATER).is_empty()
    }

    /// Whether the file is to be for a virtual cloud.
    #[must_use]
    pub fn in_virtual_cloud(&self) -> bool {
        self.value(field::USAGE_TRACKING) == UsageTracking::VirtualCloud.code()
    }

    /// What the choices made so far would give; fields that cannot be read yet are named in its refusals.
    #[must_use]
    pub fn preview(&self, offer: &Offer) -> Preview {
        let (_, mut preview) = self.read(offer);
        in_page_order(&mut preview.refusals, offer);
        preview
    }

    fn read(&self, offer: &Offer) -> (Selection, Preview) {
        let mut refusals = Vec::new();
        let selection = self.selection(offer, &mut refusals);
        let mut preview = Preview::of(offer, &selection);
        preview.refusals.extend(refusals);
        (selection, preview)
    }

    fn selection(&self, offer: &Offer, refusals: &mut Vec<Refusal>) -> Selection {
        let mut selection = Selection {
            server_item: self.item(field::SERVER_ITEM, offer.items(), Choice::ServerItem, refusals),
            usage_tracking: self.usage_tracking(refusals),
            ..Selection::default()
        };
        if offer.has_switchover() && !self.switchover_later() {
            selection.switchover_item =
                self.item(field::SWITCHOVER_ITEM, offer.switchover_items(), Choice::SwitchoverItem, refusals);
        } else if !self.switchover_later() {
            let second = [field::SWITCHOVER_HOST_ID, field::SWITCHOVER_MACHINE_NAME, field::SWITCHOVER_ITEM];
            let typed = second.into_iter().find(|name| !self.value(name).trim().is_empty());
            refusals.extend(typed.map(|name| refusal(name, Problem::NoSwitchover)));
        }
        let named: BTreeSet<&str> = self.fields().filter_map(|(name, _)| field::quantity_part(name)).collect();
        for part in offer.add_ons().filter(|part| named.contains(part.number.as_str())) {
            let assigned = self.count(&field::assigned(&part.number), refusals);
            let pooled = self.count(&field::pooled(&part.number), refusals);
            let quantity = Quantity::new(assigned, pooled);
            if !quantity.is_zero() {
                selection.add_ons.push((part.number.clone(), quantity));
            }
        }
        let mut strangers = 0;
        for (name, value) in self.fields() {
            let Some(part) = field::quantity_part(name) else { continue };
            let owned = offer.add_ons().any(|p| p.number.as_str() == part);
            // A page names no more of what was made up.
            if !owned && !value.trim().is_empty() && strangers < MOST_STRANGERS {
                strangers += 1;
                let problem = Problem::NotAddable { part: part.to_owned(), licence_type: offer.licence_type };
                refusals.push(refusal(name, problem));
            }
        }
        selection
    }

    /// The chosen one of `offered`. Nothing chosen is no refusal yet: [`Self::parse`] asks for it.
    fn item<'a>(
        &self,
        name: &str,
        mut offered: impl Iterator<Item = &'a OfferedPart>,
        choice: Choice,
        refusals: &mut Vec<Refusal>,
    ) -> Option<PartNumber> {
        let typed = self.value(name);
        let chosen = offered.find(|part| part.number.as_str() == typed);
        if chosen.is_none() && !typed.is_empty() {
            refusals.push(refusal(name, Problem::NotOffered(choice)));
        }
        chosen.map(|part| part.number.clone())
    }

    fn usage_tracking(&self, refusals: &mut Vec<Refusal>) -> Option<UsageTracking> {
        self.coded(field::USAGE_TRACKING, Choice::UsageTracking, UsageTracking::from_code, refusals)
    }

    fn coded<T>(&self, name: &str, choice: Choice, read: fn(&str) -> Option<T>, refusals: &mut Vec<Refusal>) -> Option<T> {
        let typed = self.value(name);
        let value = read(typed);
        if value.is_none() && !typed.is_empty() {
            refusals.push(refusal(name, Problem::NotOffered(choice)));
        }
        value
    }

    fn count(&self, name: &str, refusals: &mut Vec<Refusal>) -> u32 {
        let typed = self.value(name).trim();
        let problem = match typed.parse::<u64>() {
            Ok(count) => match u32::try_from(count) {
                Ok(count) if count <= MOST => return count,
                _ => Problem::TooLarge(typed.to_owned()),
            },
            Err(_) if typed.is_empty() => return 0,
            Err(_) if typed.bytes().all(|b| b.is_ascii_digit()) => Problem::TooLarge(typed.to_owned()),
            Err(_) => Problem::NotAWholeNumber(typed.to_owned()),
        };
        refusals.push(refusal(name, problem));
        0
    }

    /// A complete request that `offer` can fulfil, and what it gives.
    ///
    /// # Errors
    /// Everything that is wrong, in the order of the page; never empty.
    pub fn parse(&self, offer: &Offer) -> Result<(NewFile, Preview), Vec<Refusal>> {
        let (selection, mut preview) = self.read(offer);
        let mut refusals = std::mem::take(&mut preview.refusals);

        let site = self.site(offer, &mut refusals);
        if self.value(field::VERSION) != offer.version || self.value(field::PRODUCT) != offer.product.code {
            refusals.push(refusal(field::VERSION, Problem::NotOffered(Choice::Version)));
        }
        if self.value(field::TYPE) != offer.licence_type.code() {
            refusals.push(refusal(field::TYPE, Problem::NotOffered(Choice::Type)));
        }
        let (system_type, mail_connector) = if offer.product.mail_connector {
            (
                self.required(field::SYSTEM_TYPE, Choice::SystemType, SystemType::from_code, &mut refusals),
                self.required(field::MAIL_CONNECTOR, Choice::MailConnector, MailConnector::from_code, &mut refusals),
            )
        } else {
            (None, None)
        };
        if selection.server_item.is_none() && self.value(field::SERVER_ITEM).is_empty() {
            refusals.push(refusal(field::SERVER_ITEM, Problem::NoChoice(Choice::ServerItem)));
        }
        let paired = offer.has_switchover() && !self.switchover_later();
        if paired && selection.switchover_item.is_none() && self.value(field::SWITCHOVER_ITEM).is_empty() {
            refusals.push(refusal(field::SWITCHOVER_ITEM, Problem::NoChoice(Choice::SwitchoverItem)));
        }
        let binding = match (self.in_virtual_cloud(), &offer.virtual_cloud) {
            (false, _) => self.hosts(paired, &selection, &mut refusals),
            (true, Ok(organization)) => self.cloud(offer, organization, paired, &selection, &mut refusals),
            // Its obstacle is among the refusals, or that nothing is selected.
            (true, Err(_)) => None,
        };
        match (site, binding, preview.valid_through) {
            (Some(site), Some(binding), Some(valid_through)) if refusals.is_empty() => {
                let asked = preview.parts.iter().filter(|change| !change.asked.is_zero());
                let request = NewFile {
                    site,
                    product: offer.product.code.clone(),
                    version: offer.version.clone(),
                    licence_type: offer.licence_type,
                    system_type,
                    mail_connector,
                    usage_tracking: selection.usage_tracking,
                    binding,
                    parts: asked.map(|change| (change.part.clone(), change.asked)).collect(),
                    valid_through,
                };
                Ok((request, preview))
            }
            _ => {
                in_page_order(&mut refusals, offer);
                Err(refusals)
            }
        }
    }

    /// One server or two on hosts of their own.
    fn hosts(&self, paired: bool, selection: &Selection, refusals: &mut Vec<Refusal>) -> Option<Binding> {
        let host = |field: &str, refusals: &mut Vec<Refusal>| -> Option<HostId> {
            HostId::typed(self.value(field)).map_err(|e| refusals.push(refusal(field, Problem::HostId(e)))).ok()
        };
        let first = host(field::HOST_ID, refusals);
        let primary = self.server(field::MACHINE_NAME, first.clone(), &selection.server_item, refusals);
        let switchover = paired.then(|| {
            let second = host(field::SWITCHOVER_HOST_ID, refusals);
            if let (Some(first), Some(second)) = (first, &second)
                && first == *second
            {
                refusals.push(refusal(field::SWITCHOVER_HOST_ID, Problem::SameHost(first)));
            }
            self.server(field::SWITCHOVER_MACHINE_NAME, second, &selection.switchover_item, refusals)
        });
        // A pair is whole or the form is refused.
        let switchover = switchover.map_or(Some(None), |server| server.map(Some))?;
        Some(Binding::Host { primary: primary?, switchover })
    }

    /// One server or two in the virtual cloud of `organization`. Domain §6.5.
    fn cloud(
        &self,
        offer: &Offer,
        organization: &Name,
        paired: bool,
        selection: &Selection,
        refusals: &mut Vec<Refusal>,
    ) -> Option<Binding> {
        let kept = offer.updates.as_ref().and_then(|updated| updated.ramp_date);
        let ramp_date =
            self.ramp_date(offer.today, kept).map_err(|problem| refusals.push(refusal(field::RAMP_DATE, problem))).ok();
        let grace = self.value(field::GRACE_DAYS).trim().parse().ok().filter(|days| (1..=LONGEST_GRACE).contains(days));
        if grace.is_none() {
            refusals.push(refusal(field::GRACE_DAYS, Problem::GraceDays));
        }
        let primary = self.server(field::MACHINE_NAME, Some(()), &selection.server_item, refusals);
        let switchover =
            paired.then(|| self.server(field::SWITCHOVER_MACHINE_NAME, Some(()), &selection.switchover_item, refusals));
        let switchover = switchover.map_or(Some(None), |server| server.map(Some))?;
        let enforcement = Enforcement { ramp_date: ramp_date?, grace_days: grace?, organization_id: organization.clone() };
        Some(Binding::VirtualCloud { primary: primary?, switchover, enforcement })
    }

    /// `kept` is the one of the file that is updated.
    fn ramp_date(&self, today: NaiveDate, kept: Option<NaiveDate>) -> Result<NaiveDate, Problem> {
        let typed = self.value(field::RAMP_DATE).trim();
        let date: NaiveDate = typed.parse().map_err(|_| Problem::NotADate(typed.to_owned()))?;
        let last = today + LONGEST_RAMP;
        if kept == Some(date) || (today..=last).contains(&date) { Ok(date) } else { Err(Problem::RampDate(today, last)) }
    }

    fn server<H>(
        &self,
        name_field: &str,
        host_id: Option<H>,
        item: &Option<PartNumber>,
        refusals: &mut Vec<Refusal>,
    ) -> Option<Server<H>> {
        let name = Name::typed(self.value(name_field));
        let name = name.map_err(|e| refusals.push(refusal(name_field, Problem::MachineName(e)))).ok();
        Some(Server { machine_name: name?, host_id: host_id?, server_item: Some(item.clone()?) })
    }

    fn site(&self, offer: &Offer, refusals: &mut Vec<Refusal>) -> Option<String> {
        let typed = self.value(field::SITE);
        let problem = match offer.sites.iter().find(|site| site.id == typed) {
            Some(site) if site.active || offer.updates.as_ref().is_some_and(|updated| updated.site == site.id) => {
                return Some(site.id.clone());
            }
            Some(site) => Problem::SiteInactive(site.name.clone()),
            None if typed.is_empty() => Problem::NoChoice(Choice::Site),
            None => Problem::NotOffered(Choice::Site),
        };
        refusals.push(refusal(field::SITE, problem));
        None
    }

    fn required<T>(&self, name: &str, choice: Choice, read: fn(&str) -> Option<T>, refusals: &mut Vec<Refusal>) -> Option<T> {
        if self.value(name).is_empty() {
            refusals.push(refusal(name, Problem::NoChoice(choice)));
        }
        self.coded(name, choice, read, refusals)
    }
}

fn in_page_order(refusals: &mut [Refusal], offer: &Offer) {
    let add_ons: Vec<_> = offer.add_ons().map(|part| part.number.as_str()).collect();
    refusals.sort_by_key(|refusal| match field::ORDER.iter().position(|f| *f == refusal.field) {
        Some(position) => (0, position),
        None => {
            (1, field::quantity_part(&refusal.field).and_then(|p| add_ons.iter().position(|n| *n == p)).unwrap_or(usize::MAX))
        }
    });
}
