//! *Many files at once*: tables and selections become batches, which are begun from their page.

use crate::{
    handler::people::sign_in::Kept,
    http::{
        answer, csv,
        extract::Segments,
        form::{KeyedForm, PostedForm, decode},
    },
    state::App,
};
use app::{
    Page, Visit,
    page::{
        files::{
            batch::{self, ALL, Begun, KIND, LINES, REPEATS, SERIAL, TABLE, Typed},
            form::KEY,
            list,
        },
        problem,
    },
};
use axum::{
    Extension,
    body::{Body, Bytes},
    extract::{FromRequest, Multipart, RawQuery, Request, State, multipart::MultipartError},
    http::{StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use licensing::{
    HostId, excerpt,
    files::{
        batch::Kind,
        list::Filter,
        request::{NewFileForm, field},
    },
};
use portal::{
    AccountAccess, Caller, Error, NoSubmissionKey, SubmissionKey,
    files::batch::{BatchFile, BatchLine, Lines, NewBatch, NotBegun, NotPlanned, TableProblem, table},
    table::lines as lines_of_table,
};
use std::{
    io::Write as _,
    sync::{Arc, Mutex, PoisonError},
};
use zip::{CompressionMethod, ZipWriter, result::ZipError, write::SimpleFileOptions};

/// A table of ten thousand lines, with room for long names.
pub(crate) const MOST_BYTES: usize = 4 * 1024 * 1024;

pub(crate) async fn list(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    Segments(garn): Segments<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let fields: Vec<_> = decode(&query.unwrap_or_default()).collect();
    let key = visit.site.portal.new_submission_key();
    let page = async { batch::plan(&caller.account(&garn).await?, key, Typed { fields, ..Typed::default() }).await };
    let page = page.await;
    answer::result(visit, page).await
}

/// Maximum length of pasted lines, in bytes. What is longer is a file to be chosen.
pub(crate) const LONGEST_PASTE: usize = 128 * 1024;

/// What is done with a file of a form.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Files {
    Read,
    /// For whom is not signed in: its name alone is kept.
    PassOver,
}

/// A form with a table, as it was sent.
pub(crate) struct PostedTable {
    fields: Vec<(String, String)>,
    /// The file, or else the pasted lines.
    table: Vec<u8>,
    /// Name of a file that was passed over.
    passed_over: Option<String>,
}

impl PostedTable {
    /// # Errors
    /// The page that says why the body is none of our forms.
    pub(crate) async fn read(visit: &Visit, request: Request, app: &App, files: Files) -> Result<Self, Response> {
        let read = match Multipart::from_request(request, app).await {
            Ok(form) => Self::parts(form, files).await.map_err(|error| error.status()),
            Err(rejection) => Err(rejection.status()),
        };
        let page = match read {
            Ok(Some(posted)) => return Ok(posted),
            Ok(None) => problem::unreadable("What was sent is not UTF-8 text.".into()),
            Err(StatusCode::PAYLOAD_TOO_LARGE) => problem::too_large(MOST_BYTES),
            Err(_) => problem::unreadable("What was sent is not a form with a table.".into()),
        };
        Err(answer::page(visit.clone(), page).await)
    }

    /// `None` when a field is no text.
    async fn parts(mut form: Multipart, files: Files) -> Result<Option<Self>, MultipartError> {
        let mut posted = Self { fields: Vec::new(), table: Vec::new(), passed_over: None };
        while let Some(mut part) = form.next_field().await? {
            let name = part.name().unwrap_or_default().to_owned();
            if name == TABLE && files == Files::PassOver {
                let file = part.file_name().filter(|file| !file.is_empty()).map(excerpt);
                while part.chunk().await?.is_some() {}
                posted.passed_over = file;
                continue;
            }
            let bytes = part.bytes().await?;
            if name == TABLE {
                posted.table = bytes.to_vec();
                continue;
            }
            match String::from_utf8(bytes.to_vec()) {
                Ok(text) if !text.contains('\0') => posted.fields.push((name, text)),
                _ => return Ok(None),
            }
        }
        if posted.table.is_empty() {
            posted.table = posted.value(LINES).as_bytes().to_vec();
        }
        Ok(Some(posted))
    }

    fn value(&self, name: &str) -> &str {
        self.fields.iter().find(|(field, _)| field == name).map_or("", |(_, value)| value)
    }

    /// What was typed, as a form that can be kept while somebody signs in, and the name of the file that is to be chosen again.
    pub(crate) fn kept(mut self) -> (String, Option<String>) {
        // What is longer would not have been taken.
        self.fields.retain(|(_, value)| value.len() <= LONGEST_PASTE);
        let kept = form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.fields).finish();
        (kept, self.passed_over)
    }
}

