//! *People* of an account: who they are and what each may do there.

use super::{
    directory::invitation_row,
    grants::{self, PARTNER},
    permissions::{Boxes, ticked},
};
use crate::{
    component::{Column, Day, ErrorSummary, Icon, Problem, SelectField, Table, TextField, icon},
    frame::{Page, Tab},
};
use leptos::prelude::*;
use licensing::{
    Garn,
    people::{Permission, Permissions},
};
use portal::{
    AccountAccess, Error, PeopleAccess, path,
    people::{Member, NotCertified, NotGranted, NotInvited, NotManaged},
};

/// Field of the form that invites.
pub const EMAIL: &str = "email";

/// Fields as they were typed, and the message of the page.
#[derive(Default)]
pub struct FormState {
    /// (field, typed)
    pub fields: Vec<(String, String)>,
    pub why: Option<NotInvited>,
    /// Why a partner was not given access.
    pub ungranted: Option<NotGranted>,
    /// Words for the change that led here.
    pub done: Option<String>,
}

const COLUMNS: [Column; 4] =
    [Column::text("Person"), Column::text("E-mail address"), Column::text("May"), Column::text("Actions")];

/// All people of the account; who manages them sees the invitations, and the form that invites.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn list(access: &AccountAccess, state: FormState) -> Result<Page, Error> {
    let members = portal::people::members(access).await?;
    let grants = portal::people::partner_grants(access).await?;
    let of_partner = access.of_partner;
    let managed = access.manage_people();
    let open = match &managed {
        Ok(managed) => portal::people::invitations_to_account(managed).await?,
        Err(_) => Vec::new(),
    };
    let zone = access.caller().person().time_zone;
    let (garn, manages) = (access.garn.clone(), managed.is_ok());
    let own = access.caller().number();
    let status = match (&state.why, &state.ungranted) {
        (_, Some(NotGranted::TooMany(_))) => 429,
        (Some(_), _) | (_, Some(_)) => 422,
        (None, None) => 200,
    };
    let title = if status == 200 { "People" } else { "Error: People" };
    let page = Page::new(title, move || {
        let FormState { fields, why, ungranted, done } = state;
        let ungranted = ungranted.map(|why| why.to_string());
        let words = why.map(|why| why.to_string());
        let problems = words.clone().map(|words| vec![Problem::new(EMAIL, words)]);
        let problems = problems.or_else(|| ungranted.clone().map(|words| vec![Problem::new(PARTNER, words)]));
        let partner = fields.iter().find(|(name, _)| name == PARTNER).map_or_else(String::new, |(_, garn)| garn.clone());
        let typed = fields.iter().find(|(name, _)| name == EMAIL).map_or_else(String::new, |(_, email)| email.clone());
        let chosen = if fields.is_empty() { Permissions::all().without_people() } else { ticked(&fields) };
        let rows: Vec<_> = members.into_iter().map(|member| row(&garn, member, manages, own)).collect();
        let table = if rows.is_empty() {
            view! { <div class="empty"><p>"Nobody belongs to this account yet."</p></div> }.into_any()
        } else {
            view! { <Table columns=COLUMNS rows /> }.into_any()
        };
        let (of_invitations, of_grants) = (garn.clone(), garn.clone());
        let invitations = (!open.is_empty()).then(|| {
            let rows = open
                .into_iter()
                .map(|open| {
                    let action = path::withdraw_member(&of_invitations, open.id);
                    invitation_row(open, zone, action)
                })
                .collect();
            view! {
                <h2>"Open invitations"</h2>
                <Table columns=super::directory::INVITATIONS rows />
            }
        });
        let form = manages.then(|| {
            view! {
                <form method="post" action=path::people(&garn) novalidate class="section">
                    <h2>"Invite a colleague"</h2>
                    <TextField name=EMAIL label="E-mail address" value=typed kind="email" error=words />
                    <Boxes legend="The person may, beside seeing everything" permissions=chosen />
                    <button class="button primary">"Invite"</button>
                </form>
            }
        });
        view! {
            {problems.map(|problems| view! { <ErrorSummary problems /> })}
            {done.map(|words| view! { <div class="note ok" role="status"><p><Icon icon=icon::ACTIVE />{words}</p></div> })}
            <div class="page-head"><h1>"People"</h1></div>
            {table}
            {invitations}
            {form}
            {(!of_partner).then(|| grants::section(&of_grants, grants, manages, partner, ungranted))}
        }
    });
    Ok(page.of_account(access, Tab::People).with_status(status))
}

fn row(garn: &Garn, member: Member, manages: bool, own: i64) -> Vec<AnyView> {
    let Member { id, name, email, active, permissions } = member;
    let label = format!("Change what {name} may do");
    let action = (manages && id != own).then(|| {
        view! { <a class="button compact" href=path::member(garn, id) aria-label=label><Icon icon=icon::UPDATE />"Change"</a> }
    });
    let badge = (!active).then(|| view! { " "<span class="badge"><Icon icon=icon::ENDED />"Disabled"</span> });
    vec![
        view! { <span class="wrap">{name}</span>{badge} }.into_any(),
        view! { <a class="wrap" href=format!("mailto:{email}")>{email.clone()}</a> }.into_any(),
        view! { <span class="wrap">{licensing::capitalised(&permissions.words())}</span> }.into_any(),
        action.into_any(),
    ]
}

