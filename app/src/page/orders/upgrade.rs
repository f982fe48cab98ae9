//! *Upgrade software*: parts, and what they can become. Domain §5.

use crate::{
    component::{Columns, ErrorSummary, Hidden, Icon, Instant, SelectField, capped, counted, icon, problem_of},
    frame::{Page, Tab},
    page::files::form::{KEY, STEP, STEP_EDIT, STEP_GENERATE},
};
use chrono::NaiveDate;
use leptos::prelude::*;
use licensing::{
    Garn, Quantity, Serial,
    form::Refusal,
    orders::upgrade::{FORM, Moved, UpgradablePart, UpgradeProblem, target_field},
    value::date,
};
use portal::{
    AccountAccess, Error, SubmissionKey,
    orders::{NotUpgraded, PlannedUpgrade, UpdatedFiles, UpgradeDone, UpgradeOptions, UpgradeStep},
    path,
};

/// Fields as they were typed, and the reasons they were refused.
#[derive(Default)]
pub struct FormState {
    pub fields: Vec<(String, String)>,
    pub why: Option<NotUpgraded>,
    /// Files that were updated_files up just now, and those that were not.
    pub updated_files: Option<UpdatedFiles>,
    /// The tab of the parts without options is open.
    pub without: bool,
}

/// In the address: the tab of the parts without options.
pub const WITHOUT: &str = "without";

/// Parts with and without options.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn show(access: &AccountAccess, key: SubmissionKey, typed: FormState) -> Result<Page, Error> {
    let UpgradeOptions { mirrored, with_options, without_options, ineligible } = portal::orders::upgrade_options(access).await?;
    let outdated = portal::orders::files_to_update(access).await?;
    let today = access.today();
    let garn = access.garn.clone();
    let (status, refusals, told) = match &typed.why {
        None => (200, Vec::new(), None),
        Some(NotUpgraded::Refused(refusals)) => (422, refusals.clone(), None),
        Some(NotUpgraded::Ineligible(_)) => (403, Vec::new(), None),
        Some(why) => (409, Vec::new(), Some(why.to_string())),
    };
    let title = if status == 200 { "Upgrade software" } else { "Error: Upgrade software" };
    let page = Page::new(title, move || {
        let action = path::upgrade(&garn);
        let problems: Vec<_> = refusals.iter().map(|r| (r.field.clone(), r.problem.to_string())).collect();
        let may = ineligible.is_none();
        view! {
            {(!problems.is_empty()).then(|| view! { <ErrorSummary problems /> })}
            {told.map(|words| view! { <p class="note bad" role="alert">{words}</p> })}
            <h1>"Upgrade software"</h1>
            <p class="lead">
                "Owned and allocated quantities of a part become those of a newer part, one for one. It needs maintenance that is current today. Your files stay valid, and can then be updated to the new parts."
            </p>
            {ineligible.map(|reason| view! {
                <div class="note warn"><p><Icon icon=icon::WARNING /><strong>{reason.to_string()}</strong>" "{reason.remedy()}</p></div>
            })}
            {typed.updated_files.clone().map(|updated_files| view! { <Brought garn=garn.clone() updated_files /> })}
            <Outdated garn=garn.clone() files=outdated key=key.clone() />
            <Tabs action=action.clone() with=with_options.len() without=without_options.len() open_without=typed.without />
            {if typed.without {
                view! { <Without parts=without_options /> }.into_any()
            } else {
                view! {
                    <section id=FORM tabindex="-1" aria-labelledby="with-title">
                        <h2 id="with-title">"Parts with upgrade options"</h2>
                        {if with_options.is_empty() {
                            view! { <div class="empty"><p>"None of this account’s parts can be upgraded: all are of the latest generation."</p></div> }.into_any()
                        } else {
                            view! { <Options parts=with_options mirrored may action key typed refusals today /> }.into_any()
                        }}
                    </section>
                }.into_any()
            }}
        }
    });
    Ok(page.of_account(access, Tab::Upgrade).with_status(status))
}

/// Parts with options, and those without.
#[component]
fn Tabs(action: String, with: usize, without: usize, open_without: bool) -> AnyView {
    let others = format!("{action}?{WITHOUT}");
    let tabs = [
        (action, format!("With upgrade options ({with})"), !open_without),
        (others, format!("Without upgrade options ({without})"), open_without),
    ];
    let links = tabs
        .into_iter()
        .map(|(href, words, open)| view! { <li><a href=href aria-current=open.then_some("page")>{words}</a></li> })
        .collect_view();
    view! { <nav class="tabs-of-page" aria-label="Parts"><ul class="tabs">{links}</ul></nav> }.into_any()
}

