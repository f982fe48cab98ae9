//! *Install sites*: where an account's servers stand. Domain §5.

use crate::{
    component::{Column, ErrorSummary, Icon, Table, TextField, capped, icon, labelled, problem_of},
    frame::{Page, Tab},
};
use islands::DialogLink;
use leptos::prelude::*;
use licensing::{
    Garn, capitalised,
    files::list::Filter,
    form::Refusal,
    sites::{SiteDraft, SiteProblem, field},
};
use portal::{
    AccountAccess, Error, path,
    sites::{NotSaved, Site},
};

/// Fields of an edit: the state it began with, and the button that confirms that a site is to be made inactive.
pub const MARK: &str = "mark";
pub const CONFIRMED: &str = "confirmed";

const COLUMNS: [Column; 6] = [
    Column::text("Install site"),
    Column::text("Place"),
    Column::text("Contact"),
    Column::figures("Active files"),
    Column::text("State"),
    Column::text("Actions"),
];

/// All active sites; with `inactive` the others, too. `saved` names the one that was saved just now.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn list(access: &AccountAccess, inactive: bool, saved: Option<&str>) -> Result<Page, Error> {
    let sites = portal::sites::list(access).await?;
    let garn = access.garn.clone();
    let manages = access.manage_sites().err();
    let saved = saved.and_then(|id| sites.iter().find(|site| site.id == id)).cloned();
    let page = Page::new("Install sites", move || {
        let base = path::sites(&garn);
        let hidden = sites.iter().filter(|site| !site.details.active).count();
        let toggle = (hidden > 0).then(|| match inactive {
            false => view! { <a href=format!("{base}?inactive")>{format!("Show inactive sites, too ({hidden})")}</a> }.into_any(),
            true => view! { <a href=base.clone()>"Show active sites only"</a> }.into_any(),
        });
        let shown: Vec<Site> = sites.into_iter().filter(|site| inactive || site.details.active).collect();
        let table = if shown.is_empty() {
            view! {
                <div class="empty">
                    <p>"No active install site. A file is generated for a site: the place where its servers stand."</p>
                    {manages.is_none().then(|| view! { <p><a href=path::new_site(&garn)>"Add one"</a></p> })}
                </div>
            }
            .into_any()
        } else {
            let rows = shown.into_iter().map(|site| row(&garn, site, manages.is_none())).collect();
            view! {
                <Table columns=COLUMNS rows />
            }
            .into_any()
        };
        view! {
            {saved.map(|site| view! { <Saved site /> })}
            <div class="page-head">
                <h1>"Install sites"</h1>
                {manages.is_none().then(|| view! {
                    <DialogLink href=format!("{base}/new") class="button primary".to_owned()>
                        <Icon icon=icon::ADD />"New install site"
                    </DialogLink>
                })}
            </div>
            {manages.map(|why| view! { <p class="note info">{why.to_string()}" "<a href=path::people(&garn)>"People of the account"</a></p> })}
            {table}
            <p>{toggle}</p>
        }
    });
    Ok(page.of_account(access, Tab::Sites).with_islands())
}

#[component]
fn Saved(site: Site) -> AnyView {
    let words = format!("Install site {} was saved.", site.details.name);
    let next = if site.details.active {
        "Files can be generated for it."
    } else {
        "It is not active: no new files are generated for it. Its files stay valid and can be viewed, downloaded and deactivated."
    };
    view! { <div class="note ok" role="status"><p><Icon icon=icon::ACTIVE /><strong>{words}</strong>" "{next}</p></div> }
        .into_any()
}

/// Cells of a site.
fn row(garn: &Garn, site: Site, manages: bool) -> Vec<AnyView> {
    let SiteDraft { name, country, optional: [_, city, state, _, contact, phone, email], active } = site.details;
    let href = path::site(garn, &site.id);
    let files = path::files_found(garn, &Filter { site: Some(site.id), ..Filter::default() });
    let place: Vec<String> = [city, state, country.into()].into_iter().filter(|part| !part.is_empty()).collect();
    let contact: Vec<String> = [contact, phone, email].into_iter().filter(|part| !part.is_empty()).collect();
    let count = match site.active_files {
        0 => view! { "0" }.into_any(),
        files_of_it => view! {
            <a href=files>{capped(files_of_it)}<span class="visually-hidden">{format!(" active files of {name}")}</span></a>
        }
        .into_any(),
    };
    let badge = if active {
        view! { <span class="badge ok"><Icon icon=icon::ACTIVE />"Active"</span> }.into_any()
    } else {
        view! { <span class="badge"><Icon icon=icon::ENDED />"Not active"</span> }.into_any()
    };
    vec![
        name.to_string().into_any(),
        place.join(", ").into_any(),
        contact.into_iter().map(|line| view! { <span class="line">{line}</span> }).collect_view().into_any(),
        count.into_any(),
        badge.into_any(),
        manages
            .then(|| {
                view! { <DialogLink href class="button compact".to_owned()>
                    <Icon icon=icon::UPDATE />"Edit"<span class="visually-hidden">{format!(" {name}")}</span>
                </DialogLink> }
            })
            .into_any(),
    ]
}

/// The form of a site: what was typed, and why it was not taken.
#[derive(Default)]
pub struct FormState {
    /// (field, typed); empty shows the site as it is.
    pub fields: Vec<(String, String)>,
    pub why: Option<NotSaved>,
}

