//! *People*: who is invited, and the form that invites. For administrators.

use super::permissions::{Boxes, ticked};
use crate::{
    component::{
        CODE, Choice, CodeField, Column, ErrorSummary, Icon, Instant, Problem, SearchForm, Table, TextField, code_status, icon,
    },
    frame::Page,
};
use chrono_tz::Tz;
use leptos::prelude::*;
use licensing::people::{Permissions, StaffRole};
use portal::{
    AdministratorAccess, Error, path,
    people::{FactorNotReset, FactorState, InvitedAs, NotAdministered, NotInvited, OpenInvitation, PEOPLE_OF_PAGE, PersonRow},
};

/// Names of the fields.
pub mod field {
    pub const EMAIL: &str = "email";
    pub const ROLE: &str = "role";
    pub const GARN: &str = "garn";
}

/// Fields of the address of the list.
pub const SEARCHED: &str = crate::frame::SEARCH;
pub const AFTER: &str = "after";
/// Field of the form that lets somebody sign in, or no more.
pub const ACTIVE: &str = "active";

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
    /// Text that the list is searched for, and the address that it begins behind.
    pub search: String,
    pub after: String,
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
    let people = portal::people::people(access, &state.search, &state.after).await?;
    let zone = access.caller().person().time_zone;
    let with_code = !access.caller().is_confirmed();
    let status = match &state.why {
        None => 200,
        Some(NotInvited::Code(problem)) => code_status(problem),
        Some(_) => 422,
    };
    let title = if status == 200 { "People" } else { "Error: People" };
    let page = Page::new(title, move || {
        let at = state.why.as_ref().map(|why| match why {
            NotInvited::NoRole => field::ROLE,
            NotInvited::NoAccount(_) => field::GARN,
            NotInvited::Code(_) => CODE,
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
            <SearchForm action=path::PEOPLE label="Name or address" value=state.search.clone() />
            <List people search=state.search.clone() />
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
                {with_code.then(|| view! {
                    <CodeField label="Code, for a role with the vendor" error=error(CODE) />
                })}
                <button class="button primary">"Invite"</button>
            </form>
        }
    });
    Ok(page.with_status(status))
}

const PEOPLE: [Column; 4] = [Column::text("Person"), Column::text("E-mail address"), Column::text("Role"), Column::text("State")];

#[component]
fn List(mut people: Vec<PersonRow>, search: String) -> AnyView {
    let more = people.len() > PEOPLE_OF_PAGE;
    people.truncate(PEOPLE_OF_PAGE);
    let next = people.last().filter(|_| more).map(|last| {
        let href = path::asking(path::PEOPLE, [(SEARCHED, search.as_str()), (AFTER, last.email.as_str())]);
        view! { <p><a class="button" href=href>"Next people"</a></p> }
    });
    if people.is_empty() {
        return view! { <div class="empty"><p>"Nobody is found."</p><p><a href=path::PEOPLE>"Show everybody"</a></p></div> }
            .into_any();
    }
    let row = |person: PersonRow| {
        let PersonRow { id, name, email, role, active, .. } = person;
        vec![
            view! { <a class="wrap" href=path::person(id)>{name}</a> }.into_any(),
            view! { <span class="wrap">{email}</span> }.into_any(),
            role.map(|role| licensing::capitalised(&role.to_string())).into_any(),
            state(active),
        ]
    };
    view! {
        <Table columns=PEOPLE rows=people.into_iter().map(row).collect() />
        {next}
    }
    .into_any()
}

fn state(active: bool) -> AnyView {
    if active {
        view! { <span class="badge ok"><Icon icon=icon::ACTIVE />"May sign in"</span> }.into_any()
    } else {
        view! { <span class="badge"><Icon icon=icon::ENDED />"Disabled"</span> }.into_any()
    }
}

/// Field of the code in the form that anonymises.
pub const ANONYMISE_CODE: &str = "anonymise_code";
/// Field of the code in the form that resets a second factor.
pub const RESET_CODE: &str = "reset_code";

/// Message of the page of a person.
pub enum Told {
    Nothing,
    Saved,
    /// Their second factor is gone.
    FactorReset,
    NotChanged(NotAdministered),
    NotAnonymised(NotAdministered),
    FactorNotReset(FactorNotReset),
}

