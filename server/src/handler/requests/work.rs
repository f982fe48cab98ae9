//! Requests of those who sign in: the workbench for analysts, their own for everybody else.

use super::follow::{notice, reply_to};
use crate::http::{
    answer::{self, Sent},
    csv,
    extract::Segments,
    form::{KeyedForm, PostedForm},
    query::decode,
    resume::Kept,
};
use app::{
    Page, Visit,
    page::{
        problem,
        requests::{
            figures,
            follow::{self, Notice},
            queue,
            work::{self, FormState, field},
        },
        search::{ACCOUNT, SEARCH},
    },
};
use axum::{
    Extension,
    extract::RawQuery,
    response::{IntoResponse, Response},
};
use licensing::requests::{RequestNumber, Resolution};
use portal::{
    AnalystAccess, Caller, Error, path,
    requests::{Answer, MailPreview, NotHeld, QueueOrder, QueueRow, QueueView, Sought},
};

pub(crate) async fn list(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
) -> Response {
    let query: Vec<_> = decode(&query.unwrap_or_default()).collect();
    let value = |name: &str| value(&query, name);
    let page = match caller.analyst() {
        Ok(access) => queue::show(&access, &sought(&query)).await,
        Err(_) => {
            let account = match value(ACCOUNT) {
                "" => None,
                garn => caller.account(garn).await.ok(),
            };
            follow::list(&caller, account.as_ref()).await
        }
    };
    answer::result(visit, page).await
}

fn value<'a>(query: &'a [(String, String)], name: &str) -> &'a str {
    query.iter().find(|(field, _)| field == name).map_or("", |(_, value)| value.as_str())
}

/// What an address of the queue asks for; what it cannot ask for is left out.
fn sought(query: &[(String, String)]) -> Sought {
    let value = |name: &str| value(query, name);
    Sought {
        view: QueueView::from_code(value(queue::field::VIEW)).unwrap_or_default(),
        text: value(SEARCH).to_owned(),
        category: value(queue::field::CATEGORY).to_owned(),
        analyst: value(queue::field::ANALYST).parse().ok(),
        order: QueueOrder::from_code(value(queue::field::ORDER)).unwrap_or_default(),
        after: value(queue::field::AFTER).parse().ok(),
    }
}

/// Head and cell of a column of the queue's table.
type Column = (&'static str, fn(&QueueRow) -> String);

const COLUMNS: [Column; 12] = [
    ("Request", |row| row.number.to_string()),
    ("Sent", |row| row.submitted_at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)),
    ("Kind", |row| row.kind.to_string()),
    ("Category", |row| row.category.clone().unwrap_or_default()),
    ("Type", |row| row.file_type.clone().unwrap_or_default()),
    ("State", |row| row.state.to_string()),
    ("Urgent", |row| if row.urgent { "yes" } else { "no" }.to_owned()),
    ("Needed by", |row| row.needed_by.map(|day| day.to_string()).unwrap_or_default()),
    ("Subject", |row| row.subject.clone()),
    ("Requester", |row| format!("{} <{}>", row.name, row.email)),
    ("Account", |row| row.garn.clone().unwrap_or_default()),
    ("Analyst", |row| row.analyst.clone().unwrap_or_default()),
];

/// The queue as a table.
pub(crate) async fn table(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
) -> Response {
    let Ok(access) = caller.analyst() else { return answer::page(visit, problem::for_analysts()).await };
    let query: Vec<_> = decode(&query.unwrap_or_default()).collect();
    let lines = match portal::requests::queue_lines(&access, &sought(&query)).await {
        Ok(lines) => lines,
        Err(error) => return answer::failure(visit, &error).await,
    };
    let head: Vec<String> = COLUMNS.iter().map(|(head, _)| (*head).to_owned()).collect();
    let lines = lines.iter().map(|row| COLUMNS.iter().map(|(_, cell)| cell(row)).collect());
    csv::file("requests.csv", csv::begin(std::iter::once(head).chain(lines)))
}

