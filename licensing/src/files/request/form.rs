//! The form of *New activation file* and *Update*: what was typed becomes a request, and a request what could be typed.

use super::{
    content::{ContentRequest, GenerateRequest, ServerRequest, UpdateRequest},
    field,
    file::{MailConnector, SystemType},
    preview::Preview,
    problem::{FileProblem, MACHINE_NAME, choice},
};
use crate::{
    form::{ChoiceProblem, Refusal, TextProblem, day},
    licence::{LicenceType, UsageTracking},
    offer::{Offer, OfferedPart},
    value::{
        host_id::HostId,
        quantity::{MOST, Quantity},
        text::{Name, PartNumber},
    },
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Form as it was typed, field by field, nothing dropped.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewFileForm(Vec<(String, String)>);

impl FromIterator<(String, String)> for NewFileForm {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(pairs: I) -> Self {
        Self(pairs.into_iter().collect())
    }
}

impl NewFileForm {
    /// Value typed into `field`; empty when it was not sent. The first counts when it was sent twice.
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

    /// Choices that are missing where the form can have no sections. The sections depend on all but the install site.
    #[must_use]
    pub fn missing_choices(&self) -> Vec<Refusal<FileProblem>> {
        let choices = [
            (field::SITE, choice::SITE),
            (field::PRODUCT, choice::PRODUCT),
            (field::VERSION, choice::VERSION),
            (field::TYPE, choice::TYPE),
        ];
        let missing: Vec<_> = choices.into_iter().filter(|(name, _)| self.value(name).is_empty()).collect();
        if missing.iter().all(|(name, _)| *name == field::SITE) {
            return Vec::new();
        }
        missing.into_iter().map(|(name, choice)| Refusal::new(name, ChoiceProblem::Nothing(choice))).collect()
    }

    /// Whether the switchover server is left for another time.
    #[must_use]
    pub fn switchover_later(&self) -> bool {
        !self.value(field::SWITCHOVER_LATER).is_empty()
    }

    /// Preview of the choices made so far, with every problem of theirs.
    #[must_use]
    pub fn preview(&self, offer: &Offer) -> Preview {
        self.content().preview(offer)
    }

    /// The request for a new file.
    #[must_use]
    pub fn generate_request(&self) -> GenerateRequest {
        GenerateRequest {
            product: self.value(field::PRODUCT).to_owned(),
            version: self.value(field::VERSION).to_owned(),
            licence_type: LicenceType::from_code(self.value(field::TYPE)),
            content: self.content(),
        }
    }

    /// The request for the next revision of a file of this product (its code) and licence type. A form that says another of them is refused there.
    #[must_use]
    pub fn update_request(&self, product: &str, licence_type: LicenceType) -> UpdateRequest {
        let mut content = self.content();
        let fixed = [
            (field::PRODUCT, "product", product, product.to_owned()),
            (field::TYPE, "licence type", licence_type.code(), licence_type.to_string()),
        ];
        for (name, what, own, is) in fixed {
            let sent = self.value(name);
            if !sent.is_empty() && sent != own {
                content.unread.insert(name.to_owned(), FileProblem::Fixed { what, is });
            }
        }
        UpdateRequest {
            version: self.value(field::VERSION).to_owned(),
            dropped: self.value(field::DROPPED).trim().to_owned(),
            content,
        }
    }

    fn content(&self) -> ContentRequest {
        let mut unread = BTreeMap::new();
        let mut server = |[host_id, machine_name, item]: [&str; 3]| ServerRequest {
            host_id: self.filled(host_id, |typed| HostId::typed(typed).map_err(FileProblem::from), &mut unread),
            machine_name: self.filled(
                machine_name,
                |typed| Name::typed(typed).map_err(|error| TextProblem::of(MACHINE_NAME, error).into()),
                &mut unread,
            ),
            item: self.chosen(item, of_item(item), |typed| typed.parse().ok(), &mut unread),
        };
        let primary = server([field::HOST_ID, field::MACHINE_NAME, field::SERVER_ITEM]);
        let second = [field::SWITCHOVER_HOST_ID, field::SWITCHOVER_MACHINE_NAME, field::SWITCHOVER_ITEM];
        let switchover = (!self.switchover_later()).then(|| server(second));
        ContentRequest {
            site: self.value(field::SITE).to_owned(),
            system_type: self.chosen(field::SYSTEM_TYPE, choice::SYSTEM_TYPE, SystemType::from_code, &mut unread),
            mail_connector: self.chosen(field::MAIL_CONNECTOR, choice::MAIL_CONNECTOR, MailConnector::from_code, &mut unread),
            usage_tracking: self.chosen(field::USAGE_TRACKING, choice::USAGE_TRACKING, UsageTracking::from_code, &mut unread),
            ramp_date: self.filled(field::RAMP_DATE, |typed| Ok(day(typed)?), &mut unread),
            grace_days: self.value(field::GRACE_DAYS).trim().parse().ok(),
            primary,
            switchover,
            add_ons: self.add_ons(&mut unread),
            unread,
        }
    }

    /// Value typed into a field, if any.
    fn filled<T>(
        &self,
        name: &str,
        read: impl Fn(&str) -> Result<T, FileProblem>,
        unread: &mut BTreeMap<String, FileProblem>,
    ) -> Option<T> {
        let typed = self.value(name).trim();
        if typed.is_empty() {
            return None;
        }
        read(typed).map_err(|problem| unread.insert(name.to_owned(), problem)).ok()
    }

    /// Choice from a list, if any.
    fn chosen<T>(
        &self,
        name: &str,
        choice: &'static str,
        read: impl Fn(&str) -> Option<T>,
        unread: &mut BTreeMap<String, FileProblem>,
    ) -> Option<T> {
        let typed = self.value(name);
        let value = read(typed);
        if value.is_none() && !typed.is_empty() {
            unread.insert(name.to_owned(), ChoiceProblem::NotOffered(choice).into());
        }
        value
    }

    fn add_ons(&self, unread: &mut BTreeMap<String, FileProblem>) -> Vec<(PartNumber, Quantity)> {
        let mut seen = BTreeSet::new();
        let mut add_ons = Vec::new();
        for (name, value) in self.fields() {
            let Some(part) = field::quantity_part(name) else { continue };
            match part.parse::<PartNumber>() {
                Ok(part) if seen.insert(part.clone()) => {
                    let quantity =
                        Quantity::new(self.count(&field::assigned(&part), unread), self.count(&field::pooled(&part), unread));
                    if !quantity.is_zero() {
                        add_ons.push((part, quantity));
                    }
                }
                Ok(_) => {}
                Err(_) if value.trim().is_empty() => {}
                Err(_) => drop(unread.insert(name.to_owned(), FileProblem::NotAWholeNumber(value.to_owned()))),
            }
        }
        add_ons
    }

    fn count(&self, name: &str, unread: &mut BTreeMap<String, FileProblem>) -> u32 {
        let typed = self.value(name).trim();
        let problem = match typed.parse::<u64>() {
            Ok(count) => match u32::try_from(count) {
                Ok(count) if count <= MOST => return count,
                _ => FileProblem::TooLarge(typed.to_owned()),
            },
            Err(_) if typed.is_empty() => return 0,
            Err(_) if typed.bytes().all(|b| b.is_ascii_digit()) => FileProblem::TooLarge(typed.to_owned()),
            Err(_) => FileProblem::NotAWholeNumber(typed.to_owned()),
        };
        unread.insert(name.to_owned(), problem);
        0
    }
}

fn of_item(field: &str) -> &'static str {
    if field == field::SWITCHOVER_ITEM { choice::SWITCHOVER_ITEM } else { choice::SERVER_ITEM }
}

