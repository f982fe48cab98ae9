//! *Many files at once*: a table of machines or a selection, what each line comes to, and what came of it.

use super::file_form::KEY;
use crate::{
    Page, Tab,
    component::{
        Choice, Columns, ErrorSummary, Hidden, Icon, Instant, StateOfLine, TextArea, TextField, counted, icon, problem_of,
        thousands,
    },
};
use chrono_tz::Tz;
use islands::BatchProgress;
use leptos::prelude::*;
use licensing::{
    LicenceType, Quantity,
    batch::{Kind, LineState, Mode, field},
    deactivation::{self, Reason},
    form::{NewFileForm, Refusal, field as form_field},
};
use portal::{
    AccountAccess, BatchState, Error, NotBegun, NotPlanned, SubmissionKey,
    batch::{BatchLine, BatchRow, BatchView, LineCounts, Move, TableProblem},
};

/// Names of the fields of the form that plans a batch.
pub const KIND: &str = "kind";
pub const TABLE: &str = "table";
pub const LINES: &str = "lines";
pub const REPEATS: &str = "repeats";
/// Of a selection: each file, or all that the filters find.
pub const SERIAL: &str = "serial";
pub const ALL: &str = "all";
/// Of the page of a batch: which lines are shown, and after which one.
pub const SHOW: &str = "show";
pub const AFTER: &str = "after";

/// Lines on a page.
const ROWS: usize = 100;

/// What was typed into the form that plans a batch, and why it was not taken.
#[derive(Default)]
pub struct Typed {
    pub fields: Vec<(String, String)>,
    pub why: Option<NotPlanned>,
}

impl Typed {
    fn value(&self, name: &str) -> &str {
        self.fields.iter().find(|(field, _)| field == name).map_or("", |(_, value)| value)
    }

    /// What all new files are to have in common, machines aside.
    fn pattern(&self) -> Vec<(String, String)> {
        let own = [
            form_field::HOST_ID,
            form_field::MACHINE_NAME,
            form_field::SWITCHOVER_HOST_ID,
            form_field::SWITCHOVER_MACHINE_NAME,
            form_field::SWITCHOVER_LATER,
        ];
        let common =
            |name: &str| (form_field::is_choice(name) && !own.contains(&name)) || form_field::quantity_part(name).is_some();
        self.fields.iter().filter(|(name, value)| common(name) && !value.is_empty()).cloned().collect()
    }
}

/// The form that plans a batch, and the latest ones.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn plan(access: &AccountAccess, key: SubmissionKey, typed: Typed) -> Result<Page, Error> {
    let batches = access.batches().await?;
    let zone = access.caller().person().time_zone;
    let garn = access.garn.to_string();
    let deactivates = access.refuses_deactivation().is_none();
    let pattern = Pattern::of(access, typed.pattern()).await?;
    let (status, problem, told) = match &typed.why {
        None => (200, None, None),
        Some(NotPlanned::Table(why @ TableProblem::TooMany)) => (413, Some(why.to_string()), None),
        Some(why @ (NotPlanned::Table(_) | NotPlanned::NothingSelected)) => (422, Some(why.to_string()), None),
        Some(NotPlanned::Ineligible(reason)) => (403, None, Some(format!("{reason} {}", reason.remedy()))),
        Some(why) => (409, None, Some(why.to_string())),
    };
    let title = if status == 200 { "Many files at once" } else { "Error: Many files at once" };
    let page = Page::new(title, move || {
        let problems = problem.iter().map(|words| (TABLE.to_owned(), words.clone())).collect::<Vec<_>>();
        view! {
            {(!problems.is_empty()).then(|| view! { <ErrorSummary problems /> })}
            <h1>"Many files at once"</h1>
            {told.map(|words| view! { <p class="note bad" role="alert">{words}</p> })}
            <p class="lead">
                "Send a table with a line for each machine or file. The next page says what each line comes to; nothing is done before you have seen it."
            </p>
            <PlanForm garn=garn.clone() key typed pattern problem deactivates />
            <Latest garn batches zone />
        }
    });
    Ok(page.of_account(access, Tab::Files).with_status(status))
}

/// What all new files have in common, in words.
struct Pattern {
    fields: Vec<(String, String)>,
    /// (label, words)
    facts: Vec<(String, String)>,
}

impl Pattern {
    async fn of(access: &AccountAccess, fields: Vec<(String, String)>) -> Result<Self, Error> {
        let form: NewFileForm = fields.iter().cloned().collect();
        let facts = facts(access, &form).await?;
        Ok(Self { fields, facts })
    }
}

