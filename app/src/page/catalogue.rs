//! *Catalogue*: what is in use, those of before, and another one before it is applied. For administrators.

use crate::{
    component::{CODE, CodeField, Column, ErrorSummary, Icon, Instant, Problem, Table, code_status, counted, icon},
    frame::Page,
};
use chrono_tz::Tz;
use leptos::prelude::*;
use portal::{
    AdministratorAccess, Error,
    catalogue::{AppliedCatalogue, Comparison, NotApplied, ToldChange},
    path,
};

/// Field of the file that is proposed.
pub const FILE: &str = "table";
/// Field of the catalogue that a proposal was compared with.
pub const COMPARED: &str = "compared";

/// Message of the page.
#[derive(Default)]
pub enum Told {
    #[default]
    Nothing,
    Applied,
    Refused(NotApplied),
}

/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn show(access: &AdministratorAccess, told: Told) -> Result<Page, Error> {
    let applied = portal::catalogue::applied_catalogues(access).await?;
    let zone = access.caller().person().time_zone;
    let status = if matches!(told, Told::Refused(_)) { 422 } else { 200 };
    let title = if status == 200 { "Catalogue" } else { "Error: Catalogue" };
    let page = Page::new(title, move || {
        let done = matches!(told, Told::Applied).then(|| {
            view! {
                <div class="note ok" role="status"><p><Icon icon=icon::ACTIVE />"The catalogue is in use. Files that are there stay as they are."</p></div>
            }
        });
        let words = match &told {
            Told::Refused(why) => Some(why.to_string()),
            Told::Nothing | Told::Applied => None,
        };
        let problems = words.clone().map(|words| vec![Problem::new(FILE, words)]);
        let refused = words.is_some();
        let invalid = refused.then_some("true");
        let described = refused.then(|| crate::component::error_id(FILE));
        view! {
            {problems.map(|problems| view! { <ErrorSummary problems /> })}
            {done}
            <h1>"Catalogue"</h1>
            <p class="lead">"Products, their versions, and parts with the keys that each gives: one TOML document. Issued files never change with it."</p>
            {if applied.is_empty() {
                view! { <div class="empty"><p>"No catalogue is on record. Upload one: nothing can be ordered or generated without."</p></div> }.into_any()
            } else {
                let rows = applied.into_iter().enumerate().map(|(at, one)| row(one, at == 0, zone)).collect();
                view! { <Table columns=COLUMNS rows /> }.into_any()
            }}
            <form method="post" action=path::CATALOGUE enctype="multipart/form-data" novalidate class="section">
                <h2>"Upload another"</h2>
                <p>"You see what it changes before anything is changed. What it does not have is retired: it stays for the orders and files that name it, and is offered no more."</p>
                <div class="field" class:invalid=refused>
                    <label for=FILE>"Catalogue, a TOML document of at most 4 MiB"</label>
                    {words.map(|words| view! { <p class="error" id=crate::component::error_id(FILE)><Icon icon=icon::PROBLEM />{words}</p> })}
                    <input type="file" id=FILE name=FILE accept=".toml" aria-invalid=invalid aria-describedby=described />
                </div>
                <button class="button primary">"Compare"</button>
            </form>
        }
    });
    Ok(page.with_status(status))
}

const COLUMNS: [Column; 5] = [
    Column::text("Catalogue"),
    Column::text("Applied"),
    Column::text("By"),
    Column::figures("Changes"),
    Column::text("Document"),
];

fn row(one: AppliedCatalogue, in_use: bool, zone: Tz) -> Vec<AnyView> {
    let AppliedCatalogue { id, applied_at, proposed_by, changes } = one;
    let label = format!("Download catalogue {id}");
    vec![
        view! { {id.to_string()}{in_use.then(|| view! { " "<span class="badge ok"><Icon icon=icon::ACTIVE />"In use"</span> })} }
            .into_any(),
        view! { <Instant at=applied_at zone /> }.into_any(),
        view! { <span class="wrap">{proposed_by}</span> }.into_any(),
        changes.to_string().into_any(),
        view! { <a href=path::catalogue_document(id) aria-label=label>"Download"</a> }.into_any(),
    ]
}

/// Changes of a page, the first.
const MOST_SHOWN: usize = 500;

/// A proposal, and what it would change.
///
/// # Errors
/// [`NotApplied`]: it is not there any more, or changes nothing any more.
pub async fn proposal(access: &AdministratorAccess, id: i64, why: Option<NotApplied>) -> Result<Page, NotApplied> {
    let Comparison { changes, base } = portal::catalogue::proposed_catalogue(access, id).await?;
    let with_code = !access.caller().is_confirmed();
    let (of_code, why) = match why {
        Some(NotApplied::Code(problem)) => (Some(problem), None),
        why => (None, why),
    };
    let status = match (&of_code, &why) {
        (Some(problem), _) => code_status(problem),
        (None, Some(_)) => 409,
        (None, None) => 200,
    };
    let of_code = of_code.map(|problem| problem.to_string());
    let title = if status == 200 { "Apply a catalogue" } else { "Error: Apply a catalogue" };
    let page = Page::new(title, move || {
        let count = counted(changes.len() as u64, "change", "changes");
        let more = changes.len().checked_sub(MOST_SHOWN).filter(|more| *more > 0);
        let rows = changes.into_iter().take(MOST_SHOWN).map(told).collect();
        view! {
            {of_code.clone().map(|words| view! { <ErrorSummary problems=vec![Problem::new(CODE, words)] /> })}
            {why.map(|why| view! { <p class="note bad" role="alert">{why.to_string()}</p> })}
            <p><a href=path::CATALOGUE><Icon icon=icon::BACK />"Catalogue"</a></p>
            <h1>"Apply a catalogue"</h1>
            <p class="lead">{count}". Nothing is changed yet."</p>
            <Table columns=CHANGES rows />
            {more.map(|more| view! { <p>{format!("And {}.", counted(more as u64, "more change", "more changes"))}</p> })}
            <form method="post" action=path::proposed_catalogue(id)>
                <input type="hidden" name=COMPARED value=base.to_string() />
                {with_code.then(|| view! { <CodeField error=of_code /> })}
                <div class="buttons">
                    <button class="button primary">"Apply the catalogue"</button>
                    <a class="button" href=path::CATALOGUE>"Cancel"</a>
                </div>
            </form>
        }
    });
    Ok(page.with_status(status))
}

const CHANGES: [Column; 3] = [Column::text("What"), Column::text("Change"), Column::text("Orders")];

fn told(told: ToldChange) -> Vec<AnyView> {
    let ToldChange { change, effect } = told;
    vec![
        view! { <span class="wrap">{change.subject.to_string()}</span> }.into_any(),
        view! { <span class="wrap">{licensing::capitalised(&change.what.to_string())}</span> }.into_any(),
        effect.unwrap_or_else(|| "None name it.".to_owned()).into_any(),
    ]
}
