//! *Bulk actions*: tables and selections become batches, which are begun from their page.

use super::archive::Archive;
use crate::{
    http::{
        answer::{self, Sent},
        csv,
        extract::{Account, Segments},
        form::{KeyedForm, LONGEST_PASTE, PostedForm},
        query::decode,
        resume::Kept,
        table_form::{Files, PostedTable},
    },
    state::App,
};
use app::{
    Page, Visit,
    page::{
        files::{
            batch::{self, ALL, Begun, FormState, KIND, LINES, REPEATS, SERIAL},
            form::KEY,
            list,
        },
        problem,
    },
};
use axum::{
    Extension,
    body::{Body, Bytes},
    extract::{RawQuery, Request, State},
    http::header,
    response::{IntoResponse, Response},
};
use licensing::{
    HostId,
    files::{
        batch::{BeginRequest, Kind},
        list::Filter,
        request::{NewFileForm, field},
    },
};
use portal::{
    AccountAccess, Caller, Error, NoSubmissionKey, SubmissionKey,
    files::batch::{BatchLine, Lines, NewBatch, NotBegun, NotPlanned, TableProblem, table},
    path,
    table::lines as lines_of_table,
};

pub(crate) async fn list(Extension(visit): Extension<Visit>, Account(access): Account, RawQuery(query): RawQuery) -> Response {
    let fields: Vec<_> = decode(&query.unwrap_or_default()).collect();
    let key = visit.site.portal.new_submission_key();
    let page = batch::plan(&access, key, FormState { fields, ..FormState::default() }).await;
    answer::result(visit, page).await
}

pub(crate) async fn plan(
    Extension(visit): Extension<Visit>,
    Account(access): Account,
    State(app): State<App>,
    request: Request,
) -> Response {
    // Before the table is read: of one person one is in memory at a time.
    let Some(_turn) = portal::files::batch::turn_to_plan(access.caller()).await else { return busy(visit).await };
    let posted = match PostedTable::read(&visit, request, &app, Files::Read).await {
        Ok(posted) => posted,
        Err(refused) => return refused,
    };
    let Ok(key) = posted.value(KEY).parse::<SubmissionKey>() else {
        return answer::page(visit, problem::unreadable(NoSubmissionKey.to_string())).await;
    };
    let sent = planned(&access, posted, key).await;
    answer::sent(visit, sent).await
}

async fn planned(access: &AccountAccess, posted: PostedTable, key: SubmissionKey) -> Result<Sent, Error> {
    let kind = Kind::from_code(posted.value(KIND)).unwrap_or(Kind::Generate);
    let long = posted.value(LINES).len() > LONGEST_PASTE;
    let new = NewBatch {
        kind,
        pattern: posted.fields.iter().cloned().collect(),
        repeats: !posted.value(REPEATS).is_empty(),
        lines: Lines::Table(posted.table),
    };
    let planned = if long { Err(TableProblem::LongPaste.into()) } else { portal::files::batch::plan(access, new, &key).await };
    match planned {
        Ok(reference) => Ok(Sent::To(path::batch(&access.garn, &reference))),
        Err(NotPlanned::Error(error)) => Err(error),
        Err(why) => {
            let key = fresh_where_used(access.caller(), key, &why);
            let typed = FormState { fields: posted.fields, why: Some(why), choose_again: None };
            Ok(Sent::Page(batch::plan(access, key, typed).await?))
        }
    }
}

/// Makes a batch of the files that were selected in the list, or of all that its filters find.
pub(crate) async fn select(
    Extension(visit): Extension<Visit>,
    Account(access): Account,
    KeyedForm { form: posted, key }: KeyedForm,
) -> Response {
    let Some(_turn) = portal::files::batch::turn_to_plan(access.caller()).await else { return busy(visit).await };
    let sent = selected(&access, &posted, key).await;
    answer::sent(visit, sent).await
}

