//! *Cloud connection*: what a virtual-cloud file needs. Everybody of the account sees it, licensing analysts change it.

use crate::{
    component::{ErrorSummary, Problem, RequestLink, TextField},
    frame::{Page, Tab},
};
use leptos::prelude::*;
use licensing::{
    LicenceModel,
    cloud::{CloudConnection, NotAConnection, field},
};
use portal::{AccountAccess, Error, path};

/// Why a connection was not changed.
pub enum NotChanged {
    /// The person is not a licensing analyst.
    ForAnalysts,
    Typed(NotAConnection),
}

impl NotChanged {
    fn words(&self) -> String {
        match self {
            Self::ForAnalysts => {
                "Licensing analysts alone change the cloud connection. Send them an activation file request.".to_owned()
            }
            Self::Typed(why) => why.to_string(),
        }
    }
}

/// Message above the facts.
pub enum Notice {
    Nothing,
    Saved,
    /// Fields as they were typed before the session ended.
    Typed {
        organization: String,
        connected: bool,
    },
    /// Fields as they were typed, and the reasons they were refused.
    Refused {
        organization: String,
        connected: bool,
        why: NotChanged,
    },
}

/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn show(access: &AccountAccess, told: Notice) -> Result<Page, Error> {
    let CloudConnection { organization, connected } = portal::cloud::connection(access).await?;
    let known = organization.map(String::from);
    let (typed, ticked) = match &told {
        Notice::Refused { organization, connected, .. } | Notice::Typed { organization, connected } => {
            (organization.clone(), *connected)
        }
        Notice::Nothing | Notice::Saved => (known.clone().unwrap_or_default(), connected),
    };
    let status = match &told {
        Notice::Refused { why: NotChanged::ForAnalysts, .. } => 403,
        Notice::Refused { .. } => 422,
        Notice::Nothing | Notice::Saved | Notice::Typed { .. } => 200,
    };
    let problem = if let Notice::Refused { why, .. } = &told { Some(why.words()) } else { None };
    let saved = matches!(told, Notice::Saved);
    let changes = access.analyst().is_ok();
    let subscribes = access.licence_model == LicenceModel::Subscription;
    let action = path::cloud(&access.garn);
    let garn = access.garn.clone();
    let title = if problem.is_some() { "Error: Cloud connection" } else { "Cloud connection" };
    let page = Page::new(title, move || {
        let state = match (&known, connected) {
            (None, _) => "No cloud organisation is known.",
            (Some(_), false) => "The connection is not set up yet: no virtual-cloud file can be generated.",
            (Some(_), true) => "The connection is set up: virtual-cloud files can be generated.",
        };
        view! {
            {problem.clone().map(|words| view! { <ErrorSummary problems=vec![Problem { field: field::ORGANIZATION.to_owned(), label: "Organisation id".to_owned(), words }] /> })}
            <h1>"Cloud connection"</h1>
            {saved.then(|| view! { <p class="note ok" role="status">"The cloud connection was saved."</p> })}
            <p class="lead">
                "A virtual-cloud file is bound to a cloud organisation instead of a host. The server checks in there; without check-ins it loses its functions step by step."
            </p>
            {(!subscribes).then(|| view! { <p class="note info">"A virtual cloud is for subscription accounts; this account is none."</p> })}
            <dl class="facts">
                <div><dt>"Cloud organisation"</dt><dd class="code wrap">{known.unwrap_or_else(|| "–".to_owned())}</dd></div>
                <div><dt>"State"</dt><dd>{state}</dd></div>
            </dl>
            {if changes {
                view! {
                    <form method="post" action=action>
                        <TextField
                            name=field::ORGANIZATION
                            label="Organisation id"
                            value=typed
                            help="As the cloud shows it, such as 5f0c2c6e-8d1b-4a53-9d0e-1b7f6a2c9e44. Leave it empty to take it away."
                            error=problem
                            code=true
                        />
                        <div class="choice">
                            <input type="checkbox" id=field::CONNECTED name=field::CONNECTED value="yes" checked=ticked />
                            <label for=field::CONNECTED><span>"The connection to this organisation is set up"</span></label>
                        </div>
                        <div class="buttons"><button class="button primary">"Save"</button></div>
                    </form>
                }.into_any()
            } else {
                view! {
                    <p id=field::ORGANIZATION tabindex="-1">
                        "Licensing analysts enter what is missing here. " <RequestLink garn /> "."
                    </p>
                }.into_any()
            }}
        }
    });
    Ok(page.of_account(access, Tab::Cloud).with_status(status))
}
