//! Forms that were sent when the session had ended: the sign-in page keeps them, and signing in reopens them with everything typed.

use super::{origin::own_address, query::decode};
use app::{
    Page, Visit,
    page::{
        files::form::KEY,
        people::sign_in::{self, Asked},
    },
};
use portal::{AccountAccess, Caller, Error, SubmissionKey};
use std::pin::Pin;

/// A form that was kept.
pub(crate) struct Kept {
    pub(crate) fields: Vec<(String, String)>,
    /// The form's own, so that what was sent twice is one submission; another one where it has none.
    pub(crate) key: SubmissionKey,
    /// Name of a file that was sent with it.
    pub(crate) choose_again: Option<String>,
    /// The variable segments of its address, by name.
    segments: Vec<(String, String)>,
}

impl Kept {
    /// The first value of `field`, empty when it was not sent.
    pub(crate) fn value(&self, field: &str) -> &str {
        self.fields.iter().find(|(name, _)| name == field).map_or("", |(_, value)| value)
    }

    /// The segment of the address that the route table calls `name`.
    pub(crate) fn segment(&self, name: &str) -> &str {
        self.segments.iter().find(|(segment, _)| segment == name).map_or("", |(_, value)| value)
    }

    /// The account in the address.
    ///
    /// # Errors
    /// [`Error::NotFound`] when this person may not see it.
    pub(crate) async fn account(&self, caller: &Caller) -> Result<AccountAccess, Error> {
        caller.account(self.segment("garn")).await
    }
}

/// The page of a form with everything that was typed into it.
pub(crate) type Reopening = Pin<Box<dyn Future<Output = Result<Page, Error>> + Send>>;

/// Function that reopens a form: a column of the route table.
pub(crate) type Reopen = fn(Caller, Kept) -> Reopening;

/// Every form that can be reopened, by its address.
pub(crate) struct Reopeners(matchit::Router<Reopen>);

impl Reopeners {
    /// `forms` are paths of the route table. No two of them match the same address.
    pub(crate) fn new(forms: impl Iterator<Item = (&'static str, Reopen)>) -> Self {
        let mut router = matchit::Router::new();
        for (path, reopen) in forms {
            router.insert(path, reopen).expect("the route table has each path once");
        }
        Self(router)
    }

    /// The page of the form that was sent to `address` with `body`; `None` when there is nothing to reopen.
    pub(crate) fn reopen(&self, visit: &Visit, caller: Caller, asked: &Asked) -> Option<Reopening> {
        if asked.kept_form.is_empty() {
            return None;
        }
        let found = self.0.at(&asked.return_to).ok()?;
        let fields: Vec<_> = decode(&asked.kept_form).collect();
        let own = fields.iter().find(|(name, _)| name == KEY).and_then(|(_, value)| value.parse().ok());
        let kept = Kept {
            key: own.unwrap_or_else(|| visit.site.portal.new_submission_key()),
            fields,
            choose_again: asked.choose_again.clone(),
            segments: found.params.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        };
        Some((found.value)(caller, kept))
    }
}

/// The sign-in page, which leads back to addresses of this site only.
pub(crate) fn sign_in_page(visit: &Visit, asked: Asked) -> Page {
    sign_in::show(visit, Asked { return_to: own_address(&asked.return_to).to_owned(), ..asked })
}