impl FormState {
    fn value(&self, name: &str) -> String {
        self.fields.iter().find(|(field, _)| field == name).map_or_else(String::new, |(_, value)| value.clone())
    }
}

/// The form for a new site, or for the site `id`.
///
/// # Errors
/// [`Error::NotFound`] when there is no such site.
pub async fn form(access: &AccountAccess, id: Option<&str>, mut typed: FormState) -> Result<Page, Error> {
    let site = match id {
        Some(id) => Some(portal::sites::site(access, id).await?),
        None => None,
    };
    if typed.fields.is_empty() {
        typed.fields = match &site {
            Some(site) => as_typed(&site.details),
            None => vec![(field::ACTIVE.to_owned(), "yes".to_owned())],
        };
    }
    let (status, refusals, told, confirm) = match &typed.why {
        None => (200, Vec::new(), None, None),
        Some(NotSaved::Refused(refusals)) => (422, refusals.clone(), None, None),
        Some(NotSaved::HasFiles { active_files }) => (200, Vec::new(), None, Some(*active_files)),
        Some(why) => (409, Vec::new(), Some(why.to_string()), None),
    };
    let title = match &site {
        None => "New install site".to_owned(),
        Some(site) => format!("Install site {}", site.details.name),
    };
    let (garn, base) = (access.garn.clone(), path::sites(&access.garn));
    let head = if status == 200 { title.clone() } else { format!("Error: {title}") };
    let page = Page::new(head, move || {
        let action = site.as_ref().map_or_else(|| path::new_site(&garn), |site| path::site(&garn, &site.id));
        let mark = site.as_ref().map(|site| view! { <input type="hidden" name=MARK value=site.mark() /> });
        let problems = labelled(&refusals, label);
        let files = site.as_ref().map_or(0, |site| site.active_files);
        view! {
            {(!problems.is_empty()).then(|| view! { <ErrorSummary problems /> })}
            {told.map(|words| view! { <p class="note bad" role="alert">{words}</p> })}
            <h1>{title}</h1>
            <form method="post" action=action novalidate>
                {mark}
                {confirm.map(|files| view! { <Confirm files /> })}
                <Fields typed refusals files />
                <div class="buttons">
                    {match confirm {
                        None => view! { <button class="button primary">"Save"</button> }.into_any(),
                        Some(_) => view! {
                            <button class="button danger" name=CONFIRMED value="yes">"Make the site inactive"</button>
                        }.into_any(),
                    }}
                    <a href=base>"All install sites"</a>
                </div>
            </form>
        }
    });
    Ok(page.of_account(access, Tab::Sites).with_status(status))
}

fn as_typed(site: &SiteDraft) -> Vec<(String, String)> {
    let mut fields = vec![(field::NAME.to_owned(), site.name.to_string()), (field::COUNTRY.to_owned(), site.country.to_string())];
    fields.extend(field::OPTIONAL.iter().zip(&site.optional).map(|((name, _), value)| ((*name).to_owned(), value.clone())));
    fields.extend(site.active.then(|| (field::ACTIVE.to_owned(), "yes".to_owned())));
    fields
}

/// Label of a field.
fn label(name: &str) -> String {
    let optional = field::OPTIONAL.iter().find(|(field, _)| *field == name);
    match (name, optional) {
        (_, Some((_, label))) => capitalised(label),
        (field::COUNTRY, None) => "Country".to_owned(),
        _ => "Name".to_owned(),
    }
}

/// Warning before a site with active files is made inactive.
#[component]
fn Confirm(files: u64) -> AnyView {
    let count = if files == 1 { "1 active file is".to_owned() } else { format!("{} active files are", capped(files)) };
    view! {
        <div class="note warn" role="alert" tabindex="-1" autofocus>
            <p><Icon icon=icon::WARNING /><strong>{format!("{count} for this site")}</strong></p>
            <p>
                "They stay valid and keep their quantities, and can be viewed, downloaded and deactivated; of their data only the host ids can be changed. No new files are generated for the site. It can be made active again at any time."
            </p>
        </div>
    }
    .into_any()
}

#[component]
fn Fields(typed: FormState, refusals: Vec<Refusal<SiteProblem>>, files: u64) -> AnyView {
    let problem = |name: &str| problem_of(&refusals, name);
    let optional = field::OPTIONAL.map(|(name, label)| {
        let kind = if name == field::EMAIL { "email" } else { "text" };
        let label = format!("{} (optional)", capitalised(label));
        view! { <TextField name label value=typed.value(name) error=problem(name) kind /> }
    });
    let [address, city, state, postal_code, contact, phone, email] = optional;
    let files = match files {
        0 => "Files can be generated for active sites only.".to_owned(),
        1 => "1 active file is for this site; it stays valid.".to_owned(),
        files => format!("{} active files are for this site; they stay valid.", capped(files)),
    };
    let active = !typed.value(field::ACTIVE).is_empty();
    view! {
        <div class="section site-form">
            <TextField name=field::NAME label="Name" value=typed.value(field::NAME) error=problem(field::NAME) />
            {address}
            {city}
            {state}
            {postal_code}
            <TextField name=field::COUNTRY label="Country" value=typed.value(field::COUNTRY) error=problem(field::COUNTRY) />
            {contact}
            {phone}
            {email}
            <div class="choice">
                <input type="checkbox" id=field::ACTIVE name=field::ACTIVE value="yes" checked=active />
                <label for=field::ACTIVE><span>"Active"</span><span class="help">{files}</span></label>
            </div>
        </div>
    }
    .into_any()
}