pub(crate) async fn show(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    Segments(number): Segments<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let page = page(&caller, &number, notice(query.as_deref()), FormState::default()).await;
    answer::result(visit, page).await
}

async fn page(caller: &Caller, number: &str, notice: Notice, state: FormState) -> Result<Page, Error> {
    let number: RequestNumber = number.parse().map_err(|_| Error::NotFound)?;
    match caller.analyst() {
        Ok(access) => work::show(&access, number, state).await,
        Err(_) => follow::show(&caller.request(number).await?, notice).await,
    }
}

pub(crate) async fn reply(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    Segments(number): Segments<String>,
    posted: KeyedForm,
) -> Response {
    let sent = async {
        let number: RequestNumber = number.parse().map_err(|_| Error::NotFound)?;
        reply_to(&caller.request(number).await?, &posted, path::request(number)).await
    };
    let sent = sent.await;
    answer::sent(visit, sent).await
}

pub(crate) async fn close(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    Segments(number): Segments<String>,
) -> Response {
    let sent = async {
        let number: RequestNumber = number.parse().map_err(|_| Error::NotFound)?;
        portal::requests::close(&caller.request(number).await?).await?;
        Ok(Sent::To(format!("{}?closed", path::request(number))))
    };
    let sent = sent.await;
    answer::sent(visit, sent).await
}

/// A file that was handed over, for its requester.
pub(crate) async fn download(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    Segments((number, serial)): Segments<(String, String)>,
) -> Response {
    let found = async {
        let number: RequestNumber = number.parse().map_err(|_| Error::NotFound)?;
        portal::requests::download_handed(&caller.request(number).await?, &serial).await
    };
    let found = found.await;
    answer::download(visit, found).await
}