/// What a form says of every file that is made from it.
async fn facts(access: &AccountAccess, form: &NewFileForm) -> Result<Vec<(String, String)>, Error> {
    let value = |name: &str| form.value(name).to_owned();
    if form.value(form_field::PRODUCT).is_empty() {
        return Ok(Vec::new());
    }
    let licence_type = LicenceType::from_code(form.value(form_field::TYPE)).unwrap_or(LicenceType::Production);
    let offer = match access.offer(form.value(form_field::PRODUCT), form.value(form_field::VERSION), licence_type).await {
        Ok(offer) => Some(offer),
        Err(Error::NotFound) => None,
        Err(error) => return Err(error),
    };
    let part = |number: &str| {
        let found = offer.as_ref().and_then(|offer| offer.parts.iter().find(|part| part.number.as_str() == number));
        found.map_or_else(|| number.to_owned(), |part| part.description.clone())
    };
    let site = offer.as_ref().and_then(|offer| offer.sites.iter().find(|site| site.id == form.value(form_field::SITE)));
    let product = offer.as_ref().map_or_else(|| value(form_field::PRODUCT), |offer| offer.product.name.clone());
    let mut facts = vec![
        ("Product".to_owned(), format!("{product} {}", value(form_field::VERSION))),
        ("Licence type".to_owned(), licence_type.to_string()),
    ];
    facts.extend(site.map(|site| ("Install site".to_owned(), site.name.clone())));
    for (name, label) in [(form_field::SERVER_ITEM, "Server item"), (form_field::SWITCHOVER_ITEM, "Switchover server item")] {
        facts.extend(Some(form.value(name)).filter(|number| !number.is_empty()).map(|number| (label.to_owned(), part(number))));
    }
    for (name, units) in form.fields() {
        let pool = if name.starts_with("assigned.") { "assigned" } else { "pooled" };
        facts.extend(form_field::quantity_part(name).map(|number| (part(number), format!("{units} {pool}"))));
    }
    Ok(facts)
}

#[component]
fn PlanForm(
    garn: String,
    key: SubmissionKey,
    typed: Typed,
    pattern: Pattern,
    problem: Option<String>,
    deactivates: bool,
) -> AnyView {
    let base = format!("/accounts/{garn}");
    let action = format!("{base}/batches");
    let template = |kind: Kind, words: &'static str| {
        view! { <a href=format!("{base}/batches/template.csv?kind={}", kind.code()) download="">{words}</a> }
    };
    let kinds = Kind::ALL.iter().filter(|kind| deactivates || **kind != Kind::Deactivate).map(|kind| {
        let (words, explanation) = match kind {
            Kind::Generate => {
                ("Generate a file for each machine", "A line has machine_name and host_id, and those of a switchover server.")
            }
            Kind::Refresh => (
                "Refresh files",
                "Renewed maintenance and upgraded parts become a new revision of each. A line has a serial or a machine_name.",
            ),
            Kind::Deactivate => ("Deactivate files", "What they hold returns. A line has a serial or a machine_name."),
        };
        (kind.code().to_owned(), words.to_owned(), explanation.to_owned())
    });
    let kind = match typed.value(KIND) {
        "" => Kind::Generate.code().to_owned(),
        typed => typed.to_owned(),
    };
    let refused = problem.is_some();
    let invalid = refused.then_some("true");
    let carried = std::iter::once((KEY.to_owned(), key.as_str().to_owned())).chain(pattern.fields).collect();
    let repeats = !typed.value(REPEATS).is_empty();
    view! {
        <form method="post" action=action enctype="multipart/form-data">
            <Hidden fields=carried />
            <div class="section">
                <Choice name=KIND legend="What is to be done" options=kinds.collect() value=kind />
                <Common facts=pattern.facts new=format!("{base}/files/new") />
                <div class="field" class:invalid=refused>
                    <label for=TABLE>"Table"</label>
                    <p class="help" id="table-help">
                        "CSV with the names of its columns in the first line, at most 10,000 lines below it. Templates: "
                        {template(Kind::Generate, "machines")} ", " {template(Kind::Refresh, "files")} "."
                    </p>
                    {problem.map(|words| view! { <p class="error" id="table-error"><Icon icon=icon::PROBLEM />{words}</p> })}
                    <input type="file" id=TABLE name=TABLE accept=".csv,.txt,text/csv,text/plain" aria-describedby="table-help" aria-invalid=invalid />
                </div>
                <TextArea name=LINES label="Or paste its lines here" value=typed.value(LINES) rows=6 />
                <div class="choice">
                    <input type="checkbox" id=REPEATS name=REPEATS value="yes" checked=repeats />
                    <label for=REPEATS>
                        <span>"Generate for hosts that have an active file of the same product and type, too"</span>
                        <span class="help">"Otherwise such a line is left as it is, so that a table which is sent twice makes nothing twice."</span>
                    </label>
                </div>
            </div>
            <div class="buttons">
                <button class="button primary">"Continue"<Icon icon=icon::NEXT /></button>
                <span class="help">"The next page shows what each line comes to. Nothing is done yet."</span>
            </div>
        </form>
    }
    .into_any()
}

