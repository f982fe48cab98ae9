//! The form as data: which fields there are, when each is asked and when it is required.

use crate::value::coded::coded;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Names of the form's fields that rules read. The others are only carried to those who answer.
pub mod field {
    pub const KIND: &str = "kind";
    pub const CATEGORY: &str = "category";
    pub const TYPE: &str = "type";
    pub const FIRST_NAME: &str = "first_name";
    pub const LAST_NAME: &str = "last_name";
    pub const EMAIL: &str = "email";
    pub const EMAIL_AGAIN: &str = "email_again";
    pub const COPIES: &str = "copies";
    pub const EMPLOYER: &str = "employer";
    pub const END_USER: &str = "end_user";
    pub const GARN: &str = "garn";
    pub const SUBJECT: &str = "subject";
    pub const DESCRIPTION: &str = "description";
    pub const URGENT: &str = "urgent";
    pub const NEEDED_BY: &str = "needed_by";

    /// Fields without which no request can be answered.
    pub(super) const ALWAYS: [&str; 5] = [FIRST_NAME, LAST_NAME, EMAIL, SUBJECT, DESCRIPTION];
}

coded! {
    /// What somebody sends: the request type. Domain §7.
    RequestKind {
        Question = "question", "Question";
        File = "file", "Activation file request";
    }
}

coded! {
    /// Part of the form that a field stands in.
    Group {
        Contact = "contact", "Contact";
        Account = "account", "Account";
        Request = "request", "Request";
        Details = "details", "Details";
    }
}

coded! {
    /// What a field takes.
    FieldKind {
        Line = "line", "a line of text";
        Lines = "lines", "several lines of text";
        Email = "email", "an e-mail address";
        EmailAgain = "email-again", "the e-mail address once more";
        Emails = "emails", "e-mail addresses";
        Garn = "garn", "an account reference number";
        Hosts = "hosts", "host ids";
        Choice = "choice", "one of its choices";
        Date = "date", "a date";
        FutureDate = "future-date", "a date from today on";
        Yes = "yes", "yes or nothing";
    }
}

/// A category or type of the form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    pub code: String,
    pub label: String,
    #[serde(default)]
    pub help: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// Name in the form.
    pub name: String,
    pub group: Group,
    pub label: String,
    pub kind: FieldKind,
    #[serde(default)]
    pub hint: String,
    /// Token for the browser's own filling in.
    #[serde(default)]
    pub autocomplete: String,
    #[serde(default)]
    pub choices: Vec<String>,
    /// Sentence that asks for it where it is required and empty.
    #[serde(default)]
    pub missing: String,
}

/// When fields are asked. Empty lists hold for all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Section {
    #[serde(default)]
    pub kinds: Vec<RequestKind>,
    #[serde(default)]
    pub categories: Vec<String>,
    #[serde(default)]
    pub types: Vec<String>,
    /// It holds for urgent requests alone.
    #[serde(default)]
    pub urgent: bool,
    #[serde(default)]
    pub asks: Vec<String>,
    #[serde(default)]
    pub requires: Vec<String>,
    /// Of each list at least one field is required.
    #[serde(default)]
    pub one_of: Vec<Vec<String>>,
    /// Attachments that help.
    #[serde(default)]
    pub attachments: Vec<String>,
}

/// What decides which sections hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked<'a> {
    pub kind: Option<RequestKind>,
    pub category: &'a str,
    pub file_type: &'a str,
    pub urgent: bool,
}

impl Section {
    /// Whether the section holds for what was chosen.
    #[must_use]
    pub fn holds(&self, asked: Asked<'_>) -> bool {
        let named = |list: &[String], code: &str| list.is_empty() || list.iter().any(|listed| listed == code);
        (self.kinds.is_empty() || asked.kind.is_some_and(|kind| self.kinds.contains(&kind)))
            && named(&self.categories, asked.category)
            && named(&self.types, asked.file_type)
            && (!self.urgent || asked.urgent)
    }
}

/// The form of activation file requests. Domain §7.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestForm {
    /// Domains whose mailboxes anybody can have.
    pub free_mail: BTreeSet<String>,
    pub category: Vec<Choice>,
    pub r#type: Vec<Choice>,
    pub field: Vec<Field>,
    pub section: Vec<Section>,
}

