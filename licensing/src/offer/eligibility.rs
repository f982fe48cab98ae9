//! Whether somebody may generate at all, before anything is typed. Domain §1.

use crate::{
    licence::{DevelopmentSize, LicenceModel, LicenceType},
    orders::entitlement::{Entitlement, Holding},
    value::date,
};
use chrono::NaiveDate;
use std::fmt;

/// A certification as far as it concerns one product on one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Certification {
    pub valid_from: NaiveDate,
    /// The last day.
    pub valid_through: NaiveDate,
}

/// Action on files or parts of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Generate,
    Update,
    Deactivate,
    Upgrade,
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Generate => "generate files for",
            Self::Update => "update files of",
            Self::Deactivate => "deactivate files of",
            Self::Upgrade => "upgrade parts of",
        })
    }
}

/// Where an obstacle is overcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WayOut {
    /// A colleague who is certified does it.
    Colleagues,
    /// The licensing analysts do it, on request.
    Request,
    /// Somebody who manages the account's people gives a permission.
    People,
    /// The install sites are corrected.
    InstallSites,
    /// The account summary says what there is.
    Summary,
}

/// Obstacle to generating, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ineligible {
    /// Customers and partners serve themselves only on perpetual accounts.
    LicenceModel(LicenceModel, Action),
    /// The person may see the account, and not do this.
    NotPermitted(Action),
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
    /// Server items, but none of the version's generation, or billed by a use that it does not report.
    NoneForVersion {
        product: String,
        version: String,
        /// Generation of the version, such as `3.0`.
        generation: String,
    },
    /// Customers and partners do not generate this type.
    ForAnalysts(LicenceType),
    /// Certified partner employees and licensing analysts generate it, for any product.
    ForPartners {
        /// A partner whose certifications are not current, rather than a customer.
        partner: bool,
    },
    /// No server item that a development licence comes with.
    NoBundle {
        product: String,
    },
    NoDevelopmentOrdered {
        product: String,
        size: DevelopmentSize,
        /// Last day of what was ordered before.
        ended_on: Option<NaiveDate>,
    },
    NoEvaluationOrdered {
        product: String,
        /// Last day of what was ordered before.
        ended_on: Option<NaiveDate>,
    },
    /// A trial lets a customer try what they do not own beside what they do.
    NotACustomerYet,
}

impl Ineligible {
    /// The next step, in a sentence.
    #[must_use]
    pub fn remedy(&self) -> String {
        match self {
            Self::LicenceModel(..) => "Licensing analysts do it: send them an activation file request.".into(),
            Self::NotPermitted(_) => "Ask somebody who manages the account’s people for the permission.".into(),
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
            Self::NoneForVersion { .. } => {
                "Choose another version: the account summary says which versions each part is for.".into()
            }
            Self::ForAnalysts(_) => "Send the licensing analysts an activation file request.".into(),
            Self::ForPartners { partner: true } => "Renew a core certification, or ask a certified colleague.".into(),
            Self::ForPartners { partner: false } => {
                "Choose the development licence that comes with your server or that you ordered, or ask your partner.".into()
            }
            Self::NoBundle { .. } => {
                "Order a development licence, or ask your licensing analyst if an order is missing here.".into()
            }
            Self::NoDevelopmentOrdered { .. } | Self::NoEvaluationOrdered { .. } => {
                "Order one, or ask your licensing analyst if an order is missing here.".into()
            }
            Self::NotACustomerYet => "Order something first, or order an evaluation.".into(),
        }
    }
}