/// What all new files have in common, or how to say it.
#[component]
fn Common(facts: Vec<(String, String)>, new: String) -> AnyView {
    if facts.is_empty() {
        return view! {
            <p class="note info">
                "For new files that are alike, fill in " <a href=new>"New activation file"</a>
                " once and choose “Use it for many machines” there: the table then needs no more than machines and host ids. "
                "Otherwise it has a column for each field of that form."
            </p>
        }
        .into_any();
    }
    let facts = facts.into_iter().map(|(label, words)| view! { <div><dt>{label}</dt><dd>{words}</dd></div> }).collect_view();
    view! {
        <section class="note info" aria-labelledby="common-title">
            <h2 id="common-title">"What every new file has"</h2>
            <dl class="facts">{facts}</dl>
            <p>"A column of the table with the same name says otherwise for its line."</p>
        </section>
    }
    .into_any()
}

#[component]
fn Latest(garn: String, batches: Vec<BatchRow>, zone: Tz) -> AnyView {
    if batches.is_empty() {
        return view! {
            <section aria-labelledby="latest-title">
                <h2 id="latest-title">"Batches"</h2>
                <div class="empty"><p>"No batch yet. What you send above becomes the first one."</p></div>
            </section>
        }
        .into_any();
    }
    let rows = batches.into_iter().map(|batch| {
        let href = format!("/accounts/{garn}/batches/{}", batch.reference);
        view! {
            <tr>
                <th scope="row" data-label="Batch"><a class="code" href=href>{batch.reference.clone()}</a></th>
                <td data-label="What">{batch.kind.to_string()}</td>
                <td data-label="State">{state_words(batch.state)}</td>
                <td data-label="Lines">{lines_in_words(batch.kind, &batch.counts)}</td>
                <td data-label="Planned"><span class="line"><Instant at=batch.made_at zone /></span><span class="line sub">{batch.by.clone()}</span></td>
            </tr>
        }
    });
    let rows = rows.collect_view();
    view! {
        <section aria-labelledby="latest-title">
            <h2 id="latest-title">"Batches"</h2>
            <table class="list">
                <Columns names=&[("Batch", false), ("What", false), ("State", false), ("Lines", false), ("Planned", false)] />
                <tbody>{rows}</tbody>
            </table>
        </section>
    }
    .into_any()
}

const fn state_words(state: BatchState) -> &'static str {
    match state {
        BatchState::Planned => "planned, not begun",
        BatchState::Running => "under way",
        BatchState::Done => "done",
    }
}

/// What was done to the lines of a batch.
const fn done_word(kind: Kind) -> &'static str {
    match kind {
        Kind::Generate => "generated",
        Kind::Refresh => "refreshed",
        Kind::Deactivate => "deactivated",
    }
}

fn lines_in_words(kind: Kind, counts: &LineCounts) -> String {
    let words =
        [(counts.done, done_word(kind)), (counts.ready, "ready"), (counts.left, "left as they are"), (counts.refused, "refused")];
    let words: Vec<_> = words
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{} {word}", thousands(count.into())))
        .collect();
    words.join(", ")
}

/// What was typed into the form that begins a batch, and why it was not taken.
#[derive(Default)]
pub struct Begun {
    pub fields: Vec<(String, String)>,
    pub why: Option<NotBegun>,
}

