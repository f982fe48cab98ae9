//! The form of an install site. Domain §2.

use crate::{
    form::{Refusal, TextProblem},
    value::{
        email::EmailAddress,
        text::{Name, excerpt},
    },
};
use serde::Serialize;

/// Names of the form's fields.
pub mod field {
    pub const NAME: &str = "name";
    pub const ADDRESS: &str = "address";
    pub const CITY: &str = "city";
    pub const STATE: &str = "state";
    pub const POSTAL_CODE: &str = "postal_code";
    pub const COUNTRY: &str = "country";
    pub const CONTACT: &str = "contact";
    pub const PHONE: &str = "phone";
    pub const EMAIL: &str = "email";
    pub const ACTIVE: &str = "active";

    /// Optional fields, each with its label within a sentence, in the order of the form.
    pub const OPTIONAL: [(&str, &str); 7] = [
        (ADDRESS, "address"),
        (CITY, "city"),
        (STATE, "state or province"),
        (POSTAL_CODE, "postal code"),
        (CONTACT, "contact"),
        (PHONE, "phone"),
        (EMAIL, "e-mail address"),
    ];
}

/// Problem of the description of an install site.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SiteProblem {
    #[error(transparent)]
    Text(#[from] TextProblem),
    #[error("“{}” is not an e-mail address. Enter one such as name@company.example, or leave it empty.", excerpt(.0))]
    Email(String),
    #[error("This account has an install site {0} already. Choose another name, or edit that one.")]
    NameTaken(String),
}

/// An install site as somebody describes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SiteDraft {
    pub name: Name,
    pub country: Name,
    /// Optional values, in the order of [`field::OPTIONAL`].
    pub optional: [String; 7],
    pub active: bool,
}

impl SiteDraft {
    /// Reads the form; `value` gives each field as typed.
    ///
    /// # Errors
    /// Everything that is wrong, in the order of the form; never empty.
    pub fn parse<'a>(value: impl Fn(&str) -> &'a str) -> Result<Self, Vec<Refusal<SiteProblem>>> {
        let mut refusals = Vec::new();
        let mut required = |field: &str, label: &'static str| -> Option<Name> {
            Name::typed(value(field)).map_err(|error| refusals.push(Refusal::new(field, TextProblem::of(label, error)))).ok()
        };
        let (name, country) = (required(field::NAME, "name"), required(field::COUNTRY, "country"));
        let optional = field::OPTIONAL.map(|(field, label)| {
            let typed = value(field).trim();
            if typed.is_empty() {
                return String::new();
            }
            match Name::typed(typed) {
                Ok(text) => text.into(),
                Err(error) => {
                    refusals.push(Refusal::new(field, TextProblem::of(label, error)));
                    String::new()
                }
            }
        });
        let email = value(field::EMAIL).trim();
        if !email.is_empty() && EmailAddress::typed(email).is_err() {
            refusals.push(Refusal::new(field::EMAIL, SiteProblem::Email(email.to_owned())));
        }
        match (name, country) {
            (Some(name), Some(country)) if refusals.is_empty() => {
                Ok(Self { name, country, optional, active: !value(field::ACTIVE).is_empty() })
            }
            _ => Err(refusals),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(pairs: &[(&str, &'static str)]) -> Result<SiteDraft, Vec<String>> {
        let value = |name: &str| pairs.iter().find(|(n, _)| *n == name).map_or("", |(_, value)| *value);
        SiteDraft::parse(value).map_err(|refusals| refusals.iter().map(|r| format!("{}: {}", r.field, r.problem)).collect())
    }

    #[test]
    fn a_site_has_a_name_and_a_country() {
        let site = parse(&[("name", " Bergen "), ("country", "Norway"), ("active", "yes"), ("email", "ops@nordic.example")]);
        let site = site.expect("a site");
        assert_eq!((site.name.as_str(), site.active, site.optional[6].as_str()), ("Bergen", true, "ops@nordic.example"));
        assert_eq!(parse(&[]), Err(vec!["name: Enter the name.".into(), "country: Enter the country.".into()]));
    }

    #[test]
    fn what_cannot_be_kept_is_named() {
        let long: &'static str = "x".repeat(101).leak();
        assert_eq!(
            parse(&[("name", "A"), ("country", "B"), ("city", long), ("phone", "1\u{7}2"), ("email", "nobody")]),
            Err(vec![
                "city: The city cannot be used: it has 101 characters; at most 100 are possible.".into(),
                "phone: The phone cannot be used: it has a control or text-direction character (U+0007), which a reader cannot see."
                    .into(),
                "email: “nobody” is not an e-mail address. Enter one such as name@company.example, or leave it empty.".into(),
            ])
        );
    }
}
