//! Requests for files: what somebody asks for, whatever they asked with, checked against what is offered.

use super::{
    field,
    file::{MailConnector, NewFile, SystemType},
    preview::{Preview, Selection},
    problem::{FileProblem, LONGEST_GRACE, MACHINE_NAME, choice},
};
use crate::{
    activation_file::{Binding, Enforcement, Server},
    form::{ChoiceProblem, Refusal, TextProblem},
    licence::{LicenceType, UsageTracking},
    offer::{Offer, OfferedPart},
    value::{
        host_id::{HostId, HostIdError},
        quantity::Quantity,
        text::{Name, PartNumber, TextError, folded},
    },
};
use chrono::{Months, NaiveDate};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// A request for a new file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct GenerateRequest {
    /// Code of the product.
    pub product: String,
    /// Name of its version.
    pub version: String,
    /// `None`: none, or one that does not exist.
    pub licence_type: Option<LicenceType>,
    pub content: ContentRequest,
}

/// A request for the next revision of a file. Product and licence type are what the file is: a request cannot say them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct UpdateRequest {
    /// Name of a version of the file's product.
    pub version: String,
    /// Name of the switchover server, where the update drops it.
    pub dropped: String,
    pub content: ContentRequest,
}

/// Request for a revision of a file. Nothing of it is checked against what the account owns.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ContentRequest {
    /// Id of the install site.
    pub site: String,
    pub system_type: Option<SystemType>,
    pub mail_connector: Option<MailConnector>,
    pub usage_tracking: Option<UsageTracking>,
    pub ramp_date: Option<NaiveDate>,
    /// Grace period in days.
    pub grace_days: Option<u32>,
    pub primary: ServerRequest,
    /// `None` leaves the switchover server for another time.
    pub switchover: Option<ServerRequest>,
    /// Quantities above zero, each part once.
    pub add_ons: Vec<(PartNumber, Quantity)>,
    /// Fields whose text could not be read, by name. Where a field counts, the request is refused for it, together with all else that is wrong.
    #[serde(skip)]
    pub unread: BTreeMap<String, FileProblem>,
}

/// One server of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ServerRequest {
    pub host_id: Option<HostId>,
    pub machine_name: Option<Name>,
    pub item: Option<PartNumber>,
}

/// Maximum number of parts that are not offered which are named.
const MOST_STRANGERS: usize = 20;
/// A ramp date lies at most so far ahead of the day of issue.
const LONGEST_RAMP: Months = Months::new(12);

impl GenerateRequest {
    /// A complete request that `offer` can fulfil, and what it gives. `offer` is the one of its product, version and licence type.
    ///
    /// # Errors
    /// Everything that is wrong, in the order of the page; never empty.
    pub fn check(&self, offer: &Offer) -> Result<(NewFile, Preview), Vec<Refusal<FileProblem>>> {
        let other = [
            (field::VERSION, choice::VERSION, self.version != offer.version || self.product != offer.product.code),
            (field::TYPE, choice::TYPE, self.licence_type != Some(offer.licence_type)),
        ];
        let others = other.into_iter().filter(|(.., differs)| *differs);
        self.content.check(offer, others.map(|(name, choice, _)| Refusal::new(name, ChoiceProblem::NotOffered(choice))).collect())
    }
}

impl UpdateRequest {
    /// A complete request that `offer` can fulfil, and what it gives. `offer` has what the file holds returned to it.
    ///
    /// # Errors
    /// Everything that is wrong, in the order of the page; never empty.
    pub fn check(&self, offer: &Offer) -> Result<(NewFile, Preview), Vec<Refusal<FileProblem>>> {
        let fixed = [field::PRODUCT, field::TYPE];
        let contradicted = fixed.iter().filter_map(|name| Some(Refusal::new(*name, self.content.unread.get(*name)?.clone())));
        let other =
            (self.version != offer.version).then(|| Refusal::new(field::VERSION, ChoiceProblem::NotOffered(choice::VERSION)));
        self.content.check(offer, contradicted.chain(other).collect())
    }