/// A batch: its plan, how far it is, or what came of it.
///
/// # Errors
/// [`Error::NotFound`] when there is no such batch.
pub async fn show(access: &AccountAccess, reference: &str, query: &[(String, String)], begun: Begun) -> Result<Page, Error> {
    let asked = |name: &str| query.iter().find(|(field, _)| field == name).map_or("", |(_, value)| value.as_str());
    let state = LineState::from_code(asked(SHOW));
    let after: u32 = asked(AFTER).parse().unwrap_or_default();
    let later = after > 0;
    let batch = access.batch(reference, state, after, ROWS).await?;
    let pattern = facts(access, &batch.pattern).await?;
    let zone = access.caller().person().time_zone;
    let garn = access.garn.to_string();
    let (status, refusals, told) = match &begun.why {
        None => (200, Vec::new(), None),
        Some(NotBegun::Refused(refusals)) => (422, refusals.clone(), None),
        Some(why) => (403, Vec::new(), Some(why.to_string())),
    };
    let running = batch.row.state == BatchState::Running;
    let what = title(&batch.row);
    let title = if status == 200 { what.clone() } else { format!("Error: {what}") };
    let page = Page::new(title, move || {
        let problems: Vec<_> = refusals.iter().map(|r| (r.field.clone(), r.problem.to_string())).collect();
        let planned = batch.row.state == BatchState::Planned;
        let base = format!("/accounts/{garn}/batches/{}", batch.row.reference);
        view! {
            {(!problems.is_empty()).then(|| view! { <ErrorSummary problems /> })}
            <h1>{what}</h1>
            {told.map(|words| view! { <p class="note bad" role="alert">{words}</p> })}
            <Standing batch=batch.clone() base=base.clone() zone />
            {(!pattern.is_empty()).then(|| {
                let facts = pattern.into_iter().map(|(label, words)| view! { <div><dt>{label}</dt><dd>{words}</dd></div> }).collect_view();
                view! { <details><summary>"What every new file has"</summary><dl class="facts">{facts}</dl></details> }
            })}
            <Moves kind=batch.row.kind moves=batch.moves.clone() planned />
            {(planned && batch.own).then(|| view! { <BeginForm batch=batch.clone() base=base.clone() begun refusals /> })}
            <LinesOf garn batch=batch base state later />
        }
    });
    let page = page.of_account(access, Tab::Files).with_status(status);
    Ok(if running { page.with_islands().asked_again() } else { page })
}

fn title(batch: &BatchRow) -> String {
    let files = match batch.state {
        BatchState::Done => batch.counts.done,
        _ => batch.counts.ready + batch.counts.done,
    };
    let files = counted(files.into(), "file", "files");
    let done = if batch.state == BatchState::Done { " – done" } else { "" };
    format!("{}: {} {files}{done}", batch.reference, batch.kind.to_string().to_lowercase())
}

/// How far a batch is, and what can be had of it.
#[component]
fn Standing(batch: BatchView, base: String, zone: Tz) -> AnyView {
    let BatchRow { kind, state, by, made_at, counts, .. } = batch.row;
    let told = batch.told.map(|words| view! { <p class="note bad" role="alert">{words}</p> });
    let words = lines_in_words(kind, &counts);
    match state {
        BatchState::Planned => view! {
            {told}
            <p class="lead">
                {format!("Planned by {by}, ")} <Instant at=made_at zone /> {format!(". Lines: {words}. Nothing is done yet.")}
            </p>
        }
        .into_any(),
        BatchState::Running => {
            let of = counts.ready + counts.done;
            let whole = batch.mode == Some(Mode::Whole);
            view! {
                <div class="note info">
                    <p><Icon icon=icon::REFRESH /><strong>"Under way."</strong>
                        " You may leave this page: it goes on without you, and you get a mail when it is done."</p>
                    <BatchProgress address=base done=counts.done of whole />
                </div>
            }
            .into_any()
        }
        BatchState::Done => {
            let made = counts.done > 0 && kind != Kind::Deactivate;
            let note = if counts.refused > 0 { "note warn" } else { "note ok" };
            let ended = batch.ended_at.unwrap_or(made_at);
            view! {
                <div class=note role="status">
                    <p><Icon icon=icon::ACTIVE /><strong>{format!("Lines: {words}.")}</strong></p>
                    <p>{format!("Begun by {by}, done ")} <Instant at=ended zone /> "."</p>
                </div>
                <div class="buttons">
                    {made.then(|| view! {
                        <a class="button primary" href=format!("{base}/files.zip") download=""><Icon icon=icon::DOWNLOAD />"Files (ZIP)"</a>
                    })}
                    <a class="button" href=format!("{base}/lines.csv") download=""><Icon icon=icon::DOWNLOAD />"What came of each line (CSV)"</a>
                </div>
            }
            .into_any()
        }
    }
}

