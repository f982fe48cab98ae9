//! The form that plans a batch, and the latest batches.

use super::{
    field::{KIND, LINES, REPEATS, TABLE},
    words::{facts, lines_in_words},
};
use crate::{
    component::{Choice, Column, ErrorSummary, Hidden, Icon, Instant, Problem, Table, TextArea, icon},
    frame::{Page, Tab},
    page::files::form::KEY,
};
use chrono_tz::Tz;
use leptos::prelude::*;
use licensing::{
    Garn,
    files::{
        batch::Kind,
        request::{NewFileForm, field as form_field},
    },
    offer::eligibility::Action,
};
use portal::{
    AccountAccess, Error, SubmissionKey,
    files::batch::{BatchRow, BatchState, LineCounts, NotPlanned, TableProblem},
    path,
};

/// Fields of the form that plans a batch as they were typed, and the reasons they were refused.
#[derive(Default)]
pub struct FormState {
    pub fields: Vec<(String, String)>,
    pub why: Option<NotPlanned>,
    /// Name of a file that was sent when the session had ended.
    pub choose_again: Option<String>,
}

impl FormState {
    fn value(&self, name: &str) -> &str {
        self.fields.iter().find(|(field, _)| field == name).map_or("", |(_, value)| value)
    }

    /// Choices that all new files share; machines come from the table.
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
pub async fn plan(access: &AccountAccess, key: SubmissionKey, typed: FormState) -> Result<Page, Error> {
    let batches = portal::files::batch::list(access).await?;
    let zone = access.caller().person().time_zone;
    let garn = access.garn.clone();
    let deactivates = access.change(Action::Deactivate).is_ok();
    let pattern = Pattern::of(access, typed.pattern()).await?;
    let (status, problem, told) = match &typed.why {
        None => (200, None, None),
        Some(NotPlanned::Table(why @ (TableProblem::TooMany | TableProblem::TooManyCells | TableProblem::LongPaste))) => {
            (413, Some(why.to_string()), None)
        }
        Some(why @ (NotPlanned::Table(_) | NotPlanned::NothingSelected)) => (422, Some(why.to_string()), None),
        Some(NotPlanned::Ineligible(reason)) => (403, None, Some(format!("{reason} {}", reason.remedy()))),
        Some(why) => (409, None, Some(why.to_string())),
    };
    let title = if status == 200 { "Bulk actions" } else { "Error: Bulk actions" };
    let page = Page::new(title, move || {
        let problems = problem.iter().map(|words| Problem::new(TABLE, words)).collect::<Vec<_>>();
        view! {
            {(!problems.is_empty()).then(|| view! { <ErrorSummary problems /> })}
            <h1>"Bulk actions"</h1>
            {told.map(|words| view! { <p class="note bad" role="alert">{words}</p> })}
            <p class="lead">
                "Send a table with a line for each machine or file. The next page shows the result of each line; nothing is done before you have seen it."
            </p>
            <PlanForm garn=garn.clone() key typed pattern problem deactivates />
            <Latest garn batches zone />
        }
    });
    Ok(page.of_account(access, Tab::Files).with_status(status))
}

/// Choices that all new files share, in words.
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

#[component]
fn PlanForm(
    garn: Garn,
    key: SubmissionKey,
    typed: FormState,
    pattern: Pattern,
    problem: Option<String>,
    deactivates: bool,
) -> AnyView {
    let action = path::batches(&garn);
    let template = |kind: Kind, words: &'static str| {
        view! { <a href=format!("{}?kind={}", path::batch_template(&garn), kind.code()) download="">{words}</a> }
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
                <Choice name=KIND legend="Action" options=kinds.collect() value=kind />
                <Common facts=pattern.facts new=path::new_file(&garn) />
                <div class="field" class:invalid=refused>
                    <label for=TABLE>"Table"</label>
                    <p class="help" id="table-help">
                        "CSV or XLSX with the names of its columns in the first line, at most 10,000 lines below it. Templates: "
                        {template(Kind::Generate, "machines")} ", " {template(Kind::Refresh, "files")} "."
                    </p>
                    {typed.choose_again.clone().map(|file| view! {
                        <p class="note warn"><Icon icon=icon::WARNING />{format!("{file} was sent when the session had ended, and was not kept. Choose it again.")}</p>
                    })}
                    {problem.map(|words| view! { <p class="error" id="table-error"><Icon icon=icon::PROBLEM />{words}</p> })}
                    <input type="file" id=TABLE name=TABLE accept=".csv,.txt,.xlsx,text/csv,text/plain" aria-describedby="table-help" aria-invalid=invalid />
                </div>
                <TextArea name=LINES label="Or paste its lines here" value=typed.value(LINES) rows=6 />
                <div class="choice">
                    <input type="checkbox" id=REPEATS name=REPEATS value="yes" checked=repeats />
                    <label for=REPEATS>
                        <span>"Generate for hosts that have an active file of the same product and type, too"</span>
                        <span class="help">"Otherwise such a line is skipped, so that a table which is sent twice makes nothing twice."</span>
                    </label>
                </div>
            </div>
            <div class="buttons">
                <button class="button primary">"Continue"<Icon icon=icon::NEXT /></button>
                <span class="help">"The next page shows the result of each line. Nothing is done yet."</span>
            </div>
        </form>
    }
    .into_any()
}

/// Choices that all new files share, or the link to make them.
#[component]
fn Common(facts: Vec<(String, String)>, new: String) -> AnyView {
    if facts.is_empty() {
        return view! {
            <p class="note info">
                "For new files that are alike, fill in " <a href=new>"New activation file"</a>
                " once and choose “Use for several machines” there: the table then needs no more than machines and host ids. "
                "Otherwise it has a column for each field of that form."
            </p>
        }
        .into_any();
    }
    let facts = facts.into_iter().map(|(label, words)| view! { <div><dt>{label}</dt><dd>{words}</dd></div> }).collect_view();
    view! {
        <section class="note info" aria-labelledby="common-title">
            <h2 id="common-title">"Common to all new files"</h2>
            <dl class="facts">{facts}</dl>
            <p>"A column of the table with the same name says otherwise for its line."</p>
        </section>
    }
    .into_any()
}

const COLUMNS: [Column; 5] =
    [Column::text("Batch"), Column::text("What"), Column::text("State"), Column::text("Lines"), Column::text("Planned")];

#[component]
fn Latest(garn: Garn, batches: Vec<BatchRow>, zone: Tz) -> AnyView {
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
        let href = path::batch(&garn, &batch.reference);
        vec![
            view! { <a class="code" href=href>{batch.reference.clone()}</a> }.into_any(),
            batch.kind.to_string().into_any(),
            state_words(batch.state, &batch.counts).into_any(),
            lines_in_words(batch.kind, &batch.counts).into_any(),
            view! { <span class="line"><Instant at=batch.made_at zone /></span><span class="line sub">{batch.by.clone()}</span> }
                .into_any(),
        ]
    });
    let rows = rows.collect();
    view! {
        <section aria-labelledby="latest-title">
            <h2 id="latest-title">"Batches"</h2>
            <Table columns=COLUMNS rows />
        </section>
    }
    .into_any()
}

fn state_words(state: BatchState, counts: &LineCounts) -> &'static str {
    match state {
        BatchState::Planned if counts.all() == 0 => "discarded or expired",
        BatchState::Planned => "planned, not begun",
        BatchState::Running => "under way",
        BatchState::Done => "done",
    }
}