/// Form that asks for it.
impl From<&GenerateRequest> for NewFileForm {
    fn from(request: &GenerateRequest) -> Self {
        let GenerateRequest { product, version, licence_type, content } = request;
        let ContentRequest { site, system_type, mail_connector, usage_tracking, ramp_date, grace_days, .. } = content;
        let ContentRequest { primary, switchover, add_ons, .. } = content;
        let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
        let mut fields = vec![
            (field::SITE.to_owned(), site.clone()),
            (field::PRODUCT.to_owned(), product.clone()),
            (field::VERSION.to_owned(), version.clone()),
            (field::TYPE.to_owned(), text(licence_type.map(LicenceType::code))),
            (field::SYSTEM_TYPE.to_owned(), text(system_type.map(SystemType::code))),
            (field::MAIL_CONNECTOR.to_owned(), text(mail_connector.map(MailConnector::code))),
        ];
        let mut say = |name: &str, value: Option<String>| fields.extend(value.map(|value| (name.to_owned(), value)));
        say(field::USAGE_TRACKING, usage_tracking.map(|usage| usage.code().to_owned()));
        say(field::RAMP_DATE, ramp_date.map(|date| date.to_string()));
        say(field::GRACE_DAYS, grace_days.map(|days| days.to_string()));
        say(field::SWITCHOVER_LATER, switchover.is_none().then(|| "yes".to_owned()));
        let names = [
            [field::HOST_ID, field::MACHINE_NAME, field::SERVER_ITEM],
            [field::SWITCHOVER_HOST_ID, field::SWITCHOVER_MACHINE_NAME, field::SWITCHOVER_ITEM],
        ];
        for ([host_id, machine_name, item], server) in names.into_iter().zip(std::iter::once(primary).chain(switchover)) {
            say(host_id, Some(server.host_id.as_ref().map_or_else(String::new, ToString::to_string)));
            say(machine_name, Some(server.machine_name.as_ref().map_or_else(String::new, ToString::to_string)));
            say(item, server.item.as_ref().map(ToString::to_string));
        }
        for (part, quantity) in add_ons {
            let units = |units: u32| if units == 0 { String::new() } else { units.to_string() };
            say(&field::assigned(part), Some(units(quantity.assigned)));
            say(&field::pooled(part), Some(units(quantity.pooled)));
        }
        Self(fields)
    }
}
