//! The page of one batch: its plan, how far it is, or what came of it.

use super::{
    field::{AFTER, SERIAL, SHOW},
    words::{done_word, facts, lines_in_words},
};
use crate::{
    component::{
        Choice, Column, ErrorSummary, Icon, Instant, PartName, StateOfLine, Table, TextField, counted, icon, labelled,
        problem_of, thousands,
    },
    frame::{Page, Tab},
    page::files::deactivate,
};
use chrono_tz::Tz;
use islands::BatchProgress;
use leptos::prelude::*;
use licensing::{
    Garn, Quantity,
    files::{
        batch::{BatchProblem, Kind, LineState, Mode, field},
        deactivation::{self, Reason},
        request::field as form_field,
    },
    form::Refusal,
    visible,
};
use portal::{
    AccountAccess, Error,
    files::batch::{BatchLine, BatchRow, BatchState, BatchView, Move, NotBegun},
    path,
};

/// Lines on a page.
const ROWS: usize = 100;

/// Fields of the form that begins a batch as they were typed, and the reasons they were refused.
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
    let batch = portal::files::batch::view(access, reference, state, after, ROWS).await?;
    let pattern = facts(access, &batch.pattern).await?;
    let zone = access.caller().person().time_zone;
    let garn = access.garn.clone();
    let (status, refusals, told) = match &begun.why {
        None => (200, Vec::new(), None),
        Some(NotBegun::Refused(refusals)) => (422, refusals.clone(), None),
        Some(why) => (403, Vec::new(), Some(why.to_string())),
    };
    let running = batch.row.state == BatchState::Running;
    let what = title(&batch.row);
    let title = if status == 200 { what.clone() } else { format!("Error: {what}") };
    let page = Page::new(title, move || {
        let problems = labelled(&refusals, |name| label(name).to_owned());
        let planned = batch.row.state == BatchState::Planned;
        view! {
            {(!problems.is_empty()).then(|| view! { <ErrorSummary problems /> })}
            <h1>{what}</h1>
            {told.map(|words| view! { <p class="note bad" role="alert">{words}</p> })}
            <Standing garn=garn.clone() batch=batch.clone() zone />
            {(!pattern.is_empty()).then(|| {
                let facts = pattern.into_iter().map(|(label, words)| view! { <div><dt>{label}</dt><dd>{words}</dd></div> }).collect_view();
                view! { <details><summary>"Common to all new files"</summary><dl class="facts">{facts}</dl></details> }
            })}
            {(!batch.ignored.is_empty()).then(|| view! {
                <p class="note info">{format!("Columns of the table that are not needed for this: {}.", batch.ignored.join(", "))}</p>
            })}
            <Moves kind=batch.row.kind moves=batch.moves.clone() planned />
            {(planned && batch.own && batch.row.counts.all() > 0).then(|| view! { <BeginForm garn=garn.clone() batch=batch.clone() begun refusals /> })}
            <LinesOf garn batch state later />
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

/// Progress of a batch, and its downloads.
#[component]
fn Standing(garn: Garn, batch: BatchView, zone: Tz) -> AnyView {
    let BatchRow { reference, kind, state, by, made_at, counts, .. } = batch.row;
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
                    <BatchProgress address=path::batch(&garn, &reference) done=counts.done of whole />
                </div>
            }
            .into_any()
        }
        BatchState::Done => {
            let made = counts.done > 0 && kind != Kind::Deactivate;
            let (note, sign) = if counts.refused > 0 { ("note warn", icon::WARNING) } else { ("note ok", icon::ACTIVE) };
            let ended = batch.ended_at.unwrap_or(made_at);
            view! {
                <div class=note role="status">
                    <p><Icon icon=sign /><strong>{format!("Lines: {words}.")}</strong></p>
                    <p>{format!("Begun by {by}, done ")} <Instant at=ended zone /> "."</p>
                </div>
                <div class="buttons">
                    {made.then(|| view! {
                        <a class="button primary" href=path::batch_files(&garn, &reference) download=""><Icon icon=icon::DOWNLOAD />"Download files (ZIP)"</a>
                    })}
                    <a class="button" href=path::batch_lines(&garn, &reference) download=""><Icon icon=icon::DOWNLOAD />"Download CSV"</a>
                </div>
            }
            .into_any()
        }
    }
}

