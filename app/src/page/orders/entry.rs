//! Accounts and order lines that licensing analysts enter one by one. What is entered is compared like a line of a table, and applied on the next page.

use crate::{
    component::{ErrorSummary, Icon, Problem, SelectField, TextField, icon},
    frame::{Page, Tab},
};
use chrono_tz::TZ_VARIANTS;
use leptos::prelude::*;
use licensing::{
    LicenceModel,
    orders::import::{AccountKind, column},
};
use portal::{
    AnalystAccess, AnalystAccount, Error,
    orders::{OnLicenceModel, import::NotEntered},
    path,
};

/// Fields of an account, in their order.
pub const OF_ACCOUNT: [&str; 15] = [
    column::GARN,
    column::ACCOUNT,
    column::KIND,
    column::LICENCE_MODEL,
    column::TIME_ZONE,
    column::MIRRORED,
    column::ACTIVATED_ON,
    column::BILLABLE,
    column::LANDLORD,
    column::BILLING[0],
    column::BILLING[1],
    column::BILLING[2],
    column::BILLING[3],
    column::BILLING[4],
    column::BILLING[5],
];
/// Fields of an order line, in their order.
pub const OF_LINE: [&str; 11] = [
    column::SALES_ORDER,
    column::LINE,
    column::CHANGES,
    column::PURCHASE_ORDER,
    column::ORDERED_ON,
    column::PART,
    column::ASSIGNED,
    column::POOLED,
    column::UNLIMITED,
    column::MAINTENANCE_END,
    column::TERM_DAYS,
];

/// Fields as they were typed, by column, and the reason that they were not taken.
#[derive(Default)]
pub struct FormState {
    pub typed: Vec<(&'static str, String)>,
    pub why: Option<NotEntered>,
}

fn label(column: &str) -> String {
    match column {
        column::GARN => "GARN",
        column::ACCOUNT => "Name",
        column::MIRRORED => "Mirrored",
        column::LANDLORD => "GARN of the landlord",
        column::CHANGES => "Line that it changes",
        column::ASSIGNED => "Assigned units",
        column::POOLED => "Pooled units",
        column::UNLIMITED => "Billed by use",
        column::MAINTENANCE_END => "Last day of maintenance",
        column::TERM_DAYS => "Term, in days",
        other => return licensing::capitalised(&other.replace('_', " ").replace("tier", "tier ")),
    }
    .to_owned()
}

fn help(column: &str) -> &'static str {
    match column {
        column::GARN => "A–Z, 0–9 and “-”. It never changes.",
        column::TIME_ZONE => "Such as Europe/Berlin. Days of the account are counted in it.",
        column::ACTIVATED_ON => "First day of the first billing cycle.",
        column::LANDLORD => "Of a tenant: the account that it is billed with.",
        column::LINE => "1 or more, as the order has it.",
        column::CHANGES => "Renewed maintenance, more or fewer units, a return: its order and line, such as SO-104417/3.",
        column::PART => "Of a change: empty.",
        column::ASSIGNED | column::POOLED => "Of a change: the new number; empty when it stays.",
        column::MAINTENANCE_END => "Of a change: the new day; empty when it stays.",
        column::TERM_DAYS => "Of an evaluation.",
        _ => "",
    }
}

/// Choices of a field; of the others there is none.
fn choices(column: &str) -> Option<Vec<(String, String)>> {
    let yes = || vec![("yes".to_owned(), "Yes".to_owned()), ("no".to_owned(), "No".to_owned())];
    match column {
        column::KIND => Some(
            AccountKind::ALL.iter().map(|kind| (kind.code().to_owned(), licensing::capitalised(&kind.to_string()))).collect(),
        ),
        column::LICENCE_MODEL => Some(
            LicenceModel::ALL.iter().map(|model| (model.code().to_owned(), licensing::capitalised(&model.to_string()))).collect(),
        ),
        column::MIRRORED | column::BILLABLE | column::UNLIMITED => Some(yes()),
        _ => None,
    }
}

/// Problems of a form by field, and the words of what is wrong with it as a whole.
fn told(why: Option<&NotEntered>) -> (Vec<(String, String)>, Option<String>) {
    match why {
        None => (Vec::new(), None),
        Some(NotEntered::Cells(problems)) => (problems.clone(), None),
        Some(why) => (Vec::new(), Some(why.to_string())),
    }
}

fn status(why: Option<&NotEntered>) -> u16 {
    match why {
        None => 200,
        Some(NotEntered::Cells(_)) => 422,
        Some(_) => 409,
    }
}

