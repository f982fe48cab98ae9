//! A page before it is rendered, and the facts of the request that it shows.

use leptos::prelude::{AnyView, IntoAny, IntoView};
use licensing::{Garn, LicenceModel};
use portal::{AccountAccess, Caller, Portal};
use std::sync::Arc;

/// Facts that all pages of one server share.
pub struct Site {
    pub portal: Portal,
    /// Demo data is loaded: the sign-in page lists the demo sign-ins.
    pub demo: bool,
    /// Path of styles, fonts and islands, such as `/static/3f9a…`; it changes with their content.
    pub assets: String,
    /// Public URL of the portal, without a slash at the end.
    pub public_url: String,
}

/// Light, dark, or as the system says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    #[default]
    System,
    Light,
    Dark,
}

impl Theme {
    pub const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    /// As it stands in the cookie and in the form.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// The reverse of [`Self::code`]; anything else is the system's.
    #[must_use]
    pub fn from_code(code: &str) -> Self {
        Self::ALL.into_iter().find(|theme| theme.code() == code).unwrap_or_default()
    }
}

/// One request, as far as pages need to know it.
#[derive(Clone)]
pub struct Visit {
    pub site: Arc<Site>,
    pub caller: Option<Caller>,
    pub theme: Theme,
    /// Path and query, to come back to.
    pub address: String,
    /// Names this request in the log.
    pub reference: Arc<str>,
}

/// Field of an address that keeps the tabs of an account on a page which is no account's.
pub const ACCOUNT: &str = "account";
/// Field of the search of every page.
pub const SEARCH: &str = "q";

/// Value of a field of an address; empty when there is none.
pub(super) fn query_value(address: &str, field: &str) -> String {
    let query = address.split_once('?').map_or("", |(_, query)| query);
    form_urlencoded::parse(query.as_bytes())
        .find(|(name, _)| name == field)
        .map_or_else(String::new, |(_, value)| value.into_owned())
}

impl Visit {
    /// Reference number of the account that the address is about, as it stands there.
    #[must_use]
    pub fn account(&self) -> Option<String> {
        let path = self.address.split('?').next().unwrap_or_default();
        let of_path = path.strip_prefix("/accounts/").and_then(|rest| rest.split('/').next()).filter(|garn| !garn.is_empty());
        let garn = of_path.map_or_else(|| query_value(&self.address, ACCOUNT), str::to_owned);
        Some(garn).filter(|garn| !garn.is_empty() && !garn.contains('\0'))
    }

    /// `path`, with the account that this page's tabs are of.
    pub(crate) fn keeping(&self, path: &str) -> String {
        portal::path::asking(path, self.account().map(|garn| (ACCOUNT, garn)))
    }
}

/// A page before it is rendered.
pub struct Page {
    pub status: u16,
    pub(super) title: String,
    pub(super) account: Option<AccountFrame>,
    pub(super) script: Script,
    /// Without script the browser asks for the page again every few seconds.
    pub(super) again: bool,
    pub(super) body: Box<dyn FnOnce() -> AnyView + Send>,
}

/// The WASM module that a page loads, if any.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Script {
    None,
    Islands,
    /// The file checker's own.
    Checker,
}

/// The account in the header, and which of its tabs is open.
pub(super) struct AccountFrame {
    pub(super) garn: Garn,
    pub(super) name: String,
    /// A virtual cloud is for subscription accounts.
    pub(super) subscribes: bool,
    /// The person has other accounts to change to.
    pub(super) others: bool,
    pub(super) tab: Tab,
}

/// The views of one account. Domain §5.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tab {
    Dashboard,
    Summary,
    Software,
    Files,
    Upgrade,
    NewFile,
    Sites,
    People,
    Cloud,
    /// Beside the tabs: help, or a page that leads nowhere.
    Beside,
}

impl Page {
    pub(crate) fn new<V: IntoView + 'static>(title: impl Into<String>, body: impl FnOnce() -> V + Send + 'static) -> Self {
        Self {
            status: 200,
            title: title.into(),
            account: None,
            script: Script::None,
            again: false,
            body: Box::new(move || body().into_any()),
        }
    }

    pub(crate) fn of_account(self, access: &AccountAccess, tab: Tab) -> Self {
        let subscribes = access.licence_model == LicenceModel::Subscription;
        let (garn, name, others) = (access.garn.clone(), access.name.clone(), access.has_others);
        Self { account: Some(AccountFrame { garn, name, subscribes, others, tab }), ..self }
    }

    /// Shows the tabs of an account above a page that is no account's.
    #[must_use]
    pub fn beside(self, access: &AccountAccess) -> Self {
        self.of_account(access, Tab::Beside)
    }

    /// Whether the page has the tabs of an account.
    #[must_use]
    pub const fn is_of_account(&self) -> bool {
        self.account.is_some()
    }

    pub(crate) fn with_status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    /// Loads the WASM module: only for pages on which something moves.
    pub(crate) fn with_islands(self) -> Self {
        Self { script: Script::Islands, ..self }
    }

    /// Something goes on that the page tells about.
    pub(crate) fn asked_again(self) -> Self {
        Self { again: true, ..self }
    }

    /// Loads the file checker's module instead.
    pub(crate) fn with_checker(self) -> Self {
        Self { script: Script::Checker, ..self }
    }
}
