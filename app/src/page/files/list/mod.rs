//! *Activation file activity*: the list of an account's files with its filters, all of them in the address. Domain §5.

mod field;
mod filters;
mod table;

pub use table::{FileTable, Heads};

use super::{batch, form::KEY};
use crate::{
    component::{ErrorSummary, Hidden, Icon, ObstacleNote, Problem, capped, counted, icon, labelled, thousands},
    frame::{Page, Tab},
};
use chrono_tz::Tz;
use field::{AFTER, AT, BEFORE, ROWS};
use filters::{Filters, chips, label};
use leptos::prelude::*;
use licensing::{
    Garn,
    files::{
        batch::Kind,
        list::{Active, Filter, FilterProblem, Sort, field as filter_field},
    },
    form::Refusal,
    offer::eligibility::Action,
};
use portal::{
    AccountAccess, Error, SubmissionKey,
    files::{Activity, ActivityChoices, Cursor, MOST_COUNTED, PageSize},
    offer::Obstacles,
    path,
};

/// The list that the fields of an address ask for. `told` is what is wrong with a selection of its files.
///
/// # Errors
/// [`Error::NotFound`] when the page is to begin after something that is in no such list.
pub async fn show(access: &AccountAccess, typed: &[(String, String)], told: Option<String>) -> Result<Page, Error> {
    let value = |name: &str| typed.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value.as_str());
    let size = PageSize::from_rows(value(ROWS));
    let place = |name| Some(value(name)).filter(|place| !place.is_empty()).map(str::parse::<Cursor>).transpose();
    let (after, before) = (place(AFTER)?, place(BEFORE)?);
    let choices = portal::files::activity_choices(access).await?;
    let (filter, refusals) = match Filter::parse(value) {
        Ok(filter) => (filter, Vec::new()),
        Err(refusals) => (Filter::default(), refusals),
    };
    let found = match &before {
        _ if !refusals.is_empty() => None,
        Some(before) => Some(portal::files::activity_before(access, &choices, &filter, before, size.rows()).await?),
        None => Some(portal::files::activity(access, &choices, &filter, after.as_ref(), size.rows()).await?),
    };
    let begins = match &found {
        Some(found) if found.total == 0 && after.is_none() && before.is_none() => {
            portal::files::begins_so(access, &choices, &filter).await?
        }
        _ => None,
    };
    let shown = Shown {
        obstacles: portal::offer::obstacles(access).await?,
        garn: access.garn.clone(),
        zone: access.caller().person().time_zone,
        changes: access.change(Action::Update).is_ok(),
        key: access.caller().portal().new_submission_key(),
        told,
        typed: filter_field::ALL.map(|name| (name, value(name).to_owned())).into(),
        selected: typed.iter().filter(|(name, _)| name == batch::SERIAL).map(|(_, serial)| serial.clone()).collect(),
        all_selected: !value(batch::ALL).is_empty(),
        later: after.is_some() || before.is_some(),
        place: [(AFTER, after), (BEFORE, before)]
            .into_iter()
            .filter_map(|(name, place)| Some((name.to_owned(), place?.to_string())))
            .chain(Some(value(AT)).filter(|at| !at.is_empty()).map(|at| (AT.to_owned(), at.to_owned())))
            .collect(),
        at: value(AT).parse().unwrap_or(1),
        size,
        filter,
        refusals,
        choices,
        found,
        begins,
    };
    let status = if shown.refusals.is_empty() && shown.told.is_none() { 200 } else { 422 };
    let title = if status == 200 { "Activation file activity" } else { "Error: Activation file activity" };
    Ok(Page::new(title, move || view! { <List shown /> }).of_account(access, Tab::Files).with_status(status))
}