/// Why a form is refused.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestFormError {
    #[error("The request form cannot be read: {0}")]
    Unreadable(String),
    #[error("{what} {name} stands twice in the request form.")]
    Twice { what: &'static str, name: String },
    #[error("A section of the request form names {what} {name}, which the form does not have.")]
    Missing { what: &'static str, name: String },
    #[error("A section of the request form requires or needs one of {0}, and does not ask it.")]
    NotAsked(String),
    #[error("The request form does not ask {0} of everybody, without which no request can be answered.")]
    NotAlways(&'static str),
    #[error("Field {name} of the request form must be {kind}.")]
    Kind { name: &'static str, kind: FieldKind },
    #[error("Field {0} of the request form has choices and is not one of them, or is one and has none.")]
    Choices(String),
    #[error("Field {0} of the request form cannot have this name: lower-case letters, digits and “_”.")]
    Name(String),
}

/// Kinds that rules rely on.
const KINDS: [(&str, FieldKind); 9] = [
    (field::FIRST_NAME, FieldKind::Line),
    (field::LAST_NAME, FieldKind::Line),
    (field::EMAIL, FieldKind::Email),
    (field::EMAIL_AGAIN, FieldKind::EmailAgain),
    (field::COPIES, FieldKind::Emails),
    (field::GARN, FieldKind::Garn),
    (field::SUBJECT, FieldKind::Line),
    (field::DESCRIPTION, FieldKind::Lines),
    (field::URGENT, FieldKind::Yes),
];

impl RequestForm {
    /// Reads a form from TOML: tables `[[category]]`, `[[type]]`, `[[field]]` and `[[section]]`.
    ///
    /// # Errors
    /// [`RequestFormError`], naming the first thing that does not fit.
    pub fn from_toml(text: &str) -> Result<Self, RequestFormError> {
        let form: Self = toml::from_str(text).map_err(|error| RequestFormError::Unreadable(error.message().to_owned()))?;
        form.check()?;
        Ok(form)
    }

    fn check(&self) -> Result<(), RequestFormError> {
        let codes = |choices: &[Choice]| choices.iter().map(|choice| choice.code.clone()).collect::<Vec<_>>();
        let (categories, types) = (codes(&self.category), codes(&self.r#type));
        let names: Vec<String> = self.field.iter().map(|field| field.name.clone()).collect();
        for (what, names) in [("Category", &categories), ("Type", &types), ("Field", &names)] {
            let mut seen = BTreeSet::new();
            if let Some(name) = names.iter().find(|name| !seen.insert(*name)) {
                return Err(RequestFormError::Twice { what, name: name.clone() });
            }
            let plain = |name: &String| {
                !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_-".contains(&b))
            };
            if let Some(name) = names.iter().find(|name| !plain(name)) {
                return Err(RequestFormError::Name(name.clone()));
            }
        }
        for (name, kind) in KINDS {
            if self.field.iter().any(|field| field.name == name && field.kind != kind) {
                return Err(RequestFormError::Kind { name, kind });
            }
        }
        if let Some(field) = self.field.iter().find(|field| (field.kind == FieldKind::Choice) == field.choices.is_empty()) {
            return Err(RequestFormError::Choices(field.name.clone()));
        }
        for section in &self.section {
            let fields = section.asks.iter().chain(&section.requires).chain(section.one_of.iter().flatten());
            for (what, known, named) in [
                ("category", &categories, section.categories.iter().collect::<Vec<_>>()),
                ("type", &types, section.types.iter().collect()),
                ("field", &names, fields.collect()),
            ] {
                if let Some(name) = named.into_iter().find(|name| !known.contains(name)) {
                    return Err(RequestFormError::Missing { what, name: name.clone() });
                }
            }
        }
        for always in field::ALWAYS {
            let everybody = |section: &Section| {
                section.kinds.is_empty() && section.categories.is_empty() && section.types.is_empty() && !section.urgent
            };
            let requires = |section: &Section| everybody(section) && section.requires.iter().any(|name| name == always);
            if !self.section.iter().any(requires) {
                return Err(RequestFormError::NotAlways(always));
            }
        }
        self.check_requirements(&categories, &types)
    }

    /// Whatever is required is asked, too, for each combination that can be chosen.
    fn check_requirements(&self, categories: &[String], types: &[String]) -> Result<(), RequestFormError> {
        let questions = [Asked { kind: Some(RequestKind::Question), category: "", file_type: "", urgent: false }];
        let files = categories.iter().flat_map(|category| {
            types.iter().flat_map(move |file_type| {
                [false, true].map(|urgent| Asked { kind: Some(RequestKind::File), category, file_type, urgent })
            })
        });
        for asked in questions.into_iter().chain(files) {
            let sections: Vec<&Section> = self.sections(asked).collect();
            let is_asked = |name: &String| sections.iter().any(|section| section.asks.contains(name));
            let needed = sections.iter().flat_map(|section| section.requires.iter().chain(section.one_of.iter().flatten()));
            if let Some(name) = needed.into_iter().find(|name| !is_asked(name)) {
                return Err(RequestFormError::NotAsked(name.clone()));
            }
        }
        Ok(())
    }

    /// Sections that hold for what was chosen.
    pub fn sections<'a>(&'a self, asked: Asked<'a>) -> impl Iterator<Item = &'a Section> {
        self.section.iter().filter(move |section| section.holds(asked))
    }

    /// Fields that are asked, in the order of the form, each with whether it is required.
    pub fn fields<'a>(&'a self, asked: Asked<'a>) -> impl Iterator<Item = (&'a Field, bool)> {
        self.field.iter().filter_map(move |field| {
            let names = |list: &[String]| list.contains(&field.name);
            let is_asked = self.sections(asked).any(|section| names(&section.asks));
            is_asked.then(|| (field, self.sections(asked).any(|section| names(&section.requires))))
        })
    }

    /// Attachments that help, for what was chosen.
    pub fn attachments<'a>(&'a self, asked: Asked<'a>) -> impl Iterator<Item = &'a str> {
        self.sections(asked).flat_map(|section| section.attachments.iter().map(String::as_str))
    }

    /// Label of a field, as the form shows it.
    #[must_use]
    pub fn label(&self, name: &str) -> String {
        let field = self.field.iter().find(|field| field.name == name);
        let label = field.map_or(
            match name {
                field::KIND => "Request type",
                field::CATEGORY => "Activation file category",
                field::TYPE => "Activation file type",
                _ => "",
            },
            |field| field.label.as_str(),
        );
        label.to_owned()
    }
}