#[component]
fn Moves(kind: Kind, moves: Vec<Move>, planned: bool) -> AnyView {
    if moves.is_empty() {
        return ().into_any();
    }
    let title = match (kind, planned) {
        (Kind::Deactivate, true) => "What would return to the account",
        (Kind::Deactivate, false) => "What was planned to return to the account",
        (_, true) => "What all lines together would take",
        (_, false) => "What all lines together were planned to take",
    };
    let left = |pool: fn(&Quantity) -> u32, available: Option<Quantity>| {
        available.map_or_else(|| "any number".to_owned(), |available| thousands(pool(&available).into()))
    };
    let rows = moves.into_iter().map(|Move { number, description, quantity, available }| {
        view! {
            <tr>
                <th scope="row" data-label="Part"><span>{description}</span><span class="code sub">{number.to_string()}</span></th>
                <td data-label="Assigned" class="number">{thousands(quantity.assigned.into())}</td>
                <td data-label="Pooled" class="number">{thousands(quantity.pooled.into())}</td>
                <td data-label="Assigned, available now" class="number">{left(|quantity| quantity.assigned, available)}</td>
                <td data-label="Pooled, available now" class="number">{left(|quantity| quantity.pooled, available)}</td>
            </tr>
        }
    });
    let rows = rows.collect_view();
    view! {
        <section aria-labelledby="moves-title">
            <h2 id="moves-title">{title}</h2>
            <table class="list">
                <Columns names=&[
                    ("Part", false),
                    ("Assigned", true),
                    ("Pooled", true),
                    ("Assigned, available now", true),
                    ("Pooled, available now", true),
                ] />
                <tbody>{rows}</tbody>
            </table>
        </section>
    }
    .into_any()
}

/// The form that begins a batch.
#[component]
fn BeginForm(batch: BatchView, base: String, begun: Begun, refusals: Vec<Refusal>) -> AnyView {
    let BatchRow { kind, counts, .. } = batch.row;
    let typed = |name: &str| begun.fields.iter().find(|(field, _)| field == name).map_or("", |(_, value)| value).to_owned();
    let problem = |name: &str| problem_of(&refusals, name);
    let again = view! {
        <form method="post" action=format!("{base}/plan") class="buttons">
            <button class="button"><Icon icon=icon::REFRESH />"Plan again"</button>
            <span class="help">"Says anew what each line comes to, as things are now."</span>
        </form>
    };
    if counts.ready == 0 {
        return view! {
            <p class="note warn"><Icon icon=icon::WARNING />"No line has anything to do. The lines below say why; mend the table and send it again."</p>
            {again}
        }
        .into_any();
    }
    let modes = Mode::ALL.iter().map(|mode| {
        let explanation = match mode {
            Mode::Whole => "One transaction: if a single line cannot be done when it comes to it, none is.",
            Mode::Lines => "What can be done is done. Lines that are refused say why and can be sent again.",
        };
        (mode.code().to_owned(), mode.to_string(), explanation.to_owned())
    });
    let mode = match typed(field::MODE) {
        typed if !typed.is_empty() || counts.refused > 0 => typed,
        _ => Mode::Whole.code().to_owned(),
    };
    let files = counted(counts.ready.into(), "file", "files");
    let deactivates = (kind == Kind::Deactivate).then(|| {
        let reasons = Reason::ALL.iter().map(|reason| (reason.code().to_owned(), reason.to_string(), String::new())).collect();
        view! {
            <Choice name=deactivation::field::REASON legend="Why" options=reasons value=typed(deactivation::field::REASON) error=problem(deactivation::field::REASON) />
            <TextField
                name=deactivation::field::NOTE
                label="In your words"
                value=typed(deactivation::field::NOTE)
                help="Needed for something else; your colleagues and the licensing analysts read it."
                error=problem(deactivation::field::NOTE)
            />
            <TextField
                name=field::COUNT
                label="Number of files"
                value=typed(field::COUNT)
                help=format!("Type {} to deactivate {files}. An installed copy cannot be recalled: remove it on its server.", counts.ready)
                error=problem(field::COUNT)
                code=true
            />
        }
    });
    let (class, icon) =
        if kind == Kind::Deactivate { ("button danger", icon::DEACTIVATE) } else { ("button primary", icon::ACTIVE) };
    view! {
        <section aria-labelledby="begin-title">
            <h2 id="begin-title">{format!("{kind} {files}")}</h2>
            <form method="post" action=base>
                <div class="section">
                    <Choice name=field::MODE legend="If a line is refused" options=modes.collect() value=mode error=problem(field::MODE) />
                    {deactivates}
                </div>
                <div class="buttons"><button class=class><Icon icon />{format!("{kind} {files}")}</button></div>
            </form>
            {again}
        </section>
    }
    .into_any()
}

