//! *Activation file activity*: the list of an account's files with its filters, all of them in the address. Domain §5.

use super::{batch, form::KEY};
use crate::{
    component::{
        Day, ErrorSummary, Hidden, Icon, Instant, SearchForm, SelectField, StateBadge, TextField, capped, counted, icon,
        problem_of,
    },
    frame::{Page, Tab},
};
use chrono::NaiveDate;
use chrono_tz::Tz;
use leptos::prelude::*;
use licensing::{
    Garn, LicenceType, Serial, excerpt,
    files::{
        batch::Kind,
        list::{Active, Filter, FilterProblem, Sort, Sought, field},
    },
    form::Refusal,
    value::date,
};
use portal::{
    AccountAccess, Error, SubmissionKey,
    files::{Activity, ActivityChoices, Cursor, FileRow, FileState, MOST_COUNTED, MOST_FOUND, PageSize},
    path,
};

/// Position of the page in the list, and its size in rows.
pub const AFTER: &str = "after";
pub const ROWS: &str = "rows";

/// The outcome of a search for a serial or host id.
pub enum Found {
    /// One file, which is where the search leads.
    File(Serial),
    Page(Page),
}

/// The files of an account that have the serial, or are or were for the host id that somebody typed.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn search(access: &AccountAccess, typed: &str) -> Result<Found, Error> {
    let typed = typed.trim().to_owned();
    let (rows, words) = match typed.parse::<Sought>() {
        Ok(sought) => {
            let words = match &sought {
                Sought::Serial(serial) => format!("No file of this account has the serial {serial}."),
                Sought::Host(host) => format!("No file of this account is or was for the host {host}."),
            };
            (portal::files::find(access, &sought).await?, words)
        }
        Err(not_sought) => (Vec::new(), not_sought.to_string()),
    };
    if let [only] = &rows[..] {
        return Ok(Found::File(only.serial.clone()));
    }
    let garn = access.garn.clone();
    let zone = access.caller().person().time_zone;
    let changes = access.change().is_ok();
    let page = Page::new(format!("Search: {}", excerpt(&typed)), move || {
        let files = path::files(&garn);
        let count = match rows.len() {
            MOST_FOUND => format!("The latest {MOST_FOUND} activation files, the latest first"),
            found => format!("{}, the latest first", counted(found as u64, "activation file", "activation files")),
        };
        let hits = if rows.is_empty() {
            let all = files.clone();
            view! { <div class="empty"><p>{words}</p><p><a href=all>"Activation file activity"</a></p></div> }.into_any()
        } else {
            view! { <p class="count" role="status">{count}</p> <FileTable garn rows zone changes /> }.into_any()
        };
        view! {
            <h1>"Search for a file"</h1>
            <FileSearch action=files typed />
            {hits}
        }
    });
    Ok(Found::Page(page.of_account(access, Tab::Files)))
}

#[component]
fn FileSearch(action: String, typed: String) -> AnyView {
    view! { <SearchForm action label="Serial or host id" value=typed help="A host id also finds files that it had before an update." /> }
        .into_any()
}