const MOVES: [Column; 5] = [
    Column::text("Part"),
    Column::figures("Assigned"),
    Column::figures("Pooled"),
    Column::figures("Assigned, available now"),
    Column::figures("Pooled, available now"),
];

#[component]
fn Moves(kind: Kind, moves: Vec<Move>, planned: bool) -> AnyView {
    if moves.is_empty() {
        return ().into_any();
    }
    let title = match (kind, planned) {
        (Kind::Deactivate, true) => "Quantities that would return to the account",
        (Kind::Deactivate, false) => "Quantities that were planned to return to the account",
        (_, true) => "Quantities that all lines together would take",
        (_, false) => "Quantities that all lines together were planned to take",
    };
    let left = |pool: fn(&Quantity) -> u32, available: Option<Quantity>| {
        available.map_or_else(|| "any number".to_owned(), |available| thousands(pool(&available).into()))
    };
    let rows = moves.into_iter().map(|Move { number, description, quantity, available }| {
        vec![
            view! { <PartName description number /> }.into_any(),
            thousands(quantity.assigned.into()).into_any(),
            thousands(quantity.pooled.into()).into_any(),
            left(|quantity| quantity.assigned, available).into_any(),
            left(|quantity| quantity.pooled, available).into_any(),
        ]
    });
    let rows = rows.collect();
    view! {
        <section aria-labelledby="moves-title">
            <h2 id="moves-title">{title}</h2>
            <Table columns=MOVES rows />
        </section>
    }
    .into_any()
}