/// Does something that only analysts do, and shows the request; what was refused comes back with what was typed.
async fn act(
    visit: Visit,
    caller: &Caller,
    number: &str,
    (fields, field): (Vec<(String, String)>, &'static str),
    action: impl AsyncFnOnce(&AnalystAccess, RequestNumber) -> Result<(), NotHeld>,
) -> Response {
    let Ok(access) = caller.analyst() else { return answer::page(visit, problem::for_analysts()).await };
    let sent = async {
        let number: RequestNumber = number.parse().map_err(|_| Error::NotFound)?;
        match action(&access, number).await {
            Ok(()) => Ok(Sent::To(path::request(number))),
            Err(NotHeld::Error(error)) => Err(error),
            Err(why) => Ok(Sent::Page(
                work::show(&access, number, FormState { fields, field, why: Some(why), ..FormState::default() }).await?,
            )),
        }
    };
    let sent = sent.await;
    answer::sent(visit, sent).await
}

pub(crate) async fn claim(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    Segments(number): Segments<String>,
) -> Response {
    act(visit, &caller, &number, (Vec::new(), "main"), async |access, number| portal::requests::claim(access, number).await).await
}

pub(crate) async fn release(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    Segments(number): Segments<String>,
) -> Response {
    act(visit, &caller, &number, (Vec::new(), "main"), async |access, number| portal::requests::release(access, number).await)
        .await
}

pub(crate) async fn hand_over(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    Segments(number): Segments<String>,
    posted: PostedForm,
) -> Response {
    let to = posted.value(field::ANALYST).parse().unwrap_or_default();
    act(visit, &caller, &number, (posted.fields, field::ANALYST), async |access, number| {
        portal::requests::hand_over(access, number, to).await
    })
    .await
}

pub(crate) async fn send_answer(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    Segments(number): Segments<String>,
    posted: KeyedForm,
) -> Response {
    let KeyedForm { form, key } = posted;
    let reply = Answer {
        text: form.value(field::REPLY).to_owned(),
        resolution: Resolution::from_code(form.value(field::RESOLUTION)).unwrap_or(Resolution::Keep),
        files: form.fields.iter().filter(|(name, _)| name == field::FILE).filter_map(|(_, serial)| serial.parse().ok()).collect(),
        provided: form.fields.iter().filter(|(name, _)| name == field::PROVIDED).filter_map(|(_, id)| id.parse().ok()).collect(),
        revision: form.value(field::REVISION).parse().unwrap_or_default(),
    };
    match form.value(field::STEP) {
        field::PREVIEW => {
            let shown = before_sending(&caller, &number, form.fields, async |access, number, _| {
                Ok(Some(portal::requests::preview(access, number, &reply).await?))
            });
            let shown = shown.await;
            answer::result(visit, shown).await
        }
        field::INSERT => {
            let canned = form.value(field::CANNED).parse().unwrap_or_default();
            let shown = before_sending(&caller, &number, form.fields, async |access, number, fields| {
                let text = portal::requests::canned_text(access, number, canned).await?;
                let Some((_, typed)) = fields.iter_mut().find(|(name, _)| name == field::REPLY) else { return Ok(None) };
                *typed = if typed.trim().is_empty() { text } else { format!("{}\n\n{text}", typed.trim_end()) };
                Ok(None)
            });
            let shown = shown.await;
            answer::result(visit, shown).await
        }
        _ => {
            act(visit, &caller, &number, (form.fields, field::REPLY), async |access, number| {
                portal::requests::answer(access, number, &key, &reply).await
            })
            .await
        }
    }
}

/// The request with a reply that is not sent yet: with its mail, or with other fields.
async fn before_sending(
    caller: &Caller,
    number: &str,
    mut fields: Vec<(String, String)>,
    step: impl AsyncFnOnce(&AnalystAccess, RequestNumber, &mut Vec<(String, String)>) -> Result<Option<MailPreview>, NotHeld>,
) -> Result<Page, Error> {
    let Ok(access) = caller.analyst() else { return Ok(problem::for_analysts()) };
    let number: RequestNumber = number.parse().map_err(|_| Error::NotFound)?;
    let state = match step(&access, number, &mut fields).await {
        Ok(preview) => FormState { fields, preview, ..FormState::default() },
        Err(NotHeld::Error(error)) => return Err(error),
        Err(why) => FormState { fields, field: field::REPLY, why: Some(why), ..FormState::default() },
    };
    work::show(&access, number, state).await
}

/// Notes that an analyst reads the request; the words about others who do.
pub(crate) async fn reading(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    Segments(number): Segments<String>,
) -> Response {
    let Ok(access) = caller.analyst() else { return answer::page(visit, problem::for_analysts()).await };
    let readers = async {
        let number: RequestNumber = number.parse().map_err(|_| Error::NotFound)?;
        portal::requests::reading(&access, number).await
    };
    match readers.await {
        Ok(readers) => work::also_reading(&readers).into_response(),
        Err(error) => answer::failure(visit, &error).await,
    }
}

pub(crate) async fn show_figures(Extension(visit): Extension<Visit>, Extension(caller): Extension<Caller>) -> Response {
    let page = match caller.analyst() {
        Ok(access) => figures::show(&access).await,
        Err(_) => Ok(problem::for_analysts()),
    };
    answer::result(visit, page).await
}

pub(crate) async fn note(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    Segments(number): Segments<String>,
    posted: KeyedForm,
) -> Response {
    let KeyedForm { form, key } = posted;
    let typed = form.value(field::NOTE).to_owned();
    act(visit, &caller, &number, (form.fields, field::NOTE), async |access, number| {
        portal::requests::note(access, number, &key, &typed).await
    })
    .await
}

pub(crate) async fn link_account(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    Segments(number): Segments<String>,
    posted: PostedForm,
) -> Response {
    let typed = posted.value(field::GARN).to_owned();
    act(visit, &caller, &number, (posted.fields, field::GARN), async |access, number| {
        portal::requests::link_account(access, number, &typed).await
    })
    .await
}

/// The request with what was typed before the session ended.
pub(crate) async fn reopen(caller: Caller, kept: Kept) -> Result<Page, Error> {
    let number = kept.segment("number").to_owned();
    let typed = kept.value(follow::field::MESSAGE).to_owned();
    page(&caller, &number, Notice::Typed(typed, None), FormState { fields: kept.fields, ..FormState::default() }).await
}