/// Files that an upgrade left behind, each with the way to bring it up.
#[component]
fn Outdated(garn: Garn, files: Vec<(Serial, String)>, key: SubmissionKey) -> AnyView {
    if files.is_empty() {
        return ().into_any();
    }
    let button = if files.len() == 1 { "Update it".to_owned() } else { format!("Update all {} files", files.len()) };
    let action = path::upgraded_files(&garn);
    let items = files
        .into_iter()
        .map(|(serial, machine)| {
            view! {
                <li>
                    <a class="code" href=path::file(&garn, &serial)>{serial.to_string()}</a>
                    " of " {machine}
                </li>
            }
        })
        .collect_view();
    view! {
        <section class="note info" aria-labelledby="outdated-title">
            <h2 id="outdated-title"><Icon icon=icon::REFRESH />"Updates are available"</h2>
            <p>"These files are made of parts that were upgraded since. They stay valid. A new revision of each, with the same machines and quantities, is made of the new parts."</p>
            <ul>{items}</ul>
            <form method="post" action=action>
                <input type="hidden" name=KEY value=key.as_str().to_owned() />
                <div class="buttons"><button class="button">{button}</button></div>
            </form>
        </section>
    }
    .into_any()
}

/// Outcome of updating the files that hold upgraded parts.
#[component]
fn Brought(garn: Garn, updated_files: UpdatedFiles) -> AnyView {
    let UpdatedFiles { files, left } = updated_files;
    let made = counted(files.len() as u64, "file was updated.", "files were updated.");
    let left = left
        .into_iter()
        .map(|(serial, why)| {
            view! { <li><a class="code" href=path::file(&garn, &serial)>{serial.to_string()}</a>": " {why}</li> }
        })
        .collect::<Vec<_>>();
    let rest = (!left.is_empty()).then(|| {
        view! { <div class="note warn"><p><strong>"These were not:"</strong></p><ul>{left}</ul></div> }
    });
    view! {
        <div class="note ok" role="status">
            <p><Icon icon=icon::ACTIVE /><strong>{made}</strong>" Download each and load it on its server."</p>
        </div>
        {rest}
    }
    .into_any()
}

#[component]
fn Options(
    parts: Vec<UpgradablePart>,
    mirrored: bool,
    may: bool,
    action: String,
    key: SubmissionKey,
    typed: FormState,
    refusals: Vec<Refusal<UpgradeProblem>>,
    today: NaiveDate,
) -> AnyView {
    let count = parts.len();
    let rows = parts
        .into_iter()
        .map(|part| {
            let field = target_field(&part.number);
            let chosen = typed.fields.iter().find(|(name, _)| *name == field).map(|(_, value)| value.clone());
            // A mirrored account has nothing to choose where there is one target.
            let only = (mirrored && part.targets.len() == 1 && typed.fields.is_empty()).then(|| part.targets[0].0.to_string());
            let error = problem_of(&refusals, &field);
            view! { <Row part mirrored may value=chosen.or(only).unwrap_or_default() error today /> }
        })
        .collect_view();
    let mirrored_words = mirrored.then(|| {
        view! {
            <p class="note info">
                {format!("This account is mirrored: all {count} parts with an upgrade option are upgraded together, or none is.")}
            </p>
        }
    });
    let button = if mirrored { format!("Upgrade all {count} parts") } else { "Upgrade".to_owned() };
    view! {
        {mirrored_words}
        <form method="post" action=action>
            <input type="hidden" name=KEY value=key.as_str().to_owned() />
            <table class="list">
                <Columns names=&[("Part", false), ("Assigned", true), ("Pooled", true), ("Maintenance", false), ("Becomes", false)] />
                <tbody>{rows}</tbody>
            </table>
            {may.then(|| view! {
                <div class="buttons">
                    <button class="button primary">{button}<Icon icon=icon::NEXT /></button>
                    <span class="help">"You check what moves on the next page. Nothing is upgraded yet."</span>
                </div>
            })}
        </form>
    }
    .into_any()
}

#[component]
fn Row(part: UpgradablePart, mirrored: bool, may: bool, value: String, error: Option<String>, today: NaiveDate) -> AnyView {
    let (moves, stays) = part.split(today);
    let together = moves.owned.checked_add(stays.owned).unwrap_or_default();
    let last = part.lines.iter().filter_map(|line| line.maintenance_end).max();
    let maintenance = match last {
        Some(end) if today <= end => format!("current until {}", date::words(end)),
        Some(end) => format!("ended on {}", date::words(end)),
        None => "none".to_owned(),
    };
    let field = target_field(&part.number);
    let targets: Vec<(String, String)> =
        part.targets.iter().map(|(number, words)| (number.to_string(), format!("{words} ({number})"))).collect();
    let becomes = if may {
        let label = format!("{} becomes", part.description);
        view! { <SelectField name=field label options=targets value error keep=!mirrored /> }.into_any()
    } else {
        view! { <span>{targets.into_iter().map(|(_, words)| words).collect::<Vec<_>>().join(", ")}</span> }.into_any()
    };
    view! {
        <tr>
            <th scope="row" data-label="Part"><span>{part.description}</span><span class="code sub">{part.number.to_string()}</span></th>
            <td data-label="Assigned" class="number">{together.assigned}</td>
            <td data-label="Pooled" class="number">{together.pooled}</td>
            <td data-label="Maintenance">{maintenance}</td>
            <td data-label="Becomes">{becomes}</td>
        </tr>
    }
    .into_any()
}