impl Ineligible {
    /// Where the next step is taken.
    #[must_use]
    pub const fn way_out(&self) -> WayOut {
        match self {
            Self::NotCertified { .. }
            | Self::CertifiedForOthers { .. }
            | Self::CertificationExpired { .. }
            | Self::CertificationNotYetValid { .. }
            | Self::ForPartners { partner: true } => WayOut::Colleagues,
            Self::NotPermitted(_) => WayOut::People,
            Self::NoActiveSite => WayOut::InstallSites,
            Self::NoneForVersion { .. } => WayOut::Summary,
            Self::LicenceModel(..)
            | Self::NothingOrdered { .. }
            | Self::ForAnalysts(_)
            | Self::ForPartners { partner: false }
            | Self::NoBundle { .. }
            | Self::NoDevelopmentOrdered { .. }
            | Self::NoEvaluationOrdered { .. }
            | Self::NotACustomerYet => WayOut::Request,
        }
    }
}

impl std::error::Error for Ineligible {}

impl fmt::Display for Ineligible {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LicenceModel(model, action) => {
                write!(f, "This is a {model} account. Customers and partners {action} perpetual accounts only.")
            }
            Self::NotPermitted(action) => write!(f, "You are not permitted to {action} this account."),
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
            Self::NoneForVersion { product, version, generation } => {
                write!(
                    f,
                    "None of this account’s server items of {product} is for {version}, which is of generation {generation}."
                )
            }
            Self::NothingOrdered { product } => {
                write!(f, "This account has no server item of {product}.")
            }
            Self::ForAnalysts(licence_type) => write!(f, "Only licensing analysts generate files of the type {licence_type}."),
            Self::ForPartners { partner: true } => f.write_str(
                "Development files without an order are for certified partner employees; none of your certifications is current.",
            ),
            Self::ForPartners { partner: false } => {
                f.write_str("Development files without an order are for certified partner employees.")
            }
            Self::NoBundle { product } => {
                write!(f, "This account has no server of {product} that a development licence comes with.")
            }
            Self::NoDevelopmentOrdered { product, size, ended_on: None } => {
                write!(f, "This account has ordered no {size} development licence of {product}.")
            }
            Self::NoDevelopmentOrdered { product, size, ended_on: Some(day) } => {
                write!(f, "The {size} development licence of {product} ended on {}.", date::words(*day))
            }
            Self::NoEvaluationOrdered { product, ended_on: None } => {
                write!(f, "This account has ordered no evaluation of {product}.")
            }
            Self::NoEvaluationOrdered { product, ended_on: Some(day) } => {
                write!(f, "The evaluation of {product} ended on {}.", date::words(*day))
            }
            Self::NotACustomerYet => {
                f.write_str("A trial file is for customers who have ordered something; this account has not.")
            }
        }
    }
}

/// One condition of generating production files of a product, and how it stands today.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    pub name: &'static str,
    pub met: bool,
    /// Its standing, in a sentence.
    pub fact: String,
    /// Next step, where the condition is not met or soon will not be.
    pub remedy: Option<String>,
    /// Page on which the reader can correct it.
    pub corrected_at: Option<Place>,
}

/// A view of the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    InstallSites,
}

impl Condition {
    fn met(name: &'static str, fact: String) -> Self {
        Self { name, met: true, fact, remedy: None, corrected_at: None }
    }

    fn missing(name: &'static str, reason: &Ineligible) -> Self {
        Self { name, met: false, fact: reason.to_string(), remedy: Some(reason.remedy()), corrected_at: None }
    }

    /// Customers and partners serve themselves on perpetual accounts. Domain §1.
    #[must_use]
    pub fn licence_model(model: LicenceModel, analyst: bool) -> Self {
        match model {
            LicenceModel::Perpetual => Self::met("Licence model", "This is a perpetual account.".into()),
            _ if analyst => Self::met("Licence model", format!("This is a {model} account; licensing analysts generate for it.")),
            _ => Self::missing("Licence model", &Ineligible::LicenceModel(model, Action::Generate)),
        }
    }

