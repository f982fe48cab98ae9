//! *People*: who is invited, and the form that invites. For administrators.

use super::permissions::{Boxes, ticked};
use crate::{
    component::{Choice, Column, ErrorSummary, Icon, Instant, Problem, Table, TextField, icon},
    frame::Page,
};
use chrono_tz::Tz;
use leptos::prelude::*;
use licensing::people::{Permissions, StaffRole};
use portal::{
    AdministratorAccess, Error, path,
    people::{InvitedAs, NotInvited, OpenInvitation},
};

/// Names of the fields.
pub mod field {
    pub const EMAIL: &str = "email";
    pub const ROLE: &str = "role";
    pub const GARN: &str = "garn";
}

/// Choice of *role* that makes somebody a person of an account.
pub const MEMBER: &str = "member";

/// Content of the page.
#[derive(Default)]
pub struct FormState {
    /// (field, typed)
    pub fields: Vec<(String, String)>,
    pub why: Option<NotInvited>,
    /// Address that was invited just now.
    pub invited: Option<String>,
    /// An invitation was withdrawn just now.
    pub withdrawn: bool,
}

impl FormState {
    fn value(&self, name: &str) -> String {
        self.fields.iter().find(|(field, _)| field == name).map_or_else(String::new, |(_, value)| value.clone())
    }
}

/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn show(access: &AdministratorAccess, state: FormState) -> Result<Page, Error> {
    let open = portal::people::open_invitations(access).await?;
    let zone = access.caller().person().time_zone;
    let status = if state.why.is_some() { 422 } else { 200 };
    let title = if status == 200 { "People" } else { "Error: People" };
    let page = Page::new(title, move || {
        let at = state.why.as_ref().map(|why| match why {
            NotInvited::NoRole => field::ROLE,
            NotInvited::NoAccount(_) => field::GARN,
            _ => field::EMAIL,
        });
        let words = state.why.as_ref().map(ToString::to_string);
        let problems = at.zip(words.clone()).map(|(field, words)| vec![Problem::new(field, words)]);
        let error = |field: &str| words.clone().filter(|_| at == Some(field));
        let done = |words: String| view! { <div class="note ok" role="status"><p><Icon icon=icon::ACTIVE />{words}</p></div> };
        let chosen = if state.fields.is_empty() { Permissions::all().without_people() } else { ticked(&state.fields) };
        let roles = StaffRole::ALL.iter().map(|role| {
            let explanation = match role {
                StaffRole::Analyst => "Answers requests, imports orders, and generates what customers may not.",
                StaffRole::Administrator => "Looks after people, the catalogue, keys and mail; sees no account.",
            };
            (role.code().to_owned(), licensing::capitalised(&role.to_string()), explanation.to_owned())
        });
        let member = (
            MEMBER.to_owned(),
            "Person of an account".to_owned(),
            "A customer or partner, by the GARN of their account.".to_owned(),
        );
        view! {
            {problems.map(|problems| view! { <ErrorSummary problems /> })}
            {state.invited.as_ref().map(|email| done(format!("{email} is invited. The link in the mail can be used for 7 days.")))}
            {state.withdrawn.then(|| done("The invitation was withdrawn. Its link leads nowhere now.".to_owned()))}
            <h1>"People"</h1>
            <h2>"Open invitations"</h2>
            {if open.is_empty() {
                view! { <div class="empty"><p>"Nobody is invited who has not accepted yet."</p></div> }.into_any()
            } else {
                let rows = open.into_iter().map(|open| { let action = path::withdraw_invitation(open.id); invitation_row(open, zone, action) }).collect();
                view! { <Table columns=INVITATIONS rows /> }.into_any()
            }}
            <form method="post" action=path::INVITE novalidate class="section">
                <h2>"Invite somebody"</h2>
                <TextField name=field::EMAIL label="E-mail address" value=state.value(field::EMAIL) kind="email" error=error(field::EMAIL) />
                <Choice name=field::ROLE legend="Role" options=roles.chain([member]).collect() value=state.value(field::ROLE) error=error(field::ROLE) />
                <div class="of-member">
                    <TextField name=field::GARN label="GARN of the account" value=state.value(field::GARN) code=true error=error(field::GARN) />
                    <Boxes legend="There the person may, beside seeing everything" permissions=chosen />
                </div>
                <button class="button primary">"Invite"</button>
            </form>
        }
    });
    Ok(page.with_status(status))
}

/// Columns of open invitations.
pub(super) const INVITATIONS: [Column; 5] = [
    Column::text("E-mail address"),
    Column::text("As"),
    Column::text("Invited by"),
    Column::text("Ends"),
    Column::text("Actions"),
];

/// Cells of an open invitation, which `action` withdraws.
pub(super) fn invitation_row(open: OpenInvitation, zone: Tz, action: String) -> Vec<AnyView> {
    let OpenInvitation { email, invited_as, invited_by, ends_at, ended, .. } = open;
    let what = match invited_as {
        InvitedAs::Staff(role) => licensing::capitalised(&role.to_string()),
        InvitedAs::Member { garn, account, .. } => format!("{account} ({garn})"),
    };
    let label = format!("Withdraw the invitation of {email}");
    vec![
        view! { <span class="code wrap">{email.to_string()}</span> }.into_any(),
        view! { <span class="wrap">{what}</span> }.into_any(),
        view! { <span class="wrap">{invited_by}</span> }.into_any(),
        view! { {ended.then_some("Ended ")}<Instant at=ends_at zone /> }.into_any(),
        view! {
            <form method="post" action=action>
                <button class="button compact" aria-label=label>"Withdraw"</button>
            </form>
        }
        .into_any(),
    ]
}