#[component]
fn Without(parts: Vec<UpgradablePart>) -> AnyView {
    let rows = parts
        .into_iter()
        .map(|part| {
            let owned = part.lines.iter().fold(Quantity::ZERO, |sum, line| sum.saturating_add(line.owned));
            view! {
                <tr>
                    <th scope="row" data-label="Part"><span>{part.description}</span><span class="code sub">{part.number.to_string()}</span></th>
                    <td data-label="Assigned" class="number">{owned.assigned}</td>
                    <td data-label="Pooled" class="number">{owned.pooled}</td>
                </tr>
            }
        })
        .collect_view();
    if rows.is_empty() {
        return view! { <div class="empty"><p>"Each of this account’s parts has an upgrade option."</p></div> }.into_any();
    }
    view! {
        <section aria-labelledby="without-title">
            <h2 id="without-title">"Parts without upgrade options"</h2>
            <table class="list">
                <Columns names=&[("Part", false), ("Assigned", true), ("Pooled", true)] />
                <tbody>{rows}</tbody>
            </table>
        </section>
    }
    .into_any()
}

/// Check what moves, before it does.
#[must_use]
pub fn check(access: &AccountAccess, key: &SubmissionKey, fields: &[(String, String)], planned: PlannedUpgrade) -> Page {
    let action = path::upgrade(&access.garn);
    let mut carried: Vec<_> = fields.iter().filter(|(name, _)| name.starts_with("to.")).cloned().collect();
    carried.push((KEY.to_owned(), key.as_str().to_owned()));
    let page = Page::new("Check the upgrade", move || {
        let PlannedUpgrade { steps, files } = planned;
        let rows = steps.into_iter().map(|step| view! { <Step step /> }).collect_view();
        let files = match files {
            0 => "No active file holds any of it.".to_owned(),
            1 => "1 active file holds some of it. It stays valid, and can then be updated to the new parts.".to_owned(),
            files => format!(
                "{} active files hold some of it. They stay valid, and can then be updated to the new parts.",
                capped(files)
            ),
        };
        view! {
            <h1>"Check the upgrade"</h1>
            <p class="lead">{files}</p>
            <table class="list">
                <Columns names=&[("Part", false), ("Becomes", false), ("Owned", false), ("Of it in files", false), ("Stays as it is", false)] />
                <tbody>{rows}</tbody>
            </table>
            <div class="note warn"><p><Icon icon=icon::WARNING />"An upgrade cannot be taken back. Ask the licensing analysts if one was made by mistake."</p></div>
            <form method="post" action=action class="buttons">
                <Hidden fields=carried />
                <button class="button primary" name=STEP value=STEP_GENERATE>"Upgrade software"</button>
                <button class="button" name=STEP value=STEP_EDIT>"Change"</button>
            </form>
        }
    });
    page.of_account(access, Tab::Upgrade)
}

#[component]
fn Step(step: UpgradeStep) -> AnyView {
    let UpgradeStep { from, to, moves, stays } = step;
    let words = |quantity: Quantity| format!("{} assigned, {} pooled", quantity.assigned, quantity.pooled);
    let stays =
        if stays == Moved::default() { "nothing".to_owned() } else { format!("{}, without maintenance", words(stays.owned)) };
    view! {
        <tr>
            <th scope="row" data-label="Part"><span>{from.1}</span><span class="code sub">{from.0.to_string()}</span></th>
            <td data-label="Becomes"><span>{to.1}</span><span class="code line sub">{to.0.to_string()}</span></td>
            <td data-label="Owned">{words(moves.owned)}</td>
            <td data-label="Of it in files">{words(moves.allocated)}</td>
            <td data-label="Stays as it is">{stays}</td>
        </tr>
    }
    .into_any()
}

/// An upgrade that was made: its reference, and what to do next.
///
/// # Errors
/// [`Error::NotFound`] when there is no such upgrade.
pub async fn done(access: &AccountAccess, reference: &str) -> Result<Page, Error> {
    let UpgradeDone { reference, at, by, parts, files } = portal::orders::upgrade_done(access, reference).await?;
    let zone = access.caller().person().time_zone;
    let key = access.caller().portal().new_submission_key();
    let garn = access.garn.clone();
    let title = format!("Upgrade {reference}");
    let page = Page::new(title.clone(), move || {
        let items = parts.into_iter().map(|(part, target)| view! { <li>{part} " → " {target}</li> }).collect_view();
        let updated = files.is_empty();
        view! {
            <div class="note ok" role="status">
                <p><Icon icon=icon::ACTIVE /><strong>{format!("{title} was made.")}</strong></p>
                <p><Instant at zone />", by " {by} "."</p>
            </div>
            <h1>{format!("Upgrade {reference}")}</h1>
            <ul>{items}</ul>
            {updated.then(|| view! { <p>"No active file is made of the parts of before."</p> })}
            <Outdated garn=garn.clone() files key />
            <p><a href=path::summary(&garn)>"Account summary"</a></p>
        }
    });
    Ok(page.of_account(access, Tab::Upgrade))
}
