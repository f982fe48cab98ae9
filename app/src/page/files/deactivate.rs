//! *Deactivate*: a page of its own that says exactly what happens. Domain §5.

use super::{form::KEY, view::about};
use crate::{
    component::{
        Choice, Column, ErrorSummary, Icon, ObstacleNote, PartName, Plate, Table, TextField, icon, labelled, problem_of,
    },
    frame::{Page, Tab},
};
use leptos::prelude::*;
use licensing::{
    LicenceType, Source,
    files::deactivation::{DeactivationProblem, Reason, field},
    form::Refusal,
    offer::eligibility::Action,
};
use portal::{
    AccountAccess, Error, SubmissionKey,
    files::{FileState, FileView, NotDeactivated, PartRow},
    offer::Obstacles,
    path,
};

/// Fields as they were typed, and the reasons they were refused.
#[derive(Default)]
pub struct FormState {
    pub reason: String,
    pub note: String,
    pub machine: String,
    pub why: Option<NotDeactivated>,
}

/// The page of one file.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn show(access: &AccountAccess, serial: &str, key: SubmissionKey, typed: FormState) -> Result<Page, Error> {
    let file = portal::files::view(access, serial).await?;
    let reasons = access.change(Action::Deactivate).err().into_iter().collect();
    let obstacles = Obstacles::of(access, reasons, None).await?;
    let garn = access.garn.clone();
    let (status, refusals, told) = match &typed.why {
        None if file.row.state != FileState::Active => {
            (409, Vec::new(), Some(format!("{serial} is not active: it holds nothing that could be returned.")))
        }
        None if !obstacles.is_empty() => (403, Vec::new(), None),
        None => (200, Vec::new(), None),
        Some(NotDeactivated::Refused(refusals)) => (422, refusals.clone(), None),
        Some(NotDeactivated::Ineligible(_)) => (403, Vec::new(), None),
        Some(why) => (409, Vec::new(), Some(why.to_string())),
    };
    let of_file = path::file(&access.garn, &file.row.serial);
    let title = format!("Deactivate {}", file.row.serial);
    let head = if status == 200 { title.clone() } else { format!("Error: {title}") };
    let page = Page::new(head, move || {
        let form = (file.row.state == FileState::Active && obstacles.is_empty()).then(|| {
            view! { <Form file=file.clone() of_file=of_file.clone() key typed refusals=refusals.clone() /> }
        });
        let problems = labelled(&refusals, |name| label(name).to_owned());
        view! {
            {(!problems.is_empty()).then(|| view! { <ErrorSummary problems /> })}
            <h1>{title}</h1>
            {told.map(|words| view! { <p class="note bad" role="alert">{words}</p> })}
            {(!obstacles.is_empty()).then(|| view! { <ObstacleNote garn obstacles title="You cannot deactivate this file" known=about(&file.row.serial) /> })}
            <Plate file=file.clone() />
            {form}
            <p><a href=of_file>"Back to the file"</a></p>
        }
    });
    Ok(page.of_account(access, Tab::Files).with_status(status))
}

#[component]
fn Form(
    file: FileView,
    of_file: String,
    key: SubmissionKey,
    typed: FormState,
    refusals: Vec<Refusal<DeactivationProblem>>,
) -> AnyView {
    let problem = |name| problem_of(&refusals, name);
    let reasons = Reason::ALL.iter().map(|reason| (reason.code().to_owned(), reason.to_string(), String::new())).collect();
    let serial = file.row.serial.to_string();
    let named = (file.row.licence_type == LicenceType::Production).then(|| {
        // What is wrong with it says the same.
        let help = match problem(field::MACHINE) {
            Some(_) => String::new(),
            None => format!("Production: type {} to deactivate the file.", file.primary.name),
        };
        view! {
            <TextField
                name=field::MACHINE
                label=label(field::MACHINE)
                value=typed.machine
                help
                error=problem(field::MACHINE)
                code=true
            />
        }
    });
    view! {
        {returns(&file)}
        <section class="note warn" aria-labelledby="installed-title">
            <h2 id="installed-title"><Icon icon=icon::WARNING />"An installed copy cannot be recalled"</h2>
            <p>
                "A server that has this file goes on with it until somebody removes it there. Do that first, or directly afterwards: a licence counts once."
            </p>
        </section>
        <form method="post" action=format!("{of_file}/deactivate")>
            <input type="hidden" name=KEY value=key.as_str().to_owned() />
            <div class="section">
            <Choice name=field::REASON legend=label(field::REASON) options=reasons value=typed.reason error=problem(field::REASON) />
            <TextField
                name=field::NOTE
                label=label(field::NOTE)
                value=typed.note
                help="Needed for something else; your colleagues and the licensing analysts read it."
                error=problem(field::NOTE)
            />
            {named}
            </div>
            <div class="buttons">
                <button class="button danger"><Icon icon=icon::DEACTIVATE />{format!("Deactivate {serial}")}</button>
            </div>
        </form>
    }
    .into_any()
}

/// Label of a field, here and where many files are deactivated.
pub fn label(name: &str) -> &'static str {
    match name {
        field::REASON => "Reason",
        field::NOTE => "Note",
        _ => "Machine name",
    }
}

const COLUMNS: [Column; 3] = [Column::text("Part"), Column::figures("Assigned"), Column::figures("Pooled")];

/// Quantities that return to the account when the file ends.
pub(super) fn returns(file: &FileView) -> AnyView {
    let returns = if file.row.licence_type.source() == Source::Entitlements {
        returned(file.parts.clone())
    } else {
        view! { <p>"A file of this type holds nothing of your orders: no quantities return."</p> }.into_any()
    };
    view! {
        <section aria-labelledby="returns-title">
            <h2 id="returns-title">"Quantities that return to the account"</h2>
            {returns}
        </section>
    }
    .into_any()
}

fn returned(parts: Vec<PartRow>) -> AnyView {
    let rows = parts
        .into_iter()
        .map(|PartRow { number, description, quantity, .. }| {
            vec![view! { <PartName description number /> }.into_any(), quantity.assigned.into_any(), quantity.pooled.into_any()]
        })
        .collect();
    view! {
        <Table columns=COLUMNS rows />
    }
    .into_any()
}
