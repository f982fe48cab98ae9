//! An activation file request as somebody describes it, read from the form.

use super::{
    form::{Asked, Field, FieldKind, RequestForm, RequestKind, field},
    problem::RequestProblem,
};
use crate::{
    form::{Refusal, TooLong, day},
    value::{
        date,
        email::EmailAddress,
        host_id::HostId,
        text::{Garn, TextError, excerpt, typed, typed_lines},
    },
};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// Maximum length of a line, in characters.
const LONGEST_LINE: usize = 200;
/// Maximum length of several lines, in characters.
pub const LONGEST_TEXT: usize = 4_000;
/// Maximum number of additional recipients.
const MOST_COPIES: usize = 5;
/// Maximum number of host ids in one field.
const MOST_HOSTS: usize = 20;

/// Answer to one field of the form, as those read it who answer the request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    pub field: String,
    /// Label that the form had when it was sent.
    pub label: String,
    pub value: String,
}

/// Facts about somebody who sends a request that the form does not ask.
#[derive(Clone, Copy, Debug)]
pub struct Requester {
    /// Somebody who has signed in: we know whom they work for, whatever their mailbox.
    pub signed_in: bool,
    /// Today, by the portal's clock in UTC.
    pub today: NaiveDate,
}

/// An activation file request as somebody describes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RequestDetails {
    pub kind: RequestKind,
    /// Codes of category and type, both labels among the answers; none for a question.
    pub category: Option<String>,
    pub file_type: Option<String>,
    pub urgent: bool,
    pub needed_by: Option<NaiveDate>,
    /// First and last name.
    pub name: String,
    pub email: EmailAddress,
    pub copies: Vec<EmailAddress>,
    pub garn: Option<Garn>,
    pub subject: String,
    pub description: String,
    pub hosts: Vec<HostId>,
    /// Everything else that was asked and answered, in the order of the form.
    pub answers: Vec<Answer>,
}

impl RequestForm {
    /// What was chosen decides which fields are read; `value` gives each field as typed.
    pub fn asked<'a>(&self, value: impl Fn(&str) -> &'a str) -> Asked<'a> {
        let kind = RequestKind::from_code(value(field::KIND));
        let of_file = |name: &str| if kind == Some(RequestKind::File) { value(name) } else { "" };
        Asked {
            kind,
            category: of_file(field::CATEGORY),
            file_type: of_file(field::TYPE),
            urgent: !of_file(field::URGENT).is_empty(),
        }
    }

    /// Reads a form that was sent. Fields that are not asked by what was chosen are passed over.
    ///
    /// # Errors
    /// Everything that is wrong, in the order of the form; never empty.
    pub fn read<'a>(
        &self,
        value: impl Fn(&str) -> &'a str,
        requester: Requester,
    ) -> Result<RequestDetails, Vec<Refusal<RequestProblem>>> {
        let asked = self.asked(&value);
        let mut refusals = Vec::new();
        let mut refuse = |field: &str, problem: RequestProblem| refusals.push(Refusal::new(field, problem));
        if asked.kind.is_none() {
            refuse(field::KIND, RequestProblem::NoKind);
        }
        let mut read = Read::default();
        if asked.kind == Some(RequestKind::File) {
            for (name, choices, chosen, nothing) in [
                (field::CATEGORY, &self.category, asked.category, RequestProblem::NoCategory),
                (field::TYPE, &self.r#type, asked.file_type, RequestProblem::NoType),
            ] {
                match choices.iter().find(|choice| choice.code == chosen) {
                    Some(choice) => read.answer(name, self.label(name), choice.label.clone()),
                    None if chosen.is_empty() => refuse(name, nothing),
                    None => refuse(name, RequestProblem::NotOffered),
                }
            }
        }
        for (field, required) in self.fields(asked) {
            let sent = value(&field.name).trim();
            if sent.is_empty() {
                if required {
                    refuse(&field.name, RequestProblem::missing(field));
                }
                continue;
            }
            if let Err(problem) = read.field(field, sent, &value, self, requester) {
                refuse(&field.name, problem);
            }
        }
        for list in self.sections(asked).flat_map(|section| &section.one_of) {
            if list.iter().all(|name| value(name).trim().is_empty())
                && let Some(first) = list.first()
            {
                let labels: Vec<String> = list.iter().map(|name| self.label(name)).collect();
                refuse(first, RequestProblem::OneOf(labels.join(", ")));
            }
        }
        match (asked.kind, read.email) {
            (Some(kind), Some(email)) if refusals.is_empty() => Ok(RequestDetails {
                kind,
                category: (kind == RequestKind::File).then(|| asked.category.to_owned()),
                file_type: (kind == RequestKind::File).then(|| asked.file_type.to_owned()),
                urgent: asked.urgent,
                needed_by: read.needed_by,
                name: read.names.join(" "),
                email,
                copies: read.copies,
                garn: read.garn,
                subject: read.subject,
                description: read.description,
                hosts: read.hosts,
                answers: read.answers,
            }),
            _ => Err(refusals),
        }
    }
}