pub(crate) async fn plan(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    Segments(garn): Segments<String>,
    State(app): State<App>,
    request: Request,
) -> Response {
    // Before the table is read: of one person one is in memory at a time.
    let Some(_turn) = caller.turn_to_plan().await else { return busy(visit).await };
    let posted = match PostedTable::read(&visit, request, &app, Files::Read).await {
        Ok(posted) => posted,
        Err(refused) => return refused,
    };
    let Ok(key) = posted.value(KEY).parse::<SubmissionKey>() else {
        return answer::page(visit, problem::unreadable(NoSubmissionKey.to_string())).await;
    };
    let kind = Kind::from_code(posted.value(KIND)).unwrap_or(Kind::Generate);
    let long = posted.value(LINES).len() > LONGEST_PASTE;
    let new = NewBatch {
        kind,
        pattern: posted.fields.iter().cloned().collect(),
        repeats: !posted.value(REPEATS).is_empty(),
        lines: Lines::Table(posted.table),
    };
    let planned = async {
        let access = caller.account(&garn).await?;
        let planned = if long { Err(TableProblem::LongPaste.into()) } else { access.plan_batch(new, &key).await };
        match planned {
            Ok(reference) => Ok(Ok(reference)),
            Err(NotPlanned::Error(error)) => Err(error),
            Err(why) => {
                let key = fresh_where_used(&caller, key, &why);
                Ok(Err(batch::plan(&access, key, Typed { fields: posted.fields, why: Some(why), choose_again: None }).await?))
            }
        }
    };
    let planned = planned.await;
    to_batch(visit, &garn, planned).await
}

/// Makes a batch of the files that were selected in the list, or of all that its filters find.
pub(crate) async fn select(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    Segments(garn): Segments<String>,
    KeyedForm { form: posted, key }: KeyedForm,
) -> Response {
    let visit = Visit { address: format!("/accounts/{garn}/files"), ..visit };
    let Some(_turn) = caller.turn_to_plan().await else { return busy(visit).await };
    let planned = selected(&caller, &garn, &posted, key).await;
    to_batch(visit, &garn, planned).await
}

