//! *Background jobs*: what waits, runs or was given up. For administrators.

use crate::{
    component::{Column, Icon, Instant, Table, counted, icon, thousands},
    frame::Page,
};
use chrono_tz::Tz;
use leptos::prelude::*;
use portal::{
    AdministratorAccess, Error,
    jobs::{JobCounts, JobRow, JobState, Jobs, MOST_LISTED, NotParked},
    path,
};

/// Message above the list.
pub enum Notice {
    Nothing,
    Retried,
    Discarded,
    Refused(NotParked),
}

/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn show(access: &AdministratorAccess, told: Notice) -> Result<Page, Error> {
    let jobs = portal::jobs::list(access).await?;
    let zone = access.caller().person().time_zone;
    let status = match told {
        Notice::Refused(NotParked::Otherwise(_)) => 409,
        Notice::Refused(_) => 422,
        Notice::Nothing | Notice::Retried | Notice::Discarded => 200,
    };
    let title = if status == 200 { "Background jobs" } else { "Error: Background jobs" };
    Ok(Page::new(title, move || {
        view! {
            {notice(&told)}
            <h1>"Background jobs"</h1>
            <p class="lead">
                "Mail and batches of files are worked on beside the pages. What fails is tried again by itself, later each time; what failed too often is parked until somebody looks."
            </p>
            {if jobs.rows.is_empty() {
                view! { <div class="empty"><p>"Nothing waits: all jobs are done."</p></div> }.into_any()
            } else {
                view! { <List jobs zone /> }.into_any()
            }}
        }
    })
    .with_status(status))
}

/// For everybody else.
#[must_use]
pub fn for_administrators() -> Page {
    Page::new("Background jobs", || {
        view! {
            <h1>"Background jobs"</h1>
            <p class="lead">"Administrators alone see what is worked on in the background."</p>
            <p>"Sign in as an administrator, or "<a href=path::ACCOUNTS>"go to your accounts"</a>"."</p>
        }
    })
    .with_status(403)
}

fn notice(told: &Notice) -> Option<AnyView> {
    let done = |words: &'static str| {
        view! { <div class="note ok" role="status"><p><Icon icon=icon::ACTIVE />{words}</p></div> }.into_any()
    };
    match told {
        Notice::Nothing => None,
        Notice::Retried => Some(done("The job has one more attempt. Reload this page to see what came of it.")),
        Notice::Discarded => Some(done("The job was discarded.")),
        Notice::Refused(why) => Some(view! { <p class="note bad" role="alert">{why.to_string()}</p> }.into_any()),
    }
}

const COLUMNS: [Column; 5] =
    [Column::text("Job"), Column::text("State"), Column::text("Queued"), Column::figures("Attempts"), Column::text("Actions")];

#[component]
fn List(jobs: Jobs, zone: Tz) -> AnyView {
    let Jobs { rows, counts: JobCounts { queued, running, parked } } = jobs;
    let all = usize::try_from(queued + running + parked).unwrap_or_default();
    let counts = format!(
        "{} parked, {} running, {} waiting",
        thousands(parked.unsigned_abs()),
        thousands(running.unsigned_abs()),
        thousands(queued.unsigned_abs())
    );
    let first = (all > MOST_LISTED).then(|| format!(". The first {MOST_LISTED} are listed."));
    let rows = rows.into_iter().map(|job| row(job, zone)).collect();
    view! {
        <p class="count">{counts}{first}</p>
        <Table columns=COLUMNS rows />
    }
    .into_any()
}

/// Cells of a job.
fn row(job: JobRow, zone: Tz) -> Vec<AnyView> {
    let JobRow { id, kind, subject, discardable, state, queued_at, due_at, attempts, reason, progress, .. } = job;
    let name = format!("{kind} {id}");
    let progress = progress.map(|(done, whole)| format!(": {} of {whole}", counted(done.unsigned_abs(), "step", "steps")));
    let state_words = match state {
        JobState::Parked => view! { <strong>"Parked"</strong> }.into_any(),
        JobState::Running => view! { "Running"{progress} }.into_any(),
        JobState::Queued if reason.is_some() => view! { "Waiting, again at "<Instant at=due_at zone /> }.into_any(),
        JobState::Queued => "Waiting".into_any(),
    };
    let parked = state == JobState::Parked;
    let actions = parked.then(|| {
        let (retry, discard) = (format!("Retry {name}"), format!("Discard {name}"));
        view! {
            <div class="actions">
                <form method="post" action=path::retry_job(id)>
                    <button class="button compact" aria-label=retry>"Retry"</button>
                </form>
                {discardable.then(|| view! {
                    <form method="post" action=path::discard_job(id)>
                        <button class="button compact" aria-label=discard>"Discard"</button>
                    </form>
                })}
            </div>
        }
    });
    vec![
        view! { <span class="code">{name.clone()}</span>" "<span class="wrap">{subject}</span> }.into_any(),
        view! { {state_words}{reason.map(|reason| view! { <p class="wrap">{reason}</p> })} }.into_any(),
        view! { <Instant at=queued_at zone /> }.into_any(),
        attempts.into_any(),
        actions.into_any(),
    ]
}