/// The list that the fields of an address ask for. `told` is what is wrong with a selection of its files.
///
/// # Errors
/// [`Error::NotFound`] when the page is to begin after something that is in no such list.
pub async fn show(access: &AccountAccess, typed: &[(String, String)], told: Option<String>) -> Result<Page, Error> {
    let value = |name: &str| typed.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value.as_str());
    let size = PageSize::from_rows(value(ROWS));
    let after: Option<Cursor> = Some(value(AFTER)).filter(|after| !after.is_empty()).map(str::parse).transpose()?;
    let choices = portal::files::activity_choices(access).await?;
    let (filter, refusals) = match Filter::parse(value) {
        Ok(filter) => (filter, Vec::new()),
        Err(refusals) => (Filter::default(), refusals),
    };
    let found = if refusals.is_empty() {
        Some(portal::files::activity(access, &choices, &filter, after.as_ref(), size.rows()).await?)
    } else {
        None
    };
    let begins = match &found {
        Some(found) if found.total == 0 && after.is_none() => portal::files::begins_so(access, &choices, &filter).await?,
        _ => None,
    };
    let shown = Shown {
        garn: access.garn.clone(),
        zone: access.caller().person().time_zone,
        changes: access.change().is_ok(),
        key: access.caller().portal().new_submission_key(),
        told,
        typed: [field::SITE, field::FROM, field::TO, field::ACTIVE, field::LINE, field::TYPE, field::BY, field::MACHINE]
            .map(|name| (name, value(name).to_owned()))
            .into(),
        selected: typed.iter().filter(|(name, _)| name == batch::SERIAL).map(|(_, serial)| serial.clone()).collect(),
        all_selected: !value(batch::ALL).is_empty(),
        after,
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
    /// Position of the page in the list.
    after: Option<Cursor>,
    size: PageSize,
    filter: Filter,
    refusals: Vec<Refusal<FilterProblem>>,
    choices: ActivityChoices,
    /// `None` when the filter cannot be read.
    found: Option<Activity>,
    /// When nothing is found: the filter for names that begin so, and the number of files that it finds.
    begins: Option<(Filter, u64)>,
}

/// The address of `path` with these fields.
fn address(path: &str, fields: Vec<(&str, String)>) -> String {
    if fields.is_empty() {
        return path.to_owned();
    }
    format!("{path}?{}", form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish())
}