/// The form that begins a batch.
#[component]
fn BeginForm(garn: Garn, batch: BatchView, begun: Begun, refusals: Vec<Refusal<BatchProblem>>) -> AnyView {
    let BatchRow { reference, kind, counts, .. } = batch.row;
    let typed = |name: &str| begun.fields.iter().find(|(field, _)| field == name).map_or("", |(_, value)| value).to_owned();
    let problem = |name: &str| problem_of(&refusals, name);
    let discard = view! {
        <form method="post" action=path::discard_batch(&garn, &reference) class="buttons">
            <button class="button"><Icon icon=icon::CLEAR />"Discard this plan"</button>
            <span class="help">"Its lines are removed; nothing else changes."</span>
        </form>
    };
    let again = view! {
        <form method="post" action=path::plan_batch_again(&garn, &reference) class="buttons">
            <button class="button"><Icon icon=icon::REFRESH />"Check again against current quantities"</button>
            <span class="help">"Plans each line again, as things are now."</span>
        </form>
    };
    if counts.ready == 0 {
        return view! {
            <p class="note warn"><Icon icon=icon::WARNING />"No line has anything to do. The lines below say why; correct the table and send it again."</p>
            {again}
            {discard}
        }
        .into_any();
    }
    // One line that is refused would refuse all of them.
    let whole = counts.refused == 0;
    let not_whole = (!whole).then(|| {
        let lines = counted(counts.refused.into(), "line is", "lines are");
        view! { <p class="note info">{format!("All or nothing is not offered: {lines} refused.")}</p> }
    });
    let modes = Mode::ALL.iter().filter(|mode| whole || **mode != Mode::Whole).map(|mode| {
        let explanation = match mode {
            Mode::Whole => "One transaction: if a single line cannot be done, none is.",
            Mode::Lines => "What can be done is done. Lines that are refused say why and can be sent again.",
        };
        (mode.code().to_owned(), mode.to_string(), explanation.to_owned())
    });
    let mode = match typed(field::MODE) {
        _ if !whole => Mode::Lines.code().to_owned(),
        typed if !typed.is_empty() => typed,
        _ => Mode::Whole.code().to_owned(),
    };
    let files = counted(counts.ready.into(), "file", "files");
    let deactivates = (kind == Kind::Deactivate).then(|| {
        let reasons = Reason::ALL.iter().map(|reason| (reason.code().to_owned(), reason.to_string(), String::new())).collect();
        view! {
            <Choice name=deactivation::field::REASON legend=label(deactivation::field::REASON) options=reasons value=typed(deactivation::field::REASON) error=problem(deactivation::field::REASON) />
            <TextField
                name=deactivation::field::NOTE
                label=label(deactivation::field::NOTE)
                value=typed(deactivation::field::NOTE)
                help="Needed for something else; your colleagues and the licensing analysts read it."
                error=problem(deactivation::field::NOTE)
            />
            <TextField
                name=field::COUNT
                label=label(field::COUNT)
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
            <form method="post" action=path::batch(&garn, &reference)>
                <div class="section">
                    {not_whole}
                    <Choice name=field::MODE legend=label(field::MODE) options=modes.collect() value=mode error=problem(field::MODE) />
                    {deactivates}
                </div>
                <div class="buttons"><button class=class><Icon icon />{format!("{kind} {files}")}</button></div>
            </form>
            {again}
            {discard}
        </section>
    }
    .into_any()
}

/// Label of a field.
fn label(name: &str) -> &'static str {
    match name {
        field::MODE => "If a line is refused",
        field::COUNT => "Number of files",
        name => deactivate::label(name),
    }
}

const LINES: [Column; 4] = [Column::figures("Line"), Column::text("Machines"), Column::text("File"), Column::text("Result")];

#[component]
fn LinesOf(garn: Garn, batch: BatchView, state: Option<LineState>, later: bool) -> AnyView {
    let BatchView { row: BatchRow { reference, kind, counts, .. }, lines, next, .. } = batch;
    let base = path::batch(&garn, &reference);
    let address = |state: Option<LineState>, after: Option<u32>| {
        let show = state.map(|state| (SHOW, state.code().to_owned()));
        let query: Vec<_> = show.into_iter().chain(after.map(|after| (AFTER, after.to_string()))).collect();
        path::asking(&base, query)
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
    let rows = lines.into_iter().map(|of| line(&garn, kind, of)).collect();
    let first = later.then(|| address(state, None));
    let next = next.map(|after| address(state, Some(after)));
    view! {
        <section aria-labelledby="lines-title">
            <h2 id="lines-title">"Lines"</h2>
            <ul class="chips" aria-label="Lines shown">{states}</ul>
            <Table columns=LINES rows />
            <nav class="pages" aria-label="Pages">
                {first.map(|href| view! { <a href=href>"First page"</a> })}
                {next.map(|href| view! { <a href=href rel="next">"Next page"</a> })}
            </nav>
        </section>
    }
    .into_any()
}

/// Cells of a line.
fn line(garn: &Garn, kind: Kind, line: BatchLine) -> Vec<AnyView> {
    let BatchLine { line, cells, state, words, changes, file, revision, machines } = line;
    // A cell that is refused may hold what would turn the rest of its line around.
    let cell = |name: &str| cells.get(name).map(|cell| visible(cell));
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
        (Some(serial), _) => view! { <a class="code" href=path::file(garn, &serial)>{serial.to_string()}</a> }.into_any(),
        (None, Some(typed)) => view! { <span class="code">{typed}</span> }.into_any(),
        (None, None) => ().into_any(),
    };
    let revision = revision.filter(|revision| *revision > 1);
    vec![
        thousands(line.into()).into_any(),
        machines.into_any(),
        view! {
            {file}
            {revision.map(|revision| view! { " " <span class="line sub">{format!("revision {revision}")}</span> })}
        }
        .into_any(),
        view! {
            <StateOfLine state done=done_word(kind) />
            {words.or(changes).map(|words| view! { <span class="line">{words}</span> })}
        }
        .into_any(),
    ]
}
