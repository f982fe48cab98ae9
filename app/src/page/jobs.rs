//! *Background jobs*: what waits, runs or was given up. For administrators.

use crate::{
    component::{Columns, Icon, Instant, counted, icon, thousands},
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
    let rows = rows.into_iter().map(|job| view! { <Row job zone /> }).collect_view();
    view! {
        <p class="count">{counts}{first}</p>
        <table class="list">
            <Columns names=&[("Job", false), ("State", false), ("Queued", false), ("Attempts", true), ("Actions", false)] />
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}

#[component]
fn Row(job: JobRow, zone: Tz) -> AnyView {
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
    view! {
        <tr>
            <th scope="row" data-label="Job"><span class="code">{name.clone()}</span>" "<span class="wrap">{subject}</span></th>
            <td data-label="State">{state_words}{reason.map(|reason| view! { <p class="wrap">{reason}</p> })}</td>
            <td data-label="Queued"><Instant at=queued_at zone /></td>
            <td data-label="Attempts" class="number">{attempts}</td>
            <td data-label="Actions">{actions}</td>
        </tr>
    }
    .into_any()
}