#[component]
fn List(shown: Shown) -> AnyView {
    let Shown {
        garn,
        zone,
        changes,
        key,
        told,
        typed,
        selected,
        all_selected,
        after,
        size,
        filter,
        refusals,
        choices,
        found,
        begins,
    } = shown;
    let later = after.is_some();
    // A selection that is refused, or whose session has ended, comes back on its page.
    let page: Vec<(String, String)> = (size != PageSize::default())
        .then(|| (ROWS.to_owned(), size.rows().to_string()))
        .into_iter()
        .chain(after.as_ref().map(|after| (AFTER.to_owned(), after.to_string())))
        .collect();
    let files = path::files(&garn);
    let new = path::new_file(&garn);
    let batches = path::batches(&garn);
    let told = told.map(|words| (SELECTION.to_owned(), words));
    let problems: Vec<_> = refusals.iter().map(|r| (r.field.clone(), r.problem.to_string())).chain(told).collect();
    // The usual size needs no word in the address.
    let sized = |size: PageSize| (size != PageSize::default()).then(|| (ROWS, size.rows().to_string()));
    let list = {
        let files = files.clone();
        move |filter: &Filter, size: PageSize, after: Option<&Cursor>| {
            let mut fields: Vec<(&str, String)> = filter.fields();
            fields.extend(sized(size));
            fields.extend(after.map(|after| (AFTER, after.to_string())));
            address(&files, fields)
        }
    };
    let any = choices.any();
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
        let by_end = found.sorts_by_end();
        let Activity { rows, total, next, sorted } = found;
        if rows.is_empty() {
            let begins = begins.map(|(wider, files)| (begins_words(&filter, files), list(&wider, size, None)));
            return view! { <Nothing any later new=new.clone() clear=clear.clone() first=list(&filter, size, None) begins /> }
                .into_any();
        }
        let count = if total > MOST_COUNTED {
            format!("{} activation files", capped(total))
        } else {
            counted(total, "activation file", "activation files")
        };
        let csv = address(&path::files_csv(&garn), filter.fields());
        let too_many = (sorted != filter.sort).then(|| {
            view! { <p class="note info">"More than 10,000 files are not sorted by their last day. Narrow the list to do that."</p> }
        });
        let heads = Heads {
            sorted,
            by_end,
            by: Sort::ALL.iter().map(|sort| (*sort, list(&filter.sorted(*sort), size, None))).collect(),
        };
        let first = later.then(|| list(&filter, size, None));
        let next = next.map(|after| list(&filter, size, Some(&after)));
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
                <a class="button compact" href=csv download=""><Icon icon=icon::DOWNLOAD />"CSV of all of them"</a>
            </div>
            {too_many}
            <Selection garn=garn.clone() changes filter=filter.clone() page total key all_selected>
                <FileTable garn rows zone changes selects=changes selected heads=Some(heads) />
            </Selection>
            <nav class="pages" aria-label="Pages">
                {first.map(|href| view! { <a href=href>"First page"</a> })}
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
                <a class="button" href=batches>"Many files at once"</a>
                <a class="button primary" href=new.clone()><Icon icon=icon::ADD />"New activation file"</a>
            </div>
        </div>
        {any.then(|| view! { <FileSearch action=files.clone() typed=String::new() /> })}
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
            {children()}
            <div class="selection" id=SELECTION tabindex="-1" role="group" aria-label="Selected files">
                {all}
                <div class="buttons">
                    <button class="button" name=batch::KIND value=Kind::Refresh.code()><Icon icon=icon::REFRESH />"Refresh selected"</button>
                    <button class="button" name=batch::KIND value=Kind::Deactivate.code()><Icon icon=icon::DEACTIVATE />"Deactivate selected"</button>
                    <span class="help">"The next page shows the result of each. Nothing is done yet."</span>
                </div>
            </div>
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

/// Filters in effect, in words: (field, words).
fn chips(filter: &Filter, choices: &ActivityChoices) -> Vec<(&'static str, String)> {
    let site = filter.site.as_ref().map(|id| {
        let site = choices.sites.iter().find(|site| site.id == *id);
        site.map_or_else(|| "not one of this account".to_owned(), |site| site.name.clone())
    });
    let active = (filter.active != Active::All).then(|| filter.active.to_string());
    [
        (field::SITE, "Install site", site),
        (field::FROM, "Generated on or after", filter.from.map(date::words)),
        (field::TO, "Generated on or before", filter.to.map(date::words)),
        (field::ACTIVE, "Active", active),
        (field::LINE, "Product line", filter.line.clone()),
        (field::TYPE, "Licence type", filter.licence_type.map(|licence_type| licence_type.to_string())),
        (field::BY, "Generated by", filter.by.clone()),
        (field::MACHINE, "Machine name", filter.machine.clone()),
    ]
    .into_iter()
    .filter_map(|(name, label, words)| words.map(|words| (name, format!("{label}: {words}"))))
    .collect()
}

#[component]
fn Filters(
    action: String,
    typed: Vec<(&'static str, String)>,
    choices: ActivityChoices,
    refusals: Vec<Refusal<FilterProblem>>,
    sort: Sort,
    size: PageSize,
    /// Something is narrowed beyond what is usual, so that the filters stand open on a narrow screen, too.
    narrowed: bool,
) -> AnyView {
    let value = |name: &str| typed.iter().find(|(n, _)| *n == name).map_or_else(String::new, |(_, value)| value.clone());
    let problem = |name| problem_of(&refusals, name);
    let sites = choices
        .sites
        .iter()
        .map(|site| (site.id.clone(), if site.active { site.name.clone() } else { format!("{} (not active)", site.name) }));
    let lines = choices.lines.iter().map(|line| (line.clone(), line.clone())).collect();
    let types = LicenceType::ALL.iter().map(|t| (t.code().to_owned(), t.to_string())).collect();
    let active = match value(field::ACTIVE).as_str() {
        "" => Active::Yes.code().to_owned(),
        typed => typed.to_owned(),
    };
    let actives = Active::ALL.iter().map(|active| (active.code().to_owned(), active.to_string())).collect();
    let people = choices.people.iter().map(|name| view! { <option value=name.clone()></option> }).collect_view();
    // A browser throws away what it does not take for a date; shown as text it can be corrected.
    let kind = |name| if value(name).is_empty() || value(name).parse::<NaiveDate>().is_ok() { "date" } else { "text" };
    let carried = [
        (sort != Sort::Latest).then(|| (field::SORT, sort.code().to_owned())),
        (size != PageSize::default()).then(|| (ROWS, size.rows().to_string())),
    ];
    let carried = carried.into_iter().flatten().map(|(name, value)| (name.to_owned(), value)).collect();
    view! {
        <details class="filters" open=narrowed || !refusals.is_empty()>
            <summary>"Filters"</summary>
            <form method="get" action=action role="search" aria-label="Filter activation files">
                <Hidden fields=carried />
                <div class="filter-grid">
                    <SelectField name=field::SITE label="Install site" options=sites.collect() value=value(field::SITE) error=problem(field::SITE) all=true />
                    <TextField name=field::FROM label="Generated on or after" value=value(field::FROM) kind=kind(field::FROM) error=problem(field::FROM) />
                    <TextField name=field::TO label="Generated on or before" value=value(field::TO) kind=kind(field::TO) error=problem(field::TO) />
                    <ActiveField options=actives value=active error=problem(field::ACTIVE) />
                    <SelectField name=field::LINE label="Product line" options=lines value=value(field::LINE) error=problem(field::LINE) all=true />
                    <SelectField name=field::TYPE label="Licence type" options=types value=value(field::TYPE) error=problem(field::TYPE) all=true />
                    <TextField name=field::BY label="Generated by" value=value(field::BY) list="people" help="With * at the end: begins with." error=problem(field::BY) />
                    <TextField name=field::MACHINE label="Machine name" value=value(field::MACHINE) code=true help="With * at the end: begins with." error=problem(field::MACHINE) />
                </div>
                <datalist id="people">{people}</datalist>
                <div class="buttons"><button class="button"><Icon icon=icon::SEARCH />"Show"</button></div>
            </form>
        </details>
    }
    .into_any()
}

/// Yes, No or All: one of them is always in effect.
#[component]
fn ActiveField(options: Vec<(String, String)>, value: String, error: Option<String>) -> AnyView {
    let refused = error.is_some();
    let invalid = refused.then_some("true");
    let items = options
        .into_iter()
        .map(|(option, words)| {
            let selected = option == value;
            view! { <option value=option selected=selected>{words}</option> }
        })
        .collect_view();
    view! {
        <div class="field" class:invalid=refused>
            <label for=field::ACTIVE>"Active"</label>
            {error.map(|words| view! { <p class="error" id="active-error">{words}</p> })}
            <select id=field::ACTIVE name=field::ACTIVE aria-invalid=invalid>{items}</select>
        </div>
    }
    .into_any()
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

/// The list in each order, for the heads of its columns.
pub struct Heads {
    sorted: Sort,
    /// They are few enough to be sorted by their last day.
    by_end: bool,
    by: Vec<(Sort, String)>,
}

impl Heads {
    /// The head of a column that can sort; `first` is the order that a first click gives.
    fn head(&self, words: &'static str, first: Sort) -> AnyView {
        let current = self.sorted;
        if first == Sort::EndFirst && !self.by_end {
            return view! { <th scope="col">{words}</th> }.into_any();
        }
        let sorted = current == first || current == first.reversed();
        let next = if current == first { first.reversed() } else { first };
        let href = self.by.iter().find(|(sort, _)| *sort == next).map(|(_, href)| href.clone());
        let direction = sorted.then(|| if current.descends() { "descending" } else { "ascending" });
        let arrow = sorted.then(|| if current.descends() { icon::DOWN } else { icon::UP });
        view! {
            <th scope="col" aria-sort=direction>
                <a href=href>{words}{arrow.map(|icon| view! { <Icon icon /> })}<span class="visually-hidden">{format!(", sort: {next}")}</span></a>
            </th>
        }
        .into_any()
    }
}

/// Files, a row each; cards on a narrow screen.
#[component]
pub fn FileTable(
    garn: Garn,
    rows: Vec<FileRow>,
    zone: Tz,
    /// Whether active files can be updated and deactivated from here.
    changes: bool,
    /// Whether active files can be selected.
    #[prop(optional)]
    selects: bool,
    /// Serials of those that are.
    #[prop(optional)]
    selected: Vec<String>,
    /// Links of the columns that sort; `None` in a list that is not sorted.
    #[prop(default = None)]
    heads: Option<Heads>,
) -> AnyView {
    let head = |words: &'static str, first: Sort| match &heads {
        Some(heads) => heads.head(words, first),
        None => view! { <th scope="col">{words}</th> }.into_any(),
    };
    let (machines, generated, through) =
        (head("Machines", Sort::MachineUp), head("Generated", Sort::Latest), head("Valid through", Sort::EndFirst));
    let row = |row: FileRow| {
        let selected = selected.iter().any(|serial| *serial == row.serial.as_str());
        view! { <Row garn=garn.clone() row zone changes selects selected /> }
    };
    let rows = rows.into_iter().map(row).collect_view();
    view! {
        <table class="list files">
            <thead>
                <tr>
                    {selects.then(|| view! { <th scope="col"><span class="visually-hidden">"Select"</span></th> })}
                    <th scope="col">"Serial"</th>
                    {machines}
                    <th scope="col">"Product"</th>
                    <th scope="col">"Type"</th>
                    <th scope="col">"Install site"</th>
                    {generated}
                    {through}
                    <th scope="col">"State"</th>
                    <th scope="col">"Actions"</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}

#[component]
fn Row(garn: Garn, row: FileRow, zone: Tz, changes: bool, selects: bool, selected: bool) -> AnyView {
    let href = path::file(&garn, &row.serial);
    let changes = changes && row.state == FileState::Active;
    let actions = [
        ("View", icon::VIEW, String::new(), true),
        ("Download", icon::DOWNLOAD, "/download".to_owned(), true),
        ("Update", icon::UPDATE, "/update".to_owned(), changes),
        ("Deactivate", icon::DEACTIVATE, "/deactivate".to_owned(), changes),
    ];
    let select = selects.then(|| {
        let select = changes.then(|| {
            let label = format!("Select {}", row.serial);
            view! { <input type="checkbox" name=batch::SERIAL value=row.serial.to_string() checked=selected aria-label=label /> }
        });
        view! { <td class="select">{select}</td> }
    });
    let actions = actions
        .into_iter()
        .filter(|(.., offered)| *offered)
        .map(|(word, icon, path, _)| {
            view! {
                <a href=format!("{href}{path}") title=format!("{word} {}", row.serial)><Icon icon /></a>
            }
        })
        .collect_view();
    view! {
        <tr>
            {select}
            <th scope="row">
                <a href=href.clone()>{row.serial.to_string()}</a>
                {(row.revision > 1).then(|| view! { " " <span class="sub">{format!("revision {}", row.revision)}</span> })}
            </th>
            <td>
                {row.machines.into_iter().map(|machine| view! { <span>{machine}</span> }).collect_view()}
            </td>
            <td><span>{row.product}</span><span class="sub">{row.version}</span></td>
            <td>{row.licence_type.to_string()}</td>
            <td>{row.site}</td>
            <td>
                <span><Instant at=row.generated_at zone /></span>
                <span class="sub">{row.generated_by}</span>
                {row.updated.map(|(_, at)| view! { <span class="sub">"updated " <Day on=at.with_timezone(&zone).date_naive() /></span> })}
            </td>
            <td><Day on=row.valid_through /></td>
            <td>
                <StateBadge state=row.state />
                {row.outdated.then(|| view! { <span class="badge info"><Icon icon=icon::REFRESH />"Update available"</span> })}
            </td>
            <td>{actions}</td>
        </tr>
    }
    .into_any()
}