struct Shown {
    /// Obstacles to generating.
    obstacles: Obstacles,
    garn: Garn,
    zone: Tz,
    /// Whether this person may update and deactivate here.
    changes: bool,
    /// For the submission of a selection.
    key: SubmissionKey,
    told: Option<String>,
    typed: Vec<(&'static str, String)>,
    /// Serials that were selected, and whether all were.
    selected: Vec<String>,
    all_selected: bool,
    /// The page is not the first, as its address says.
    later: bool,
    /// Fields of the address that say where in the list the page is.
    place: Vec<(String, String)>,
    /// Number of its first row, as the address says.
    at: u64,
    size: PageSize,
    filter: Filter,
    refusals: Vec<Refusal<FilterProblem>>,
    choices: ActivityChoices,
    /// `None` when the filter cannot be read.
    found: Option<Activity>,
    /// When nothing is found: the filter for names that begin so, and the number of files that it finds.
    begins: Option<(Filter, u64)>,
}

#[component]
fn List(shown: Shown) -> AnyView {
    let Shown {
        obstacles,
        garn,
        zone,
        changes,
        key,
        told,
        typed,
        selected,
        all_selected,
        later,
        place,
        at,
        size,
        filter,
        refusals,
        choices,
        found,
        begins,
    } = shown;
    let may = obstacles.is_empty();
    // A selection that is refused, or whose session has ended, comes back on its page.
    let page: Vec<(String, String)> =
        (size != PageSize::default()).then(|| (ROWS.to_owned(), size.rows().to_string())).into_iter().chain(place).collect();
    let files = path::files(&garn);
    let new = path::new_file(&garn);
    let batches = path::batches(&garn);
    let told = told.map(|words| Problem::new(SELECTION, words));
    let problems: Vec<_> = labelled(&refusals, |name| label(name).to_owned()).into_iter().chain(told).collect();
    // The usual size needs no word in the address.
    let sized = |size: PageSize| (size != PageSize::default()).then(|| (ROWS, size.rows().to_string()));
    let list = {
        let files = files.clone();
        move |filter: &Filter, size: PageSize, place: Option<(&'static str, &Cursor, u64)>| {
            let mut fields: Vec<(&str, String)> = filter.fields();
            fields.extend(sized(size));
            fields.extend(place.into_iter().flat_map(|(name, place, at)| [(name, place.to_string()), (AT, at.to_string())]));
            path::asking(&files, fields)
        }
    };
    let (any, account) = (choices.any(), garn.clone());
    let chips = chips(&filter, &choices).into_iter().map(|(name, words)| {
        let href = list(&filter.without(name), size, None);
        view! {
            <li>
                <a class="chip" href=href><span class="visually-hidden">"Remove the filter "</span>{words}<Icon icon=icon::CLEAR /></a>
            </li>
        }
    });
    let chips = chips.collect_view();
    let narrowed = filter != Filter { sort: filter.sort, ..Filter::default() };
    let clear = list(&Filter { active: Active::All, sort: filter.sort, ..Filter::default() }, size, None);
    let table = found.map(|found| {
        let sorts = Sort::ALL.iter().copied().filter(|sort| found.sorts_by(*sort));
        let by = sorts.map(|sort| (sort, list(&filter.sorted(sort), size, None))).collect();
        let Activity { rows, total, previous, next, sorted } = found;
        if rows.is_empty() {
            let begins = begins.map(|(wider, files)| (begins_words(&filter, files), list(&wider, size, None)));
            return view! { <Nothing any later new=new.clone() clear=clear.clone() first=list(&filter, size, None) begins /> }
                .into_any();
        }
        let first = if previous.is_none() { 1 } else { at };
        let last = first.saturating_add(rows.len() as u64 - 1);
        let of = if total > MOST_COUNTED { capped(total) } else { thousands(total) };
        // An address that was typed may say any number.
        let count = match total {
            1 => "1 activation file".to_owned(),
            _ if previous.is_none() && next.is_none() => counted(total, "activation file", "activation files"),
            _ if last <= total && (next.is_some() || last == total) => {
                format!("{}–{} of {of} activation files", thousands(first), thousands(last))
            }
            _ => format!("{of} activation files"),
        };
        // Pages go on in the order that they are in.
        let paged = filter.sorted(sorted);
        let csv = path::asking(&path::files_csv(&garn), filter.fields());
        let too_many = (sorted != filter.sort).then(|| {
            view! { <p class="note info">"More than 10,000 files are sorted by generation or machine only. Narrow the list to sort it otherwise."</p> }
        });
        let heads = Heads { sorted, by };
        let start = previous.is_some().then(|| list(&filter, size, None));
        let before = first.saturating_sub(size.rows() as u64).max(1);
        let previous = previous.map(|place| list(&paged, size, Some((BEFORE, &place, before))));
        let next = next.map(|place| list(&paged, size, Some((AFTER, &place, last.saturating_add(1)))));
        let sizes = (total > PageSize::default().rows() as u64).then(|| {
            PageSize::ALL.map(|other| {
                let current = (other == size).then_some("true");
                let href = list(&filter, other, None);
                view! { <a href=href aria-current=current>{other.rows()}<span class="visually-hidden">" rows"</span></a> }
            })
        });
        view! {
            <div class="count-row">
                <p class="count" role="status">{format!("{count}, {sorted}")}</p>
                <a class="button compact" href=csv download=""><Icon icon=icon::DOWNLOAD />"Download CSV"</a>
            </div>
            {too_many}
            <Selection garn=garn.clone() changes filter=filter.clone() page total key all_selected>
                <FileTable garn rows zone changes selects=changes selected heads=Some(heads) />
            </Selection>
            <nav class="pages" aria-label="Pages">
                {start.map(|href| view! { <a href=href>"First page"</a> })}
                {previous.map(|href| view! { <a href=href rel="prev">"Previous page"</a> })}
                {next.map(|href| view! { <a href=href rel="next">"Next page"</a> })}
                {sizes.map(|sizes| view! { <span class="sizes">"Rows: "{sizes}</span> })}
            </nav>
        }
        .into_any()
    });
    view! {
        {(!problems.is_empty()).then(|| view! { <ErrorSummary problems /> })}
        <div class="page-head">
            <h1>"Activation file activity"</h1>
            <div class="buttons">
                <a class="button" href=batches>"Bulk actions"</a>
                {may.then(|| view! { <a class="button primary" href=new.clone()><Icon icon=icon::ADD />"New activation file"</a> })}
            </div>
        </div>
        {(!may).then(|| view! { <ObstacleNote garn=account obstacles title="You cannot generate files here" /> })}
        <Filters action=files.clone() typed choices refusals sort=filter.sort size narrowed />
        <ul class="chips" aria-label="Filters in effect">{chips}</ul>
        {table}
    }
    .into_any()
}

/// Id of what is done with selected files.
const SELECTION: &str = "selection";

/// The table with what can be done to the files that are selected in it.
#[component]
fn Selection(
    garn: Garn,
    changes: bool,
    filter: Filter,
    /// Hidden fields that name this page of the list: (name, value).
    page: Vec<(String, String)>,
    /// Files that the filter finds.
    total: u64,
    key: SubmissionKey,
    all_selected: bool,
    children: Children,
) -> AnyView {
    if !changes {
        return children().into_any();
    }
    let carried = filter.fields().into_iter().map(|(name, value)| (name.to_owned(), value));
    let carried = carried.chain(page).chain([(KEY.to_owned(), key.as_str().to_owned())]).collect();
    // A batch takes no more.
    let all = (total > 1 && total <= MOST_COUNTED).then(|| {
        view! {
            <div class="choice">
                <input type="checkbox" id=batch::ALL name=batch::ALL value="yes" checked=all_selected />
                <label for=batch::ALL>{format!("All {} that the filters find, on every page", counted(total, "file", "files"))}</label>
            </div>
        }
    });
    view! {
        <form method="post" action=path::selection(&garn)>
            <Hidden fields=carried />
            <div class="selection" id=SELECTION tabindex="-1" role="group" aria-label="Selected files">
                {all}
                <div class="buttons">
                    <button class="button" name=batch::KIND value=Kind::Refresh.code()><Icon icon=icon::REFRESH />"Refresh selected"</button>
                    <button class="button" name=batch::KIND value=Kind::Deactivate.code()><Icon icon=icon::DEACTIVATE />"Deactivate selected"</button>
                    <span class="help">"The next page shows the result of each. Nothing is done yet."</span>
                </div>
            </div>
            {children()}
        </form>
    }
    .into_any()
}

/// The words for a name that nobody and nothing has, with the number of files that its beginning finds.
fn begins_words(filter: &Filter, files: u64) -> String {
    let files = match files {
        1 => "1 activation file".to_owned(),
        more if more > MOST_COUNTED => format!("{} activation files", capped(more)),
        more => counted(more, "activation file", "activation files"),
    };
    let exact = |name: &Option<String>| name.clone().filter(|name| !name.ends_with('*'));
    match (exact(&filter.machine), exact(&filter.by)) {
        (Some(machine), None) => {
            let are = if files.starts_with("1 ") { "is" } else { "are" };
            format!("No machine is called {machine}. {files} {are} for machines whose names begin so.")
        }
        (None, Some(by)) => {
            let were = if files.starts_with("1 ") { "was" } else { "were" };
            format!("Nobody is called {by}. {files} {were} generated by people whose names begin so.")
        }
        _ => format!("No file is of a machine and a person of these names. {files} would be if their names begin so."),
    }
}

/// Nothing yet, nothing that matches, or nothing behind the last page.
#[component]
fn Nothing(
    any: bool,
    later: bool,
    new: String,
    clear: String,
    first: String,
    /// The wider filter for names that begin with those that were typed: words and address.
    begins: Option<(String, String)>,
) -> AnyView {
    if !any {
        return view! {
            <div class="empty">
                <p>"No activation file yet. A file binds what you ordered to the host id of your server."</p>
                <p><a href=new>"Generate the first one"</a></p>
            </div>
        }
        .into_any();
    }
    if later {
        return view! { <div class="empty"><p>"There are no files after this page."</p><p><a href=first>"First page"</a></p></div> }
            .into_any();
    }
    if let Some((words, href)) = begins {
        return view! {
            <div class="empty">
                <p>{words}</p>
                <p><a class="begins" href=href>"Show these"</a></p>
            </div>
        }
        .into_any();
    }
    view! {
        <div class="empty">
            <p>"No activation file matches these filters."</p>
            <p><a href=clear>"Show all files, active or not"</a></p>
        </div>
    }
    .into_any()
}
