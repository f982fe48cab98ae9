//! *Imports*: tables of accounts, install sites and orders, compared line by line before anything is changed. For licensing analysts.

use crate::{
    component::{Column, ErrorSummary, Icon, Instant, Problem, Table, error_id, icon, thousands},
    frame::Page,
};
use chrono_tz::Tz;
use leptos::prelude::*;
use licensing::orders::import::COLUMNS as TABLE_COLUMNS;
use portal::{
    AnalystAccess, Error,
    orders::import::{Import, ImportState, LINES_OF_PAGE, LineCounts, NotImported, PlannedLine},
    path,
};

/// Field of the table that is uploaded.
pub const TABLE: &str = "table";
/// Fields of the address of an import: lines in one state, and behind one line.
pub const STATE: &str = "state";
pub const AFTER: &str = "after";

/// All imports, and the form that uploads another.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn list(access: &AnalystAccess, why: Option<NotImported>) -> Result<Page, Error> {
    let imports = portal::orders::import::imports(access).await?;
    let zone = access.caller().person().time_zone;
    let status = if why.is_some() { 422 } else { 200 };
    let title = if status == 200 { "Imports" } else { "Error: Imports" };
    let page = Page::new(title, move || {
        let words = why.map(|why| why.to_string());
        let problems = words.clone().map(|words| vec![Problem::new(TABLE, words)]);
        let refused = words.is_some();
        let described = refused.then(|| error_id(TABLE));
        let columns = TABLE_COLUMNS
            .iter()
            .map(|(name, what)| vec![view! { <span class="code">{*name}</span> }.into_any(), (*what).into_any()])
            .collect();
        view! {
            {problems.map(|problems| view! { <ErrorSummary problems /> })}
            <p><a href=path::ACCOUNTS><Icon icon=icon::BACK />"Accounts"</a></p>
            <h1>"Imports"</h1>
            <p class="lead">"Accounts, install sites and orders come in as tables, a line for each order line. You see what each line would do before anything is changed; then all of them are applied, or none."</p>
            <form method="post" action=path::IMPORTS enctype="multipart/form-data" novalidate class="section">
                <h2>"Upload a table"</h2>
                <div class="field" class:invalid=refused>
                    <label for=TABLE>"Table: CSV or XLSX, at most 64 MiB and 250,000 lines"</label>
                    <p class="help"><a href=path::IMPORT_TEMPLATE>"Download the template"</a></p>
                    {words.map(|words| view! { <p class="error" id=error_id(TABLE)><Icon icon=icon::PROBLEM />{words}</p> })}
                    <input type="file" id=TABLE name=TABLE accept=".csv,.xlsx" aria-invalid=refused.then_some("true") aria-describedby=described />
                </div>
                <button class="button primary">"Compare"</button>
            </form>
            {if imports.is_empty() {
                view! { <div class="empty"><p>"Nothing has been imported yet."</p></div> }.into_any()
            } else {
                let rows = imports.into_iter().map(|import| row(import, zone)).collect();
                view! { <Table columns=COLUMNS rows /> }.into_any()
            }}
            <details>
                <summary>"Columns of the table"</summary>
                <Table columns=[Column::text("Column"), Column::text("Content")] rows=columns />
            </details>
        }
    });
    Ok(page.with_status(status))
}

const COLUMNS: [Column; 5] =
    [Column::text("Import"), Column::text("File"), Column::text("State"), Column::text("Uploaded by"), Column::text("Uploaded")];

fn row(import: Import, zone: Tz) -> Vec<AnyView> {
    let Import { reference, name, submitted_by, submitted_at, state, .. } = import;
    let href = path::import(&reference);
    vec![
        view! { <a class="code" href=href>{reference}</a> }.into_any(),
        view! { <span class="wrap">{name}</span> }.into_any(),
        badge(&state),
        view! { <span class="wrap">{submitted_by}</span> }.into_any(),
        view! { <Instant at=submitted_at zone /> }.into_any(),
    ]
}

fn badge(state: &ImportState) -> AnyView {
    let (class, icon, words) = match state {
        ImportState::Reading => ("badge", icon::ENDED, "Being compared"),
        ImportState::Planned => ("badge warn", icon::WARNING, "To be applied"),
        ImportState::Applying => ("badge", icon::ENDED, "Being applied"),
        ImportState::Applied => ("badge ok", icon::ACTIVE, "Applied"),
        ImportState::Failed(_) => ("badge bad", icon::PROBLEM, "Not imported"),
        ImportState::Discarded => ("badge", icon::ENDED, "Discarded"),
    };
    view! { <span class=class><Icon icon />{words}</span> }.into_any()
}

/// States of lines: code, and words.
pub const STATES: [(&str, &str); 4] =
    [("new", "New"), ("changed", "Changed"), ("there", "There already"), ("refused", "Refused")];