async fn selected(access: &AccountAccess, posted: &PostedForm, key: SubmissionKey) -> Result<Sent, Error> {
    let again = |told: Option<String>| list::show(access, &posted.fields, told);
    let lines = if posted.value(ALL).is_empty() {
        let serials = posted.fields.iter().filter(|(name, _)| name == SERIAL).map(|(_, serial)| serial.parse());
        // Serials that were made up are none of this account.
        Lines::Files(serials.collect::<Result<_, _>>().map_err(|_| Error::NotFound)?)
    } else {
        match Filter::parse(|name| posted.value(name)) {
            Ok(filter) => Lines::Found(filter),
            Err(_) => return Ok(Sent::Page(again(None).await?)),
        }
    };
    let kind = Kind::from_code(posted.value(KIND)).filter(|kind| *kind != Kind::Generate).unwrap_or(Kind::Refresh);
    let new = NewBatch { kind, pattern: NewFileForm::default(), repeats: false, lines };
    match portal::files::batch::plan(access, new, &key).await {
        Ok(reference) => Ok(Sent::To(path::batch(&access.garn, &reference))),
        Err(NotPlanned::Error(error)) => Err(error),
        Err(why @ NotPlanned::NothingSelected) => Ok(Sent::Page(again(Some(why.to_string())).await?)),
        Err(why) => {
            let key = fresh_where_used(access.caller(), key, &why);
            Ok(Sent::Page(batch::plan(access, key, FormState { why: Some(why), ..FormState::default() }).await?))
        }
    }
}

/// Several plans of this person are being worked out.
async fn busy(visit: Visit) -> Response {
    answer::try_again_later(visit, |_| problem::busy_planning()).await
}

/// A key that was used for something else is used up.
fn fresh_where_used(caller: &Caller, key: SubmissionKey, why: &NotPlanned) -> SubmissionKey {
    match why {
        NotPlanned::KeyReused(_) => caller.portal().new_submission_key(),
        _ => key,
    }
}

/// An empty table with the columns that it needs.
pub(crate) async fn template(Account(_): Account, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    let kind = decode(&query).find(|(name, _)| name == KIND).and_then(|(_, kind)| Kind::from_code(&kind));
    let columns: &[&str] = match kind {
        Some(Kind::Refresh | Kind::Deactivate) => &table::COLUMNS_OF_FILES,
        _ => &table::COLUMNS_OF_MACHINES,
    };
    csv::file("template.csv", csv::begin([columns.iter().map(|column| (*column).to_owned())]))
}

pub(crate) async fn show(
    Extension(visit): Extension<Visit>,
    Account(access): Account,
    Segments((_, reference)): Segments<(String, String)>,
    RawQuery(query): RawQuery,
) -> Response {
    let query: Vec<_> = decode(&query.unwrap_or_default()).collect();
    let page = batch::show(&access, &reference, &query, Begun::default()).await;
    answer::result(visit, page).await
}

pub(crate) async fn begin(
    Extension(visit): Extension<Visit>,
    Account(access): Account,
    Segments((_, reference)): Segments<(String, String)>,
    posted: PostedForm,
) -> Response {
    let begun = portal::files::batch::begin(&access, &reference, &BeginRequest::of_form(|name| posted.value(name))).await;
    let sent = begun_or_shown(&access, &reference, begun, posted.fields).await;
    answer::sent(visit, sent).await
}

pub(crate) async fn plan_again(
    Extension(visit): Extension<Visit>,
    Account(access): Account,
    Segments((_, reference)): Segments<(String, String)>,
) -> Response {
    let Some(_turn) = portal::files::batch::turn_to_plan(access.caller()).await else { return busy(visit).await };
    let planned = portal::files::batch::plan_again(&access, &reference).await;
    let sent = begun_or_shown(&access, &reference, planned, Vec::new()).await;
    answer::sent(visit, sent).await
}

pub(crate) async fn discard(
    Extension(visit): Extension<Visit>,
    Account(access): Account,
    Segments((_, reference)): Segments<(String, String)>,
) -> Response {
    let discarded = portal::files::batch::discard(&access, &reference).await;
    let sent = begun_or_shown(&access, &reference, discarded, Vec::new()).await;
    answer::sent(visit, sent).await
}

/// The batch, or its page that says why nothing was done.
async fn begun_or_shown(
    access: &AccountAccess,
    reference: &str,
    outcome: Result<(), NotBegun>,
    fields: Vec<(String, String)>,
) -> Result<Sent, Error> {
    match outcome {
        Ok(()) => Ok(Sent::To(path::batch(&access.garn, reference))),
        Err(NotBegun::Error(error)) => Err(error),
        Err(why) => Ok(Sent::Page(batch::show(access, reference, &[], Begun { fields, why: Some(why) }).await?)),
    }
}

/// Lines, or files, that are in memory at a time.
const AT_A_TIME: usize = 500;