    /// Name of the switchover server that the update drops from a production file.
    #[must_use]
    pub fn drops<'o>(&self, offer: &'o Offer) -> Option<&'o str> {
        let production = offer.licence_type == LicenceType::Production;
        offer.updates.as_ref()?.switchover.as_deref().filter(|_| production && self.content.switchover.is_none())
    }

    /// Confirms what the update takes away. It is asked for when the update is made, not while it is checked.
    ///
    /// # Errors
    /// The refusal of a name that is not the dropped server's.
    pub fn confirm(&self, offer: &Offer) -> Result<(), Refusal<FileProblem>> {
        match self.drops(offer) {
            Some(name) if folded(name) != folded(&self.dropped) => {
                Err(Refusal::new(field::DROPPED, FileProblem::NotDropped(name.to_owned())))
            }
            _ => Ok(()),
        }
    }

    /// Names of the fields that ask for something else than `before` does.
    #[must_use]
    pub fn changed_fields(&self, before: &Self) -> Vec<String> {
        let (new, old) = (&self.content, &before.content);
        let none = ServerRequest::default();
        let (second, old_second) = (new.switchover.as_ref().unwrap_or(&none), old.switchover.as_ref().unwrap_or(&none));
        let mut changed: Vec<String> = [
            (field::SITE, new.site != old.site),
            (field::VERSION, self.version != before.version),
            (field::USAGE_TRACKING, new.usage_tracking != old.usage_tracking),
            (field::RAMP_DATE, new.ramp_date != old.ramp_date),
            (field::GRACE_DAYS, new.grace_days != old.grace_days),
            (field::HOST_ID, new.primary.host_id != old.primary.host_id),
            (field::MACHINE_NAME, new.primary.machine_name != old.primary.machine_name),
            (field::SYSTEM_TYPE, new.system_type != old.system_type),
            (field::MAIL_CONNECTOR, new.mail_connector != old.mail_connector),
            (field::SERVER_ITEM, new.primary.item != old.primary.item),
            (field::SWITCHOVER_LATER, new.switchover.is_some() != old.switchover.is_some()),
            (field::SWITCHOVER_HOST_ID, second.host_id != old_second.host_id),
            (field::SWITCHOVER_MACHINE_NAME, second.machine_name != old_second.machine_name),
            (field::SWITCHOVER_ITEM, second.item != old_second.item),
        ]
        .into_iter()
        .filter(|(_, differs)| *differs)
        .map(|(name, _)| name.to_owned())
        .collect();
        let parts: BTreeSet<&PartNumber> = new.add_ons.iter().chain(&old.add_ons).map(|(part, _)| part).collect();
        for part in parts {
            let (now, was) = (new.quantity(part), old.quantity(part));
            changed.extend((now.assigned != was.assigned).then(|| field::assigned(part)));
            changed.extend((now.pooled != was.pooled).then(|| field::pooled(part)));
        }
        changed
    }
}

impl ContentRequest {
    /// Whether the file is to be for a virtual cloud.
    #[must_use]
    pub fn in_virtual_cloud(&self) -> bool {
        self.usage_tracking == Some(UsageTracking::VirtualCloud)
    }

    /// Requested quantity of an add-on.
    #[must_use]
    pub fn quantity(&self, part: &PartNumber) -> Quantity {
        self.add_ons.iter().find(|(number, _)| number == part).map_or(Quantity::ZERO, |(_, quantity)| *quantity)
    }

    /// Preview of the choices made so far, with every problem of theirs.
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

    fn selection(&self, offer: &Offer, refusals: &mut Vec<Refusal<FileProblem>>) -> Selection {
        self.unreadable(field::USAGE_TRACKING, refusals);
        let mut selection = Selection {
            server_item: self.item(field::SERVER_ITEM, &self.primary, offer.items(), choice::SERVER_ITEM, refusals),
            usage_tracking: self.usage_tracking,
            ..Selection::default()
        };
        match &self.switchover {
            None => {}
            Some(second) if offer.has_switchover() => {
                let items = offer.switchover_items();
                selection.switchover_item = self.item(field::SWITCHOVER_ITEM, second, items, choice::SWITCHOVER_ITEM, refusals);
            }
            Some(second) => {
                let asked = [
                    (field::SWITCHOVER_HOST_ID, second.host_id.is_some()),
                    (field::SWITCHOVER_MACHINE_NAME, second.machine_name.is_some()),
                    (field::SWITCHOVER_ITEM, second.item.is_some()),
                ];
                let first = asked.into_iter().find(|(name, asked)| *asked || self.unread.contains_key(*name));
                refusals.extend(first.map(|(name, _)| Refusal::new(name, FileProblem::NoSwitchover)));
            }
        }
        for part in offer.add_ons() {
            self.unreadable(&field::assigned(&part.number), refusals);
            self.unreadable(&field::pooled(&part.number), refusals);
            let quantity = self.quantity(&part.number);
            if !quantity.is_zero() {
                selection.add_ons.push((part.number.clone(), quantity));
            }
        }
        // A page names no more of what was made up.
        refusals.extend(self.strangers(offer).into_iter().take(MOST_STRANGERS));
        selection
    }