/// One import with its lines: those in one state, or all; behind the line `after`.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn show(
    access: &AnalystAccess,
    reference: &str,
    state: &str,
    after: i64,
    why: Option<NotImported>,
) -> Result<Page, Error> {
    let import = portal::orders::import::import(access, reference).await?;
    let state = STATES.into_iter().find(|(code, _)| *code == state).map(|(code, _)| code);
    let lines = portal::orders::import::lines_of_import(access, reference, state, after, LINES_OF_PAGE + 1).await?;
    let zone = access.caller().person().time_zone;
    let status = if why.is_some() { 409 } else { 200 };
    let moves = matches!(import.state, ImportState::Reading | ImportState::Applying);
    let title = if status == 200 { format!("Import {reference}") } else { format!("Error: Import {reference}") };
    let page = Page::new(title, move || {
        let applies = import.can_be_applied();
        let Import { reference, name, submitted_by, submitted_at, state: of_import, counts, progress } = import;
        let told = match &of_import {
            ImportState::Reading => progress.map_or_else(
                || "The lines are being compared. You may leave this page: you get a mail when it is done.".to_owned(),
                |line| format!("Lines that are compared so far: {}. You may leave this page: you get a mail when it is done.", thousands(line)),
            ),
            ImportState::Planned if counts.refused > 0 => {
                "Nothing is changed yet. Lines are refused: correct them in the table and upload it again. An import is applied whole or not at all.".to_owned()
            }
            ImportState::Planned if !applies => "Every line is there already. There is nothing to apply.".to_owned(),
            ImportState::Planned => "Nothing is changed yet.".to_owned(),
            ImportState::Applying => "The lines are being applied. You may leave this page: you get a mail when it is done.".to_owned(),
            ImportState::Applied => "All lines are applied.".to_owned(),
            ImportState::Failed(reason) => format!("{reason} Nothing was changed."),
            ImportState::Discarded => "Nothing was changed.".to_owned(),
        };
        let open = matches!(of_import, ImportState::Reading | ImportState::Planned);
        view! {
            {why.map(|why| view! { <p class="note bad" role="alert">{why.to_string()}</p> })}
            <p><a href=path::IMPORTS><Icon icon=icon::BACK />"Imports"</a></p>
            <h1>"Import "<span class="code">{reference.clone()}</span></h1>
            <p>{badge(&of_import)}" "<span class="wrap">{name}</span>", by "{submitted_by}", "<Instant at=submitted_at zone /></p>
            <p class="lead" role="status">{told}</p>
            <div class="buttons">
                {applies.then(|| view! {
                    <form method="post" action=path::apply_import(&reference)><button class="button primary">"Apply all lines"</button></form>
                })}
                {open.then(|| view! {
                    <form method="post" action=path::discard_import(&reference)><button class="button">"Discard"</button></form>
                })}
                {moves.then(|| view! { <a class="button" href=path::import(&reference)>"Reload"</a> })}
            </div>
            <Lines reference counts state lines />
        }
    })
    .with_status(status);
    Ok(if moves { page.asked_again() } else { page })
}

const LINES: [Column; 4] =
    [Column::text("Line"), Column::text("Result"), Column::text("Order line"), Column::text("What it does")];

#[component]
fn Lines(reference: String, counts: LineCounts, state: Option<&'static str>, lines: Vec<PlannedLine>) -> AnyView {
    let LineCounts { new, changed, there, refused } = counts;
    let number = |count: i64| thousands(count.unsigned_abs());
    let base = path::import(&reference);
    let filters = STATES
        .into_iter()
        .zip([new, changed, there, refused])
        .map(|((code, words), count)| {
            let href = path::asking(&base, [(STATE, code)]);
            view! { <li><a href=href aria-current=(state == Some(code)).then_some("page")>{format!("{words} ({})", number(count))}</a></li> }
        })
        .collect_view();
    let most = LINES_OF_PAGE as usize;
    let next = (lines.len() > most).then(|| lines[most - 1].line);
    let next = next.map(|after| {
        let fields = [(STATE, state.unwrap_or_default().to_owned()), (AFTER, after.to_string())];
        view! { <p><a class="button" href=path::asking(&base, fields)>"Next lines"</a></p> }
    });
    let words = |state: &str| STATES.into_iter().find(|(code, _)| *code == state).map_or("", |(_, words)| words);
    let rows: Vec<Vec<AnyView>> = lines
        .into_iter()
        .take(most)
        .map(|PlannedLine { line, state, garn, sales_order, order_line, told }| {
            let order = if sales_order.is_empty() { garn } else { format!("{garn}, {sales_order} line {order_line}") };
            vec![
                line.to_string().into_any(),
                words(&state).into_any(),
                view! { <span class="code wrap">{order}</span> }.into_any(),
                view! { <span class="wrap">{told}</span> }.into_any(),
            ]
        })
        .collect();
    let table = if rows.is_empty() {
        view! { <div class="empty"><p>"No line is here."</p></div> }.into_any()
    } else {
        view! { <Table columns=LINES rows /> }.into_any()
    };
    view! {
        <nav aria-label="Lines by result"><ul class="tabs tabs-of-page">
            <li><a href=base.clone() aria-current=state.is_none().then_some("page")>{format!("All lines ({})", number(counts.all()))}</a></li>
            {filters}
        </ul></nav>
        {table}
        {next}
        <p><a href=path::import_lines(&reference)>"Download CSV"</a></p>
    }
    .into_any()
}