/// Result of each line beside its cells: refused ones can be corrected there, and the same table sent again.
pub(crate) async fn lines(
    Extension(visit): Extension<Visit>,
    Account(access): Account,
    Segments((_, reference)): Segments<(String, String)>,
) -> Response {
    let columns = match portal::files::batch::columns(&access, &reference).await {
        Ok(columns) => columns,
        Err(error) => return answer::failure(visit, &error).await,
    };
    let name = format!("{reference}-lines.csv");
    let head = table::COLUMNS_OF_RESULTS.into_iter().map(str::to_owned).chain(columns.iter().cloned());
    let head = csv::begin([head]);
    let batches = futures_util::stream::try_unfold(Some((head, 0)), move |at| {
        let (access, columns, reference) = (access.clone(), columns.clone(), reference.clone());
        async move {
            let Some((sent, after)) = at else { return Ok::<_, Error>(None) };
            let found = portal::files::batch::lines(&access, &reference, None, after, AT_A_TIME).await?;
            let next = found.last().map(|line| line.line);
            let rows: Bytes = lines_of_table(found.into_iter().map(|line| cells(line, &columns))).into();
            Ok(Some((sent, next.map(|after| (rows, after)))))
        }
    });
    csv::file(&name, Body::from_stream(batches))
}

fn cells(line: BatchLine, columns: &[String]) -> Vec<String> {
    let BatchLine { line, cells, state, words, file, revision, .. } = line;
    let file = file.map_or_else(String::new, |serial| serial.to_string());
    let revision = revision.map_or_else(String::new, |revision| revision.to_string());
    let own = [line.to_string(), state.to_string(), words.unwrap_or_default(), file, revision];
    let cell = |column: &String| {
        let cell = cells.get(column).cloned().unwrap_or_default();
        // As a spreadsheet leaves it a text.
        match column.as_str() {
            field::HOST_ID | field::SWITCHOVER_HOST_ID => HostId::typed(&cell).map_or(cell, |host_id| host_id.with_colons()),
            _ => cell,
        }
    };
    own.into_iter().chain(columns.iter().map(cell)).collect()
}

/// All files that a batch made, with a table of what they are, sent while they are read.
pub(crate) async fn files(
    Extension(visit): Extension<Visit>,
    Account(access): Account,
    Segments((_, reference)): Segments<(String, String)>,
) -> Response {
    let first = async {
        let files = portal::files::batch::files(&access, &reference, 0, AT_A_TIME).await?;
        // Of a batch that made nothing, or none of this account, there is nothing to send.
        if files.is_empty() {
            return Err(Error::NotFound);
        }
        portal::files::note_download(&access, &reference, None).await;
        Ok(files)
    };
    let first = match first.await {
        Ok(first) => first,
        Err(error) => return answer::failure(visit, &error).await,
    };
    let disposition = format!("attachment; filename=\"{reference}.zip\"");
    let headers = [(header::CONTENT_TYPE, "application/zip".to_owned()), (header::CONTENT_DISPOSITION, disposition)];
    let archive = Archive::new();
    let parts = futures_util::stream::try_unfold(Some((archive, first)), move |at| {
        let (access, reference) = (access.clone(), reference.clone());
        async move {
            let Some((mut archive, files)) = at else { return Ok::<_, Error>(None) };
            match files.last().map(|file| file.line) {
                Some(last) => {
                    let sent = archive.add(files).map_err(Error::internal)?;
                    let next = portal::files::batch::files(&access, &reference, last, AT_A_TIME).await?;
                    Ok(Some((sent, Some((archive, next)))))
                }
                None => Ok(Some((archive.end().map_err(Error::internal)?, None))),
            }
        }
    });
    (headers, Body::from_stream(parts)).into_response()
}

/// The list with what was selected in it.
pub(crate) async fn reopen_selection(caller: Caller, kept: Kept) -> Result<Page, Error> {
    let access = kept.account(&caller).await?;
    list::show(&access, &kept.fields, None).await
}

pub(crate) async fn reopen_plan(caller: Caller, kept: Kept) -> Result<Page, Error> {
    let typed = FormState { choose_again: kept.choose_again.clone(), fields: kept.fields.clone(), why: None };
    batch::plan(&kept.account(&caller).await?, kept.key, typed).await
}

pub(crate) async fn reopen_begun(caller: Caller, kept: Kept) -> Result<Page, Error> {
    let access = kept.account(&caller).await?;
    let begun = Begun { fields: kept.fields.clone(), why: None };
    batch::show(&access, kept.segment("reference"), &[], begun).await
}