/// One person, for administrators.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn person(access: &AdministratorAccess, id: i64, told: Told) -> Result<Page, Error> {
    let PersonRow { id, name, email, role, active, can_be_anonymised, accounts } = portal::people::person(access, id).await?;
    let factor = portal::people::factor_state(access, id).await?;
    let with_code = !access.caller().is_confirmed();
    let zone = access.caller().person().time_zone;
    let of_code = match &told {
        Told::NotChanged(NotAdministered::Code(problem)) => Some((CODE, problem)),
        Told::FactorNotReset(FactorNotReset::Code(problem)) => Some((RESET_CODE, problem)),
        Told::NotAnonymised(NotAdministered::Code(problem)) => Some((ANONYMISE_CODE, problem)),
        _ => None,
    };
    let status = match (&of_code, &told) {
        (Some((_, problem)), _) => code_status(problem),
        (None, Told::NotChanged(_) | Told::NotAnonymised(_) | Told::FactorNotReset(_)) => 409,
        (None, _) => 200,
    };
    let of_code = of_code.map(|(field, problem)| (field, problem.to_string()));
    let refused = match &told {
        _ if of_code.is_some() => None,
        Told::NotChanged(why) | Told::NotAnonymised(why) => Some(why.to_string()),
        Told::FactorNotReset(why) => Some(why.to_string()),
        _ => None,
    };
    let done = match told {
        Told::Saved => Some("The change was saved."),
        Told::FactorReset => Some("The second factor was reset. The person sets up another one after the password."),
        _ => None,
    };
    let title = if status == 200 { name.clone() } else { format!("Error: {name}") };
    let page = Page::new(title, move || {
        let roles =
            StaffRole::ALL.iter().map(|role| (role.code().to_owned(), licensing::capitalised(&role.to_string()), String::new()));
        let none = (String::new(), "None".to_owned(), "A person of their accounts, if any.".to_owned());
        let role = role.map_or("", StaffRole::code);
        let error = |field: &str| of_code.clone().filter(|(at, _)| *at == field).map(|(_, words)| words);
        let accounts = accounts
            .into_iter()
            .map(|(name, garn)| view! { <li><span class="wrap">{name}</span>" "<span class="code">{garn}</span></li> })
            .collect_view();
        let (button, words, value) = if active {
            (
                "Disable the sign-in",
                "Every session ends at once, and nobody signs in with this address any more. What was done stays in the history.",
                "no",
            )
        } else {
            ("Enable the sign-in", "The person signs in with the password of before.", "yes")
        };
        view! {
            {of_code.clone().map(|(field, words)| view! { <ErrorSummary problems=vec![Problem::new(field, words)] /> })}
            {refused.map(|words| view! { <p class="note bad" role="alert">{words}</p> })}
            {done.map(|words| view! { <div class="note ok" role="status"><p><Icon icon=icon::ACTIVE />{words}</p></div> })}
            <p><a href=path::PEOPLE><Icon icon=icon::BACK />"People"</a></p>
            <h1 class="wrap">{name}</h1>
            <p class="lead"><span class="wrap">{email}</span>" "{state(active)}</p>
            <h2>"Accounts"</h2>
            <ul>{accounts}</ul>
            <form method="post" action=path::person(id) novalidate class="section">
                <h2>"Role"</h2>
                <Choice name=field::ROLE legend="Role with the vendor" options=roles.chain([none]).collect() value=role />
                {with_code.then(|| view! { <CodeField error=error(CODE) /> })}
                <button class="button">"Save the role"</button>
            </form>
            <section class="section" aria-labelledby="factor-title">
                <h2 id="factor-title">"Second factor"</h2>
                {factor_section(factor, zone, path::reset_second_factor(id), with_code, error(RESET_CODE))}
            </section>
            <form method="post" action=path::set_active(id) class="section">
                <h2>"Sign-in"</h2>
                <p>{words}</p>
                <button class=if active { "button danger" } else { "button" } name=ACTIVE value=value>{button}</button>
            </form>
            {can_be_anonymised.then(|| view! {
                <form method="post" action=path::anonymise(id) novalidate class="section">
                    <h2>"Name and address"</h2>
                    <p>"They are removed from everything that was done, too. What was done stays. Nobody can bring them back."</p>
                    {with_code.then(|| view! { <CodeField name=ANONYMISE_CODE error=error(ANONYMISE_CODE) /> })}
                    <button class="button danger">"Anonymise the person"</button>
                </form>
            })}
        }
    });
    Ok(page.with_status(status))
}

fn factor_section(state: FactorState, zone: Tz, action: String, with_code: bool, error: Option<String>) -> AnyView {
    let form = move |words: &'static str| {
        view! {
            <form method="post" action=action novalidate>
                {with_code.then(|| view! { <CodeField name=RESET_CODE error /> })}
                <button class="button danger">{words}</button>
            </form>
        }
    };
    match state {
        FactorState::None => view! { <p>"None is set up."</p> }.into_any(),
        FactorState::SetUp => view! {
            <p>"When phone and recovery codes are lost: two administrators reset it. Make sure who asks for it; then every session ends, and the person sets up another one."</p>
            {form("Ask for a reset")}
        }
        .into_any(),
        FactorState::Asked { by_oneself: true, until, .. } => view! {
            <p>"You have asked for a reset. Another administrator has to agree by "<Instant at=until zone />"."</p>
        }
        .into_any(),
        FactorState::Asked { by, until, .. } => view! {
            <p><span class="wrap">{by}</span>" has asked for a reset, and you can agree by "<Instant at=until zone />". Make sure that the person asked for it."</p>
            {form("Reset the second factor")}
        }
        .into_any(),
    }
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