    /// Maintenance of the account's `servers` permits updates; files can be generated without. Domain §6.7.
    #[must_use]
    pub fn maintenance(servers: &[Entitlement], today: NaiveDate) -> Self {
        const NAME: &str = "Maintenance";
        let last = servers.iter().filter_map(|server| server.maintenance_end).max();
        match last {
            Some(end) if today <= end => {
                Self::met(NAME, format!("Current until {}: new files permit updates until then.", date::words(end)))
            }
            Some(end) => Self {
                remedy: Some(
                    "Files can be generated; they do not permit updates. Renew it with your sales representative.".into(),
                ),
                met: false,
                ..Self::met(NAME, format!("It ended on {}.", date::words(end)))
            },
            None => Self {
                remedy: Some(
                    "Files can be generated; they do not permit updates. Order it with your sales representative.".into(),
                ),
                met: false,
                ..Self::met(NAME, "No server item has maintenance.".into())
            },
        }
    }

    /// Permissions that a person's certifications give.
    #[must_use]
    pub fn certification(certified: Result<NaiveDate, Ineligible>) -> Self {
        match certified {
            Ok(last) => Self::met("Certification", format!("You are certified until {}.", date::words(last))),
            Err(reason) => Self::missing("Certification", &reason),
        }
    }

    /// Licensing analysts need none.
    #[must_use]
    pub fn no_certification() -> Self {
        Self::met("Certification", "Licensing analysts need none.".into())
    }

    /// A production file needs a server item that no other file holds.
    #[must_use]
    pub fn server_items(product: &str, servers: &[Entitlement]) -> Self {
        const NAME: &str = "Server items";
        let Holding { owned, unlimited, .. } = Holding::of(servers);
        let available = Holding::of(servers).available().assigned;
        match available {
            _ if unlimited => Self::met(NAME, "Any number, billed by use.".into()),
            0 if owned.assigned == 0 => Self::missing(NAME, &Ineligible::NothingOrdered { product: product.to_owned() }),
            0 => Self {
                met: false,
                remedy: Some("Deactivate a file that is no longer needed, or order another server item.".into()),
                ..Self::met(NAME, format!("All {} are in use.", owned.assigned))
            },
            available => Self::met(NAME, format!("{available} of {} available.", owned.assigned)),
        }
    }

    /// Everybody who sees an account may download its files.
    #[must_use]
    pub fn access() -> Self {
        Self::met("Access", "You may work with this account; no certification and no maintenance is needed.".into())
    }

    /// Whether there are files of a product, in any state.
    #[must_use]
    pub fn files(product: &str, any: bool) -> Self {
        const NAME: &str = "Activation files";
        if any {
            return Self::met(NAME, format!("Those of {product} can be downloaded any number of times."));
        }
        Self {
            met: false,
            remedy: Some("Generate one, or ask a certified colleague: it is then here to be downloaded.".into()),
            ..Self::met(NAME, format!("None of {product} has been generated for this account."))
        }
    }

    /// A file is for an install site that is active.
    #[must_use]
    pub fn sites(active: usize) -> Self {
        const NAME: &str = "Install sites";
        match active {
            0 => Self { corrected_at: Some(Place::InstallSites), ..Self::missing(NAME, &Ineligible::NoActiveSite) },
            1 => Self::met(NAME, "1 site is active.".into()),
            active => Self::met(NAME, format!("{active} sites are active.")),
        }
    }
}

/// State of a person's certifications for `product` on `today`.
///
/// `held` are the certifications for this product, `others` the names of other products the person is certified for today.
///
/// Returns the last day of the one that lasts longest.
///
/// # Errors
/// The reason and what to do, when none is current.
pub fn certified(product: &str, held: &[Certification], others: Vec<String>, today: NaiveDate) -> Result<NaiveDate, Ineligible> {
    let product = product.to_owned();
    let current = held.iter().filter(|c| (c.valid_from..=c.valid_through).contains(&today));
    if let Some(last) = current.map(|c| c.valid_through).max() {
        return Ok(last);
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
        assert_eq!(on("2026-01-10"), Ok(day("2026-11-22")));
        assert_eq!(on("2026-11-22"), Ok(day("2026-11-22")));
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