async fn selected(caller: &Caller, garn: &str, posted: &PostedForm, key: SubmissionKey) -> Result<Result<String, Page>, Error> {
    let access = caller.account(garn).await?;
    let again = |told: Option<String>| list::show(&access, &posted.fields, told);
    let lines = if posted.value(ALL).is_empty() {
        let serials = posted.fields.iter().filter(|(name, _)| name == SERIAL).map(|(_, serial)| serial.parse());
        // Serials that were made up are none of this account.
        Lines::Files(serials.collect::<Result<_, _>>().map_err(|_| Error::NotFound)?)
    } else {
        match Filter::parse(|name| posted.value(name)) {
            Ok(filter) => Lines::Found(filter),
            Err(_) => return Ok(Err(again(None).await?)),
        }
    };
    let kind = Kind::from_code(posted.value(KIND)).filter(|kind| *kind != Kind::Generate).unwrap_or(Kind::Refresh);
    let new = NewBatch { kind, pattern: NewFileForm::default(), repeats: false, lines };
    match access.plan_batch(new, &key).await {
        Ok(reference) => Ok(Ok(reference)),
        Err(NotPlanned::Error(error)) => Err(error),
        Err(why @ NotPlanned::NothingSelected) => Ok(Err(again(Some(why.to_string())).await?)),
        Err(why) => {
            let key = fresh_where_used(caller, key, &why);
            Ok(Err(batch::plan(&access, key, Typed { why: Some(why), ..Typed::default() }).await?))
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
        NotPlanned::KeyReused { .. } => caller.portal().new_submission_key(),
        _ => key,
    }
}

/// The page of the batch that was planned, or the one that says why there is none.
async fn to_batch(visit: Visit, garn: &str, planned: Result<Result<String, Page>, Error>) -> Response {
    match planned {
        Ok(Ok(reference)) => Redirect::to(&format!("/accounts/{garn}/batches/{reference}")).into_response(),
        Ok(Err(page)) => answer::page(visit, page).await,
        Err(error) => answer::failure(visit, &error).await,
    }
}

/// An empty table with the columns that it needs.
pub(crate) async fn template(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    Segments(garn): Segments<String>,
    RawQuery(query): RawQuery,
) -> Response {
    if let Err(error) = caller.account(&garn).await {
        return answer::failure(visit, &error).await;
    }
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
    Extension(caller): Extension<Caller>,
    Segments((garn, reference)): Segments<(String, String)>,
    RawQuery(query): RawQuery,
) -> Response {
    let query: Vec<_> = decode(&query.unwrap_or_default()).collect();
    let page = async { batch::show(&caller.account(&garn).await?, &reference, &query, Begun::default()).await };
    let page = page.await;
    answer::result(visit, page).await
}

pub(crate) async fn begin(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    Segments((garn, reference)): Segments<(String, String)>,
    posted: PostedForm,
) -> Response {
    let begun = async {
        let access = caller.account(&garn).await?;
        match access.begin_batch(&reference, |name| posted.value(name)).await {
            Ok(()) => Ok(Ok(reference.clone())),
            Err(NotBegun::Error(error)) => Err(error),
            Err(why) => Ok(Err(batch::show(&access, &reference, &[], Begun { fields: posted.fields, why: Some(why) }).await?)),
        }
    };
    let begun = begun.await;
    to_batch(visit, &garn, begun).await
}

pub(crate) async fn plan_again(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    Segments((garn, reference)): Segments<(String, String)>,
) -> Response {
    let visit = Visit { address: format!("/accounts/{garn}/batches/{reference}"), ..visit };
    let Some(_turn) = caller.turn_to_plan().await else { return busy(visit).await };
    let planned = async {
        let access = caller.account(&garn).await?;
        match access.plan_batch_again(&reference).await {
            Ok(()) => Ok(Ok(reference.clone())),
            Err(NotBegun::Error(error)) => Err(error),
            Err(why) => Ok(Err(batch::show(&access, &reference, &[], Begun { fields: Vec::new(), why: Some(why) }).await?)),
        }
    };
    let planned = planned.await;
    to_batch(visit, &garn, planned).await
}

/// Lines, or files, that are in memory at a time.
const AT_A_TIME: usize = 500;

/// What came of each line, with what it said: refused ones can be mended in it, and the same table sent again.
pub(crate) async fn lines(
    Extension(visit): Extension<Visit>,
    Extension(caller): Extension<Caller>,
    Segments((garn, reference)): Segments<(String, String)>,
) -> Response {
    let begun = async {
        let access = caller.account(&garn).await?;
        let columns = access.batch_columns(&reference).await?;
        Ok((access, columns))
    };
    let (access, columns) = match begun.await {
        Ok(begun) => begun,
        Err(error) => return answer::failure(visit, &error).await,
    };
    let name = format!("{reference}-lines.csv");
    let head = table::COLUMNS_OF_RESULTS.into_iter().map(str::to_owned).chain(columns.iter().cloned());
    let head = csv::begin([head]);
    let batches = futures_util::stream::try_unfold(Some((head, 0)), move |at| {
        let (access, columns, reference) = (access.clone(), columns.clone(), reference.clone());
        async move {
            let Some((sent, after)) = at else { return Ok::<_, Error>(None) };
            let found = access.batch_lines(&reference, None, after, AT_A_TIME).await?;
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
    Extension(caller): Extension<Caller>,
    Segments((garn, reference)): Segments<(String, String)>,
) -> Response {
    let first = async {
        let access = caller.account(&garn).await?;
        let files = access.batch_files(&reference, 0, AT_A_TIME).await?;
        // Of a batch that made nothing, or none of this account, there is nothing to send.
        if files.is_empty() {
            return Err(Error::NotFound);
        }
        access.note_download(&reference, None).await;
        Ok((access, files))
    };
    let (access, first) = match first.await {
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
                    let next = access.batch_files(&reference, last, AT_A_TIME).await?;
                    Ok(Some((sent, Some((archive, next)))))
                }
                None => Ok(Some((archive.end().map_err(Error::internal)?, None))),
            }
        }
    });
    (headers, Body::from_stream(parts)).into_response()
}