const CERTIFICATIONS: [Column; 4] =
    [Column::text("Certified for"), Column::text("First day"), Column::text("Last day"), Column::text("Actions")];

/// Fields of the form that enters a certification.
pub const PRODUCT: &str = "product";
pub const VALID_FROM: &str = "valid_from";
pub const VALID_THROUGH: &str = "valid_through";

/// Fields as they were typed on the page of one person, and the reasons that they were not taken.
#[derive(Default)]
pub struct MemberState {
    /// (field, typed)
    pub fields: Vec<(String, String)>,
    pub why: Option<NotManaged>,
    pub uncertified: Option<NotCertified>,
}

/// Permissions and certifications of one person, to be changed.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn show(access: &PeopleAccess, person: i64, state: MemberState) -> Result<Page, Error> {
    let MemberState { fields, why, uncertified } = state;
    let certified = portal::people::certifications(access, person).await?;
    let analyst = access.analyst().ok();
    let products = match &analyst {
        Some(analyst) => portal::people::certifiable(analyst).await?,
        None => Vec::new(),
    };
    let Member { id, name, email, permissions, .. } = portal::people::member(access, person).await?;
    let garn = access.garn.clone();
    let account = access.name.clone();
    let status = match (&why, &uncertified) {
        (Some(_), _) => 409,
        (None, Some(_)) => 422,
        (None, None) => 200,
    };
    let title = if status == 200 { name.clone() } else { format!("Error: {name}") };
    let page = Page::new(title, move || {
        let manages = permissions.contains(Permission::People);
        let at = uncertified.as_ref().map(|why| match why {
            NotCertified::From(_) => VALID_FROM,
            NotCertified::Through(_) | NotCertified::Backwards => VALID_THROUGH,
            _ => PRODUCT,
        });
        let words = uncertified.map(|why| why.to_string());
        let problems = at.zip(words.clone()).map(|(field, words)| vec![Problem::new(field, words)]);
        let error = move |field: &str| words.clone().filter(|_| at == Some(field));
        let typed =
            move |name: &str| fields.iter().find(|(field, _)| field == name).map_or_else(String::new, |(_, value)| value.clone());
        let enters = analyst.is_some();
        let of_rows = garn.clone();
        let rows: Vec<_> = certified
            .into_iter()
            .map(|one| {
                let label = format!("Remove the certification for {}", one.product);
                let action = path::withdraw_certification(&of_rows, id, one.id);
                vec![
                    one.product.into_any(),
                    view! { <Day on=one.valid_from /> }.into_any(),
                    view! { <Day on=one.valid_through /> }.into_any(),
                    enters
                        .then(|| view! { <form method="post" action=action><button class="button compact" aria-label=label>"Remove"</button></form> })
                        .into_any(),
                ]
            })
            .collect();
        let certified = if rows.is_empty() {
            view! { <div class="empty"><p>"Certified for nothing. Generating, updating and upgrading need a certification for the product."</p></div> }
                .into_any()
        } else {
            view! { <Table columns=CERTIFICATIONS rows /> }.into_any()
        };
        let certify = enters.then(|| {
            view! {
                <form method="post" action=path::certify(&garn, id) novalidate class="section">
                    <h2>"Enter a certification"</h2>
                    <SelectField name=PRODUCT label="Product" options=products value=typed(PRODUCT) error=error(PRODUCT) />
                    <TextField name=VALID_FROM label="First day" value=typed(VALID_FROM) help="Year, month and day, such as 2027-01-31" error=error(VALID_FROM) />
                    <TextField name=VALID_THROUGH label="Last day" value=typed(VALID_THROUGH) error=error(VALID_THROUGH) />
                    <button class="button">"Enter"</button>
                </form>
            }
        });
        view! {
            {problems.map(|problems| view! { <ErrorSummary problems /> })}
            {why.map(|why| view! { <p class="note bad" role="alert">{why.to_string()}</p> })}
            <p><a href=path::people(&garn)><Icon icon=icon::BACK />"People"</a></p>
            <h1 class="wrap">{name.clone()}</h1>
            <p class="lead">{email}{manages.then_some(", who manages the account’s people")}</p>
            <form method="post" action=path::member(&garn, id) novalidate class="section">
                <Boxes legend="The person may, beside seeing everything" permissions />
                <button class="button primary">"Save"</button>
            </form>
            <h2>"Certifications"</h2>
            {certified}
            {certify}
            <form method="post" action=path::remove_member(&garn, id) class="section">
                <h2>"Take from the account"</h2>
                <p>{format!("{name} sees {account} no more, from the next click on. The sign-in stays, and what was done stays in the history.")}</p>
                <button class="button danger">"Take from the account"</button>
            </form>
        }
    });
    Ok(page.of_account(access, Tab::People).with_status(status))
}
