//! Problems of a form, in the words that people read.

use crate::{
    catalogue::key::TooMany,
    licence::{LicenceType, Source},
    offer::{CloudObstacle, eligibility::Ineligible},
    value::{
        coded::coded,
        date,
        host_id::{HostId, HostIdError},
        text::{TextError, excerpt},
    },
};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Longest grace period, in days. Domain §6.5.
pub const LONGEST_GRACE: u32 = 365;

/// One thing that is wrong, and the field where it is mended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub field: String,
    pub problem: Problem,
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

/// Problem of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    HostId(HostIdError),
    SameHost(HostId),
    MachineName(TextError),
    /// Nothing chosen of a list.
    NoChoice(Choice),
    /// Something that was never offered.
    NotOffered(Choice),
    /// A second server, and there is no switchover server item for it.
    NoSwitchover,
    SiteInactive(String),
    /// Fact that an update keeps as the file has it: its name, and its value.
    Fixed {
        what: &'static str,
        is: String,
    },
    /// Refusal for a part, and what to do about it.
    Ineligible(Box<Ineligible>),
    /// The site of the file that is updated; only the hosts may change there.
    OnlyHosts(String),
    NotAWholeNumber(String),
    TooLarge(String),
    Shortfall {
        description: String,
        pool: Pool,
        asked: u32,
        owned: u32,
        available: u32,
    },
    /// More than can be counted of a part that has no ceiling; `left` can be added.
    Uncountable {
        description: String,
        pool: Pool,
        left: u32,
    },
    Requires {
        description: String,
        missing: String,
    },
    /// A part that this account cannot have in this file.
    NotAddable {
        part: String,
        licence_type: LicenceType,
    },
    TooMany(TooMany),
    /// Usage tracking where there is no usage to be billed.
    UsageTracking(LicenceType),
    VirtualCloud(CloudObstacle),
    NotADate(String),
    /// A ramp date outside of the first day and the last one that are possible.
    RampDate(NaiveDate, NaiveDate),
    GraceDays,
    /// A range of days whose first one is this.
    EndsBeforeItBegins(NaiveDate),
    /// Lines of a batch that are refused, where all or nothing is asked for.
    RefusedLines(u32),
    /// No line of a batch has anything to do.
    NothingToDo,
    /// A batch that deactivates so many files, and another number was typed.
    OtherCount(u32),
    /// A text, by its label, that cannot be kept.
    Text(&'static str, TextError),
    Email(String),
    /// An install site of this name is there already.
    NameTaken(String),
    /// No part is to be upgraded.
    NothingChosen,
    /// A part that a mirrored account upgrades together with the others.
    AllTogether(String),
    /// A part whose maintenance is not current.
    NotMaintained {
        description: String,
        sales_order: String,
        ended_on: Option<NaiveDate>,
    },
    /// A free text that is needed.
    NoReason,
    /// A free text of more than so many characters.
    TooLong(usize),
    /// The machine of the file is this, and something else was typed.
    OtherMachine(String),
}