/// A ZIP that is taken away while it grows.
struct Archive {
    zip: ZipWriter<zip::write::StreamWriter<Grown>>,
    grown: Grown,
    /// What the files are, a line each.
    table: Vec<[String; 6]>,
}

/// What has been written and not been taken away.
#[derive(Clone, Default)]
struct Grown(Arc<Mutex<Vec<u8>>>);

impl Grown {
    fn take(&self) -> Bytes {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner)).into()
    }
}

impl std::io::Write for Grown {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Archive {
    fn new() -> Self {
        let grown = Grown::default();
        let head = ["file", "revision", "machine", "switchover machine", "host ids", "sha256"].map(str::to_owned);
        Self { zip: ZipWriter::new_stream(grown.clone()), grown, table: vec![head] }
    }

    /// Adds files; what can be sent.
    fn add(&mut self, files: Vec<BatchFile>) -> Result<Bytes, ZipError> {
        for BatchFile { file_name, revision, machines, host_ids, bytes, sha256, .. } in files {
            self.put(&file_name, &bytes)?;
            let mut machines = machines.into_iter();
            let mut machine = || machines.next().unwrap_or_default();
            self.table.push([
                file_name,
                revision.to_string(),
                machine(),
                machine(),
                host_ids.iter().map(HostId::with_colons).collect::<Vec<_>>().join(" "),
                sha256,
            ]);
        }
        Ok(self.grown.take())
    }

    /// Adds the table and the end; what can be sent.
    fn end(mut self) -> Result<Bytes, ZipError> {
        let table = csv::begin(std::mem::take(&mut self.table));
        self.put("files.csv", &table)?;
        self.zip.finish()?;
        Ok(self.grown.take())
    }

    fn put(&mut self, name: &str, bytes: &[u8]) -> Result<(), ZipError> {
        // The bytes as they are: what anybody unpacks is what was signed.
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        self.zip.start_file(name, options)?;
        Ok(self.zip.write_all(bytes)?)
    }
}

/// The list with what was selected in it.
pub(crate) async fn reopen_selection(access: &AccountAccess, kept: Kept) -> Result<Page, Error> {
    list::show(access, &kept.fields, None).await
}

/// The form with the table that was sent when the session had ended.
pub(crate) async fn reopen(access: &AccountAccess, kept: Kept) -> Result<Page, Error> {
    batch::plan(access, kept.key, Typed { fields: kept.fields, why: None, choose_again: kept.choose_again }).await
}

/// The page of the batch, with what was typed to begin it.
pub(crate) async fn reopen_begun(access: &AccountAccess, reference: &str, kept: Kept) -> Result<Page, Error> {
    batch::show(access, reference, &[], Begun { fields: kept.fields, why: None }).await
}