    /// Quantities of parts that are not offered.
    fn strangers(&self, offer: &Offer) -> Vec<Refusal<FileProblem>> {
        let offered: BTreeSet<&str> = offer.add_ons().map(|part| part.number.as_str()).collect();
        let asked = self.add_ons.iter().flat_map(|(part, quantity)| {
            let assigned = (quantity.assigned > 0).then(|| field::assigned(part));
            assigned.into_iter().chain((quantity.pooled > 0).then(|| field::pooled(part)))
        });
        let fields = asked.chain(self.unread.keys().cloned());
        let stranger = |name: String| {
            let part = field::quantity_part(&name).filter(|part| !offered.contains(part))?.to_owned();
            Some(Refusal::new(&name, FileProblem::NotAddable { part, licence_type: offer.licence_type }))
        };
        fields.filter_map(stranger).collect()
    }

    fn unreadable(&self, name: &str, refusals: &mut Vec<Refusal<FileProblem>>) -> bool {
        let problem = self.unread.get(name);
        refusals.extend(problem.map(|problem| Refusal::new(name, problem.clone())));
        problem.is_some()
    }

    /// The item of a server, if it is one of `offered`. None is no refusal yet: [`Self::check`] asks for it.
    fn item<'a>(
        &self,
        name: &str,
        server: &ServerRequest,
        mut offered: impl Iterator<Item = &'a OfferedPart>,
        choice: &'static str,
        refusals: &mut Vec<Refusal<FileProblem>>,
    ) -> Option<PartNumber> {
        if self.unreadable(name, refusals) {
            return None;
        }
        let item = server.item.as_ref()?;
        let chosen = offered.find(|part| part.number == *item);
        if chosen.is_none() {
            refusals.push(Refusal::new(name, ChoiceProblem::NotOffered(choice)));
        }
        chosen.map(|part| part.number.clone())
    }

    fn check(&self, offer: &Offer, before: Vec<Refusal<FileProblem>>) -> Result<(NewFile, Preview), Vec<Refusal<FileProblem>>> {
        let (selection, mut preview) = self.read(offer);
        let mut refusals = std::mem::take(&mut preview.refusals);
        refusals.extend(before);

        let site = self.site(offer, &mut refusals);
        let (system_type, mail_connector) = if offer.product.mail_connector {
            (
                self.required(field::SYSTEM_TYPE, choice::SYSTEM_TYPE, self.system_type, &mut refusals),
                self.required(field::MAIL_CONNECTOR, choice::MAIL_CONNECTOR, self.mail_connector, &mut refusals),
            )
        } else {
            (None, None)
        };
        let missing = |name: &str, server: &ServerRequest| server.item.is_none() && !self.unread.contains_key(name);
        if missing(field::SERVER_ITEM, &self.primary) {
            refusals.push(Refusal::new(field::SERVER_ITEM, ChoiceProblem::Nothing(choice::SERVER_ITEM)));
        }
        // A server item decides whether usage is billed; where each would be, the answer does not wait for it.
        let billed = offer.reports_usage() && offer.items().all(|item| item.holding().unlimited);
        if billed
            && selection.server_item.is_none()
            && self.usage_tracking.is_none()
            && !self.unread.contains_key(field::USAGE_TRACKING)
        {
            refusals.push(Refusal::new(field::USAGE_TRACKING, ChoiceProblem::Nothing(choice::USAGE_TRACKING)));
        }
        let second = self.switchover.as_ref().filter(|_| offer.has_switchover());
        if second.is_some_and(|second| missing(field::SWITCHOVER_ITEM, second)) {
            refusals.push(Refusal::new(field::SWITCHOVER_ITEM, ChoiceProblem::Nothing(choice::SWITCHOVER_ITEM)));
        }
        let binding = match (self.in_virtual_cloud(), &offer.virtual_cloud) {
            (false, _) => self.hosts(second, &selection, &mut refusals),
            (true, Ok(organization)) => self.cloud(offer, organization, second, &selection, &mut refusals),
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
    fn hosts(
        &self,
        second: Option<&ServerRequest>,
        selection: &Selection,
        refusals: &mut Vec<Refusal<FileProblem>>,
    ) -> Option<Binding> {
        let first = self.host(field::HOST_ID, &self.primary, refusals);
        let primary = self.server(field::MACHINE_NAME, &self.primary, first.clone(), &selection.server_item, refusals);
        let switchover = second.map(|second| {
            let host = self.host(field::SWITCHOVER_HOST_ID, second, refusals);
            if let (Some(first), Some(second)) = (first, &host)
                && first == *second
            {
                refusals.push(Refusal::new(field::SWITCHOVER_HOST_ID, FileProblem::SameHost(first)));
            }
            self.server(field::SWITCHOVER_MACHINE_NAME, second, host, &selection.switchover_item, refusals)
        });
        // A pair is whole or the request is refused.
        let switchover = switchover.map_or(Some(None), |server| server.map(Some))?;
        Some(Binding::Host { primary: primary?, switchover })
    }

    /// One server or two in the virtual cloud of `organization`. Domain §6.5.
    fn cloud(
        &self,
        offer: &Offer,
        organization: &Name,
        second: Option<&ServerRequest>,
        selection: &Selection,
        refusals: &mut Vec<Refusal<FileProblem>>,
    ) -> Option<Binding> {
        let kept = offer.updates.as_ref().and_then(|updated| updated.ramp_date);
        let ramp_date = self.ramp_date(offer.today, kept, refusals);
        let grace = self.grace_days.filter(|days| (1..=LONGEST_GRACE).contains(days));
        if grace.is_none() {
            refusals.push(Refusal::new(field::GRACE_DAYS, FileProblem::GraceDays));
        }
        let primary = self.server(field::MACHINE_NAME, &self.primary, Some(()), &selection.server_item, refusals);
        let switchover = second
            .map(|second| self.server(field::SWITCHOVER_MACHINE_NAME, second, Some(()), &selection.switchover_item, refusals));
        let switchover = switchover.map_or(Some(None), |server| server.map(Some))?;
        let enforcement = Enforcement { ramp_date: ramp_date?, grace_days: grace?, organization_id: organization.clone() };
        Some(Binding::VirtualCloud { primary: primary?, switchover, enforcement })
    }

    /// `kept` is the one of the file that is updated.
    fn ramp_date(
        &self,
        today: NaiveDate,
        kept: Option<NaiveDate>,
        refusals: &mut Vec<Refusal<FileProblem>>,
    ) -> Option<NaiveDate> {
        if self.unreadable(field::RAMP_DATE, refusals) {
            return None;
        }
        let last = today + LONGEST_RAMP;
        let problem = match self.ramp_date {
            Some(date) if kept == Some(date) || (today..=last).contains(&date) => return Some(date),
            Some(_) => FileProblem::RampDate(today, last),
            None => FileProblem::NoRampDate,
        };
        refusals.push(Refusal::new(field::RAMP_DATE, problem));
        None
    }

    fn host(&self, name: &str, server: &ServerRequest, refusals: &mut Vec<Refusal<FileProblem>>) -> Option<HostId> {
        if !self.unreadable(name, refusals) && server.host_id.is_none() {
            refusals.push(Refusal::new(name, HostIdError::Empty));
        }
        server.host_id.clone()
    }

    fn server<H>(
        &self,
        name_field: &str,
        server: &ServerRequest,
        host_id: Option<H>,
        item: &Option<PartNumber>,
        refusals: &mut Vec<Refusal<FileProblem>>,
    ) -> Option<Server<H>> {
        if !self.unreadable(name_field, refusals) && server.machine_name.is_none() {
            refusals.push(Refusal::new(name_field, TextProblem::of(MACHINE_NAME, TextError::Empty)));
        }
        Some(Server { machine_name: server.machine_name.clone()?, host_id: host_id?, server_item: Some(item.clone()?) })
    }

    fn site(&self, offer: &Offer, refusals: &mut Vec<Refusal<FileProblem>>) -> Option<String> {
        let problem = match offer.sites.iter().find(|site| site.id == self.site) {
            Some(site) if site.active || offer.updates.as_ref().is_some_and(|updated| updated.site == site.id) => {
                return Some(site.id.clone());
            }
            Some(site) => FileProblem::SiteInactive(site.name.clone()),
            None if self.site.is_empty() => ChoiceProblem::Nothing(choice::SITE).into(),
            None => ChoiceProblem::NotOffered(choice::SITE).into(),
        };
        refusals.push(Refusal::new(field::SITE, problem));
        None
    }

    fn required<T>(
        &self,
        name: &str,
        choice: &'static str,
        value: Option<T>,
        refusals: &mut Vec<Refusal<FileProblem>>,
    ) -> Option<T> {
        if !self.unreadable(name, refusals) && value.is_none() {
            refusals.push(Refusal::new(name, ChoiceProblem::Nothing(choice)));
        }
        value
    }
}

fn in_page_order(refusals: &mut [Refusal<FileProblem>], offer: &Offer) {
    let add_ons: Vec<_> = offer.add_ons().map(|part| part.number.as_str()).collect();
    refusals.sort_by_key(|refusal| match field::ORDER.iter().position(|f| *f == refusal.field) {
        Some(position) => (0, position),
        None => {
            (1, field::quantity_part(&refusal.field).and_then(|p| add_ons.iter().position(|n| *n == p)).unwrap_or(usize::MAX))
        }
    });
}
