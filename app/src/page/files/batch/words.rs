//! Batches in words.

use crate::component::thousands;
use licensing::{
    LicenceType,
    files::{
        batch::Kind,
        request::{NewFileForm, field as form_field},
    },
};
use portal::{AccountAccess, Error, files::batch::LineCounts};

/// Facts that the form gives every file made from it.
pub(super) async fn facts(access: &AccountAccess, form: &NewFileForm) -> Result<Vec<(String, String)>, Error> {
    let value = |name: &str| form.value(name).to_owned();
    if form.value(form_field::PRODUCT).is_empty() {
        return Ok(Vec::new());
    }
    let licence_type = LicenceType::from_code(form.value(form_field::TYPE)).unwrap_or(LicenceType::Production);
    let offer = match portal::offer::offer(access, form.value(form_field::PRODUCT), form.value(form_field::VERSION), licence_type)
        .await
    {
        Ok(offer) => Some(offer),
        Err(Error::NotFound) => None,
        Err(error) => return Err(error),
    };
    let part = |number: &str| {
        let found = offer.as_ref().and_then(|offer| offer.parts.iter().find(|part| part.number.as_str() == number));
        found.map_or_else(|| number.to_owned(), |part| part.description.clone())
    };
    let site = offer.as_ref().and_then(|offer| offer.sites.iter().find(|site| site.id == form.value(form_field::SITE)));
    let product = offer.as_ref().map_or_else(|| value(form_field::PRODUCT), |offer| offer.product.name.clone());
    let mut facts = vec![
        ("Product".to_owned(), format!("{product} {}", value(form_field::VERSION))),
        ("Licence type".to_owned(), licence_type.to_string()),
    ];
    facts.extend(licence_type.restriction().map(|words| ("Restriction".to_owned(), words.to_owned())));
    facts.extend(site.map(|site| ("Install site".to_owned(), site.name.clone())));
    for (name, label) in [(form_field::SERVER_ITEM, "Server item"), (form_field::SWITCHOVER_ITEM, "Switchover server item")] {
        facts.extend(Some(form.value(name)).filter(|number| !number.is_empty()).map(|number| (label.to_owned(), part(number))));
    }
    for (name, units) in form.fields() {
        let pool = if name.starts_with("assigned.") { "assigned" } else { "pooled" };
        facts.extend(form_field::quantity_part(name).map(|number| (part(number), format!("{units} {pool}"))));
    }
    Ok(facts)
}

/// Action of a batch in the past tense, as its lines show it.
pub(super) const fn done_word(kind: Kind) -> &'static str {
    match kind {
        Kind::Generate => "generated",
        Kind::Refresh => "refreshed",
        Kind::Deactivate => "deactivated",
    }
}

pub(super) fn lines_in_words(kind: Kind, counts: &LineCounts) -> String {
    let words = [(counts.done, done_word(kind)), (counts.ready, "ready"), (counts.left, "skipped"), (counts.refused, "refused")];
    let words: Vec<_> = words
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{} {word}", thousands(count.into())))
        .collect();
    words.join(", ")
}
