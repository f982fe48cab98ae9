//! Problems of a request for a file, in the words that people read.

use crate::{
    catalogue::key::TooMany,
    form::{ChoiceProblem, NotADate, TextProblem},
    licence::{LicenceType, Source},
    offer::CloudObstacle,
    value::{
        date,
        host_id::{HostId, HostIdError},
        text::excerpt,
    },
};
use chrono::NaiveDate;
use std::fmt;

/// Longest grace period, in days. Domain §6.5.
pub const LONGEST_GRACE: u32 = 365;

/// Label of a machine's name within a sentence.
pub(super) const MACHINE_NAME: &str = "machine name";

/// The lists of the form, in the words for one of their entries.
pub(super) mod choice {
    pub const SITE: &str = "an install site";
    pub const PRODUCT: &str = "a product";
    pub const VERSION: &str = "a product version";
    pub const TYPE: &str = "a licence type";
    pub const SYSTEM_TYPE: &str = "a system type";
    pub const MAIL_CONNECTOR: &str = "the mail connector";
    pub const SERVER_ITEM: &str = "one valid server item";
    pub const SWITCHOVER_ITEM: &str = "one valid switchover server item";
    pub const USAGE_TRACKING: &str = "how usage is reported";
}

/// The two pools of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pool {
    Assigned,
    Pooled,
}

impl fmt::Display for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Assigned => "assigned",
            Self::Pooled => "pooled",
        })
    }
}

/// Problem of a request for a file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileProblem {
    #[error(transparent)]
    HostId(#[from] HostIdError),
    /// The second server has the host id of the first.
    #[error("{0} is the primary server. Enter the host id of the other server.")]
    SameHost(HostId),
    #[error(transparent)]
    MachineName(#[from] TextProblem),
    #[error(transparent)]
    Choice(#[from] ChoiceProblem),
    /// A second server, and there is no switchover server item for it.
    #[error("This account has no switchover server item for this product and version. Leave the second server out.")]
    NoSwitchover,
    #[error("Install site {0} is not active. Choose an active site.")]
    SiteInactive(String),
    /// Fact that an update keeps as the file has it: its name, and its value.
    #[error("An update does not change the {what}, which is {is}. Generate another file for another one.")]
    Fixed { what: &'static str, is: String },
    /// The site of the file that is updated; only the hosts may change there.
    #[error(
        "Install site {0} is not active: only the host ids of its files may change. \
         Leave this as it is, or make the site active first."
    )]
    OnlyHosts(String),
    #[error("“{}” is not a whole number. Enter 0 or more, or leave the field empty.", excerpt(.0))]
    NotAWholeNumber(String),
    #[error("{} is more than one file can hold. Enter at most 1,000,000.", excerpt(.0))]
    TooLarge(String),
    #[error("Only {available} of {owned} {pool} {description} are available; you asked for {asked}.")]
    Shortfall { description: String, pool: Pool, asked: u32, owned: u32, available: u32 },
    /// More than can be counted of a part that has no ceiling; `left` can be added.
    #[error(
        "All files together cannot hold more than 4,294,967,295 {pool} {description}. \
         Enter at most {left}, or deactivate a file."
    )]
    Uncountable { description: String, pool: Pool, left: u32 },
    #[error("{description} works only together with {missing}. Add it, or leave {description} out.")]
    Requires { description: String, missing: String },
    /// A part that this account cannot have in this file.
    #[error("{}", not_addable(part, *licence_type))]
    NotAddable { part: String, licence_type: LicenceType },
    #[error("{0}.")]
    TooMany(#[from] TooMany),
    /// Usage tracking where there is no usage to be billed.
    #[error("{}", untracked(*.0))]
    UsageTracking(LicenceType),
    #[error(transparent)]
    VirtualCloud(#[from] CloudObstacle),
    #[error("Enter the date, such as 2027-01-31.")]
    NoRampDate,
    #[error(transparent)]
    NotADate(#[from] NotADate),
    /// A ramp date outside of the first day and the last one that are possible.
    #[error("Enforcement can start between {} and {}. Choose a day of that year.", date::words(*.0), date::words(*.1))]
    RampDate(NaiveDate, NaiveDate),
    /// Name of the switchover server that an update drops.
    #[error("Type {0} to drop the switchover server.")]
    NotDropped(String),
    #[error("The grace period is a number of days from 1 to {LONGEST_GRACE}.")]
    GraceDays,
}

impl FileProblem {
    /// Problem of a version that the catalogue does not have.
    #[must_use]
    pub fn no_such_version() -> Self {
        ChoiceProblem::NotOffered(choice::VERSION).into()
    }
}

fn not_addable(part: &str, licence_type: LicenceType) -> String {
    let part = excerpt(part);
    if licence_type.is_fixed() {
        return format!("Nothing can be added to this licence type ({licence_type}): its contents are fixed. Leave {part} out.");
    }
    let among = match licence_type.source() {
        Source::Catalogue => "the parts of this product and version",
        _ => "what this account owns for this product",
    };
    format!("Part {part} is not among {among}. Choose from the current list.")
}

fn untracked(licence_type: LicenceType) -> String {
    match licence_type {
        LicenceType::Production => "A perpetual licence carries no usage tracking. Leave it out.".to_owned(),
        _ => format!("A file of this type ({licence_type}) carries no usage tracking. Leave it out."),
    }
}