fn fields(columns: &[&'static str], fixed: &[&str], state: &FormState, problems: &[(String, String)]) -> AnyView {
    let value =
        |column: &str| state.typed.iter().find(|(name, _)| *name == column).map_or_else(String::new, |(_, value)| value.clone());
    columns
        .iter()
        .map(|column| {
            let error = problems.iter().find(|(name, _)| name == column).map(|(_, words)| words.clone());
            let value = value(column);
            if fixed.contains(column) {
                return view! { <input type="hidden" name=*column value=value /> }.into_any();
            }
            match choices(column) {
                Some(options) => {
                    view! { <SelectField name=*column label=label(column) options value error keep=true /> }.into_any()
                }
                None => {
                    let dated = [column::ACTIVATED_ON, column::ORDERED_ON, column::MAINTENANCE_END].contains(column);
                    // A browser throws away what it does not take for a date; shown as text it can be corrected.
                    let kind = if dated && error.is_none() { "date" } else { "text" };
                    let list = match *column {
                        column::TIME_ZONE => "zones",
                        column::PART => "parts",
                        _ => "none",
                    };
                    let code = ![column::ACCOUNT, column::TIME_ZONE].contains(column) && !dated;
                    view! { <TextField name=*column label=label(column) value help=help(column) kind list code error /> }
                        .into_any()
                }
            }
        })
        .collect_view()
        .into_any()
}

fn summary(problems: &[(String, String)], words: Option<String>) -> AnyView {
    let problems: Vec<_> = problems
        .iter()
        .map(|(column, words)| Problem { field: column.clone(), label: label(column), words: words.clone() })
        .collect();
    view! {
        {(!problems.is_empty()).then(|| view! { <ErrorSummary problems /> })}
        {words.map(|words| view! { <p class="note bad" role="alert">{words}</p> })}
    }
    .into_any()
}

fn titled(title: &str, status: u16) -> String {
    if status == 200 { title.to_owned() } else { format!("Error: {title}") }
}

fn zones() -> AnyView {
    let zones = TZ_VARIANTS.iter().map(|zone| view! { <option value=zone.name()></option> }).collect_view();
    view! { <datalist id="zones">{zones}</datalist> }.into_any()
}

/// The form of a new account.
#[must_use]
pub fn new_account(_: &AnalystAccess, state: FormState) -> Page {
    let status = status(state.why.as_ref());
    Page::new(titled("New account", status), move || {
        let (problems, words) = told(state.why.as_ref());
        view! {
            {summary(&problems, words)}
            <p><a href=path::ACCOUNTS><Icon icon=icon::BACK />"Accounts"</a></p>
            <h1>"New account"</h1>
            <p class="lead">"The next page shows what would be done. Many at once are imported from a table."</p>
            <form method="post" action=path::NEW_ACCOUNT novalidate class="section">
                {fields(&OF_ACCOUNT, &[], &state, &problems)}
                {zones()}
                <button class="button primary">"Continue"</button>
            </form>
        }
    })
    .with_status(status)
}

/// The account as it is, to be changed.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn settings(access: &AnalystAccount, mut state: FormState) -> Result<Page, Error> {
    if state.typed.is_empty() {
        state.typed = portal::orders::account_cells(access).await?;
    }
    let on_model = portal::orders::on_licence_model(access).await?;
    let others = portal::orders::other_models(access);
    let (garn, model) = (access.garn.clone(), access.licence_model);
    let status = status(state.why.as_ref());
    let page = Page::new(titled("Account settings", status), move || {
        let (problems, words) = told(state.why.as_ref());
        let effects = others.into_iter().map(|other| view! { <li>{effect(other, on_model)}</li> }).collect_view();
        view! {
            {summary(&problems, words)}
            <h1>"Account settings"</h1>
            <p class="lead">"The next page shows what would be changed. A field that is emptied stays as it is."</p>
            <section class="note info" aria-labelledby="model-title">
                <h2 id="model-title">{format!("The licence model is {model}")}</h2>
                <p>"Another one decides for the account’s people and files from then on:"</p>
                <ul>{effects}</ul>
            </section>
            <form method="post" action=path::settings(&garn) novalidate class="section">
                {fields(&OF_ACCOUNT, &[column::GARN, column::KIND], &state, &problems)}
                {zones()}
                <button class="button primary">"Continue"</button>
            </form>
        }
    });
    Ok(page.of_account(access, Tab::Beside).with_status(status))
}

/// Effect of a licence model on the account's people and files, in a sentence.
fn effect(model: LicenceModel, on: OnLicenceModel) -> String {
    let OnLicenceModel { people, active_files, order_lines } = on;
    let verb = |count: i64, one: &'static str, many: &'static str| if count == 1 { one } else { many };
    let people = format!("{people} {}", verb(people, "person", "people"));
    let files = format!("{active_files} active {}", verb(active_files, "file stays", "files stay"));
    let lines = format!("{order_lines} order {}", verb(order_lines, "line", "lines"));
    let (keeps, stays) =
        (verb(order_lines, "keeps its ceiling", "keep their ceilings"), verb(order_lines, "stays as it is", "stay as they are"));
    match model {
        LicenceModel::Perpetual => {
            format!(
                "Perpetual: {people} may generate, update, upgrade and deactivate files themselves. {files} valid; {lines} {keeps}, and what is billed by use stays so."
            )
        }
        LicenceModel::Subscription | LicenceModel::Mixed => format!(
            "{}: licensing analysts alone generate, update, upgrade and deactivate files; {people} may view, download and send requests. {files} valid; {lines} {stays}.",
            licensing::capitalised(&model.to_string())
        ),
    }
}

/// The form of an order line. `parts` are offered by number.
#[must_use]
pub fn new_line(access: &AnalystAccount, state: FormState, parts: Vec<(String, String)>) -> Page {
    let garn = access.garn.clone();
    let status = status(state.why.as_ref());
    let page = Page::new(titled("Enter an order line", status), move || {
        let (problems, words) = told(state.why.as_ref());
        let parts =
            parts.into_iter().map(|(number, description)| view! { <option value=number>{description}</option> }).collect_view();
        view! {
            {summary(&problems, words)}
            <p><a href=path::orders(&garn)><Icon icon=icon::BACK />"Orders"</a></p>
            <h1>"Enter an order line"</h1>
            <p class="lead">"The next page shows what would be done. Renewed maintenance, growth and returns are lines of later orders."</p>
            <form method="post" action=path::new_line(&garn) novalidate class="section">
                {fields(&OF_LINE, &[], &state, &problems)}
                <datalist id="parts">{parts}</datalist>
                <button class="button primary">"Continue"</button>
            </form>
        }
    });
    page.of_account(access, Tab::Summary).with_status(status)
}