/// What was read so far.
#[derive(Default)]
struct Read {
    names: Vec<String>,
    email: Option<EmailAddress>,
    copies: Vec<EmailAddress>,
    garn: Option<Garn>,
    subject: String,
    description: String,
    needed_by: Option<NaiveDate>,
    hosts: Vec<HostId>,
    answers: Vec<Answer>,
}

impl Read {
    fn answer(&mut self, field: &str, label: String, value: String) {
        self.answers.push(Answer { field: field.to_owned(), label, value });
    }

    fn field<'a>(
        &mut self,
        field: &Field,
        sent: &'a str,
        value: impl Fn(&str) -> &'a str,
        form: &RequestForm,
        requester: Requester,
    ) -> Result<(), RequestProblem> {
        let words = match field.kind {
            FieldKind::Line => line(sent)?,
            FieldKind::Lines => typed_lines(sent, LONGEST_TEXT).map_err(unusable)?,
            FieldKind::Email => {
                let email = EmailAddress::typed(sent)?;
                if !requester.signed_in && form.is_free_mail(email.domain()) {
                    return Err(RequestProblem::FreeMail(email.domain().to_owned()));
                }
                self.email = Some(email);
                return Ok(());
            }
            FieldKind::EmailAgain => {
                let same = EmailAddress::typed(sent).ok() == EmailAddress::typed(value(field::EMAIL)).ok();
                return if same { Ok(()) } else { Err(RequestProblem::EmailsDiffer) };
            }
            FieldKind::Emails => {
                let addresses = apart(sent).map(EmailAddress::typed).collect::<Result<Vec<_>, _>>()?;
                if addresses.len() > MOST_COPIES {
                    return Err(RequestProblem::TooManyAddresses(addresses.len(), MOST_COPIES));
                }
                for address in addresses {
                    if !self.copies.contains(&address) {
                        self.copies.push(address);
                    }
                }
                self.copies.iter().map(EmailAddress::as_str).collect::<Vec<_>>().join(", ")
            }
            FieldKind::Garn => {
                let garn: Garn = sent.to_uppercase().parse().map_err(|_| RequestProblem::Garn(excerpt(sent)))?;
                self.garn = Some(garn.clone());
                garn.into()
            }
            FieldKind::Hosts => {
                let hosts = hosts(sent)?;
                let words = hosts.iter().map(HostId::as_str).collect::<Vec<_>>().join(", ");
                for host in hosts {
                    if !self.hosts.contains(&host) {
                        self.hosts.push(host);
                    }
                }
                words
            }
            FieldKind::Choice => {
                field.choices.iter().find(|choice| *choice == sent).cloned().ok_or(RequestProblem::NotOffered)?
            }
            FieldKind::Date | FieldKind::FutureDate => {
                let day = day(sent)?;
                if field.kind == FieldKind::FutureDate && day < requester.today {
                    return Err(RequestProblem::DayOver);
                }
                if field.name == field::NEEDED_BY {
                    self.needed_by = Some(day);
                }
                date::words(day)
            }
            FieldKind::Yes => "Yes".to_owned(),
        };
        match field.name.as_str() {
            field::FIRST_NAME | field::LAST_NAME => self.names.push(words),
            field::SUBJECT => self.subject = words,
            field::DESCRIPTION => self.description = words,
            _ => self.answer(&field.name, field.label.clone(), words),
        }
        Ok(())
    }
}

impl RequestForm {
    /// Whether mailboxes of `domain` are anybody's.
    fn is_free_mail(&self, domain: &str) -> bool {
        self.free_mail.contains(domain)
    }
}

fn unusable(error: TextError) -> RequestProblem {
    match error {
        TextError::TooLong(_, longest) => TooLong(longest).into(),
        error => RequestProblem::Unusable(error),
    }
}

fn line(sent: &str) -> Result<String, RequestProblem> {
    typed(sent, LONGEST_LINE).map_err(unusable)
}

/// Entries of a list as people separate them.
fn apart(sent: &str) -> impl Iterator<Item = &str> {
    sent.split([',', ';', '\n']).map(str::trim).filter(|entry| !entry.is_empty())
}

fn hosts(sent: &str) -> Result<Vec<HostId>, RequestProblem> {
    let hosts = apart(sent).map(HostId::typed).collect::<Result<Vec<_>, _>>()?;
    if hosts.len() > MOST_HOSTS {
        return Err(RequestProblem::TooManyHosts(hosts.len(), MOST_HOSTS));
    }
    if hosts.is_empty() { Ok(vec![HostId::typed(sent)?]) } else { Ok(hosts) }
}
