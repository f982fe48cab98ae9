//! Labels of the form's fields, on the page and in what is said about them.

use super::field;
use crate::{offer::Offer, value::text::excerpt};

/// Label of a field other than a quantity.
#[must_use]
pub fn label(name: &str) -> &'static str {
    match name {
        field::SITE => "Install site",
        field::PRODUCT => "Product",
        field::VERSION => "Product version",
        field::TYPE => "Licence type",
        field::HOST_ID => "Host id",
        field::MACHINE_NAME => "Machine name",
        field::SYSTEM_TYPE => "System type",
        field::MAIL_CONNECTOR => "Mail connector",
        field::SERVER_ITEM => "Server item",
        field::USAGE_TRACKING => "Usage tracking",
        field::RAMP_DATE => "Ramp date",
        field::GRACE_DAYS => "Grace period, in days",
        field::SWITCHOVER_HOST_ID => "Host id of the switchover server",
        field::SWITCHOVER_MACHINE_NAME => "Machine name of the switchover server",
        field::SWITCHOVER_ITEM => "Switchover server item",
        field::DROPPED => "Machine name of the dropped server",
        _ => "Quantity",
    }
}

/// Label of any field: that of a quantity names its part, such as `Business Client, assigned`.
#[must_use]
pub fn label_of(name: &str, offer: &Offer) -> String {
    let Some((number, pool)) = field::quantity(name) else { return label(name).to_owned() };
    let part = offer.parts.iter().find(|part| part.number.as_str() == number);
    let described = part.map_or_else(|| excerpt(number), |part| part.description.clone());
    format!("{described}, {pool}")
}