#[component]
fn LinesOf(garn: String, batch: BatchView, base: String, state: Option<LineState>, later: bool) -> AnyView {
    let BatchView { row: BatchRow { kind, counts, .. }, lines, next, .. } = batch;
    let address = |state: Option<LineState>, after: Option<u32>| {
        let show = state.map(|state| (SHOW, state.code().to_owned()));
        let query: Vec<_> = show.into_iter().chain(after.map(|after| (AFTER, after.to_string()))).collect();
        if query.is_empty() {
            return base.clone();
        }
        format!("{base}?{}", form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish())
    };
    let states = std::iter::once(None).chain(LineState::ALL.iter().copied().map(Some));
    let states = states.filter(|state| state.is_none_or(|state| counts.of(state) > 0)).map(|of| {
        let words = match of {
            None => format!("All {}", thousands(counts.all().into())),
            Some(LineState::Done) => format!("{} {}", thousands(counts.done.into()), done_word(kind)),
            Some(state) => format!("{} {state}", thousands(counts.of(state).into())),
        };
        let current = (of == state).then_some("true");
        view! { <li><a class="chip" href=address(of, None) aria-current=current>{words}</a></li> }
    });
    let states = states.collect_view();
    let rows = lines.into_iter().map(|line| view! { <Line garn=garn.clone() kind line /> }).collect_view();
    let first = later.then(|| address(state, None));
    let next = next.map(|after| address(state, Some(after)));
    view! {
        <section aria-labelledby="lines-title">
            <h2 id="lines-title">"Lines"</h2>
            <ul class="chips" aria-label="Lines shown">{states}</ul>
            <table class="list">
                <Columns names=&[("Line", true), ("Machines", false), ("File", false), ("What it comes to", false)] />
                <tbody>{rows}</tbody>
            </table>
            <nav class="pages" aria-label="Pages">
                {first.map(|href| view! { <a href=href>"First page"</a> })}
                {next.map(|href| view! { <a href=href rel="next">"Next page"</a> })}
            </nav>
        </section>
    }
    .into_any()
}

#[component]
fn Line(garn: String, kind: Kind, line: BatchLine) -> AnyView {
    let BatchLine { line, cells, state, words, file, revision, machines } = line;
    let cell = |name: &str| cells.get(name).cloned();
    let pair = |name: &str, host: &str| {
        cell(name).or_else(|| cell(host)).map(|shown| (shown.clone(), cell(host).filter(|host| *host != shown)))
    };
    let typed = [
        pair(form_field::MACHINE_NAME, form_field::HOST_ID),
        pair(form_field::SWITCHOVER_MACHINE_NAME, form_field::SWITCHOVER_HOST_ID),
    ];
    let machines: Vec<(String, Option<String>)> = if machines.is_empty() || kind == Kind::Generate {
        typed.into_iter().flatten().collect()
    } else {
        machines.into_iter().map(|machine| (machine, None)).collect()
    };
    let machines = machines.into_iter().map(|(machine, host)| {
        view! { <span class="line">{machine}{host.map(|host| view! { " " <span class="code sub">{host}</span> })}</span> }
    });
    let machines = machines.collect_view();
    let file = match (file, cell(SERIAL)) {
        (Some(serial), _) => {
            view! { <a class="code" href=format!("/accounts/{garn}/files/{serial}")>{serial.to_string()}</a> }.into_any()
        }
        (None, Some(typed)) => view! { <span class="code">{typed}</span> }.into_any(),
        (None, None) => ().into_any(),
    };
    view! {
        <tr>
            <th scope="row" class="number" data-label="Line">{thousands(line.into())}</th>
            <td data-label="Machines">{machines}</td>
            <td data-label="File">{file}{revision.filter(|revision| *revision > 1).map(|revision| view! { " " <span class="line sub">{format!("revision {revision}")}</span> })}</td>
            <td data-label="What it comes to">
                <StateOfLine state done=done_word(kind) />
                {words.map(|words| view! { <span class="line">{words}</span> })}
            </td>
        </tr>
    }
    .into_any()
}