coded! {
    /// The lists of the forms.
    Choice {
        Site = "site", "an install site";
        Version = "version", "a product version";
        Type = "type", "a licence type";
        SystemType = "system-type", "a system type";
        MailConnector = "mail-connector", "the mail connector";
        ServerItem = "server-item", "one valid server item";
        SwitchoverItem = "switchover-item", "one valid switchover server item";
        UsageTracking = "usage-tracking", "how usage is reported";
        Active = "active", "Yes, No or All";
        Sort = "sort", "an order";
        Reason = "reason", "a reason";
        Target = "target", "an upgrade";
        Mode = "mode", "what happens when a line is refused";
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::HostId(error) => write!(f, "{error}"),
            Self::SameHost(host) => write!(f, "{host} is the primary server. Enter the host id of the other server."),
            Self::MachineName(TextError::Empty) => f.write_str("Enter the machine name."),
            Self::MachineName(error) => write!(f, "The machine name cannot be used: {error}."),
            Self::NoChoice(choice) => write!(f, "Select {choice}."),
            Self::NotOffered(choice) => {
                write!(f, "What was sent is not among this account's choices. Select {choice} from the list.")
            }
            Self::NoSwitchover => {
                f.write_str("This account has no switchover server item for this product and version. Leave the second server out.")
            }
            Self::SiteInactive(name) => write!(f, "Install site {name} is not active. Choose an active site."),
            Self::Fixed { what, is } => {
                write!(f, "An update does not change the {what}, which is {is}. Generate another file for another one.")
            }
            Self::Ineligible(reason) => write!(f, "{reason} {}", reason.remedy()),
            Self::OnlyHosts(name) => write!(
                f,
                "Install site {name} is not active: only the host ids of its files may change. Leave this as it is, or make the site active first."
            ),
            Self::NotAWholeNumber(typed) => write!(f, "“{}” is not a whole number. Enter one, or leave the field empty.", excerpt(typed)),
            Self::TooLarge(typed) => write!(f, "{} is more than one file can hold. Enter at most 1,000,000.", excerpt(typed)),
            Self::Shortfall { description, pool, asked, owned, available } => {
                write!(f, "Only {available} of {owned} {pool} {description} are available; you asked for {asked}.")
            }
            Self::Uncountable { description, pool, left } => write!(
                f,
                "All files together cannot hold more than 4,294,967,295 {pool} {description}. Enter at most {left}, or deactivate a file."
            ),
            Self::Requires { description, missing } => {
                write!(f, "{description} works only together with {missing}. Add it, or leave {description} out.")
            }
            Self::NotAddable { part, licence_type } if licence_type.is_fixed() => {
                let part = excerpt(part);
                write!(f, "Nothing can be added to this licence type ({licence_type}): its contents are fixed. Leave {part} out.")
            }
            Self::NotAddable { part, licence_type } => {
                let part = excerpt(part);
                match licence_type.source() {
                    Source::Catalogue => {
                        write!(f, "Part {part} is not among the parts of this product and version. Choose from the current list.")
                    }
                    _ => write!(f, "Part {part} is not among what this account owns for this product. Choose from the current list."),
                }
            }
            Self::TooMany(error) => write!(f, "{error}."),
            Self::UsageTracking(LicenceType::Production) => {
                f.write_str("A perpetual licence carries no usage tracking. Leave it out.")
            }
            Self::UsageTracking(licence_type) => {
                write!(f, "A file of this type ({licence_type}) carries no usage tracking. Leave it out.")
            }
            Self::VirtualCloud(obstacle) => write!(f, "{obstacle}"),
            Self::NotADate(typed) if typed.is_empty() => f.write_str("Enter the date, such as 2027-01-31."),
            Self::NotADate(typed) => write!(f, "“{}” is not a date. Enter year, month and day, such as 2027-01-31.", excerpt(typed)),
            Self::RampDate(first, last) => write!(
                f,
                "Enforcement can start between {} and {}. Choose a day of that year.",
                date::words(*first),
                date::words(*last)
            ),
            Self::GraceDays => write!(f, "The grace period is a number of days from 1 to {LONGEST_GRACE}."),
            Self::Text(label, TextError::Empty) => write!(f, "Enter the {label}."),
            Self::Text(label, error) => write!(f, "The {label} cannot be used: {error}."),
            Self::Email(typed) => {
                let typed = excerpt(typed);
                write!(f, "“{typed}” is not an e-mail address. Enter one such as name@company.example, or leave it empty.")
            }
            Self::NameTaken(name) => {
                write!(f, "This account has an install site {name} already. Choose another name, or edit that one.")
            }
            Self::RefusedLines(1) => f.write_str(
                "1 line is refused, and all or nothing does nothing then. Correct it in the table and send that again, or choose line by line.",
            ),
            Self::RefusedLines(lines) => write!(
                f,
                "{lines} lines are refused, and all or nothing does nothing then. Correct them in the table and send that again, or choose line by line."
            ),
            Self::NothingToDo => f.write_str("No line has anything to do. Correct the table and send it again."),
            Self::OtherCount(files) => write!(f, "This is not the number of files. Type {files} to deactivate them."),
            Self::NothingChosen => f.write_str("Select what at least one part becomes."),
            Self::AllTogether(description) => write!(
                f,
                "This account is mirrored: all parts with an upgrade option are upgraded together. Select what {description} becomes, too."
            ),
            Self::NotMaintained { description, sales_order, ended_on: Some(day) } => write!(
                f,
                "Maintenance of {description} (order {sales_order}) ended on {}. Renew it, then upgrade.",
                date::words(*day)
            ),
            Self::NotMaintained { description, sales_order, ended_on: None } => {
                write!(f, "{description} (order {sales_order}) has no maintenance. Order it, then upgrade.")
            }
            Self::NoReason => f.write_str("Say in a few words why."),
            Self::TooLong(most) => write!(f, "The text is longer than {most} characters. Shorten it."),
            Self::OtherMachine(machine) => {
                write!(f, "This is not the name of its machine. Type {machine} to deactivate the file.")
            }
            Self::EndsBeforeItBegins(first) => {
                write!(f, "The last day lies before the first, {}. Enter a later one, or leave it empty.", date::words(*first))
            }
        }
    }
}

pub(crate) fn refusal(field: &str, problem: Problem) -> Refusal {
    Refusal { field: field.to_owned(), problem }
}
