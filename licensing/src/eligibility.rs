//! Whether somebody may generate at all, before anything is typed. Domain §1.

use crate::{LicenceModel, date};
use chrono::NaiveDate;
use std::fmt;

/// A certification as far as it concerns one product on one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Certification {
    pub valid_from: NaiveDate,
    /// The last day.
    pub valid_through: NaiveDate,
}

/// What stands in the way of generating, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ineligible {
    /// Customers and partners serve themselves only on perpetual accounts.
    LicenceModel(LicenceModel),
    /// No certification at all.
    NotCertified {
        product: String,
    },
    /// Certified, but for other products.
    CertifiedForOthers {
        product: String,
        held: Vec<String>,
    },
    CertificationExpired {
        product: String,
        ended_on: NaiveDate,
    },
    CertificationNotYetValid {
        product: String,
        begins_on: NaiveDate,
    },
    NoActiveSite,
    NothingOrdered {
        product: String,
    },
}

impl Ineligible {
    /// The next step, in a sentence.
    #[must_use]
    pub fn remedy(&self) -> String {
        match self {
            Self::LicenceModel(_) => "Licensing analysts generate it: send them an activation file request.".into(),
            Self::NotCertified { product } | Self::CertifiedForOthers { product, .. } => {
                format!("Take the core certification for {product}, or ask a certified colleague to generate the file.")
            }
            Self::CertificationExpired { product, .. } => {
                format!("Renew the core certification for {product}, or ask a certified colleague to generate the file.")
            }
            Self::CertificationNotYetValid { .. } => {
                "Come back on that day, or ask a certified colleague to generate the file.".into()
            }
            Self::NoActiveSite => "An install site must be active before a file can be generated for it.".into(),
            Self::NothingOrdered { .. } => {
                "Order a server item, or ask your licensing analyst if an order is missing here.".into()
            }
        }
    }
}

impl fmt::Display for Ineligible {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LicenceModel(model) => {
                write!(f, "This is a {model} account. Customers and partners generate files for perpetual accounts only.")
            }
            Self::NotCertified { product } => write!(f, "You hold no certification for {product}."),
            Self::CertifiedForOthers { product, held } => {
                write!(f, "You hold no certification for {product}; yours is for {}.", held.join(" and "))
            }
            Self::CertificationExpired { product, ended_on } => {
                write!(f, "Your certification for {product} ended on {}.", date::words(*ended_on))
            }
            Self::CertificationNotYetValid { product, begins_on } => {
                write!(f, "Your certification for {product} begins on {}.", date::words(*begins_on))
            }
            Self::NoActiveSite => f.write_str("This account has no active install site."),
            Self::NothingOrdered { product } => {
                write!(f, "This account has no server item of {product}.")
            }
        }
    }
}

/// What a person's certifications say about `product` on `today`.
///
/// `held` are the certifications for this product, `others` the names of other products the person is certified for today.
///
/// # Errors
/// The reason and what to do, when none is current.
pub fn certified(product: &str, held: &[Certification], others: Vec<String>, today: NaiveDate) -> Result<(), Ineligible> {
    let product = product.to_owned();
    if held.iter().any(|c| (c.valid_from..=c.valid_through).contains(&today)) {
        return Ok(());
    }
    if let Some(begins_on) = held.iter().map(|c| c.valid_from).filter(|d| today < *d).min() {
        return Err(Ineligible::CertificationNotYetValid { product, begins_on });
    }
    match held.iter().map(|c| c.valid_through).max() {
        Some(ended_on) => Err(Ineligible::CertificationExpired { product, ended_on }),
        None if others.is_empty() => Err(Ineligible::NotCertified { product }),
        None => Err(Ineligible::CertifiedForOthers { product, held: others }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    #[test]
    fn a_certification_counts_from_its_first_to_its_last_day() {
        let held = [Certification { valid_from: day("2026-01-10"), valid_through: day("2026-11-22") }];
        let on = |today| certified("CIC", &held, vec![], day(today));
        assert_eq!(on("2026-01-10"), Ok(()));
        assert_eq!(on("2026-11-22"), Ok(()));
        assert_eq!(on("2026-11-23").map_err(|e| e.to_string()), Err("Your certification for CIC ended on 22 Nov 2026.".into()));
        assert!(matches!(on("2026-01-09"), Err(Ineligible::CertificationNotYetValid { .. })));
    }

    #[test]
    fn another_product_is_named() {
        assert_eq!(
            certified("CIC", &[], vec!["Media Server".into()], day("2026-11-22")).map_err(|e| e.to_string()),
            Err("You hold no certification for CIC; yours is for Media Server.".into())
        );
        assert_eq!(certified("CIC", &[], vec![], day("2026-11-22")), Err(Ineligible::NotCertified { product: "CIC".into() }));
    }
}
